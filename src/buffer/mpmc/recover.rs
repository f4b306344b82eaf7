//! What a dead attachment held.

use super::Ring;
use super::view::View;
use super::word::{State, Word};
use crate::buffer::{Corrupt, Owner, Recover};
use crate::platform::Ordering::{Relaxed, Release};
use crate::platform::{Atomic, Platform};

impl<P: Platform, T, const LAPS: u32> Ring<P, T, LAPS> {
    /// Settles what `dead` held: slots that it was filling are skipped, messages that it was taking
    /// are there again, marked as [`maybe_redelivered`](super::PopRef::maybe_redelivered). Returns
    /// how many slots there were.
    ///
    /// Any number of survivors may do it, at the same time and again; whoever dies while doing it
    /// must be recovered like any other, and then what it left undone is done. It looks at every
    /// slot once.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the buffer.
    ///
    /// # Safety
    /// `dead` is dead and not followed by another one of the same number, and all that it did
    /// happened before this call; or it is the caller, which holds no claim of the ring.
    pub unsafe fn recover(&self, dead: Owner) -> Result<usize, Corrupt> {
        let turns = self.turns();
        let view = View::new(self, turns);
        let mut settled = 0;
        for (index, slot) in self.slots.iter().enumerate() {
            // Relaxed: the death orders what the dead did, and no message is looked at.
            let found = slot.word.load(Relaxed);
            let word = Word::unpack(found);
            let settled_word = match word.state {
                State::Filling(owner) if owner == dead => Some(Word {
                    lap: turns.lap_after(word.lap),
                    state: State::Free,
                }),
                State::Taking { owner, .. } if owner == dead => Some(Word {
                    state: State::Filled { again: true },
                    ..word
                }),
                _ => None,
            };
            if let Some(to) = settled_word {
                let (shared, to) = (&slot.word, to.pack());
                // Relaxed if it fails: then another survivor was faster.
                let settle = shared.compare_exchange(found, to, Release, Relaxed); // SETTLED
                settled += usize::from(settle.is_ok());
            }
            // Also those that somebody put back who died before `head` followed.
            let state = settled_word.map_or(word.state, |to| to.state);
            if state == (State::Filled { again: true }) {
                let turn = turns.turn(index, word.lap, view.head()?);
                view.move_head_back(turn)?;
            }
        }
        Ok(settled)
    }
}

impl<P: Platform, T, const LAPS: u32> Recover for Ring<P, T, LAPS> {
    unsafe fn recover(&self, dead: Owner, _: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { self.recover(dead) }
    }
}
