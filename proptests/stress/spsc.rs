//! The ring of one producer and one consumer alone: both sides try until it goes.

use std::thread;

use aqueduct::buffer::spsc::{Ring, split};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

use crate::values::{Ledger, Value};
use crate::{CAPACITIES, COUNT, START, Wait};

#[test]
fn one_by_one() {
    for capacity in CAPACITIES {
        let capacity = Capacity::new(capacity).unwrap();
        let ledger = Ledger::new(COUNT);
        let ring = boxed::<Ring<Native, Value>>(capacity, START).unwrap();
        // SAFETY: the ring is new, of this capacity, and has no other sides.
        let (mut producer, mut consumer) = unsafe { split(&*ring, capacity) }.unwrap();
        thread::scope(|scope| {
            let filling = scope.spawn(|| {
                for number in 0..COUNT {
                    let (mut value, mut wait) = (ledger.value(number), Wait::default());
                    while let Err(error) = producer.push(value) {
                        let PushError::Full(back) = error else {
                            panic!("the ring is corrupt")
                        };
                        value = back;
                        wait.give_way();
                    }
                }
            });
            // The last is left to the ring.
            for number in 0..COUNT - 1 {
                let mut wait = Wait::default();
                let value = loop {
                    match consumer.pop() {
                        Ok(value) => break value,
                        Err(PopError::Empty) => wait.give_way(),
                        Err(PopError::Corrupt(_)) => panic!("the ring is corrupt"),
                    }
                };
                assert_eq!(value.number(), number);
            }
            filling.join().unwrap();
        });
        drop(ring);
        ledger.assert_each_was_dropped_once(COUNT);
    }
}
