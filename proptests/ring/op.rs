//! What the two sides of a ring can do, and random scripts of it.

use proptest::collection::vec;
use proptest::prelude::*;

/// What one side is told to do.
#[derive(Clone, Debug)]
pub enum Op {
    Push,
    PushSlice(usize),
    Room(usize),
    Batch(Vec<Staging>, End),
    NewProducer,
    Pop,
    Peek,
    PopSlice(usize),
    Filled(usize),
    Take(Vec<Taking>, End),
    NewConsumer,
}

/// A step within a batch.
#[derive(Clone, Debug)]
pub enum Staging {
    Push,
    PushWith,
    Slice(usize),
    /// Offers so many slots, and fills so many of them.
    Fill(usize, usize),
    /// The consumer takes a message meanwhile.
    Pop,
}

/// A step within messages that are taken together.
#[derive(Clone, Debug)]
pub enum Taking {
    /// Asks for so many messages, and reads so many of them.
    Read(usize, usize),
    PutBack,
    /// The producer puts in a message meanwhile.
    Push,
}

/// How a batch, or messages that are taken together, end.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// It is committed or released.
    Done,
    /// It is dropped.
    Drop,
    /// Its process dies, and another takes its place.
    Death,
}

/// A number of messages, mostly of the order of the capacities.
pub fn count() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..20_usize, 1 => Just(usize::MAX)]
}

/// One step of a script.
pub fn op() -> impl Strategy<Value = Op> {
    let end = || prop_oneof![Just(End::Done), Just(End::Drop), Just(End::Death)];
    let staging = prop_oneof![
        Just(Staging::Push),
        Just(Staging::PushWith),
        (0..20_usize).prop_map(Staging::Slice),
        (count(), 0..20_usize).prop_map(|(most, filled)| Staging::Fill(most, filled)),
        Just(Staging::Pop),
    ];
    let taking = prop_oneof![
        3 => (count(), 0..20_usize).prop_map(|(most, read)| Taking::Read(most, read)),
        1 => Just(Taking::PutBack),
        2 => Just(Taking::Push),
    ];
    prop_oneof![
        4 => Just(Op::Push),
        4 => Just(Op::Pop),
        1 => Just(Op::Peek),
        2 => (0..20_usize).prop_map(Op::PushSlice),
        2 => (0..20_usize).prop_map(Op::PopSlice),
        1 => count().prop_map(Op::Room),
        1 => count().prop_map(Op::Filled),
        2 => (vec(staging, 0..5), end()).prop_map(|(steps, end)| Op::Batch(steps, end)),
        2 => (vec(taking, 0..5), end()).prop_map(|(steps, end)| Op::Take(steps, end)),
        1 => Just(Op::NewProducer),
        1 => Just(Op::NewConsumer),
    ]
}
