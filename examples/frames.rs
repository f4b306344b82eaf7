//! Two threads put lines into a buffer of records, and one takes them out: `cargo run --example frames`.

use std::sync::Arc;
use std::thread;

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{ClaimError, Consumer, Frames, Producer, TakeError};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

type Shared = Arc<Frames<Native>>;

/// Puts a line into the buffer, which is formatted where it lies.
fn log(producer: &Producer<Shared>, number: usize) {
    let line = format!("line {number} of {}", producer.owner());
    loop {
        match producer.claim(line.len()) {
            Ok(mut claim) => {
                claim.copy_from_slice(line.as_bytes());
                claim.commit();
                return;
            }
            // The buffer only tries. A program that has better things to do than to try again waits.
            Err(ClaimError::Full) => thread::yield_now(),
            Err(other) => panic!("{other}"),
        }
    }
}

/// Takes so many lines.
fn collect(consumer: &mut Consumer<Shared>, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while lines.len() < count {
        match consumer.peek() {
            Ok(record) => {
                lines.push(String::from_utf8_lossy(&record).into_owned());
                record.release();
            }
            Err(TakeError::Empty | TakeError::Busy(_)) => thread::yield_now(),
            Err(other) => panic!("{other}"),
        }
    }
    lines
}

/// The lines of two producers with so many each.
fn run(each: usize) -> Vec<String> {
    let blocks = Capacity::new(16).expect("not 0");
    let frames: Shared = boxed::<Frames<Native>>(blocks, Position::new(0))
        .expect("it is small")
        .into();
    // SAFETY: there is no other consumer.
    let mut consumer = unsafe { Consumer::attach(Arc::clone(&frames)) };
    thread::scope(|scope| {
        for number in [1, 2] {
            let owner = Owner::new(number);
            // SAFETY: each number is given once.
            let producer = unsafe { Producer::attach(Arc::clone(&frames), owner) };
            scope.spawn(move || (0..each).for_each(|number| log(&producer, number)));
        }
        collect(&mut consumer, 2 * each)
    })
}

fn main() {
    for line in run(5) {
        println!("{line}");
    }
}

#[test]
fn each_producer_is_in_order() {
    let lines = run(100);
    for number in [1, 2] {
        let own = lines
            .iter()
            .filter(|line| line.ends_with(&format!("of attachment {number}")));
        let expected = (0..100).map(|line| format!("line {line} of attachment {number}"));
        assert!(own.eq(expected.collect::<Vec<_>>().iter()));
    }
}
