//! Somebody writes over the indices of a buffer in a mapping. An index outside the array is an
//! error for good; nothing beside the buffer is read or written, and nobody panics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aqueduct::buffer::textbook::{BufferSize, Consumer, Producer};
use aqueduct::buffer::{Corrupt, PopError, PushError};
use aqueduct::position::Position;
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::View;
use crate::placed::CANARY;
use crate::spec::property;

#[derive(Clone, Copy, Debug)]
enum Word {
    In,
    Out,
}

#[derive(Clone, Debug)]
enum Op {
    Push,
    Pop,
    Write(Word, u64),
}

fn op() -> impl Strategy<Value = Op> {
    let word = || prop_oneof![Just(Word::In), Just(Word::Out)];
    prop_oneof![
        4 => Just(Op::Push),
        4 => Just(Op::Pop),
        2 => (word(), 0..12_u64).prop_map(|(word, value)| Op::Write(word, value)),
        1 => (word(), any::<u64>()).prop_map(|(word, value)| Op::Write(word, value)),
    ]
}

/// Writes over a shared index.
fn write(view: &View<u64>, word: Word, value: u64) {
    let offset = match word {
        Word::In => 0,
        Word::Out => 1,
    };
    // SAFETY: the buffer begins with its two indices.
    let shared = unsafe { view.words().add(offset) };
    // SAFETY: the word is aligned and everybody uses it as an atomic.
    unsafe { AtomicU64::from_ptr(shared) }.store(value, Relaxed);
}

/// What each side has seen.
#[derive(Default)]
struct Seen {
    corrupt: [bool; 2],
}

fn follow(slots: usize, start: u64, gap: usize, script: &[Op]) -> Result<(), TestCaseError> {
    let size = BufferSize::new(slots)?;
    let views = View::<u64>::mapped(size.capacity(), Position::new(start), gap);
    // SAFETY: the buffer is of this size and new.
    let mut producer = unsafe { Producer::attach(views[0].clone(), size) }?;
    // SAFETY: as above.
    let mut consumer = unsafe { Consumer::attach(views[1].clone(), size) }?;
    let mut seen = Seen::default();
    for op in script {
        let (r#in, out) = views[0].indices();
        let outside = |index| index >= slots as u64;
        match *op {
            Op::Push => {
                seen.corrupt[0] |= outside(out);
                let pushed = producer.push(7);
                let corrupt = pushed == Err(PushError::Corrupt(7));
                prop_assert_eq!(corrupt, seen.corrupt[0], "{:?}, out {}", pushed, out);
            }
            Op::Pop => {
                seen.corrupt[1] |= outside(r#in);
                let popped = consumer.pop();
                let corrupt = popped == Err(PopError::Corrupt(Corrupt));
                prop_assert_eq!(corrupt, seen.corrupt[1], "{:?}, in {}", popped, r#in);
                let beside = Ok(u64::from_ne_bytes([CANARY; 8]));
                prop_assert_ne!(popped, beside, "read beside the buffer");
            }
            Op::Write(word, value) => write(&views[1], word, value),
        }
    }
    prop_assert!(views.iter().all(View::is_intact));
    let (r#in, out) = views[0].indices();
    // SAFETY: the other producer is not used again.
    let next = unsafe { Producer::attach(views[0].clone(), size) };
    prop_assert_eq!(next.is_err(), r#in >= slots as u64);
    // SAFETY: the other consumer is not used again.
    let next = unsafe { Consumer::attach(views[0].clone(), size) };
    prop_assert_eq!(next.is_err(), out >= slots as u64);
    Ok(())
}

property! {
    fn an_index_outside_is_an_error_for_good(
        slots in 2..=10_usize,
        start in any::<u64>(),
        gap in 0..1_000_usize,
        script in vec(op(), 0..60),
    ) {
        follow(slots, start, gap, &script)?;
    }
}
