//! Somebody writes over the shared words of a buffer in a mapping: each side says so, for good, or
//! goes on within its bounds. It never panics, comes to an end, and touches nothing beside the buffer.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aqueduct::buffer::Corrupt;
use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{ClaimError, Consumer, Producer, TakeError};
use aqueduct::position::{Capacity, Position};
use crossbeam_utils::CachePadded;
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::{BLOCK, View};
use crate::placed::World;
use crate::spec::{property, starts};

/// What happens.
#[derive(Clone, Debug)]
enum Op {
    Write(usize, Value),
    Push(usize),
    /// A write happens between a claim and its end.
    Claim(usize, usize, Value, bool),
    Pop,
    /// A write happens after so many were read.
    Take(usize, usize, Value),
    Recover(u16),
    NewProducer,
    NewConsumer,
}

/// What is written over a word.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// So much more than it held.
    Moved(i64),
    /// With these bits changed.
    Changed(u64),
    Any(u64),
    /// What another word holds.
    Of(usize),
}

fn op() -> impl Strategy<Value = Op> {
    let word = || prop_oneof![1 => Just(0_usize), 3 => 1..=32_usize];
    let value = || {
        prop_oneof![
            3 => (-20..20_i64).prop_map(Value::Moved),
            3 => (0..64_u32).prop_map(|bit| Value::Changed(1 << bit)),
            2 => any::<u64>().prop_map(Value::Any),
            2 => word().prop_map(Value::Of),
        ]
    };
    let length = || 0..100_usize;
    prop_oneof![
        2 => (word(), value()).prop_map(|(word, value)| Op::Write(word, value)),
        4 => length().prop_map(Op::Push),
        2 => (length(), word(), value(), any::<bool>())
            .prop_map(|(length, word, value, commit)| Op::Claim(length, word, value, commit)),
        4 => Just(Op::Pop),
        2 => (1..5_usize, word(), value()).prop_map(|(most, word, value)| Op::Take(most, word, value)),
        1 => (0..3_u16).prop_map(Op::Recover),
        1 => Just(Op::NewProducer),
        1 => Just(Op::NewConsumer),
    ]
}

/// The shared word: `head`, or one of the `blocks` words of blocks.
fn shared(view: &View, blocks: usize, word: usize) -> &AtomicU64 {
    let head = size_of::<CachePadded<AtomicU64>>() / size_of::<u64>();
    let offset = if word == 0 {
        0
    } else {
        head + (word - 1) % blocks
    };
    // SAFETY: the words lie in the buffer.
    let shared = unsafe { view.words().add(offset) };
    // SAFETY: the word is aligned and everybody uses it as an atomic.
    unsafe { AtomicU64::from_ptr(shared) }
}

struct Broken {
    blocks: usize,
    longest: usize,
    views: [View; 2],
    producer: Producer<View>,
    consumer: Consumer<View>,
    /// Which side has said so.
    corrupt: [bool; 2],
}

impl Broken {
    fn write(&self, word: usize, value: Value) {
        let shared = |word| shared(&self.views[0], self.blocks, word);
        let held = shared(word).load(Relaxed);
        let value = match value {
            Value::Moved(distance) => held.wrapping_add_signed(distance),
            Value::Changed(bits) => held ^ bits,
            Value::Any(value) => value,
            Value::Of(other) => shared(other).load(Relaxed),
        };
        shared(word).store(value, Relaxed);
    }

    fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Write(word, value) => self.write(word, value),
            Op::Push(length) => {
                let pushed = self.producer.push(&vec![7; length]);
                self.claimed(length, pushed)?;
            }
            Op::Claim(length, word, value, commit) => {
                let claimed = self.producer.claim(length).map(|mut claim| {
                    self.write(word, value);
                    claim.fill(7);
                    if commit {
                        claim.commit();
                    }
                });
                self.claimed(length, claimed)?;
            }
            Op::Pop => {
                let mut record = Vec::new();
                let popped = self.consumer.pop(&mut record).map(|()| record);
                self.taken(popped)?;
            }
            Op::Take(most, word, value) => {
                let mut taken = self.consumer.take();
                let read: Vec<_> = (0..most).map(|_| taken.read(<[u8]>::to_vec)).collect();
                taken.put_back();
                self.write(word, value);
                for read in read {
                    self.taken(read)?;
                }
                let mut taken = self.consumer.take();
                let _ = taken.read(|_| ());
                // Between what was read and its release.
                let held = shared(&self.views[0], self.blocks, word);
                held.store(held.load(Relaxed) ^ 0x8001, Relaxed);
                taken.release();
            }
            Op::Recover(number) => {
                let owner = Owner::new(number);
                // SAFETY: whatever it changes, everything may happen here.
                unsafe { self.views[1].recover(owner) };
            }
            Op::NewProducer => {
                // SAFETY: there is no other one.
                self.producer = unsafe { self.views[0].producer(1) };
                self.corrupt[0] = false;
            }
            Op::NewConsumer => {
                // SAFETY: there is no other one.
                self.consumer = unsafe { self.views[1].consumer() };
                self.corrupt[1] = false;
            }
        }
        prop_assert!(self.views[0].is_intact());
        Ok(())
    }

    fn claimed(
        &mut self,
        length: usize,
        claimed: Result<(), ClaimError>,
    ) -> Result<(), TestCaseError> {
        let too_long = length > self.longest;
        prop_assert_eq!(matches!(claimed, Err(ClaimError::TooLong { .. })), too_long);
        let corrupt = claimed == Err(ClaimError::Corrupt(Corrupt));
        prop_assert!(
            corrupt || too_long || !self.corrupt[0],
            "corrupt, and {:?}",
            claimed
        );
        self.corrupt[0] |= corrupt;
        Ok(())
    }

    fn taken(&mut self, taken: Result<Vec<u8>, TakeError>) -> Result<(), TestCaseError> {
        let corrupt = taken == Err(TakeError::Corrupt(Corrupt));
        prop_assert!(corrupt || !self.corrupt[1], "corrupt, and {:?}", taken);
        self.corrupt[1] |= corrupt;
        if let Ok(record) = taken {
            prop_assert!(record.len() <= self.longest);
            prop_assert!(
                record.iter().all(|byte| [0, 7].contains(byte)),
                "{:?}",
                record
            );
        }
        Ok(())
    }
}

property! {
    fn broken_frames_are_an_error_for_good(
        capacity in 1..=32_usize,
        start in starts(),
        gap in 0..1_000_usize,
        script in vec(op(), 0..60),
    ) {
        let capacity = Capacity::new(capacity)?;
        let blocks = capacity.slots();
        let views = View::pair(World::TwoMappings, capacity, Position::new(start), gap);
        let mut broken = Broken {
            blocks,
            longest: (blocks / 2).max(1) * BLOCK,
            // SAFETY: the buffer is new.
            producer: unsafe { views[0].producer(1) },
            // SAFETY: the buffer is new.
            consumer: unsafe { views[1].consumer() },
            views,
            corrupt: [false; 2],
        };
        for op in &script {
            broken.apply(op)?;
        }
    }
}

property! {
    /// Whatever the memory holds.
    fn random_words_are_an_error_or_empty(
        capacity in 1..=32_usize,
        words in vec(prop_oneof![any::<u64>(), 0..1_000_u64], 33),
        length in 0..100_usize,
    ) {
        let capacity = Capacity::new(capacity)?;
        let views = View::pair(World::Mapping, capacity, Position::new(0), 0);
        for (index, &word) in words.iter().enumerate().take(capacity.slots() + 1) {
            shared(&views[0], capacity.slots(), index).store(word, Relaxed);
        }
        // SAFETY: there is no other one.
        let producer = unsafe { views[0].producer(1) };
        // SAFETY: as above.
        let mut consumer = unsafe { views[1].consumer() };
        for _ in 0..40 {
            let _ = producer.push(&vec![7; length]);
            let _ = consumer.pop(&mut Vec::new());
        }
        prop_assert!(views[0].is_intact());
    }
}

/// A buffer of eight blocks with a record in each, four of which were released.
fn half_released() -> Broken {
    let capacity = Capacity::new(8).expect("not 0");
    let views = View::pair(World::TwoMappings, capacity, Position::new(0), 0);
    let mut broken = Broken {
        blocks: 8,
        longest: 4 * BLOCK,
        // SAFETY: the buffer is new.
        producer: unsafe { views[0].producer(1) },
        // SAFETY: the buffer is new.
        consumer: unsafe { views[1].consumer() },
        views,
        corrupt: [false; 2],
    };
    for _ in 0..8 {
        broken.producer.push(&[7]).expect("there is room");
    }
    for _ in 0..4 {
        broken.consumer.pop(&mut Vec::new()).expect("it is there");
    }
    broken
}

#[test]
fn a_head_that_goes_back_is_noticed() {
    let broken = half_released();
    for _ in 0..4 {
        broken.producer.push(&[7]).expect("there is room");
    }
    broken.write(0, Value::Moved(-2));
    let corrupt = Err(ClaimError::Corrupt(Corrupt));
    assert_eq!(broken.producer.push(&[7]), corrupt);
    broken.write(0, Value::Moved(6));
    assert_eq!(broken.producer.push(&[7]), corrupt, "for good");
}

#[test]
fn a_record_that_reaches_around_is_noticed() {
    let mut broken = half_released();
    broken.producer.push(&[7]).expect("there is room");
    broken
        .producer
        .push(&[7; 3 * BLOCK])
        .expect("there is room");
    let length = ((3 * BLOCK) ^ (4 * BLOCK)) as u64;
    broken.write(1 + 1, Value::Changed(length << 14));
    let mut taken = broken.consumer.take();
    for _ in 0..5 {
        assert_eq!(taken.read(<[u8]>::len), Ok(1));
    }
    let corrupt = TakeError::Corrupt(Corrupt);
    assert_eq!(taken.read(<[u8]>::len), Err(corrupt));
    drop(taken);
    assert_eq!(
        broken.consumer.pop(&mut Vec::new()),
        Err(corrupt),
        "for good"
    );
}
