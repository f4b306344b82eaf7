//! The bell that one side sleeps on and the other rings, and how it is rung.

use super::{Raised, Rung};
use crate::platform::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::platform::{Atomic, Futex, Platform};

const QUIET: u32 = 0;
const RAISED: u32 = 1;

const FULL: u32 = 0;
const LIGHT: u32 = 1;

/// The words one side sleeps on and the other rings. There is one ringer at a time, ordered behind the one
/// before it, and one sleeper.
///
/// ```text
///     +-------------+-------------+
///     | raised  u32 | fences  u32 |
///     +-------------+-------------+
///       both write    ringer writes
/// ```
#[repr(C)]
pub struct Bell<P: Platform> {
    /// Changed by read-modify-write alone.
    raised: P::AtomicU32,
    /// By which fences the ringer rings; written by the ringer.
    fences: P::AtomicU32,
}

impl<P: Futex> Bell<P> {
    /// A bell that nobody waits for.
    #[must_use]
    pub fn new() -> Self {
        Self {
            raised: Atomic::new(QUIET),
            fences: Atomic::new(FULL),
        }
    }

    /// Wakes the sleeper, if there is one: for who rings once. Called after what is published.
    #[track_caller]
    pub fn ring(&self) {
        P::fence(SeqCst); // SLEEP
        if self.is_raised() {
            self.wake();
        }
    }

    /// Relaxed, here and below: the bell says when to look, the published words what is there.
    #[inline]
    #[track_caller]
    fn is_raised(&self) -> bool {
        self.raised.load(Relaxed) != QUIET
    }

    #[track_caller]
    fn wake(&self) {
        self.raised.swap(QUIET, Relaxed);
        P::wake(&self.raised);
    }

    /// Says that from now on it is rung by full fences, and gives away what was rung by light ones.
    fn darken(&self) {
        self.fences.store(FULL, Release); // DARKEN
    }
}

impl<P: Futex> Default for Bell<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Futex> Rung<P> for Bell<P> {
    fn raise(&self) -> Raised<'_, P> {
        self.raised.swap(RAISED, Relaxed);
        P::fence(SeqCst); // SLEEP, LIGHTEN
        let full = self.fences.load(Acquire) == FULL; // DARKEN
        Raised {
            word: &self.raised,
            value: RAISED,
            is_sure: full || P::heavy_fence(), // SLEEP
        }
    }
}

/// The fence of a ringer that has said so. Where it is called from does not matter; so it is not tracked.
#[inline]
fn lightly<P: Futex>() {
    P::light_fence(); // SLEEP
}

/// How a side rings the bell of its peer, always the same one: by a full fence, until many rings in a row
/// have woken nobody, and by a [light](Futex::light_fence) one from then on, until somebody is woken.
///
/// So a stream that nobody sleeps on pays for no fence (55 to 13 ns a message of 8 bytes, between cores
/// that are far apart), and two who wake each other in turns pay for no heavy one.
#[derive(Debug, Default)]
pub struct Ringer {
    /// Rings in a row that woke nobody.
    in_vain: u32,
    is_light: bool,
}

impl Ringer {
    /// Wakes the sleeper, if there is one. Called after each publication.
    #[inline]
    #[track_caller]
    pub fn ring<P: Futex>(&mut self, bell: &Bell<P>) {
        if self.is_light {
            lightly::<P>();
        } else {
            P::fence(SeqCst); // SLEEP
        }
        if bell.is_raised() {
            self.wake(bell);
        } else if !self.is_light {
            self.rang_in_vain(bell);
        }
    }

    /// Goes back to full fences, as the next ring may find somebody asleep as well; and wakes the sleeper.
    #[cold]
    #[track_caller]
    fn wake<P: Futex>(&mut self, bell: &Bell<P>) {
        *self = Self::default();
        bell.darken();
        bell.wake();
    }

    fn rang_in_vain<P: Futex>(&mut self, bell: &Bell<P>) {
        self.in_vain += 1;
        if self.in_vain >= P::LIGHT_AFTER {
            self.lighten(bell);
        }
    }

    /// Says so before it rings by light fences.
    #[cold]
    fn lighten<P: Futex>(&mut self, bell: &Bell<P>) {
        self.in_vain = 0;
        if P::lighten() {
            // Relaxed: the fence orders it before all that is rung lightly.
            bell.fences.store(LIGHT, Relaxed);
            P::fence(SeqCst); // LIGHTEN
            self.is_light = true;
        }
    }
}
