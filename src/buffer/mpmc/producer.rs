//! The side that fills.

use core::ops::Deref;

use super::word::{Distance, State, Turn, Word};
use super::{Busy, Claim, LAP_BITS, PushError, Ring};
use crate::buffer::{Corrupt, Owner};
use crate::platform::Ordering::{Acquire, Relaxed};
use crate::platform::{Atomic, Platform};

/// A side that fills. `R` is how it holds the [`Ring`]: a reference, an `Arc`, a mapping.
#[derive(Clone, Debug)]
pub struct Producer<R, const LAPS: u32 = LAP_BITS> {
    ring: R,
    owner: Owner,
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
    pub unsafe fn attach(ring: R, owner: Owner) -> Self {
        Self { ring, owner }
    }

    /// How this side holds the ring.
    pub fn ring(&self) -> &R {
        &self.ring
    }

    /// Puts one message into the buffer.
    ///
    /// # Errors
    /// The message, with the reason.
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
        let ring = &*self.ring;
        let corrupt = |Corrupt| PushError::Corrupt(());
        let Some((&last, rest)) = messages.split_last() else {
            return Ok(0);
        };
        let mut hint = ring.tail().map_err(corrupt)?;
        let mut tail = hint;
        let mut pushed = 0;
        let mut stopped = None;
        for &message in rest.iter().chain([&last]) {
            match self.claim_at(&mut hint, &mut tail) {
                Ok(claim) => claim.write(message),
                Err(why) => {
                    stopped = Some(why);
                    break;
                }
            }
            pushed += 1;
        }
        // Once for all of them.
        ring.move_tail(hint, tail).map_err(corrupt)?;
        match stopped {
            Some(why) if pushed == 0 => Err(why),
            _ => Ok(pushed),
        }
    }

    /// Claims a slot, to be filled where it is.
    ///
    /// # Errors
    /// Why there is none.
    pub fn claim(&self) -> Result<Claim<'_, P, T, LAPS>, PushError<()>> {
        let corrupt = |Corrupt| PushError::Corrupt(());
        let mut hint = self.ring.tail().map_err(corrupt)?;
        let mut tail = hint;
        let claim = self.claim_at(&mut hint, &mut tail)?;
        self.ring.move_tail(hint, tail).map_err(corrupt)?;
        Ok(claim)
    }

    /// Claims the next slot from `tail` on, which then is the one behind it. `hint` is where the
    /// shared one stood when it was last seen.
    fn claim_at(
        &self,
        hint: &mut Turn,
        tail: &mut Turn,
    ) -> Result<Claim<'_, P, T, LAPS>, PushError<()>> {
        let ring = &*self.ring;
        let turns = ring.turns();
        for _ in 0..ring.patience() {
            let slot = ring.slot(*tail);
            let found = slot.word.load(Acquire); // FREED, SETTLED
            let word = Word::unpack(found);
            match (turns.distance(word, *tail), word.state) {
                (Distance::Here, State::Free) => {
                    let state = State::Filling(self.owner);
                    let claimed = Word { state, ..word }.pack();
                    // Relaxed: what the slot's freedom brings was acquired above, from this very
                    // value, and is stored once; who fails looks again.
                    let claim = slot.word.compare_exchange(found, claimed, Relaxed, Relaxed);
                    if claim.is_ok() {
                        let claim = Claim::new(ring, *tail, word.lap);
                        *tail = turns.next(*tail);
                        return Ok(claim);
                    }
                }
                (Distance::Here | Distance::Ahead, _) => {
                    let next = turns.next(*tail);
                    *hint = ring
                        .move_tail(*hint, next)
                        .map_err(|Corrupt| PushError::Corrupt(()))?;
                    // Slots of this call's own may lie between the two.
                    *tail = if hint.is_before(next) { next } else { *hint };
                }
                (Distance::Behind, State::Filled { .. }) => return Err(PushError::Full(())),
                (Distance::Behind, State::Filling(owner) | State::Taking { owner, .. }) => {
                    let owner = Some(owner);
                    return Err(PushError::Busy((), Busy { owner }));
                }
                (Distance::Behind, State::Free) | (Distance::Impossible, _) => {
                    return Err(PushError::Corrupt(()));
                }
            }
        }
        Err(PushError::Busy((), Busy { owner: None }))
    }
}
