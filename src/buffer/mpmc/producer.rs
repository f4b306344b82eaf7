//! The side that fills.

use core::ops::Deref;

use crossbeam_utils::Backoff;

use super::error::Refusal;
use super::view::View;
use super::word::{Distance, State, Turn, Turns, Word};
use super::{Claim, LAP_BITS, PushError, Ring};
use crate::buffer::Owner;
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Platform};

/// A side that fills. `R` is how it holds the [`Ring`]: a reference, an `Arc`, a mapping.
#[derive(Clone, Debug)]
pub struct Producer<R, const LAPS: u32 = LAP_BITS> {
    ring: R,
    owner: Owner,
    turns: Turns<LAPS>,
}

impl<P, T, R, const LAPS: u32> Producer<R, LAPS>
where
    P: Platform,
    R: Deref<Target = Ring<P, T, LAPS>>,
{
    /// A producer of `ring` that belongs to the attachment `owner`, which may have any number of
    /// them, and of consumers.
    ///
    /// # Safety
    /// No other living attachment uses this number; what an earlier one with the same number held
    /// has been [recovered](Ring::recover).
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(ring: R, owner: Owner) -> Self {
        let turns = ring.turns();
        Self { ring, owner, turns }
    }

    fn view(&self) -> View<'_, P, T, LAPS> {
        View::new(&self.ring, self.turns)
    }

    /// How this side holds the ring.
    pub fn ring(&self) -> &R {
        &self.ring
    }

    /// Puts one message into the buffer.
    ///
    /// # Errors
    /// The message, with the reason.
    #[inline]
    pub fn push(&self, message: T) -> Result<(), PushError<T>> {
        match self.claim() {
            Ok(claim) => {
                claim.write(message);
                Ok(())
            }
            Err(why) => Err(why.map(|()| message)),
        }
    }

    /// Puts as many of `messages` into the buffer as fit, one by one, and returns their number.
    /// Those of other producers may come between them.
    ///
    /// # Errors
    /// Why not even the first one was put in.
    pub fn push_slice(&self, messages: &[T]) -> Result<usize, PushError<()>>
    where
        T: Copy,
    {
        let view = self.view();
        let mut hint = view.tail()?;
        let mut tail = hint;
        let mut pushed = 0;
        let mut stopped = None;
        while pushed < messages.len() && stopped.is_none() {
            match self.claim_at(&mut hint, &mut tail) {
                Ok(turn) => {
                    self.claimed(turn).write(messages[pushed]);
                    pushed += 1;
                }
                Err(why) => stopped = Some(why),
            }
        }
        // Once for all of them.
        view.move_tail(hint, tail)?;
        match stopped {
            Some(why) if pushed == 0 => Err(why.into()),
            _ => Ok(pushed),
        }
    }

    /// Claims a slot, to be filled where it is.
    ///
    /// # Errors
    /// Why there is none.
    #[inline]
    pub fn claim(&self) -> Result<Claim<'_, P, T>, PushError<()>> {
        let view = self.view();
        let mut hint = view.tail()?;
        let mut tail = hint;
        let turn = self.claim_at(&mut hint, &mut tail)?;
        view.move_tail(hint, tail)?;
        Ok(self.claimed(turn))
    }

    /// The slot of `turn`, which was claimed.
    fn claimed(&self, turn: Turn) -> Claim<'_, P, T> {
        let turns = self.turns;
        let filled = turns.word(turn, State::Filled { again: false });
        let skipped = turns.freed(turn);
        Claim::new(self.view().slot(turn), filled.pack(), skipped.pack())
    }

    /// Claims the next slot from `tail` on, which then is the one behind it. `hint` is where the
    /// shared one stood when it was last seen.
    #[inline]
    fn claim_at(&self, hint: &mut Turn, tail: &mut Turn) -> Result<Turn, Refusal> {
        let view = self.view();
        let turns = self.turns;
        let backoff = Backoff::new();
        for _ in 0..view.patience() {
            let word = &view.slot(*tail).word;
            let found = word.load(Acquire); // FREED, CLAIMED, SETTLED
            let free = turns.word(*tail, State::Free).pack();
            if found == free {
                let filling = turns.word(*tail, State::Filling(self.owner)).pack();
                // What the freed slot brings was acquired above, from this very value, which is
                // written once. Relaxed if it fails, for it is looked at again.
                let claim = word.compare_exchange(free, filling, Release, Relaxed);
                if claim.is_ok() {
                    let turn = *tail; // CLAIMED
                    *tail = turns.next(turn);
                    return Ok(turn);
                }
            } else if self.pass(found, hint, tail)? {
                continue;
            }
            backoff.spin();
        }
        Err(Refusal::Busy(None))
    }

    /// Moves on past the slot of `tail`, in which `found` stands; says whether nobody else has.
    #[cold]
    fn pass(&self, found: u64, hint: &mut Turn, tail: &mut Turn) -> Result<bool, Refusal> {
        let word = Word::unpack(found);
        Self::meet(self.turns.distance(word, *tail), word.state)?;
        let next = self.turns.next(*tail);
        *hint = self.view().move_tail(*hint, next)?;
        // Slots of this call's own may lie between the two.
        *tail = if hint.is_before(next) { next } else { *hint };
        Ok(*hint == next)
    }

    /// Whether a slot that is not free can be passed.
    fn meet(distance: Distance, state: State) -> Result<(), Refusal> {
        match (distance, state) {
            (Distance::Here | Distance::Ahead, _) => Ok(()),
            (Distance::Behind, State::Filled { .. }) => Err(Refusal::Nothing),
            (Distance::Behind, State::Filling(owner) | State::Taking { owner, .. }) => {
                Err(Refusal::Busy(Some(owner)))
            }
            (Distance::Behind, State::Free) | (Distance::Impossible, _) => Err(Refusal::Corrupt),
        }
    }
}
