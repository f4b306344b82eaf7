//! What any number of threads sleep on.

use super::{Raised, Rung};
use crate::platform::Ordering::{Relaxed, SeqCst};
use crate::platform::{Atomic, Futex, Platform};

/// Somebody sleeps, or is about to.
const AWAITED: u32 = 1;

/// A count of the events that somebody waited for.
///
/// ```text
///      31                             1    0
///     +--------------------------------+---------+
///     | events                         | awaited |
///     +--------------------------------+---------+
/// ```
///
/// Whoever raises it sets the lowest bit, tries once more, and sleeps while the word stays as it
/// was then. Whoever rings adds one to an odd word, which carries: the bit is gone, and there is one
/// event more. So a sleeper finds another word, however many others have raised it again since,
/// which a flag could not tell it. Changed by read-modify-write alone.
///
/// The events wrap at 2^31. A sleeper misses them only if so many rings, to the ring, find somebody
/// waiting between its look and the kernel's: with two system calls each, half an hour of a sleeper
/// that stands still there.
///
/// The event count goes back to Reed and Kanodia (1979).
#[repr(transparent)]
pub struct EventCount<P: Platform> {
    word: P::AtomicU32,
}

impl<P: Futex> EventCount<P> {
    /// Nobody waits, and nothing has happened.
    pub(crate) fn new() -> Self {
        Self {
            word: Atomic::new(0),
        }
    }

    /// Wakes all who sleep, if any do. Called after each publication and a sequentially consistent
    /// fence (SLEEP): one fence will do for several counts.
    #[inline]
    #[track_caller]
    pub fn wake(&self) {
        // Relaxed, here and below: the count says when to look, the published words what is there.
        let word = self.word.load(Relaxed);
        if word & AWAITED == 0 {
            return;
        }
        // If it fails, and the bit is gone, another one has rung, after this load: for whoever had raised
        // it by then. If it is still there another one rouses, or has raised it; and one that rouses
        // may be a newcomer, whose death nobody watches yet.
        let rung = word.wrapping_add(1);
        match self.word.compare_exchange(word, rung, Relaxed, Relaxed) {
            Err(now) if now & AWAITED == 0 => {}
            _ => P::wake(&self.word),
        }
    }

    /// Wakes all who sleep, whatever the word says: one that was ringing may have died after it had
    /// taken the bit away, and before it woke them. Called as [`wake`](Self::wake) is; the bit stays
    /// as it is, so whoever dies in here leaves it to the next.
    #[track_caller]
    pub fn rouse(&self) {
        self.word.fetch_add(AWAITED << 1, Relaxed);
        P::wake(&self.word);
    }
}

impl<P: Futex> Rung<P> for EventCount<P> {
    fn raise(&self) -> Raised<'_, P> {
        let value = self.word.fetch_or(AWAITED, Relaxed) | AWAITED;
        P::fence(SeqCst); // SLEEP
        Raised {
            word: &self.word,
            value,
            is_sure: true,
        }
    }
}
