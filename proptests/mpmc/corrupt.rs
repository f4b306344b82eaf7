//! Somebody writes over the words of a ring in a mapping: each side says so, or goes on within its
//! bounds. It never panics nor hangs, and touches nothing beside the ring.

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, Producer, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::placed::{Placed, World};
use crate::spec::{property, starts};

#[derive(Clone, Debug)]
enum Op {
    /// The word with this index among those of the ring gets this value.
    Write(usize, u64),
    /// A bit of it is turned.
    Flip(usize, u32),
    Push,
    PushSlice(usize),
    GiveUp,
    Pop,
    PopSlice(usize),
    PutBack,
    Recover(u16),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => (any::<usize>(), any::<u64>()).prop_map(|(word, value)| Op::Write(word, value)),
        2 => (any::<usize>(), 0..64_u32).prop_map(|(word, bit)| Op::Flip(word, bit)),
        3 => Just(Op::Push),
        1 => (0..20_usize).prop_map(Op::PushSlice),
        1 => Just(Op::GiveUp),
        3 => Just(Op::Pop),
        1 => (0..20_usize).prop_map(Op::PopSlice),
        1 => Just(Op::PutBack),
        1 => (0..3_u16).prop_map(Op::Recover),
    ]
}

/// The words of the ring, as they lie in the mapping: the two hints, then a word and a message of
/// each slot.
fn word(view: &Placed<Ring<Native, u64>>, index: usize) -> *mut u64 {
    let hint = align_of_val(&**view) / size_of::<u64>();
    let words = 2 + view.capacity();
    let offset = match index % words {
        0 => 0,
        1 => hint,
        slot => 2 * hint + 2 * (slot - 2),
    };
    view.words().wrapping_add(offset)
}

property! {
    fn whatever_is_written_over_it_stays_within(
        capacity in 1..=5_usize,
        start in starts(),
        script in vec(op(), 0..60),
    ) {
        let capacity = Capacity::new(capacity)?;
        let views = Placed::<Ring<Native, u64>>::pair(World::TwoMappings, capacity, Position::new(start), 64);
        let owner = Owner::new(1);
        // SAFETY: it is the only attachment; any number is a message.
        let producer = unsafe { Producer::attach(views[0].clone(), owner) };
        // SAFETY: as above.
        let consumer = unsafe { Consumer::attach(views[1].clone(), owner) };
        let mut messages = [0; 20];
        for op in &script {
            match *op {
                Op::Write(index, value) => {
                    // SAFETY: a word of the ring, which nobody else uses now.
                    unsafe { word(&views[0], index).write(value) };
                }
                Op::Flip(index, bit) => {
                    let word = word(&views[0], index);
                    // SAFETY: as above.
                    let value = unsafe { word.read() };
                    // SAFETY: as above.
                    unsafe { word.write(value ^ 1 << bit) };
                }
                Op::Push => drop(producer.push(7)),
                Op::PushSlice(count) => drop(producer.push_slice(&messages[..count])),
                Op::GiveUp => drop(producer.claim()),
                Op::Pop => drop(consumer.pop()),
                Op::PopSlice(count) => drop(consumer.pop_slice(&mut messages[..count])),
                Op::PutBack => drop(consumer.pop_ref().map(aqueduct::buffer::mpmc::PopRef::put_back)),
                // SAFETY: no claim is held, and plain numbers do not mind.
                Op::Recover(owner) => drop(unsafe { views[0].recover(Owner::new(owner)) }),
            }
            prop_assert!(views[0].filled() <= capacity.get());
        }
        prop_assert!(views[0].is_intact());
    }
}
