//! Somebody writes over the positions of a ring in a mapping: each side says so, for good, or goes
//! on within its bounds. It never panics, and touches nothing beside the ring.

mod broken;

use aqueduct::buffer::{Corrupt, PopError, PushError};
use aqueduct::position::Position;
use proptest::collection::vec;
use proptest::prelude::*;

use self::broken::{Broken, write};
use super::op::count;
use crate::layout::WORDS;
use crate::spec::{property, starts};

/// What happens.
#[derive(Clone, Debug)]
enum Op {
    Write(Word, Value),
    Push,
    PushSlice(usize),
    Room(usize),
    /// Offers so many slots each time; a write happens in between.
    Batch(Vec<usize>, Word, Value, bool),
    Pop,
    PopSlice(usize),
    Filled(usize),
    /// Asks for so many messages each time; a write happens in between.
    Take(Vec<usize>, Word, Value, bool),
    NewProducer,
    NewConsumer,
}

/// A shared position.
#[derive(Clone, Copy, Debug)]
enum Side {
    Tail,
    Head,
}

/// What is written over: one word of a position, or each.
#[derive(Clone, Copy, Debug)]
struct Word(Side, Option<usize>);

/// All of the tail, and all of the head.
const TAIL: Word = Word(Side::Tail, None);
const HEAD: Word = Word(Side::Head, None);

/// What is written over it.
#[derive(Clone, Copy, Debug)]
enum Value {
    /// So much more than it held.
    Moved(i64),
    Any(u64),
}

fn op() -> impl Strategy<Value = Op> {
    let side = || prop_oneof![Just(Side::Tail), Just(Side::Head)];
    // The streams are short: they stay in the first words, or in the last and the first.
    let which = || {
        prop_oneof![
            Just(None),
            Just(Some(0)),
            Just(Some(WORDS - 1)),
            (0..WORDS).prop_map(Some),
        ]
    };
    let word = || (side(), which()).prop_map(|(side, which)| Word(side, which));
    let value = || {
        prop_oneof![
            3 => (-20..20_i64).prop_map(Value::Moved),
            1 => any::<u64>().prop_map(Value::Any),
        ]
    };
    let steps = || (vec(count(), 0..5), word(), value(), any::<bool>());
    prop_oneof![
        1 => (word(), value()).prop_map(|(word, value)| Op::Write(word, value)),
        3 => Just(Op::Push),
        3 => (0..20_usize).prop_map(Op::PushSlice),
        1 => count().prop_map(Op::Room),
        2 => steps().prop_map(|(most, word, value, end)| Op::Batch(most, word, value, end)),
        3 => Just(Op::Pop),
        3 => (0..20_usize).prop_map(Op::PopSlice),
        1 => count().prop_map(Op::Filled),
        2 => steps().prop_map(|(most, word, value, end)| Op::Take(most, word, value, end)),
        1 => Just(Op::NewProducer),
        1 => Just(Op::NewConsumer),
    ]
}

property! {
    fn a_broken_ring_is_an_error_for_good(
        capacity in 1..=17_usize,
        start in starts(),
        gap in 0..1_000_usize,
        script in vec(op(), 0..60),
    ) {
        let mut broken = Broken::new(capacity, start, gap)?;
        for op in &script {
            broken.apply(op)?;
        }
    }
}

property! {
    /// A position that lies too far ahead is noticed by the next look, from either side; one that lies
    /// behind what was seen has not moved.
    fn a_position_outside_is_noticed_or_left(
        capacity in 1..=17_usize,
        start in starts(),
        filled in 0..=17_usize,
        value in any::<u64>(),
    ) {
        let mut broken = Broken::new(capacity, start, 0)?;
        let (Some(producer), Some(consumer)) = (&mut broken.producer, &mut broken.consumer) else {
            unreachable!("the ring is new");
        };
        let filled = producer.push_slice(&vec![7; filled])?;
        let (head, tail) = (consumer.position(), producer.position());
        prop_assume!(value.wrapping_sub(head.count()) > capacity as u64);
        prop_assume!(tail.count().wrapping_sub(value) > capacity as u64);
        let is_behind = Position::new(value).is_before(head);
        write(&broken.views[0], TAIL, Value::Any(value));
        let there = if is_behind { Ok(0) } else { Err(Corrupt) };
        prop_assert_eq!(consumer.filled(usize::MAX), there);
        write(&broken.views[0], HEAD, Value::Any(value));
        let free = if is_behind { Ok(capacity - filled) } else { Err(Corrupt) };
        prop_assert_eq!(producer.room(usize::MAX), free);

        write(&broken.views[0], HEAD, Value::Any(head.count()));
        write(&broken.views[0], TAIL, Value::Any(tail.count()));
        if is_behind {
            prop_assert_eq!(consumer.filled(usize::MAX), Ok(filled));
            prop_assert_eq!(producer.room(usize::MAX), Ok(capacity - filled));
        } else {
            prop_assert_eq!(consumer.filled(1), Err(Corrupt), "{} were there", filled);
            prop_assert_eq!(producer.room(1), Err(Corrupt));
            prop_assert_eq!(consumer.pop(), Err(PopError::Corrupt(Corrupt)));
            prop_assert_eq!(producer.push(7), Err(PushError::Corrupt(7)));
        }
    }
}

#[test]
fn what_was_seen_stays_seen() {
    let mut broken = Broken::new(2, 0, 0).expect("a new ring");
    let (Some(producer), Some(consumer)) = (&mut broken.producer, &mut broken.consumer) else {
        unreachable!("the ring is new");
    };
    assert_eq!(producer.push_slice(&[7, 8]), Ok(2));
    let mut taken = consumer.take();
    assert_eq!(taken.read(1, <[u64]>::len), Ok(1));
    write(&broken.views[0], TAIL, Value::Moved(-2));
    assert_eq!(taken.read(2, <[u64]>::len), Ok(1), "two were sent");
    drop(taken);
    write(&broken.views[0], TAIL, Value::Moved(20));
    assert_eq!(
        consumer.filled(0),
        Ok(2),
        "to ask for nothing needs no look"
    );
    assert_eq!(consumer.filled(3), Err(Corrupt));

    assert_eq!(producer.room(1), Ok(0));
    write(&broken.views[0], HEAD, Value::Moved(1));
    let mut batch = producer.batch();
    assert_eq!(batch.push(7), Ok(()));
    write(&broken.views[0], HEAD, Value::Moved(-1));
    assert_eq!(batch.push(7), Err(PushError::Full(7)), "one was free");
}
