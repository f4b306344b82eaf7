//! Scripts of everything that the two sides can do, in one thread: each answer is the
//! specification's, and only those segments are there that are needed.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aqueduct::buffer::PopError;
use aqueduct::buffer::unbounded::{
    Consumer, Memory, Producer, PushError, PushSliceError, Unbounded,
};
use aqueduct::position::Position;
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::{
    Account, Accounted, InObject, attached, begun, consumer, in_object, memory_for, needed,
    on_heap, producer, shape,
};
use crate::elements::{Aligned, Element, FarAligned, Nothing, Wide};
use crate::shm::Scratch;
use crate::spec::{Queue, may_be_told, property, starts};

/// What one side is told to do.
#[derive(Clone, Debug)]
enum Op {
    Push,
    PushSlice(usize),
    Room(usize),
    NewProducer,
    Pop,
    PopSlice(usize),
    Filled(usize),
    NewConsumer,
    /// There is no memory from now on, or there is again.
    Refuse(bool),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Push),
        4 => Just(Op::Pop),
        3 => (0..20_usize).prop_map(Op::PushSlice),
        3 => (0..20_usize).prop_map(Op::PopSlice),
        1 => (0..20_usize).prop_map(Op::Room),
        1 => (0..20_usize).prop_map(Op::Filled),
        1 => Just(Op::NewProducer),
        1 => Just(Op::NewConsumer),
        2 => any::<bool>().prop_map(Op::Refuse),
    ]
}

/// Both sides of one buffer, and what it should be.
struct Pair<M: Memory> {
    views: [Arc<Unbounded<M>>; 2],
    producer: Producer<Arc<Unbounded<M>>>,
    consumer: Consumer<Arc<Unbounded<M>>>,
    account: Account,
    spec: Queue<M::Message>,
    /// Numbers the messages.
    made: u64,
}

impl<M: Memory<Message: Element>> Pair<M> {
    fn new(views: [Arc<Unbounded<M>>; 2], account: Account, start: u64) -> Self {
        let limit = views[0].memory().shape().limit();
        Self {
            producer: producer(&views[0]),
            consumer: consumer(&views[1]),
            views,
            account,
            spec: Queue::new(limit.get(), start),
            made: 0,
        }
    }

    fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Push => {
                let message = Element::next(&mut self.made);
                let answer = self.producer.push(message);
                let expected = match (self.spec.room(), self.memory_for(1)) {
                    (0, _) => Err(PushError::Full(message)),
                    (_, 0) => Err(PushError::NoMemory(message)),
                    _ => Ok(()),
                };
                prop_assert_eq!(answer, expected);
                expected.is_ok().then(|| self.spec.push(message));
            }
            Op::PushSlice(count) => {
                let messages = Element::several(&mut self.made, count);
                let fitting = count.min(self.spec.room());
                let there = self.memory_for(fitting);
                let answer = self.producer.push_slice(&messages);
                if fitting > 0 && there == 0 {
                    prop_assert!(matches!(answer, Err(PushSliceError::NoMemory(_))));
                } else {
                    prop_assert_eq!(answer, Ok(there));
                    self.spec.push_all(&messages[..there]);
                }
            }
            Op::Room(wanted) => {
                let room = self.producer.room(wanted)?;
                prop_assert!(may_be_told(room, wanted, self.spec.room()), "room {}", room);
            }
            Op::Pop => {
                prop_assert_eq!(self.consumer.pop(), self.spec.pop().ok_or(PopError::Empty));
            }
            Op::PopSlice(count) => {
                let mut messages = vec![Element::of(0); count];
                let popped = self.consumer.pop_slice(&mut messages)?;
                prop_assert_eq!(&messages[..popped], self.spec.pop_all(count));
            }
            Op::Filled(wanted) => {
                let (filled, truth) = (self.consumer.filled(wanted)?, self.spec.filled());
                prop_assert!(may_be_told(filled, wanted, truth), "filled {}", filled);
            }
            Op::NewProducer => self.producer = producer(&self.views[0]),
            Op::NewConsumer => self.consumer = consumer(&self.views[1]),
            Op::Refuse(refuses) => self.account.refuses.store(refuses, Relaxed),
        }
        self.compare()
    }

    /// How many of the next `count` messages have memory, or get some.
    fn memory_for(&self, count: usize) -> usize {
        let shape = self.views[0].memory().shape();
        memory_for(shape, &self.account, &self.spec, count)
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let expected = [self.spec.head(), self.spec.tail()];
        let own = [self.consumer.position(), self.producer.position()];
        prop_assert_eq!(own.map(Position::count), expected);
        for view in &self.views {
            let shared: [Position; 2] = view.positions().into();
            prop_assert_eq!(shared.map(Position::count), expected);
        }
        let shape = self.views[0].memory().shape();
        let needed = needed(shape, &self.spec);
        prop_assert_eq!(self.account.there(), needed);
        Ok(())
    }
}

/// Runs one script on the heap.
fn on_the_heap<T: Element>(sizes: [usize; 2], start: u64, ops: &[Op]) -> Result<(), TestCaseError> {
    let (account, shape) = (Account::default(), shape(sizes[0], sizes[1]));
    let buffer = on_heap::<T>(shape, Position::new(start), &account);
    let mut pair = Pair::new([Arc::clone(&buffer), buffer], account, start);
    for op in ops {
        pair.apply(op)?;
        let memory = pair.views[0].memory().memory();
        prop_assert_eq!(memory.segments_there(), pair.account.there().len());
    }
    Ok(())
}

/// Runs one script in an object; the consumer has a mapping of its own, made when the script is half
/// done.
fn in_an_object<T: Element>(
    sizes: [usize; 2],
    start: u64,
    ops: &[Op],
) -> Result<(), TestCaseError> {
    let (account, shape) = (Account::default(), shape(sizes[0], sizes[1]));
    let scratch = Scratch::new();
    let sparse = in_object::<T>(&scratch, shape, Position::new(start));
    let allocated = |pair: &Pair<_>| -> u64 {
        let view: &Unbounded<InObject<T>> = &pair.views[0];
        view.memory()
            .memory()
            .object()
            .allocated()
            .expect("it can be asked")
    };
    let view = begun(Accounted::of(sparse, &account));
    let mut pair = Pair::new([Arc::clone(&view), view], account, start);
    let page = 4096;
    let segment = (shape.slots() * size_of::<T>())
        .max(1)
        .next_multiple_of(page) as u64;
    let empty = allocated(&pair) - pair.account.there().len() as u64 * segment;
    let (first, second) = ops.split_at(ops.len() / 2);
    for op in first {
        pair.apply(op)?;
    }
    let other = attached::<T>(scratch.name(), shape);
    pair.views[1] = Arc::new(Unbounded::new(Accounted::of(other, &pair.account)));
    pair.consumer = consumer(&pair.views[1]);
    for op in second {
        pair.apply(op)?;
    }
    let there = pair.account.there().len() as u64;
    prop_assert_eq!(allocated(&pair), empty + there * segment);
    while pair.spec.filled() > 0 {
        pair.apply(&Op::Pop)?;
    }
    prop_assert!(allocated(&pair) <= empty + segment);
    Ok(())
}

each! {
    words_on_the_heap_are_a_queue: u64, on_the_heap;
    structures_on_the_heap_are_a_queue: Wide, on_the_heap;
    nothing_on_the_heap_counts: Nothing, on_the_heap;
    aligned_messages_on_the_heap_are_a_queue: Aligned, on_the_heap;
    far_aligned_messages_on_the_heap_are_a_queue: FarAligned, on_the_heap;
    words_in_an_object_are_a_queue: u64, in_an_object;
    nothing_in_an_object_counts: Nothing, in_an_object;
    far_aligned_messages_in_an_object_are_a_queue: FarAligned, in_an_object;
}
