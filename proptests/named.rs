//! Links on names, both ends in one process, against a specification of who may attach to what.

mod header;
mod wire;
mod world;

use proptest::collection::vec;
use proptest::prelude::*;

use self::wire::{Bytes, Numbers, Records, Structures, Wire};
use self::world::{Op, World};
use crate::spec::{CASES, config};
use aqueduct::link::Role;

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Sender), Just(Role::Receiver)]
}

/// One step; links are made for `capacity` messages, seldom for another number or any.
fn op(capacity: usize) -> impl Strategy<Value = Op> {
    let asked = prop_oneof![
        12 => Just(Some(capacity)),
        1 => Just(Some(capacity + 1)),
        1 => Just(None),
    ];
    prop_oneof![
        6 => (role(), any::<bool>(), asked)
            .prop_map(|(role, resume, capacity)| Op::Attach { role, resume, capacity }),
        8 => Just(Op::Send),
        6 => Just(Op::Receive),
        2 => role().prop_map(Op::Leave),
        1 => role().prop_map(Op::Die),
        1 => role().prop_map(Op::RemoveName),
        1 => Just(Op::Remove),
        2 => Just(Op::Status),
    ]
}

/// A capacity, and a script about it.
fn scripts() -> impl Strategy<Value = (usize, Vec<Op>)> {
    (1..=40_usize).prop_flat_map(|capacity| (Just(capacity), vec(op(capacity), 0..40)))
}

fn follow<W: Wire>(script: &[Op]) -> Result<(), TestCaseError> {
    let mut world = World::<W>::new();
    for op in script {
        world.apply(op)?;
    }
    world.end()
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn a_named_link_follows_its_specification(
        (_, script) in scripts(),
        wire in 0..4,
    ) {
        match wire {
            0 => follow::<Numbers>(&script)?,
            1 => follow::<Structures>(&script)?,
            2 => follow::<Bytes>(&script)?,
            _ => follow::<Records>(&script)?,
        }
    }
}
