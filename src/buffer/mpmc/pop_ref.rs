//! A message that is being taken.

use core::mem::{self, MaybeUninit};

use super::view::View;
use super::word::{State, Turn};
use super::{LAP_BITS, Slot};
use crate::buffer::Corrupt;
use crate::platform::Ordering::Release;
use crate::platform::{Atomic, Cell, Platform};

/// A message that its holder reads, in place.
///
/// It is received when this is dropped. A process that dies here leaves it to another one, by
/// [`Ring::recover`](super::Ring::recover).
#[must_use = "a message that is taken is received when this is dropped"]
pub struct PopRef<'a, P: Platform, T, const LAPS: u32 = LAP_BITS> {
    view: View<'a, P, T, LAPS>,
    slot: &'a Slot<P, T>,
    turn: Turn,
    again: bool,
}

impl<'a, P: Platform, T, const LAPS: u32> PopRef<'a, P, T, LAPS> {
    /// The message of `turn`, which the caller has claimed.
    pub(super) fn new(view: View<'a, P, T, LAPS>, turn: Turn, again: bool) -> Self {
        let slot = view.slot(turn);
        Self {
            view,
            slot,
            turn,
            again,
        }
    }

    /// Whether somebody may have received the message before: its receiver was killed, or has put
    /// it back.
    #[must_use]
    pub fn maybe_redelivered(&self) -> bool {
        self.again
    }

    /// Lets `f` read the message where it is.
    pub fn read<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        let message = &self.slot.message;
        message.with(|message: *const MaybeUninit<T>| {
            // SAFETY: the slot is this side's (FILLED), until the release.
            let message = unsafe { &*message };
            // SAFETY: it holds a message, as its word said.
            f(unsafe { message.assume_init_ref() })
        })
    }

    /// Moves the message out, which then is received.
    #[must_use]
    pub fn into_inner(self) -> T {
        // SAFETY: the message is not used again.
        let message = unsafe { self.move_out() };
        self.release();
        mem::forget(self);
        message
    }

    /// Leaves the message in the buffer for whoever comes next, marked.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the buffer; the message is lost then.
    pub fn put_back(self) -> Result<(), Corrupt> {
        let (view, turn) = (self.view, self.turn);
        let again = view.turns.word(turn, State::Filled { again: true });
        self.slot.word.store(again.pack(), Release); // FILLED
        mem::forget(self);
        view.move_head_back(turn)
    }

    /// # Safety
    /// It is called once, and the message not used otherwise.
    unsafe fn move_out(&self) -> T {
        let message = &self.slot.message;
        // SAFETY: the slot is this side's (FILLED), until the release.
        let message = message.with(|message| unsafe { message.read() });
        // SAFETY: it holds a message, as its word said.
        unsafe { message.assume_init() }
    }

    fn release(&self) {
        let free = self.view.turns.freed(self.turn);
        self.slot.word.store(free.pack(), Release); // FREED
    }
}

impl<P: Platform, T, const LAPS: u32> Drop for PopRef<'_, P, T, LAPS> {
    fn drop(&mut self) {
        // Moved out first: a drop that panics must not keep the slot.
        // SAFETY: nobody can use the message after this.
        let message = mem::needs_drop::<T>().then(|| unsafe { self.move_out() });
        self.release();
        drop(message);
    }
}
