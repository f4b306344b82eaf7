//! A slot that is being filled.

use core::mem::{self, MaybeUninit};

use super::word::{State, Turn, Word};
use super::{LAP_BITS, Ring};
use crate::platform::Ordering::Release;
use crate::platform::{Atomic, Cell, Platform};

/// A slot that its holder fills, in place.
///
/// Dropped without a message it is skipped: the slot is free again in the next lap. A process that
/// dies here leaves that to [`Ring::recover`].
#[must_use = "a claim is filled by `write`, and given up when it is dropped"]
pub struct Claim<'a, P: Platform, T, const LAPS: u32 = LAP_BITS> {
    ring: &'a Ring<P, T, LAPS>,
    turn: Turn,
    lap: u64,
}

impl<'a, P: Platform, T, const LAPS: u32> Claim<'a, P, T, LAPS> {
    /// The slot of `turn`, which the caller has claimed in `lap`.
    pub(super) fn new(ring: &'a Ring<P, T, LAPS>, turn: Turn, lap: u64) -> Self {
        Self { ring, turn, lap }
    }

    /// Puts `message` into the slot and publishes it.
    pub fn write(self, message: T) {
        let write = |slot: &mut MaybeUninit<T>| {
            slot.write(message);
        };
        // SAFETY: the message is initialised.
        unsafe { self.write_with(write) };
    }

    /// Lets `write` make the message in place, and publishes it. What stands there before is
    /// arbitrary: zeros, or what an earlier message has left.
    ///
    /// # Safety
    /// `write` initialises the message.
    pub unsafe fn write_with(self, write: impl FnOnce(&mut MaybeUninit<T>)) {
        let slot = self.ring.slot(self.turn);
        // SAFETY: the slot is claimed, so it is this side's (FREED).
        slot.message.with_mut(|slot| write(unsafe { &mut *slot }));
        let state = State::Filled { again: false };
        let lap = self.lap;
        slot.word.store(Word { lap, state }.pack(), Release); // FILLED
        mem::forget(self);
    }
}

impl<P: Platform, T, const LAPS: u32> Drop for Claim<'_, P, T, LAPS> {
    fn drop(&mut self) {
        let free = Word {
            lap: self.ring.turns().lap_after(self.lap),
            state: State::Free,
        };
        self.ring.slot(self.turn).word.store(free.pack(), Release); // FREED
    }
}
