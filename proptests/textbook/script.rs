//! Scripts of everything that the two sides can do, in one thread: each answer is the
//! specification's.

use aqueduct::buffer::textbook::{BufferSize, Consumer, Producer};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::position::Position;
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::View;
use crate::placed::{WORLDS, World};
use crate::spec::{Counted, Ledger, Queue, property, starts};

/// What one side is told to do.
#[derive(Clone, Debug)]
enum Op {
    Push,
    Pop,
    NewProducer,
    NewConsumer,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Push),
        5 => Just(Op::Pop),
        1 => Just(Op::NewProducer),
        1 => Just(Op::NewConsumer),
    ]
}

/// An item that is made of a number, and tells it.
trait Numbered: Sized {
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
}

impl Numbered for u64 {
    fn of(number: u64) -> Self {
        number
    }

    fn number(&self) -> u64 {
        *self
    }
}

/// An item that is no power of two long, and not of the alignment of the indices.
#[derive(Clone, Copy)]
struct Bytes([u8; 11]);

impl Numbered for Bytes {
    fn of(number: u64) -> Self {
        let mut bytes = [7; 11];
        bytes[3..].copy_from_slice(&number.to_ne_bytes());
        Self(bytes)
    }

    fn number(&self) -> u64 {
        u64::from_ne_bytes(self.0[3..].try_into().expect("eight bytes"))
    }
}

/// An item that asks for more alignment than the indices have.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Aligned(u64);

impl Numbered for Aligned {
    fn of(number: u64) -> Self {
        Self(number)
    }

    fn number(&self) -> u64 {
        self.0
    }
}

/// Both sides of one buffer, and what it should be.
struct Pair<T> {
    size: BufferSize,
    /// Where the indices began.
    start: u64,
    views: [View<T>; 2],
    producer: Producer<View<T>>,
    consumer: Consumer<View<T>>,
    /// The numbers of the items.
    spec: Queue<u64>,
}

impl<T> Pair<T> {
    fn new(views: [View<T>; 2], size: BufferSize, start: u64) -> Result<Self, TestCaseError> {
        // SAFETY: the buffer is of this size and new.
        let producer = unsafe { Producer::attach(views[0].clone(), size) }?;
        // SAFETY: as above.
        let consumer = unsafe { Consumer::attach(views[1].clone(), size) }?;
        Ok(Self {
            size,
            start: start % size.slots() as u64,
            views,
            producer,
            consumer,
            spec: Queue::new(size.capacity().get(), 0),
        })
    }

    /// Takes one step; the next item is made by `make`, and its number is told by `number`.
    fn apply(
        &mut self,
        op: &Op,
        make: impl FnOnce() -> T,
        number: impl Fn(&T) -> u64,
    ) -> Result<(), TestCaseError> {
        match op {
            Op::Push => {
                let item = make();
                let made = number(&item);
                let expected = self.spec.push(made);
                match self.producer.push(item) {
                    Ok(()) => prop_assert!(expected, "it is full"),
                    Err(PushError::Full(item)) => {
                        prop_assert!(!expected, "it is not full");
                        prop_assert_eq!(number(&item), made);
                    }
                    Err(PushError::Corrupt(_)) => prop_assert!(false, "corrupt"),
                }
            }
            Op::Pop => {
                let popped = self.consumer.pop().map(|item| number(&item));
                prop_assert_eq!(popped, self.spec.pop().ok_or(PopError::Empty));
            }
            Op::NewProducer => {
                // SAFETY: the predecessor of this producer is not used again.
                self.producer = unsafe { Producer::attach(self.views[0].clone(), self.size) }?;
            }
            Op::NewConsumer => {
                // SAFETY: the predecessor of this consumer is not used again.
                self.consumer = unsafe { Consumer::attach(self.views[1].clone(), self.size) }?;
            }
        }
        let index = |count: u64| (self.start + count) % self.size.slots() as u64;
        let expected = (index(self.spec.tail()), index(self.spec.head()));
        for view in &self.views {
            prop_assert_eq!(view.indices(), expected);
        }
        Ok(())
    }
}

fn follow<T: Numbered>(
    slots: usize,
    start: u64,
    gap: usize,
    script: &[Op],
) -> Result<(), TestCaseError> {
    let size = BufferSize::new(slots)?;
    for world in WORLDS {
        let views = View::<T>::pair(world, size.capacity(), Position::new(start), gap);
        let mut pair = Pair::new(views, size, start)?;
        for (number, op) in (1..).zip(script) {
            pair.apply(op, || T::of(number), T::number)?;
        }
        prop_assert!(pair.views[0].is_intact());
    }
    Ok(())
}

fn values_are_dropped_once(slots: usize, start: u64, script: &[Op]) -> Result<(), TestCaseError> {
    let size = BufferSize::new(slots)?;
    let ledger = Ledger::new();
    let views = View::pair(World::Heap, size.capacity(), Position::new(start), 0);
    let mut pair = Pair::new(views, size, start)?;
    for op in script {
        pair.apply(op, || ledger.value(), |value: &Counted| value.number as u64)?;
        prop_assert_eq!(ledger.alive()?, pair.spec.filled());
    }
    drop(pair);
    prop_assert_eq!(ledger.alive()?, 0, "the buffer drops what is left");
    Ok(())
}

property! {
    fn a_buffer_is_a_queue(
        slots in 2..=18_usize,
        start in starts(),
        gap in 0..1_000_usize,
        script in vec(op(), 0..60),
    ) {
        follow::<u64>(slots, start, gap, &script)?;
        follow::<Bytes>(slots, start, gap, &script)?;
        follow::<Aligned>(slots, start, gap, &script)?;
        values_are_dropped_once(slots, start, &script)?;
    }
}
