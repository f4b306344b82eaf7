//! Links on names, both ends in one process, against a specification of who may attach to what.

mod damage;
mod doors;
mod header;
mod malformed;
mod object;
mod schema;
pub mod wire;
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
        1 => Just(Op::Clean),
        2 => Just(Op::Status),
    ]
}

fn scripts() -> impl Strategy<Value = Vec<Op>> {
    (1..=40_usize).prop_flat_map(|capacity| vec(op(capacity), 0..40))
}

fn follow<W: Wire>(script: &[Op]) -> Result<(), TestCaseError> {
    let mut world = World::<W>::new();
    for op in script {
        world.apply(op)?;
    }
    world.end()
}

/// A property for each way to send numbers.
macro_rules! follows_its_specification {
    ($($name:ident: $wire:ty),+ $(,)?) => {
        proptest! {
            #![proptest_config(config(CASES))]
            $(
                #[test]
                fn $name(script in scripts()) {
                    follow::<$wire>(&script)?;
                }
            )+
        }
    };
}

follows_its_specification! {
    a_named_link_of_numbers_follows_its_specification: Numbers,
    a_named_link_of_structures_follows_its_specification: Structures,
    a_named_link_of_bytes_follows_its_specification: Bytes,
    a_named_link_of_records_follows_its_specification: Records,
}
