//! Scripts of everything that the two sides can do, in one thread: each answer is the
//! specification's.

use std::mem::{self, MaybeUninit};

use aqueduct::buffer::spsc::{Batch, Consumer, Producer, Taken};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::View;
use super::op::{End, Op, Staging, Taking, op};
use crate::elements::{Aligned, Element, FarAligned, Nothing, Wide};
use crate::placed::{WORLDS, World};
use crate::spec::{Queue, may_be_told, property, starts};

/// Both sides of one ring, and what it should be.
struct Pair<T: Element> {
    capacity: Capacity,
    views: [View<T>; 2],
    producer: Producer<View<T>>,
    consumer: Consumer<View<T>>,
    spec: Queue<T>,
    /// Numbers the messages.
    made: u64,
}

impl<T: Element> Pair<T> {
    fn new(world: World, capacity: usize, start: u64, gap: usize) -> Result<Self, TestCaseError> {
        let capacity = Capacity::new(capacity)?;
        let views = View::pair(world, capacity, Position::new(start), gap);
        // SAFETY: the ring was placed with this capacity and is new.
        let producer = unsafe { views[0].producer(capacity) }?;
        // SAFETY: as above.
        let consumer = unsafe { views[1].consumer(capacity) }?;
        Ok(Self {
            capacity,
            views,
            producer,
            consumer,
            spec: Queue::new(capacity.get(), start),
            made: 0,
        })
    }

    fn new_producer(&mut self) {
        // SAFETY: the predecessor of this producer is not used again.
        let producer = unsafe { self.views[0].producer(self.capacity) };
        self.producer = producer.expect("nobody broke the ring");
    }

    fn new_consumer(&mut self) {
        // SAFETY: the predecessor of this consumer is not used again.
        let consumer = unsafe { self.views[1].consumer(self.capacity) };
        self.consumer = consumer.expect("nobody broke the ring");
    }

    fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Push => {
                let message = T::next(&mut self.made);
                let pushed = self.producer.push(message);
                let expected = self.spec.push(message);
                prop_assert_eq!(
                    pushed,
                    expected.then_some(()).ok_or(PushError::Full(message))
                );
            }
            Op::PushSlice(count) => {
                let messages = T::several(&mut self.made, count);
                let pushed = self.producer.push_slice(&messages);
                prop_assert_eq!(pushed, Ok(self.spec.push_all(&messages)));
            }
            Op::Room(wanted) => {
                let room = self.producer.room(wanted)?;
                prop_assert!(may_be_told(room, wanted, self.spec.room()), "room {}", room);
            }
            Op::Pop => prop_assert_eq!(self.consumer.pop(), self.spec.pop().ok_or(PopError::Empty)),
            Op::Peek => {
                let there = self.spec.peek(0, 1).first().copied();
                let seen = self.consumer.peek(|message| *message);
                prop_assert_eq!(seen, there.ok_or(PopError::Empty));
            }
            Op::PopSlice(count) => {
                let mut messages = vec![T::of(0); count];
                let popped = self.consumer.pop_slice(&mut messages)?;
                prop_assert_eq!(&messages[..popped], self.spec.pop_all(count));
            }
            Op::Filled(wanted) => {
                let filled = self.consumer.filled(wanted)?;
                let truth = self.spec.filled();
                prop_assert!(may_be_told(filled, wanted, truth), "filled {}", filled);
            }
            Op::Batch(ref steps, end) => self.batch(steps, end)?,
            Op::Take(ref steps, end) => self.take(steps, end)?,
            Op::NewProducer => self.new_producer(),
            Op::NewConsumer => self.new_consumer(),
        }
        self.compare_positions()
    }

    fn batch(&mut self, steps: &[Staging], end: End) -> Result<(), TestCaseError> {
        let (spec, made) = (&mut self.spec, &mut self.made);
        let mut batch = self.producer.batch();
        let mut staged = Vec::new();
        for step in steps {
            let room = spec.room() - staged.len();
            match *step {
                Staging::Push => {
                    let message = T::next(made);
                    let expected = (room > 0).then_some(()).ok_or(PushError::Full(message));
                    prop_assert_eq!(batch.push(message), expected);
                    staged.extend((room > 0).then_some(message));
                }
                Staging::PushWith => {
                    let message = T::next(made);
                    let write = |slot: &mut MaybeUninit<T>| {
                        slot.write(message);
                    };
                    let expected = (room > 0).then_some(()).ok_or(PushError::Full(()));
                    // SAFETY: the message is initialised.
                    prop_assert_eq!(unsafe { batch.push_with(write) }, expected);
                    staged.extend((room > 0).then_some(message));
                }
                Staging::Slice(count) => {
                    let messages = T::several(made, count);
                    prop_assert_eq!(batch.push_slice(&messages), Ok(count.min(room)));
                    staged.extend_from_slice(&messages[..count.min(room)]);
                }
                Staging::Fill(most, filled) => {
                    let messages = fill(&mut batch, most, room, T::several(made, filled))?;
                    staged.extend_from_slice(&messages);
                }
                Staging::Pop => {
                    prop_assert_eq!(self.consumer.pop(), spec.pop().ok_or(PopError::Empty));
                }
            }
            prop_assert_eq!(batch.len(), staged.len());
            prop_assert_eq!(self.consumer.filled(usize::MAX), Ok(spec.filled()));
        }
        match end {
            End::Done => {
                batch.commit();
                prop_assert_eq!(spec.push_all(&staged), staged.len());
            }
            End::Drop => drop(batch),
            End::Death => {
                mem::forget(batch);
                self.new_producer();
            }
        }
        Ok(())
    }

    fn take(&mut self, steps: &[Taking], end: End) -> Result<(), TestCaseError> {
        let spec = &mut self.spec;
        let mut taken = self.consumer.take();
        let mut skipped = 0;
        for step in steps {
            match *step {
                Taking::Read(most, count) => {
                    skipped += read(&mut taken, most, count, &spec.peek(skipped, most))?;
                }
                Taking::PutBack => {
                    taken.put_back();
                    skipped = 0;
                }
                Taking::Push => {
                    let message = T::next(&mut self.made);
                    let expected = spec.push(message);
                    let pushed = self.producer.push(message);
                    prop_assert_eq!(
                        pushed,
                        expected.then_some(()).ok_or(PushError::Full(message))
                    );
                }
            }
            prop_assert_eq!(taken.len(), skipped);
            prop_assert_eq!(self.producer.room(usize::MAX), Ok(spec.room()));
        }
        match end {
            End::Done => {
                taken.release();
                spec.pop_all(skipped);
            }
            End::Drop => drop(taken),
            // A guard that only reads has nothing to do at its end, so none is left to be forgotten.
            End::Death => self.new_consumer(),
        }
        Ok(())
    }

    fn compare_positions(&self) -> Result<(), TestCaseError> {
        let expected = [self.spec.head(), self.spec.tail()];
        let own = [self.consumer.position(), self.producer.position()];
        prop_assert_eq!(own.map(Position::count), expected);
        for view in &self.views {
            let shared: [Position; 2] = view.positions().into();
            prop_assert_eq!(shared.map(Position::count), expected);
        }
        Ok(())
    }
}

/// Fills up to `most` of the `room` free slots in place with the first of `messages`, and returns
/// those that found a slot.
fn fill<T: Element>(
    batch: &mut Batch<'_, Native, T, View<T>>,
    most: usize,
    room: usize,
    mut messages: Vec<T>,
) -> Result<Vec<T>, TestCaseError> {
    let mut offered = 0;
    let fill = |slots: &mut [MaybeUninit<T>]| {
        offered = slots.len();
        messages.truncate(offered);
        slots[..messages.len()].write_copy_of_slice(&messages);
        messages.len()
    };
    // SAFETY: it has initialised as many as it returns.
    let added = unsafe { batch.fill(most, fill) }?;
    prop_assert!(offered <= most.min(room), "{} slots of {}", offered, room);
    prop_assert_eq!(offered == 0, most.min(room) == 0, "{} slots free", room);
    messages.truncate(offered);
    prop_assert_eq!(added, messages.len());
    Ok(messages)
}

/// Reads up to `count` of the next `most` messages in place, which are `there`; returns how many.
fn read<T: Element>(
    taken: &mut Taken<'_, Native, T, View<T>>,
    most: usize,
    count: usize,
    there: &[T],
) -> Result<usize, TestCaseError> {
    let mut seen = Vec::new();
    let read = taken.read(most, |run| {
        seen.extend_from_slice(run);
        count.min(run.len())
    })?;
    prop_assert_eq!(read, count.min(seen.len()));
    prop_assert!(there.starts_with(&seen), "{:?} of {:?}", seen, there);
    prop_assert_eq!(seen.is_empty(), there.is_empty());
    Ok(read)
}

/// Runs one script in every world.
fn follow<T: Element>(
    capacity: usize,
    start: u64,
    gap: usize,
    script: &[Op],
) -> Result<(), TestCaseError> {
    for world in WORLDS {
        let mut pair = Pair::<T>::new(world, capacity, start, gap)?;
        for op in script {
            pair.apply(op)?;
        }
        prop_assert!(world == World::Heap || pair.views[0].is_intact());
    }
    Ok(())
}

/// A property for each type of message.
macro_rules! follows_the_specification {
    ($($name:ident: $message:ty),+ $(,)?) => {
        $(property! {
            fn $name(
                capacity in 1..=17_usize,
                start in starts(),
                gap in 0..1_000_usize,
                script in vec(op(), 0..60),
            ) {
                follow::<$message>(capacity, start, gap, &script)?;
            }
        })+
    };
}

follows_the_specification! {
    a_ring_of_bytes_is_a_queue: u8,
    a_ring_of_words_is_a_queue: u64,
    a_ring_of_structures_is_a_queue: Wide,
    a_ring_of_nothing_counts: Nothing,
    a_ring_of_aligned_messages_is_a_queue: Aligned,
    a_ring_of_far_aligned_messages_is_a_queue: FarAligned,
}
