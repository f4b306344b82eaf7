//! The ring of many, with claims that are given up between.

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

use crate::many::pass;
use crate::values::{Ledger, Value};
use crate::{CAPACITIES, COUNT, START};

type Values<'v> = Ring<Native, Value<'v>>;

/// Pushes, and claims a slot in vain before every tenth.
fn pusher<'r, 'v>(
    ring: &'r Values<'v>,
    owner: u16,
) -> impl FnMut(Value<'v>) -> Result<(), Value<'v>> + use<'r, 'v> {
    // SAFETY: each thread has a number of its own.
    let producer = unsafe { Producer::attach(ring, Owner::new(owner)) };
    move |value| {
        if value.number().is_multiple_of(10) {
            drop(producer.claim());
        }
        match producer.push(value) {
            Ok(()) => Ok(()),
            Err(PushError::Full(back) | PushError::Busy(back, _)) => Err(back),
            Err(PushError::Corrupt(_)) => panic!("the ring is corrupt"),
        }
    }
}

/// Pops, every third time after the value was read where it is.
fn popper<'r, 'v>(ring: &'r Values<'v>, owner: u16) -> impl FnMut() -> Option<u64> + use<'r, 'v> {
    // SAFETY: as above; and every message is a value.
    let consumer = unsafe { Consumer::attach(ring, Owner::new(owner)) };
    let mut tries = 0_u64;
    move || {
        tries += 1;
        let number = if tries.is_multiple_of(3) {
            consumer.pop_ref().map(|value| value.read(Value::number))
        } else {
            consumer.pop().map(|value| value.number())
        };
        match number {
            Ok(number) => Some(number),
            Err(PopError::Empty | PopError::Busy(_)) => None,
            Err(PopError::Corrupt(_)) => panic!("the ring is corrupt"),
        }
    }
}

#[test]
fn two_and_two() {
    for capacity in CAPACITIES {
        let capacity = Capacity::new(capacity).unwrap();
        let ledger = Ledger::new(COUNT);
        let ring = boxed::<Values>(capacity, START).unwrap();
        let push = [0, 1].map(|owner| pusher(&ring, owner));
        let pop = [2, 3].map(|owner| popper(&ring, owner));
        pass(&ledger, push, pop);
        drop(ring);
        ledger.assert_each_was_dropped_once(COUNT);
    }
}
