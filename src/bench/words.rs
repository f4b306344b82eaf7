//! Numbers that go in batches: what the ends of a channel do with slots, in a way that the compiler can
//! vectorise.

use std::mem::MaybeUninit;
use std::ops::Range;

/// How many are left of `words`.
#[must_use]
#[inline]
pub fn left(words: &Range<u64>) -> usize {
    usize::try_from(words.end.saturating_sub(words.start)).unwrap_or(usize::MAX)
}

/// Writes the first of `words` into `slots`, all of which are filled, and takes them off.
#[inline]
pub fn fill(slots: &mut [MaybeUninit<u64>], words: &mut Range<u64>) {
    let first = words.start;
    for (slot, word) in slots.iter_mut().zip(first..) {
        slot.write(word);
    }
    words.start = first + slots.len() as u64;
}
