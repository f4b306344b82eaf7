//! Values that have to be dropped: each is, exactly once, whatever is left inside.

use aqueduct::buffer::spsc::{Consumer, Producer};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::position::{Capacity, Position};
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::View;
use crate::spec::{Counted, Ledger, Queue, property, starts};

/// What one side is told to do.
#[derive(Clone, Debug)]
enum Op {
    Push,
    Pop,
    /// Stages so many, the consumer takes so many meanwhile; then it is committed or dropped.
    Batch {
        staged: usize,
        popped: usize,
        commit: bool,
    },
    NewProducer,
    NewConsumer,
}

fn op() -> impl Strategy<Value = Op> {
    let batch = (0..20_usize, 0..5_usize, any::<bool>());
    prop_oneof![
        3 => Just(Op::Push),
        3 => Just(Op::Pop),
        3 => batch.prop_map(|(staged, popped, commit)| Op::Batch { staged, popped, commit }),
        1 => Just(Op::NewProducer),
        1 => Just(Op::NewConsumer),
    ]
}

/// Both sides of one ring, and the numbers that should be in it.
struct Pair<'a> {
    ledger: &'a Ledger,
    producer: Producer<View<Counted>>,
    consumer: Consumer<View<Counted>>,
    spec: Queue<usize>,
}

impl Pair<'_> {
    fn apply(&mut self, op: &Op, capacity: Capacity) -> Result<(), TestCaseError> {
        match *op {
            Op::Push => self.batch(1, 0, true),
            Op::Pop => self.pop(),
            Op::Batch {
                staged,
                popped,
                commit,
            } => self.batch(staged, popped, commit),
            Op::NewProducer => {
                // SAFETY: the predecessor of this producer is not used again.
                self.producer = unsafe { self.producer.ring().producer(capacity) }?;
                Ok(())
            }
            Op::NewConsumer => {
                // SAFETY: the predecessor of this consumer is not used again.
                self.consumer = unsafe { self.consumer.ring().consumer(capacity) }?;
                Ok(())
            }
        }?;
        prop_assert_eq!(self.ledger.alive()?, self.spec.filled());
        Ok(())
    }

    fn pop(&mut self) -> Result<(), TestCaseError> {
        let popped = self.consumer.pop().map(|value| value.number);
        prop_assert_eq!(popped, self.spec.pop().ok_or(PopError::Empty));
        Ok(())
    }

    fn batch(&mut self, count: usize, popped: usize, commit: bool) -> Result<(), TestCaseError> {
        let mut batch = self.producer.batch();
        let mut staged = Vec::new();
        for _ in 0..count {
            let (number, room) = (self.ledger.next(), self.spec.room() > staged.len());
            match batch.push(self.ledger.value()) {
                Ok(()) if room => staged.push(number),
                Err(PushError::Full(value)) if !room => prop_assert_eq!(value.number, number),
                other => return Err(TestCaseError::fail(format!("room: {room}, {other:?}"))),
            }
        }
        for _ in 0..popped {
            let value = self.consumer.pop().map(|value| value.number);
            prop_assert_eq!(value, self.spec.pop().ok_or(PopError::Empty));
        }
        prop_assert_eq!(self.ledger.alive()?, self.spec.filled() + staged.len());
        if commit {
            batch.commit();
            self.spec.push_all(&staged);
        }
        Ok(())
    }
}

property! {
    fn every_value_is_dropped_once(
        capacity in 1..=17_usize,
        start in starts(),
        script in vec(op(), 0..60),
    ) {
        let capacity = Capacity::new(capacity)?;
        let ring = View::heap(capacity, Position::new(start));
        // SAFETY: the ring was placed with this capacity and is new.
        let producer = unsafe { ring.producer(capacity) }?;
        // SAFETY: as above.
        let consumer = unsafe { ring.consumer(capacity) }?;
        let ledger = Ledger::new();
        let spec = Queue::new(capacity.get(), start);
        let mut pair = Pair { ledger: &ledger, producer, consumer, spec };
        for op in &script {
            pair.apply(op, capacity)?;
        }
        drop(pair);
        prop_assert_eq!(ledger.alive()?, rest(&ring), "the ring still has what is left");
        drop(ring);
        prop_assert_eq!(ledger.alive()?, 0);
    }
}

/// How many messages are in the ring.
fn rest(ring: &View<Counted>) -> usize {
    let (head, tail) = ring.positions();
    usize::try_from(tail.since(head)).expect("at most its capacity")
}
