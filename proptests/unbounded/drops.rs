//! Values that have to be dropped: each is, exactly once, whatever is left inside; and so is each
//! slot that the heap made.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use aqueduct::buffer::PopError;
use aqueduct::buffer::unbounded::{Blank, Heap, PushError, Segments, on_heap};
use aqueduct::platform::native::Native;
use aqueduct::position::Position;
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::{self, Account, consumer, producer, shape};
use crate::spec::{Counted, Ledger, Queue, property, starts};

/// What one side is told to do.
#[derive(Clone, Copy, Debug)]
enum Op {
    Push,
    Pop,
    NewProducer,
    NewConsumer,
    Refuse(bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Push),
        4 => Just(Op::Pop),
        1 => Just(Op::NewProducer),
        1 => Just(Op::NewConsumer),
        1 => any::<bool>().prop_map(Op::Refuse),
    ]
}

property! {
    fn every_value_is_dropped_once(
        sizes in (1..=17_usize, 1..=8_usize),
        start in starts(),
        script in vec(op(), 0..60),
    ) {
        let (ledger, account) = (Ledger::new(), Account::default());
        let buffer = memory::on_heap(shape(sizes.0, sizes.1), Position::new(start), &account);
        let (mut producing, mut consuming) = (producer(&buffer), consumer(&buffer));
        let mut spec = Queue::new(sizes.0, start);
        for op in script {
            match op {
                Op::Push => {
                    let number = ledger.next();
                    match producing.push(ledger.value()) {
                        Ok(()) => prop_assert!(spec.push(number), "there is room"),
                        Err(PushError::Full(value) | PushError::NoMemory(value)) => {
                            prop_assert_eq!(value.number, number);
                        }
                        Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
                    }
                }
                Op::Pop => {
                    let popped = consuming.pop().map(|value| value.number);
                    prop_assert_eq!(popped, spec.pop().ok_or(PopError::Empty));
                }
                Op::NewProducer => producing = producer(&buffer),
                Op::NewConsumer => consuming = consumer(&buffer),
                Op::Refuse(refuses) => account.refuses.store(refuses, Relaxed),
            }
            prop_assert_eq!(ledger.alive()?, spec.filled());
        }
        drop((producing, consuming));
        prop_assert_eq!(ledger.alive()?, spec.filled(), "the buffer still has what is left");
        drop(buffer);
        prop_assert_eq!(ledger.alive()?, 0);
    }
}

/// A value whose drop may panic, once it has been counted.
struct Mine(Counted, bool);

impl Drop for Mine {
    fn drop(&mut self) {
        assert!(!self.1, "value {} goes off", self.0.number);
    }
}

#[test]
fn a_drop_that_panics_leaves_no_other_value_behind() {
    let ledger = Ledger::new();
    let (mut producer, consumer) = on_heap::<Native, Mine>(shape(9, 2)).expect("a small table");
    for number in 0..7 {
        let pushed = producer.push(Mine(ledger.value(), number == 3));
        assert!(pushed.is_ok(), "there is room");
    }
    drop(consumer);
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(producer)));
    assert!(dropped.is_err(), "one goes off");
    assert_eq!(ledger.alive().expect("none twice"), 0);
}

/// A slot that counts how many there are.
struct Tallied;

static SLOTS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it has no bytes, and carries nothing.
unsafe impl Blank for Tallied {
    type Message = ();

    fn blank() -> Self {
        SLOTS.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Tallied {
    fn drop(&mut self) {
        SLOTS.fetch_sub(1, Relaxed);
    }
}

#[test]
fn every_slot_goes_back() {
    let heap = Heap::<Native, (), Tallied>::new((), shape(5, 4)).expect("a small table");
    for segment in [0, 2, 2, 3] {
        heap.reserve(segment).expect("there is memory");
    }
    assert_eq!((SLOTS.load(Relaxed), heap.segments_there()), (12, 3));
    for _ in 0..2 {
        // SAFETY: nobody uses the slots.
        unsafe { heap.give_back(2) };
        assert_eq!((SLOTS.load(Relaxed), heap.segments_there()), (8, 2));
    }
    drop(heap);
    assert_eq!(SLOTS.load(Relaxed), 0);
}

#[test]
fn two_threads_pass_boxes_on() {
    let (mut producer, mut consumer) = on_heap::<Native, _>(shape(100, 8)).expect("a small table");
    let buffer = Arc::clone(consumer.buffer());
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0..20_000_u32 {
                let mut message = Box::new(number);
                while let Err(error) = producer.push(message) {
                    let PushError::Full(back) = error else {
                        panic!("{error}");
                    };
                    message = back;
                    std::thread::yield_now();
                }
            }
        });
        for number in 0..20_000 {
            let popped = loop {
                match consumer.pop() {
                    Ok(message) => break message,
                    Err(error) => assert_eq!(error, PopError::Empty),
                }
                std::thread::yield_now();
            };
            assert_eq!(*popped, number);
        }
    });
    assert_eq!(
        buffer.memory().segments_there(),
        0,
        "20,000 is a multiple of 8"
    );
}
