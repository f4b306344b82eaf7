//! The unbounded buffer on the heap, in segments so small that they come and go all the time.

use std::thread;

use aqueduct::buffer::unbounded::{
    Heap, OnHeap, Positions, PushError, Shape, Unbounded, many, split,
};
use aqueduct::buffer::{Owner, PopError};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

use crate::many::pass;
use crate::values::{Ledger, Value};
use crate::{CAPACITIES, COUNT, START, Wait};

type Buffer<'v> = OnHeap<Native, Value<'v>>;

/// A buffer for five values, in segments of so many.
fn buffer<'v>(slots: usize) -> Buffer<'v> {
    let [limit, slots] = [5, slots].map(|count| Capacity::new(count).unwrap());
    let shape = Shape::with_segment(limit, slots).unwrap();
    let memory = Heap::new(Positions::new(START), shape).unwrap();
    Unbounded::begin(memory).unwrap()
}

#[test]
fn one_by_one() {
    for slots in CAPACITIES {
        let ledger = Ledger::new(COUNT);
        let buffer = buffer(slots);
        // SAFETY: the buffer is new and has no other sides.
        let (mut producer, mut consumer) = unsafe { split(&buffer) }.unwrap();
        thread::scope(|scope| {
            let filling = scope.spawn(|| {
                for number in 0..COUNT {
                    let (mut value, mut wait) = (ledger.value(number), Wait::default());
                    while let Err(error) = producer.push(value) {
                        let PushError::Full(back) = error else {
                            panic!("the buffer is corrupt, or there is no memory")
                        };
                        value = back;
                        wait.give_way();
                    }
                }
            });
            // The last is left to the buffer.
            for number in 0..COUNT - 1 {
                let mut wait = Wait::default();
                let value = loop {
                    match consumer.pop() {
                        Ok(value) => break value,
                        Err(PopError::Empty) => wait.give_way(),
                        Err(PopError::Corrupt(_)) => panic!("the buffer is corrupt"),
                    }
                };
                assert_eq!(value.number(), number);
            }
            filling.join().unwrap();
        });
        // The one with the last message, and none that was left.
        assert_eq!(buffer.memory().segments_there(), 1);
        drop(buffer);
        ledger.assert_each_was_dropped_once(COUNT);
    }
}

/// Pushes through the gate.
fn pusher<'b, 'v>(
    buffer: &'b Buffer<'v>,
    owner: u16,
) -> impl FnMut(Value<'v>) -> Result<(), Value<'v>> + use<'b, 'v> {
    // SAFETY: each thread has a number of its own.
    let mut producer = unsafe { many::Producer::attach(buffer, Owner::new(owner)) };
    move |value| match producer.push(value) {
        Ok(()) => Ok(()),
        Err(many::PushError::Full(back) | many::PushError::Busy(back, _)) => Err(back),
        Err(error) => panic!("{}", error.map(|_| "a value")),
    }
}

/// Pops through the gate.
fn popper<'b, 'v>(buffer: &'b Buffer<'v>, owner: u16) -> impl FnMut() -> Option<u64> + use<'b, 'v> {
    // SAFETY: as above; and every message is a value.
    let mut consumer = unsafe { many::Consumer::attach(buffer, Owner::new(owner)) };
    move || match consumer.pop() {
        Ok(value) => Some(value.number()),
        Err(many::PopError::Empty | many::PopError::Busy(_)) => None,
        Err(many::PopError::Corrupt(_)) => panic!("the buffer is corrupt"),
    }
}

#[test]
fn two_and_two() {
    for slots in CAPACITIES {
        let ledger = Ledger::new(COUNT);
        let buffer = buffer(slots);
        let push = [0, 1].map(|owner| pusher(&buffer, owner));
        let pop = [2, 3].map(|owner| popper(&buffer, owner));
        pass(&ledger, push, pop);
        assert_eq!(buffer.memory().segments_there(), 1);
        drop(buffer);
        ledger.assert_each_was_dropped_once(COUNT);
    }
}
