//! The side that takes.

use core::ops::Deref;

use super::word::{Distance, State, Turn, Word};
use super::{Busy, LAP_BITS, PopError, Ring, Taken};
use crate::buffer::{Corrupt, Owner};
use crate::platform::Ordering::{Acquire, Relaxed};
use crate::platform::{Atomic, Platform};

/// A side that takes. `R` is how it holds the [`Ring`]: a reference, an `Arc`, a mapping.
#[derive(Clone, Debug)]
pub struct Consumer<R, const LAPS: u32 = LAP_BITS> {
    ring: R,
    owner: Owner,
}

impl<P, T, R, const LAPS: u32> Consumer<R, LAPS>
where
    P: Platform,
    R: Deref<Target = Ring<P, T, LAPS>>,
{
    /// A consumer of `ring` that belongs to the attachment `owner`, which may have any number of
    /// them, and of producers.
    ///
    /// # Safety
    /// No other living attachment uses this number; what an earlier one with the same number held
    /// has been [recovered](Ring::recover); and every producer of the ring puts in messages that are
    /// a `T`.
    pub unsafe fn attach(ring: R, owner: Owner) -> Self {
        Self { ring, owner }
    }

    /// How this side holds the ring.
    pub fn ring(&self) -> &R {
        &self.ring
    }

    /// Takes one message out of the buffer.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pop(&self) -> Result<T, PopError> {
        Ok(self.take()?.into_inner())
    }

    /// Takes as many messages as there are, and as fit, out of the buffer into `messages`, one by
    /// one, and returns their number. Other consumers may take some between them.
    ///
    /// # Errors
    /// Why there is not even a first one.
    pub fn pop_slice(&self, messages: &mut [T]) -> Result<usize, PopError>
    where
        T: Copy,
    {
        if messages.is_empty() {
            return Ok(0);
        }
        let ring = &*self.ring;
        let mut hint = ring.head()?;
        let mut head = hint;
        let mut popped = 0;
        let mut stopped = None;
        for place in &mut *messages {
            match self.take_at(&mut hint, &mut head) {
                Ok(taken) => *place = taken.into_inner(),
                Err(why) => {
                    stopped = Some(why);
                    break;
                }
            }
            popped += 1;
        }
        // Once for all of them.
        ring.move_head(hint, head)?;
        match stopped {
            Some(why) if popped == 0 => Err(why),
            _ => Ok(popped),
        }
    }

    /// Takes a message to be read where it is, and released after that.
    ///
    /// # Errors
    /// Why there is none.
    pub fn take(&self) -> Result<Taken<'_, P, T, LAPS>, PopError> {
        let mut hint = self.ring.head()?;
        let mut head = hint;
        let taken = self.take_at(&mut hint, &mut head)?;
        self.ring.move_head(hint, head)?;
        Ok(taken)
    }

    /// Takes the next message from `head` on, which then is behind it. `hint` is where the shared
    /// one stood when it was last seen.
    fn take_at(&self, hint: &mut Turn, head: &mut Turn) -> Result<Taken<'_, P, T, LAPS>, PopError> {
        let ring = &*self.ring;
        let turns = ring.turns();
        for _ in 0..ring.patience() {
            let slot = ring.slot(*head);
            let found = slot.word.load(Acquire); // FILLED, SETTLED
            let word = Word::unpack(found);
            let distance = turns.distance(word, *head);
            match (distance, word.state) {
                // Behind: the message of the lap before is being read, and none has come since.
                (Distance::Here, State::Free) | (Distance::Behind, State::Taking { .. }) => {
                    return Err(PopError::Empty);
                }
                (Distance::Here, State::Filling(owner)) => {
                    let owner = Some(owner);
                    return Err(Busy { owner }.into());
                }
                // Behind: it was put back, and `head` is about to follow it.
                (Distance::Here, State::Filled { again })
                | (
                    Distance::Behind,
                    State::Filled {
                        again: again @ true,
                    },
                ) => {
                    let owner = self.owner;
                    let state = State::Taking { owner, again };
                    let claimed = Word { state, ..word }.pack();
                    // Acquired once more: it may have been taken and put back since. Relaxed if it
                    // fails, for it is looked at again.
                    let claim = slot.word.compare_exchange(found, claimed, Acquire, Relaxed);
                    if claim.is_err() {
                        continue; // FILLED
                    }
                    if distance == Distance::Behind {
                        return Ok(Taken::new(ring, turns.lap_before(*head), word.lap, again));
                    }
                    let taken = Taken::new(ring, *head, word.lap, again);
                    *head = turns.next(*head);
                    return Ok(taken);
                }
                (Distance::Here, State::Taking { .. }) | (Distance::Ahead, _) => {
                    self.pass(hint, *head)?;
                    *head = *hint;
                }
                (Distance::Behind | Distance::Impossible, _) => {
                    return Err(Corrupt.into());
                }
            }
        }
        Err(Busy { owner: None }.into())
    }

    /// Moves `head` on past a turn that somebody else has taken.
    ///
    /// Meanwhile it may have been put back, and `head` with it to where it stood before: then the
    /// message would be left behind. So whoever has moved on looks back once.
    fn pass(&self, hint: &mut Turn, turn: Turn) -> Result<(), Corrupt> {
        let ring = &*self.ring;
        let next = ring.turns().next(turn);
        *hint = ring.move_head(*hint, next)?;
        if *hint != next {
            return Ok(());
        }
        // Relaxed: it is looked at again.
        let word = Word::unpack(ring.slot(turn).word.load(Relaxed));
        if word.lap == ring.turns().lap(turn) && word.state == (State::Filled { again: true }) {
            ring.move_head_back(turn)?;
            *hint = turn;
        }
        Ok(())
    }
}
