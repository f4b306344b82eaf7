//! A second process attaches in mid-stream, to a mapping of its own; some are killed, and another
//! one goes on where they were.

use std::process::{Child, Command};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aqueduct::buffer::PopError;
use aqueduct::buffer::unbounded::{Producer, PushError, Shape, Unbounded};
use aqueduct::position::Position;
use aqueduct::shm::SparseBuffer;

use super::memory::{attached, begun, consumer, in_object, producer, shape};
use crate::shm::{Scratch, helper, name_for_helper};

/// The last message.
const END: u64 = u64::MAX;

/// Segments of one page, with room for many.
fn small() -> Shape {
    shape(20_000, 512)
}

type Words = Arc<Unbounded<SparseBuffer<u64>>>;

/// Takes messages until the last one; each is one more than the one before. Returns how many.
fn take_all(buffer: &Words) -> u64 {
    let mut consumer = consumer(buffer);
    let mut expected = consumer.position().count();
    loop {
        match consumer.pop() {
            Ok(END) => return expected,
            Ok(message) => {
                assert_eq!(message, expected, "in order, and none twice");
                expected += 1;
            }
            Err(error) => {
                assert_eq!(error, PopError::Empty);
                thread::yield_now();
            }
        }
    }
}

fn push(producer: &mut Producer<Words>, message: u64) {
    while let Err(error) = producer.push(message) {
        assert_eq!(error, PushError::Full(message));
        thread::yield_now();
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn takes_all() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let buffer = Arc::new(Unbounded::new(attached(name, small())));
    take_all(&buffer);
}

fn start(scratch: &Scratch) -> Child {
    let mut command: Command = helper("unbounded::processes::takes_all", &scratch.name());
    command.spawn().expect("the helper starts")
}

#[test]
fn a_process_attaches_in_mid_stream() {
    let scratch = Scratch::new();
    let buffer = begun(in_object(&scratch, small(), Position::new(0)));
    let allocated = || {
        buffer
            .memory()
            .object()
            .allocated()
            .expect("it can be asked")
    };
    let (empty, mut producer) = (allocated(), producer(&buffer));
    let mut consumer = consumer(&buffer);
    for message in 0..10_000 {
        push(&mut producer, message);
    }
    for message in 0..3_000 {
        assert_eq!(consumer.pop(), Ok(message));
    }
    drop(consumer);
    let mut child = start(&scratch);
    for message in 10_000..100_000 {
        push(&mut producer, message);
    }
    push(&mut producer, END);
    let status = child.wait().expect("it is our child");
    assert!(status.success(), "the helper failed: {status}");
    let (head, tail) = buffer.positions();
    assert_eq!(
        (head, tail),
        (Position::new(100_001), Position::new(100_001))
    );
    assert!(allocated() <= empty + 4096, "{}", allocated());
}

#[test]
fn a_killed_consumer_is_followed() {
    let scratch = Scratch::new();
    let buffer = begun(in_object(&scratch, small(), Position::new(0)));
    let allocated = || {
        buffer
            .memory()
            .object()
            .allocated()
            .expect("it can be asked")
    };
    let (empty, mut producer) = (allocated(), producer(&buffer));
    let mut next = 0;
    for round in 1..=10 {
        let mut child = start(&scratch);
        let victim_works = |buffer: &Words, from| buffer.positions().0 != from;
        let from = buffer.positions().0;
        // It is killed at some time after its first message.
        for _ in 0..1_000 {
            push(&mut producer, next);
            next += 1;
        }
        while !victim_works(&buffer, from) {
            thread::yield_now();
        }
        thread::sleep(Duration::from_micros(round * 13));
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
    }
    push(&mut producer, END);
    assert_eq!(take_all(&buffer), next);
    let (head, tail) = buffer.positions();
    assert_eq!(head, tail);
    assert!(allocated() <= empty + 4096, "{}", allocated());
}
