//! The unbounded buffer on the heap, in segments so small that they come and go all the time.

use std::thread;

use aqueduct::buffer::PopError;
use aqueduct::buffer::unbounded::{Heap, OnHeap, Positions, PushError, Shape, Unbounded, split};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

use crate::values::{Ledger, Value};
use crate::{CAPACITIES, COUNT, START, Wait};

#[test]
fn one_by_one() {
    for slots in CAPACITIES {
        let limit = Capacity::new(5).unwrap();
        let shape = Shape::with_segment(limit, Capacity::new(slots).unwrap()).unwrap();
        let ledger = Ledger::new(COUNT);
        let memory = Heap::new(Positions::new(START), shape).unwrap();
        let buffer: OnHeap<Native, Value> = Unbounded::new(memory);
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
