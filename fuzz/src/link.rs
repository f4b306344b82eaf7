//! Both ends of a sealed link, whose memory holds anything.

use std::alloc::Layout;

use aqueduct::link::{End, Link, Receiver, Role, Sender, bytes, records};
use aqueduct::place::Place;
use aqueduct::platform::native::Wary;
use aqueduct::position::Capacity;
use aqueduct::wait::Patience;

use super::input::{Input, answered};
use super::memory::Memory;

/// An end that believes nothing.
struct Held<'a> {
    memory: &'a Memory,
    capacity: Capacity,
    role: Role,
}

// SAFETY: the link lies in the memory, which is as long as it; any bytes are one, and a message.
unsafe impl End for Held<'_> {
    type Platform = Wary;
    type Message = u8;

    fn link(&self) -> &Link<Wary, u8> {
        // SAFETY: as above.
        unsafe { Link::at(self.memory.block(), self.capacity).as_ref() }
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn role(&self) -> Role {
        self.role
    }

    fn leave(&mut self) {}

    fn peer_is_mortal(&self) -> bool {
        true
    }

    fn peer_is_dead(&self) -> bool {
        false
    }
}

/// Both ends of a sealed link of bytes and of records.
pub fn link(data: &[u8]) {
    let mut input = Input(data);
    let Some(capacity) = input.byte() else { return };
    let capacity = Capacity::new(usize::from(capacity % 40) + 1).expect("it is not 0");
    let layout: Layout = Link::<Wary, u8>::layout(capacity).expect("it is small");
    let memory = &Memory::new(layout);
    if input.byte().is_some_and(|choice| choice % 2 == 0) {
        memory.fill(&mut input);
    }
    let end = |role| Held {
        memory,
        capacity,
        role,
    };
    let mut sender = Sender::new(end(Role::Sender));
    let mut receiver = Receiver::new(end(Role::Receiver));
    let mut record = Vec::new();
    while let Some(choice) = input.byte() {
        match (choice % 8, &mut sender, &mut receiver) {
            (0, ..) => sender = Sender::new(end(Role::Sender)),
            (1, ..) => receiver = Receiver::new(end(Role::Receiver)),
            (2, Ok(sender), _) => answered(records::send(sender, &[7; 9], Patience::AT_ONCE)),
            (3, _, Ok(receiver)) => {
                if records::recv(receiver, &mut record, Patience::AT_ONCE).is_ok() {
                    assert!(record.len() <= capacity.get());
                }
            }
            (4, Ok(sender), _) => {
                answered(bytes::send_with(sender, 9, Patience::AT_ONCE, |free| {
                    free.fill(7);
                    Ok::<_, ()>(free.len())
                }));
            }
            (5, _, Ok(receiver)) => {
                let received = bytes::recv_with(receiver, 9, Patience::AT_ONCE, |there| {
                    assert!(there.len() <= capacity.get());
                    Ok::<_, ()>(there.len())
                });
                answered(received);
            }
            (6, Ok(sender), _) => answered(sender.wait_until_received(Patience::AT_ONCE)),
            _ => {
                if memory.lie(&mut input).is_none() {
                    return;
                }
            }
        }
    }
}
