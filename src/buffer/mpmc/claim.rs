//! A slot that is being filled.

use core::mem::{self, MaybeUninit};

use super::Slot;
use crate::platform::Ordering::Release;
use crate::platform::{Atomic, Cell, Platform};

/// A slot that its holder fills, in place.
///
/// Dropped without a message it is skipped: the slot is free again in the next lap. A process that
/// dies here leaves that to [`Ring::recover`](super::Ring::recover).
#[must_use = "a claim is filled by `write`, and given up when it is dropped"]
pub struct Claim<'a, P: Platform, T> {
    slot: &'a Slot<P, T>,
    /// The word of the slot when it is filled.
    filled: u64,
    /// The word of the slot when it is skipped.
    skipped: u64,
}

impl<'a, P: Platform, T> Claim<'a, P, T> {
    /// `slot`, which the caller has claimed, and the words that end the claim.
    pub(super) fn new(slot: &'a Slot<P, T>, filled: u64, skipped: u64) -> Self {
        Self {
            slot,
            filled,
            skipped,
        }
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
        let cell = &self.slot.message;
        // SAFETY: the slot is claimed, so it is this side's (FREED).
        cell.with_mut(|message| write(unsafe { &mut *message }));
        self.slot.word.store(self.filled, Release); // FILLED
        mem::forget(self);
    }
}

impl<P: Platform, T> Drop for Claim<'_, P, T> {
    fn drop(&mut self) {
        self.slot.word.store(self.skipped, Release); // FREED
    }
}
