//! The side that takes.

use core::ops::Deref;

use crossbeam_utils::Backoff;

use super::error::Refusal;
use super::view::View;
use super::word::{Distance, State, Turn, Turns, Word};
use super::{LAP_BITS, PopError, PopRef, Ring};
use crate::buffer::{Corrupt, Owner};
use crate::platform::Ordering::{AcqRel, Acquire, Relaxed};
use crate::platform::{Atomic, Platform};

/// A side that takes. `R` is how it holds the [`Ring`]: a reference, an `Arc`, a mapping.
#[derive(Clone, Debug)]
pub struct Consumer<R, const LAPS: u32 = LAP_BITS> {
    ring: R,
    owner: Owner,
    turns: Turns<LAPS>,
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

    /// Takes one message out of the buffer.
    ///
    /// # Errors
    /// Why there is none.
    #[inline]
    pub fn pop(&self) -> Result<T, PopError> {
        Ok(self.pop_ref()?.into_inner())
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
        let view = self.view();
        let mut hint = view.head()?;
        let mut head = hint;
        let mut popped = 0;
        let mut stopped = None;
        while popped < messages.len() && stopped.is_none() {
            match self.take_at(&mut hint, &mut head) {
                Ok((turn, again)) => {
                    messages[popped] = PopRef::new(view, turn, again).into_inner();
                    popped += 1;
                }
                Err(why) => stopped = Some(why),
            }
        }
        // Once for all of them.
        view.move_head(hint, head)?;
        match stopped {
            Some(why) if popped == 0 => Err(why.into()),
            _ => Ok(popped),
        }
    }

    /// Takes a message to be read where it is, and released after that.
    ///
    /// # Errors
    /// Why there is none.
    #[inline]
    pub fn pop_ref(&self) -> Result<PopRef<'_, P, T, LAPS>, PopError> {
        let view = self.view();
        let mut hint = view.head()?;
        let mut head = hint;
        let (turn, again) = self.take_at(&mut hint, &mut head)?;
        view.move_head(hint, head)?;
        Ok(PopRef::new(view, turn, again))
    }

    /// Claims the next message from `head` on, which then is behind it; says whether somebody may
    /// have received it. `hint` is where the shared one stood when it was last seen.
    #[inline]
    fn take_at(&self, hint: &mut Turn, head: &mut Turn) -> Result<(Turn, bool), Refusal> {
        let view = self.view();
        let turns = self.turns;
        let backoff = Backoff::new();
        for _ in 0..view.patience() {
            let word = &view.slot(*head).word;
            let found = word.load(Acquire); // FILLED, CLAIMED, SETTLED
            let filled = turns.word(*head, State::Filled { again: false });
            let message = if found == filled.pack() {
                Some((*head, false))
            } else {
                Self::meet(turns, Word::unpack(found), *head)?
            };
            if let Some((turn, again)) = message {
                let owner = self.owner;
                let taking = turns.word(turn, State::Taking { owner, again });
                // Acquired once more: it may have been taken and put back since. Relaxed if it fails,
                // for it is looked at again.
                let claim = word.compare_exchange(found, taking.pack(), AcqRel, Relaxed);
                if claim.is_ok() {
                    if turn == *head {
                        *head = turns.next(turn); // FILLED, CLAIMED
                    }
                    return Ok((turn, again));
                }
            } else {
                let next = turns.next(*head);
                self.pass(hint, *head)?;
                *head = *hint;
                if *head == next {
                    continue; // nobody else moves it on
                }
            }
            backoff.spin();
        }
        Err(Refusal::Busy(None))
    }

    /// The message that a slot holds which does not simply hold that of `head`; `None` if it can be
    /// passed.
    #[cold]
    fn meet(turns: Turns<LAPS>, word: Word, head: Turn) -> Result<Option<(Turn, bool)>, Refusal> {
        match (turns.distance(word, head), word.state) {
            // Behind: the message of the lap before is being read, and none has come since.
            (Distance::Here, State::Free) | (Distance::Behind, State::Taking { .. }) => {
                Err(Refusal::Nothing)
            }
            (Distance::Here, State::Filling(owner)) => Err(Refusal::Busy(Some(owner))),
            (Distance::Here, State::Filled { again }) => Ok(Some((head, again))),
            // It was put back, and `head` is about to follow it.
            (Distance::Behind, State::Filled { again: true }) => {
                Ok(Some((turns.lap_before(head), true)))
            }
            (Distance::Here, State::Taking { .. }) | (Distance::Ahead, _) => Ok(None),
            (Distance::Behind | Distance::Impossible, _) => Err(Refusal::Corrupt),
        }
    }

    /// Moves `head` on past a turn that somebody else has taken.
    ///
    /// Meanwhile it may have been put back, and `head` with it to where it stood before: then the
    /// message would be left behind. So whoever has moved on looks back once.
    #[cold]
    fn pass(&self, hint: &mut Turn, turn: Turn) -> Result<(), Corrupt> {
        let view = self.view();
        let next = self.turns.next(turn);
        *hint = view.move_head(*hint, next)?;
        if *hint != next {
            return Ok(());
        }
        // Relaxed: it is looked at again.
        let word = Word::unpack(view.slot(turn).word.load(Relaxed));
        if word == self.turns.word(turn, State::Filled { again: true }) {
            view.move_head_back(turn)?;
            *hint = turn;
        }
        Ok(())
    }
}
