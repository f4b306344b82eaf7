//! The ring in an object, between processes that are killed: one at a time pushes, one at a time
//! takes.

use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::buffer::spsc::{Consumer, Producer, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Byte, Name, Object, Placed, Uid};

use crate::crowd::Message;
use crate::crowd::killed::noted::{FRONT, Noted};
use crate::crowd::killed::turn::{Turns, seats};
use crate::crowd::killed::{NOTHING, Outliving, Taken, Tried, outlive};

struct Shared {
    ring: Placed<Ring<Native, Message>>,
    capacity: Capacity,
    seats: Arc<Object>,
}

impl Outliving for Shared {
    const HELPER: &'static str = "ring::killed::works";
    const NOTHING_IS_MISSING: bool = true;

    fn create(name: Name, capacity: usize) -> Self {
        let (capacity, start) = (of(capacity), Position::new(0).minus(1_000));
        let ring = Placed::create(name.clone(), 0o600, FRONT, capacity, start);
        let ring: Placed<Ring<_, _>> = ring.expect("there is space");
        Noted::new(ring.mapping());
        ring.object().publish().expect("the name is free");
        let seats = seats(name);
        Self {
            ring,
            capacity,
            seats,
        }
    }

    fn open(name: Name, capacity: usize) -> Self {
        let object = Object::open(name.clone(), Uid::effective()).expect("the parent made it");
        let ring = Placed::attach(object, FRONT, of(capacity));
        Self {
            ring: ring.expect("it is long enough"),
            capacity: of(capacity),
            seats: seats(name),
        }
    }

    fn pusher(&self, _: Owner) -> impl FnMut(Message) -> Tried {
        let attach = || {
            // SAFETY: whoever attaches holds the seat, and those before are gone from it.
            unsafe { Producer::attach(self.ring.clone(), self.capacity) }.expect("nobody broke it")
        };
        Turns::new(&self.seats, Byte::Sender, attach).into_pusher(Producer::push)
    }

    fn taker(&self, _: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried {
        let noted = Noted::of(self.ring.mapping());
        let attach = || {
            // SAFETY: as above; all messages are of this type.
            unsafe { Consumer::attach(self.ring.clone(), self.capacity) }.expect("nobody broke it")
        };
        let mut turns = Turns::new(&self.seats, Byte::Receiver, attach);
        move |write_down| {
            let Some(consumer) = turns.side() else {
                return NOTHING;
            };
            // Written down before it is released: one that is killed between the two leaves it to
            // its successor.
            let mut taken = consumer.take();
            let read = taken.read(1, |run| {
                for &message in run {
                    noted.then(message, write_down);
                }
                run.len()
            });
            taken.release();
            match read.expect("nobody broke it") {
                0 => NOTHING,
                _ => Ok(()),
            }
        }
    }
}

fn of(capacity: usize) -> Capacity {
    Capacity::new(capacity).expect("not zero")
}

outlive! { Shared }
