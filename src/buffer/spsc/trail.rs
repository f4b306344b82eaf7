//! A position that one side moves on and the other one follows.

use core::marker::PhantomData;

use crate::platform::{Atomic, Ordering, Platform, Several};
use crate::position::Position;

/// 64 bytes, a line of the cache of x86-64, and what lies on it.
#[repr(C, align(64))]
struct Line<A>(A);

/// A position that one side moves on and the other one follows, from word to word.
///
/// Whoever moves it from `a` to `b` stores `b` in the word [at](Trail::at) `a`, and whoever has followed it
/// to `a` looks there. A word serves for a stretch of positions, and is used again some stretches later.
///
/// ```text
///      positions       0 .... 15   16 ... 31   32 ... 47          2048 ..
///      told in word    0           1           2           ...    0 again
/// ```
///
/// With one word for all, who follows closely takes the line away at each step, and who moves on gets it
/// back at each: now they work on lines of their own as soon as they are a stretch apart. From 1.8 to 1.3 ns
/// a message of 8 bytes between processors that are near, from 22 to 6 ns where they are far apart.
///
/// # What a word holds
/// - Nothing but where the position has been, and it only grows.
/// - If the position has moved on from `a`, the word at `a` holds more than `a`: the store of the step that
///   began at `a` went there.
/// - So a word that lies after what is known says where to look next; any other says that the position has
///   not moved on from there.
/// - The position itself is the latest of all words.
///
/// A word that nobody stores to while the position goes 2^63 further would be taken for one that lies ahead.
/// Messages have a byte at the least, so that takes six years at 50 GB a second, with batches that all begin
/// in others. Those of no bytes, of which one batch may have as many, have one word.
#[repr(C)]
pub(super) struct Trail<P: Platform, T> {
    words: P::Several<Line<P::AtomicU64>>,
    _messages: PhantomData<fn() -> T>,
}

impl<P: Platform, T> Trail<P, T> {
    /// How many words are used.
    const WORDS: usize = if size_of::<T>() == 0 { 1 } else { Self::ALL };
    const ALL: usize = <P::Several<Line<P::AtomicU64>> as Several<_>>::LEN;
    /// Whoever has the words, on whichever machine, finds the same one by the low bits of a position.
    const IS_SOUND: () = assert!(Self::ALL.is_power_of_two() && P::STRETCH.is_power_of_two());

    /// A position that stands at `start`.
    pub fn new(start: Position) -> Self {
        let () = Self::IS_SOUND;
        Self {
            words: P::Several::from_fn(|_| Line(P::AtomicU64::new(start.count()))),
            _messages: PhantomData,
        }
    }

    /// The word for who moves on from `position`, or has followed so far.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the index is the same, as there is a power of two of them"
    )]
    pub fn at(&self, position: Position) -> &P::AtomicU64 {
        let stretch = position.count() / P::STRETCH;
        &self.words.as_ref()[stretch as usize % Self::WORDS].0
    }

    /// Follows the position from where it was seen, until it is `enough`, or as far as it has come.
    ///
    /// In words that stand still none leads on twice: what it held then lies no longer ahead. So it ends after
    /// as many steps as there are words, and one; or short of the end, if others go on meanwhile.
    #[track_caller]
    pub fn follow(
        &self,
        seen: Position,
        order: Ordering,
        enough: impl Fn(Position) -> bool,
    ) -> Position {
        let mut seen = seen;
        for _ in 0..=Self::WORDS {
            let next = Position::new(self.at(seen).load(order));
            if !seen.is_before(next) {
                break;
            }
            seen = next;
            if enough(seen) {
                break;
            }
        }
        seen
    }

    /// Where the position stands, or stood while this looked: not before what the caller is ordered behind.
    #[track_caller]
    pub fn latest(&self, order: Ordering) -> Position {
        let words = self.words.as_ref();
        let mut latest = Position::new(words[0].0.load(order));
        for word in &words[1..Self::WORDS] {
            latest = latest.or_later(Position::new(word.0.load(order)));
        }
        latest
    }
}
