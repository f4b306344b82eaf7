//! A ring whose positions somebody writes over, and what its two sides may answer.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aqueduct::buffer::spsc::{Consumer, Producer};
use aqueduct::buffer::{Corrupt, PopError, PushError};
use aqueduct::position::{Capacity, Position};
use proptest::prelude::*;

use super::super::memory::View;
use super::{Op, Side, Value, Word};
use crate::layout::{APART, WORDS};
use crate::placed::CANARY;

/// One side's answers: once corrupt, always corrupt.
#[derive(Default)]
struct Answers {
    corrupt: bool,
}

impl Answers {
    /// Judges the answer to a request for `wanted` messages, which may not be more than `most`.
    fn judge(
        &mut self,
        answer: Result<usize, Corrupt>,
        wanted: usize,
        most: usize,
    ) -> Result<(), TestCaseError> {
        match answer {
            Ok(count) => {
                prop_assert!(count <= most, "{} of at most {}", count, most);
                prop_assert!(!self.corrupt || wanted == 0, "corrupt, and {} again", count);
            }
            Err(Corrupt) => self.corrupt = true,
        }
        Ok(())
    }
}

/// A ring in a mapping, somebody who writes over its positions, and its two sides.
pub struct Broken {
    capacity: Capacity,
    pub views: [View<u64>; 2],
    pub producer: Option<Producer<View<u64>>>,
    pub consumer: Option<Consumer<View<u64>>>,
    producers: Answers,
    consumers: Answers,
}

/// Writes over a word of a shared position, or over each.
pub fn write(view: &View<u64>, Word(side, which): Word, value: Value) {
    let first = match side {
        Side::Tail => 0,
        Side::Head => WORDS * APART / size_of::<u64>(),
    };
    for index in which.map_or(0..WORDS, |one| one..one + 1) {
        // SAFETY: the ring begins with its two positions, and each of their words has a line.
        let shared = unsafe { view.words().add(first + index * APART / size_of::<u64>()) };
        // SAFETY: the word is aligned and everybody uses it as an atomic.
        let shared = unsafe { AtomicU64::from_ptr(shared) };
        let value = match value {
            Value::Moved(distance) => shared.load(Relaxed).wrapping_add_signed(distance),
            Value::Any(value) => value,
        };
        shared.store(value, Relaxed);
    }
}

/// A message that was never sent can be read only from beside the ring.
fn no_canary(messages: &[u64]) -> Result<(), TestCaseError> {
    prop_assert!(!messages.contains(&u64::from_ne_bytes([CANARY; 8])));
    Ok(())
}

impl Broken {
    /// A new ring behind `gap` bytes of an object, and its two sides.
    pub fn new(capacity: usize, start: u64, gap: usize) -> Result<Self, TestCaseError> {
        let capacity = Capacity::new(capacity)?;
        let mut broken = Self {
            capacity,
            views: View::mapped(capacity, Position::new(start), gap),
            producer: None,
            consumer: None,
            producers: Answers::default(),
            consumers: Answers::default(),
        };
        broken.attach();
        Ok(broken)
    }

    /// A side is there unless the ring was corrupt when it came.
    fn attach(&mut self) {
        if self.producer.is_none() {
            // SAFETY: there is no producer. What it finds may be anything.
            self.producer = unsafe { self.views[0].producer(self.capacity) }.ok();
            self.producers = Answers::default();
        }
        if self.consumer.is_none() {
            // SAFETY: there is no consumer, and any bit pattern is a word.
            self.consumer = unsafe { self.views[1].consumer(self.capacity) }.ok();
            self.consumers = Answers::default();
        }
    }

    /// Takes one step of a script.
    pub fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Write(word, value) => write(&self.views[0], word, value),
            Op::NewProducer => self.producer = None,
            Op::NewConsumer => self.consumer = None,
            Op::Push | Op::PushSlice(_) | Op::Room(_) => self.produce(op)?,
            Op::Pop | Op::PopSlice(_) | Op::Filled(_) => self.consume(op)?,
            Op::Batch(ref steps, word, value, end) => self.batch(steps, (word, value), end)?,
            Op::Take(ref steps, word, value, end) => self.take(steps, (word, value), end)?,
        }
        self.attach();
        prop_assert!(self.views.iter().all(View::is_intact));
        Ok(())
    }

    fn produce(&mut self, op: &Op) -> Result<(), TestCaseError> {
        let Some(producer) = &mut self.producer else {
            return Ok(());
        };
        let (answers, capacity) = (&mut self.producers, self.capacity.get());
        match *op {
            Op::Push => match producer.push(7) {
                Ok(()) => answers.judge(Ok(1), 1, capacity),
                Err(PushError::Full(_)) => answers.judge(Ok(0), 1, capacity),
                Err(PushError::Corrupt(_)) => answers.judge(Err(Corrupt), 1, capacity),
            },
            Op::PushSlice(count) => {
                let pushed = producer.push_slice(&vec![7; count]);
                answers.judge(pushed, count, count.min(capacity))
            }
            Op::Room(wanted) => answers.judge(producer.room(wanted), wanted, capacity),
            _ => unreachable!("the consumer's"),
        }
    }

    /// Stages up to so many messages in each step, one more after the first step, when somebody
    /// writes.
    fn batch(
        &mut self,
        steps: &[usize],
        (word, value): (Word, Value),
        commit: bool,
    ) -> Result<(), TestCaseError> {
        let Some(producer) = &mut self.producer else {
            return Ok(());
        };
        let (answers, capacity) = (&mut self.producers, self.capacity.get());
        let mut batch = producer.batch();
        for (step, &most) in steps.iter().enumerate() {
            let fill = |slots: &mut [MaybeUninit<u64>]| {
                slots.fill(MaybeUninit::new(7));
                slots.len()
            };
            // SAFETY: it has initialised all of them.
            let added = unsafe { batch.fill(most, fill) };
            answers.judge(added, most, most.min(capacity))?;
            if step == 0 {
                write(&self.views[1], word, value);
                let pushed = match batch.push(7) {
                    Err(PushError::Corrupt(_)) => Err(Corrupt),
                    other => Ok(usize::from(other.is_ok())),
                };
                answers.judge(pushed, 1, 1)?;
            }
            prop_assert!(batch.len() <= capacity, "{} in a batch", batch.len());
        }
        if commit {
            batch.commit();
        }
        Ok(())
    }

    fn consume(&mut self, op: &Op) -> Result<(), TestCaseError> {
        let Some(consumer) = &mut self.consumer else {
            return Ok(());
        };
        let (answers, capacity) = (&mut self.consumers, self.capacity.get());
        match *op {
            Op::Pop => match consumer.pop() {
                Ok(message) => {
                    answers.judge(Ok(1), 1, capacity)?;
                    no_canary(&[message])
                }
                Err(PopError::Empty) => answers.judge(Ok(0), 1, capacity),
                Err(PopError::Corrupt(Corrupt)) => answers.judge(Err(Corrupt), 1, capacity),
            },
            Op::PopSlice(count) => {
                let mut messages = vec![0; count];
                let popped = consumer.pop_slice(&mut messages);
                answers.judge(popped, count, count.min(capacity))?;
                no_canary(&messages)
            }
            Op::Filled(wanted) => answers.judge(consumer.filled(wanted), wanted, capacity),
            _ => unreachable!("the producer's"),
        }
    }

    /// Reads up to so many messages in each step; somebody writes after the first.
    fn take(
        &mut self,
        steps: &[usize],
        (word, value): (Word, Value),
        release: bool,
    ) -> Result<(), TestCaseError> {
        let Some(consumer) = &mut self.consumer else {
            return Ok(());
        };
        let (answers, capacity) = (&mut self.consumers, self.capacity.get());
        let mut taken = consumer.take();
        for (step, &most) in steps.iter().enumerate() {
            let mut seen = Vec::new();
            let read = taken.read(most, |run| {
                seen.extend_from_slice(run);
                run.len()
            });
            answers.judge(read, most, most.min(capacity))?;
            prop_assert!(taken.len() <= capacity, "{} taken", taken.len());
            no_canary(&seen)?;
            if step == 0 {
                write(&self.views[0], word, value);
            }
        }
        if release {
            taken.release();
        }
        Ok(())
    }
}
