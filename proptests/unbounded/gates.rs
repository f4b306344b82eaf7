//! A peer that writes what cannot be where several share a side: into a gate, or a position back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use aqueduct::buffer::unbounded::many::{Busy, Consumer, PopError, Producer, PushError};
use aqueduct::buffer::{Corrupt, Owner};
use aqueduct::position::Position;
use proptest::prelude::*;

use super::many::GATES;
use super::memory::{begun, in_object, shape};
use crate::shm::Scratch;
use crate::spec::{property, starts};

/// Bit 16 of a gate that is closed; the number of its owner is below.
const CLOSED: u32 = 1 << 16;

/// Words near those that may be, or any.
fn words() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..4_u32,
        (0..4_u32).prop_map(|owner| CLOSED | owner),
        (1..16_u32, 0..4_u32).prop_map(|(bits, owner)| bits << 16 | owner),
        any::<u32>(),
    ]
}

property! {
    fn a_gate_is_open_or_names_somebody_or_is_corrupt(side in 0..2_usize, word in words(), start in starts()) {
        let scratch = Scratch::new();
        let memory = in_object::<u64>(&scratch, shape(3, 2), Position::new(start));
        let mapping = memory.object().map(4096)?;
        let buffer = begun(memory);
        // SAFETY: there is nobody else.
        let mut producer = unsafe { Producer::attach(Arc::clone(&buffer), Owner::new(1)) };
        // SAFETY: as above; all messages are numbers.
        let mut consumer = unsafe { Consumer::attach(buffer, Owner::new(1)) };
        prop_assert_eq!(producer.push(7), Ok(()));
        // SAFETY: it lies in the mapping, aligned, and everybody uses it as an atomic word.
        let gate = unsafe { AtomicU32::from_ptr(mapping.as_ptr().wrapping_add(GATES[side]).cast()) };
        gate.store(word, Relaxed);
        let closed = match word.checked_sub(CLOSED) {
            _ if word == 0 => Ok(()),
            Some(owner) if owner < CLOSED => {
                let owner = u16::try_from(owner).expect("it is below 2^16");
                Err(PopError::Busy(Busy { owner: Some(Owner::new(owner)) }))
            }
            _ => Err(PopError::Corrupt(Corrupt)),
        };
        if side == 1 {
            prop_assert_eq!(consumer.pop(), closed.map(|()| 7));
            prop_assert_eq!(producer.push(8), Ok(()), "the other gate is open");
        } else {
            let refused = closed.map_err(|why| match why {
                PopError::Busy(busy) => PushError::Busy(8, busy),
                _ => PushError::Corrupt(8),
            });
            prop_assert_eq!(producer.push(8), refused);
            prop_assert_eq!(consumer.pop(), Ok(7), "the other gate is open");
        }
        // What cannot be is never opened.
        prop_assert_eq!(gate.load(Relaxed), word);
    }
}

property! {
    fn a_position_that_goes_back_is_corrupt_for_good(start in starts(), back in 1..1_000_u64) {
        let scratch = Scratch::new();
        let memory = in_object::<u64>(&scratch, shape(3, 2), Position::new(start));
        let mapping = memory.object().map(4096)?;
        let buffer = begun(memory);
        // SAFETY: there is nobody else.
        let mut producer = unsafe { Producer::attach(Arc::clone(&buffer), Owner::new(1)) };
        // SAFETY: as above; all messages are numbers.
        let mut consumer = unsafe { Consumer::attach(buffer, Owner::new(1)) };
        prop_assert_eq!(producer.push_slice(&[7, 8]), Ok(2));
        prop_assert_eq!(consumer.pop(), Ok(7));
        let [tail, head] = GATES.map(|gate| {
            let position = mapping.as_ptr().wrapping_add(gate - 8);
            // SAFETY: it lies in the mapping, aligned, and everybody uses it as an atomic word.
            unsafe { AtomicU64::from_ptr(position.cast()) }
        });
        for position in [tail, head] {
            let right = position.load(Relaxed);
            position.store(right.wrapping_sub(back), Relaxed);
            if std::ptr::eq(position, tail) {
                prop_assert_eq!(producer.push(9), Err(PushError::Corrupt(9)));
            } else {
                prop_assert_eq!(consumer.pop(), Err(PopError::Corrupt(Corrupt)));
            }
            position.store(right, Relaxed);
        }
        prop_assert_eq!(producer.push(9), Err(PushError::Corrupt(9)), "for good");
        prop_assert_eq!(consumer.pop(), Err(PopError::Corrupt(Corrupt)), "for good");
    }
}
