//! Values that have to be dropped: each is, exactly once, whatever is left inside and whoever
//! panics.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, Producer, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::placed::Placed;
use crate::spec::{Counted, Ledger, property, starts};

#[derive(Clone, Debug)]
enum Op {
    Push,
    GiveUp,
    Pop,
    ReadAndDrop,
    PutBack,
    /// The closure that reads the message panics.
    PanicInRead,
    /// The closure that writes the message panics.
    PanicInWrite,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Push),
        1 => Just(Op::GiveUp),
        2 => Just(Op::Pop),
        1 => Just(Op::ReadAndDrop),
        1 => Just(Op::PutBack),
        1 => Just(Op::PanicInRead),
        1 => Just(Op::PanicInWrite),
    ]
}

/// A panic of which nothing is printed.
fn give_up() -> ! {
    resume_unwind(Box::new(()))
}

property! {
    fn each_value_is_dropped_once(
        capacity in 1..=5_usize,
        start in starts(),
        script in vec(op(), 0..40),
    ) {
        let ledger = Ledger::new();
        let view = Placed::<Ring<Native, Counted>>::heap(Capacity::new(capacity)?, Position::new(start));
        let owner = Owner::new(1);
        // SAFETY: it is the only attachment.
        let producer = unsafe { Producer::attach(view.clone(), owner) };
        // SAFETY: as above.
        let consumer = unsafe { Consumer::attach(view.clone(), owner) };
        for op in &script {
            match op {
                Op::Push => drop(producer.push(ledger.value())),
                Op::GiveUp => drop(producer.claim()),
                Op::Pop => drop(consumer.pop()),
                Op::ReadAndDrop => drop(consumer.pop_ref().map(|taken| taken.read(|value| value.number))),
                Op::PutBack => drop(consumer.pop_ref().map(aqueduct::buffer::mpmc::PopRef::put_back)),
                Op::PanicInRead => drop(catch_unwind(AssertUnwindSafe(|| {
                    if let Ok(taken) = consumer.pop_ref() {
                        taken.read(|_| give_up());
                    }
                }))),
                Op::PanicInWrite => drop(catch_unwind(AssertUnwindSafe(|| {
                    if let Ok(claim) = producer.claim() {
                        // SAFETY: it never returns.
                        unsafe { claim.write_with(|_| give_up()) };
                    }
                }))),
            }
            prop_assert!(ledger.alive()? <= capacity);
        }
        drop((producer, consumer, view));
        prop_assert_eq!(ledger.alive()?, 0);
    }
}

/// A value that counts its drop, and then panics.
struct Panics<'a>(&'a Cell<usize>);

impl Drop for Panics<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
        if self.0.get() == 2 {
            give_up()
        }
    }
}

#[test]
fn a_drop_that_panics_keeps_none_of_the_others() {
    let drops = Cell::new(0);
    let capacity = Capacity::new(5).unwrap();
    let view = Placed::<Ring<Native, Panics<'_>>>::heap(capacity, Position::new(0));
    // SAFETY: it is the only attachment.
    let producer = unsafe { Producer::attach(view.clone(), Owner::new(1)) };
    for _ in 0..5 {
        assert!(producer.push(Panics(&drops)).is_ok());
    }
    let all = AssertUnwindSafe((producer, view));
    assert!(catch_unwind(move || drop({ all }.0)).is_err());
    assert_eq!(drops.get(), 5);
}
