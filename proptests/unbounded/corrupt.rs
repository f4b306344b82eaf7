//! A peer that writes positions which cannot be: they are refused for good, and lead nowhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aqueduct::buffer::unbounded::{Consumer, Producer, PushError, PushSliceError};
use aqueduct::buffer::{Corrupt, PopError};
use aqueduct::position::Position;
use aqueduct::shm::Mapping;
use proptest::prelude::*;

use super::memory::{begun, consumer, in_object, producer, shape};
use crate::shm::Scratch;
use crate::spec::{property, starts};

/// Where the words are, as docs/unbounded.md says.
const TAIL: usize = 128;
const HEAD: usize = 256;

fn word(mapping: &Mapping, offset: usize) -> &AtomicU64 {
    let address = mapping.as_ptr().wrapping_add(offset);
    // SAFETY: it lies in the mapping, aligned, and everybody uses it as an atomic word.
    unsafe { AtomicU64::from_ptr(address.cast()) }
}

/// A value near what may be, or anywhere.
fn lies() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => (0..60_u64).prop_map(|few| few.wrapping_sub(30)),
        1 => any::<u64>(),
    ]
}

property! {
    fn a_position_that_cannot_be_is_refused_for_good(
        sizes in (1..=17_usize, 1..=8_usize),
        start in starts(),
        moves in (0..17_usize, 0..17_usize),
        lie in lies(),
    ) {
        let scratch = Scratch::new();
        let memory = in_object::<u64>(&scratch, shape(sizes.0, sizes.1), Position::new(start));
        let mapping = memory.object().map(4096)?;
        let buffer = begun(memory);
        let (mut producer, mut consumer) = (producer(&buffer), consumer(&buffer));
        let pushed = producer.push_slice(&vec![7; moves.0])?;
        let popped = consumer.pop_slice(&mut vec![0; moves.1])?;
        let (filled, limit) = (consumer.filled(usize::MAX)? as u64, sizes.0 as u64);
        prop_assert_eq!(filled, (pushed - popped) as u64);
        let (head, tail) = (consumer.position().count(), producer.position().count());

        let said = tail.wrapping_add(lie);
        word(&mapping, TAIL).store(said, Relaxed);
        let shown = said.wrapping_sub(head);
        if shown <= limit && shown >= filled {
            prop_assert_eq!(consumer.filled(usize::MAX), usize::try_from(shown).map_err(|_| Corrupt));
        } else {
            // SAFETY: the other one is not used before this one is gone.
            let attached = unsafe { Consumer::attach(Arc::clone(&buffer)) };
            prop_assert_eq!(attached.is_ok(), shown <= limit);
            prop_assert_eq!(consumer.filled(usize::MAX), Err(Corrupt));
            word(&mapping, TAIL).store(tail, Relaxed);
            prop_assert_eq!(consumer.pop(), Err(PopError::Corrupt(Corrupt)), "for good");
            prop_assert_eq!(consumer.pop_slice(&mut [0]), Err(Corrupt));
        }
        word(&mapping, TAIL).store(tail, Relaxed);

        let room = producer.room(usize::MAX)? as u64;
        let said = head.wrapping_add(lie);
        word(&mapping, HEAD).store(said, Relaxed);
        let shown = tail.wrapping_sub(said);
        if shown <= limit && limit - shown >= room {
            prop_assert_eq!(producer.room(usize::MAX)? as u64, limit - shown);
        } else {
            // SAFETY: the other one is not used before this one is gone.
            let attached = unsafe { Producer::attach(Arc::clone(&buffer)) };
            prop_assert_eq!(attached.is_ok(), shown <= limit);
            prop_assert_eq!(producer.room(usize::MAX), Err(Corrupt));
            word(&mapping, HEAD).store(head, Relaxed);
            prop_assert_eq!(producer.push(7), Err(PushError::Corrupt(7)), "for good");
            prop_assert_eq!(producer.push_slice(&[7]), Err(PushSliceError::Corrupt(Corrupt)));
        }
    }
}
