//! The gate and the lock bytes, between descriptions and between threads.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::buffer::Owner;
use aqueduct::shm::{Byte, Guard, Object};

use super::Scratch;

const SHORT: Duration = Duration::from_millis(50);

/// Two descriptions of one object, as two processes would have.
fn two_descriptions() -> (Scratch, Arc<Object>, Arc<Object>) {
    let scratch = Scratch::new();
    let first = Arc::new(scratch.object());
    let second = Arc::new(scratch.open());
    (scratch, first, second)
}

fn try_lock(object: &Arc<Object>, byte: Byte) -> Option<Guard> {
    object.try_lock(byte).expect("the kernel knows such locks")
}

fn is_locked(object: &Object, byte: Byte) -> bool {
    object.is_locked(byte).expect("the kernel knows such locks")
}

#[test]
fn a_byte_has_one_holder() {
    let (_scratch, first, second) = two_descriptions();
    let held = try_lock(&first, Byte::Sender).expect("it is free");
    assert!(
        try_lock(&second, Byte::Sender).is_none(),
        "another description"
    );
    assert!(
        try_lock(&first, Byte::Sender).is_none(),
        "the same description"
    );
    assert!(is_locked(&second, Byte::Sender));
    assert!(is_locked(&first, Byte::Sender), "one's own counts");
    drop(held);
    assert!(!is_locked(&second, Byte::Sender));
    assert!(try_lock(&second, Byte::Sender).is_some());
    assert!(
        try_lock(&first, Byte::Sender).is_some(),
        "a failed try holds nothing"
    );
}

#[test]
fn bytes_are_apart() {
    let (_scratch, first, second) = two_descriptions();
    let sender = try_lock(&first, Byte::Sender).expect("it is free");
    let receiver = try_lock(&second, Byte::Receiver).expect("it is free");
    let gate = second.lock_gate().expect("the gate opens");
    assert!(is_locked(&first, Byte::Receiver) && is_locked(&second, Byte::Sender));
    drop((gate, receiver));
    assert!(
        is_locked(&second, Byte::Sender),
        "letting go of one keeps the other"
    );
    drop(sender);
    assert!(!is_locked(&second, Byte::Sender));
}

#[test]
fn every_byte_but_the_gate_counts_as_use() {
    let (_scratch, first, second) = two_descriptions();
    let in_use = |object: &Object| object.is_in_use().expect("the kernel knows such locks");
    let gate = second.lock_gate().expect("the gate opens");
    assert!(!in_use(&first), "the gate is no seat");
    let far = Byte::Attachment(Owner::new(u16::MAX));
    for byte in [Byte::Sender, Byte::Receiver, far] {
        let held = try_lock(&second, byte).expect("it is free");
        assert!(in_use(&first) && in_use(&second), "{byte:?}");
        drop(held);
        assert!(!in_use(&first), "{byte:?}");
    }
    drop(gate);
}

#[test]
fn a_lock_does_not_touch_the_contents() {
    let (_scratch, first, _second) = two_descriptions();
    let _gate = first.lock_gate().expect("the gate opens");
    let _held = try_lock(&first, Byte::Sender).expect("it is free");
    let mut bytes = [1; 3];
    assert_eq!(first.read_at(&mut bytes, 0).expect("it can be read"), 3);
    assert_eq!(bytes, [0; 3]);
}

#[test]
fn a_guard_keeps_its_object_open() {
    let (_scratch, first, second) = two_descriptions();
    let held = try_lock(&first, Byte::Receiver).expect("it is free");
    drop(first);
    assert!(is_locked(&second, Byte::Receiver));
    assert_eq!(
        (held.byte(), held.object().identity()),
        (Byte::Receiver, second.identity())
    );
    drop(held);
    assert!(!is_locked(&second, Byte::Receiver));
}

/// Waits for the gate of `other` while the gate of `first` is held.
fn the_gate_waits(first: &Object, other: &Object) {
    let gate = first.lock_gate().expect("the gate opens");
    thread::scope(|scope| {
        let waiter = scope.spawn(|| drop(other.lock_gate().expect("the gate opens")));
        thread::sleep(SHORT);
        assert!(!waiter.is_finished(), "two hold the gate");
        drop(gate);
    });
}

#[test]
fn the_gate_lets_one_in_at_a_time() {
    let (_scratch, first, second) = two_descriptions();
    the_gate_waits(&first, &second);
    the_gate_waits(&first, &first);
}

#[test]
fn what_the_gate_protects_is_changed_by_one_at_a_time() {
    const ROUNDS: u32 = 300;
    let (_scratch, first, second) = two_descriptions();
    let count = AtomicU32::new(0);
    thread::scope(|scope| {
        for object in [&first, &first, &second] {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let _gate = object.lock_gate().expect("the gate opens");
                    let seen = count.load(Relaxed);
                    thread::yield_now();
                    count.store(seen + 1, Relaxed);
                }
            });
        }
    });
    assert_eq!(count.into_inner(), 3 * ROUNDS);
}

#[test]
fn waiting_for_the_gate_has_a_limit() {
    let (_scratch, first, second) = two_descriptions();
    let limit = Duration::from_millis(30);
    let gate = first.lock_gate().expect("the gate opens");
    // The same description is refused by the lock among its threads, another by the kernel.
    for object in [&first, &second] {
        let begun = Instant::now();
        let error = object
            .lock_gate_within(Some(limit))
            .expect_err("it is held");
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= limit);
    }
    drop(gate);
    for limit in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
        drop(first.lock_gate_within(limit).expect("the gate opens"));
    }
}
