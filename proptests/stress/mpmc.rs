//! The ring of many: two that fill, two that take, and claims that are given up between.

use std::thread;

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

use crate::values::{Ledger, Value};
use crate::{CAPACITIES, COUNT, START, Wait};

/// How many values each producer fills.
const EACH: u64 = COUNT / 2;

type Values<'v> = Ring<Native, Value<'v>>;

/// Fills `EACH` values from `first` on, and claims a slot in vain before every tenth.
fn fill<'v>(ring: &Values<'v>, owner: u16, ledger: &'v Ledger, first: u64) {
    // SAFETY: each thread has a number of its own.
    let producer = unsafe { Producer::attach(ring, Owner::new(owner)) };
    for number in first..first + EACH {
        if number.is_multiple_of(10) {
            drop(producer.claim());
        }
        let (mut value, mut wait) = (ledger.value(number), Wait::default());
        while let Err(error) = producer.push(value) {
            let (PushError::Full(back) | PushError::Busy(back, _)) = error else {
                panic!("the ring is corrupt")
            };
            value = back;
            wait.give_way();
        }
    }
}

/// Takes `count` values, every third of them after it was read where it is; those of a producer come
/// in order.
fn take(ring: &Values, owner: u16, count: u64) {
    // SAFETY: as above; and every message is a value.
    let consumer = unsafe { Consumer::attach(ring, Owner::new(owner)) };
    let mut next = [0, EACH];
    for taken in 0..count {
        let mut wait = Wait::default();
        let number = loop {
            let number = if taken.is_multiple_of(3) {
                consumer.take().map(|value| value.read(Value::number))
            } else {
                consumer.pop().map(|value| value.number())
            };
            match number {
                Ok(number) => break number,
                Err(PopError::Empty | PopError::Busy(_)) => wait.give_way(),
                Err(PopError::Corrupt(_)) => panic!("the ring is corrupt"),
            }
        };
        let next = &mut next[usize::from(number >= EACH)];
        assert!(number >= *next, "{number} came after {next}");
        *next = number + 1;
    }
}

#[test]
fn two_and_two() {
    for capacity in CAPACITIES {
        let capacity = Capacity::new(capacity).unwrap();
        let ledger = Ledger::new(2 * EACH);
        let ring = boxed::<Values>(capacity, START).unwrap();
        thread::scope(|scope| {
            let (ring, ledger) = (&*ring, &ledger);
            let threads = [
                scope.spawn(move || fill(ring, 0, ledger, 0)),
                scope.spawn(move || fill(ring, 1, ledger, EACH)),
                scope.spawn(move || take(ring, 2, EACH)),
                // The last is left to the ring.
                scope.spawn(move || take(ring, 3, EACH - 1)),
            ];
            for thread in threads {
                thread.join().unwrap();
            }
        });
        drop(ring);
        ledger.assert_each_was_dropped_once(2 * EACH);
    }
}
