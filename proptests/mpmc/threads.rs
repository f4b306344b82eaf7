//! Producers and consumers in threads of their own: every message comes to one of them, and those
//! of a producer in order.

use std::thread;

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use proptest::prelude::*;

use crate::spec::{property, starts};

/// Who sent it, and which of its messages it is.
type Message = (u16, u32);

/// Sends `count` messages, in slices or one by one.
fn produce(ring: &Ring<Native, Message>, owner: u16, count: u32, slice: usize) {
    // SAFETY: each thread has a number of its own.
    let producer = unsafe { Producer::attach(ring, Owner::new(owner)) };
    let mut next = 0;
    while next < count {
        let most = u32::try_from(slice).unwrap();
        let messages: Vec<_> = (next..count.min(next + most)).map(|n| (owner, n)).collect();
        match producer.push_slice(&messages) {
            Ok(pushed) => next += u32::try_from(pushed).unwrap(),
            Err(PushError::Full(()) | PushError::Busy(..)) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Receives until it gets a message that says that there are no more.
fn consume(ring: &Ring<Native, Message>, owner: u16) -> Vec<Message> {
    // SAFETY: as above.
    let consumer = unsafe { Consumer::attach(ring, Owner::new(owner)) };
    let mut received = Vec::new();
    loop {
        match consumer.pop() {
            Ok((END, _)) => return received,
            Ok(message) => received.push(message),
            Err(PopError::Empty | PopError::Busy(_)) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

const END: u16 = u16::MAX;

property! {
    fn every_message_comes_to_one_consumer(
        capacity in 1..=9_usize,
        start in starts(),
        counts in [0..60_u32, 0..60_u32],
        slice in 1..5_usize,
    ) {
        let capacity = Capacity::new(capacity)?;
        let ring = boxed::<Ring<Native, Message>>(capacity, Position::new(start))?;
        let received = thread::scope(|scope| {
            let consuming = [10, 11].map(|owner| {
                let ring = &ring;
                scope.spawn(move || consume(ring, owner))
            });
            let producing = [0, 1].map(|owner| {
                let ring = &ring;
                scope.spawn(move || produce(ring, owner, counts[usize::from(owner)], slice))
            });
            for thread in producing {
                thread.join().unwrap();
            }
            // SAFETY: nobody else has this number.
            let last = unsafe { Producer::attach(&*ring, Owner::new(2)) };
            for _ in 0..2 {
                while last.push((END, 0)).is_err() {
                    thread::yield_now();
                }
            }
            consuming.map(|thread| thread.join().unwrap())
        });
        for messages in &received {
            for owner in [0, 1] {
                let own = messages.iter().filter(|message| message.0 == owner);
                prop_assert!(own.is_sorted(), "{:?}", messages);
            }
        }
        let mut all = received.concat();
        all.sort_unstable();
        let sent = (0..counts[0]).map(|n| (0, n)).chain((0..counts[1]).map(|n| (1, n)));
        prop_assert_eq!(all, sent.collect::<Vec<_>>());
    }
}
