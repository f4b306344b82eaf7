//! A layout is a contract between processes: what stands where in a buffer is what its page draws.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Of how many words each position of a ring consists, and how many bytes lie from one to the next.
pub const WORDS: usize = 128;
pub const APART: usize = 64;

/// What stands at this offset of a buffer at which nobody is at work.
pub fn word_at<B: ?Sized>(buffer: &B, offset: usize) -> u64 {
    assert!(offset + size_of::<u64>() <= size_of_val(buffer));
    let word = (&raw const *buffer).cast::<u8>().wrapping_add(offset);
    assert!(word.addr().is_multiple_of(align_of::<AtomicU64>()));
    // SAFETY: the word lies in the buffer, is aligned, and nobody else is at work.
    unsafe { AtomicU64::from_ptr(word.cast_mut().cast()) }.load(Relaxed)
}

/// Asserts that a line of the page has these words and no others.
#[track_caller]
pub fn assert_drawn(page: &str, words: &str) {
    let wanted = || words.split_whitespace();
    let drawn = page
        .lines()
        .any(|line| line.split_whitespace().eq(wanted()));
    assert!(drawn, "the page has no line {words:?}");
}
