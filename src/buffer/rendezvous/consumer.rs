//! The side that takes.

use core::ops::Deref;

use super::word::State;
use super::{LOOKS, PopError, Popped, Rendezvous, TURN_BITS};
use crate::buffer::many::Busy;
use crate::buffer::{Corrupt, Owner};
use crate::platform::Platform;

/// A side that takes. `R` is how it holds the [`Rendezvous`]: a reference, an `Arc`, a mapping.
#[derive(Clone, Debug)]
pub struct Consumer<R, const TURNS: u32 = TURN_BITS> {
    point: R,
    owner: Owner,
}

/// That a consumer waits for a message, since this turn.
///
/// It is given up by [`Consumer::give_up`]; a message that came meanwhile is taken like any other.
#[must_use = "producers rely on it that whoever wants a message takes it or gives that up"]
#[derive(Debug, PartialEq, Eq)]
pub struct Want {
    turn: u64,
}

impl<P, T, R, const TURNS: u32> Consumer<R, TURNS>
where
    P: Platform,
    R: Deref<Target = Rendezvous<P, T, TURNS>>,
{
    /// A consumer that belongs to the attachment `owner`, which may have any number of them, and of
    /// producers.
    ///
    /// # Safety
    /// No other living attachment uses this number; what an earlier one with the same number held
    /// has been [recovered](Rendezvous::recover); and every producer gives messages that are a `T`.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(point: R, owner: Owner) -> Self {
        Self { point, owner }
    }

    /// Takes the message that lies there.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pop(&self) -> Result<Popped<T>, PopError> {
        self.point.pop(self.owner)
    }

    /// Says that this one waits for a message, unless another one does already, or something is
    /// there: then there is nothing to say.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the word.
    pub fn want(&self) -> Result<Option<Want>, Corrupt> {
        self.point.want(self.owner)
    }

    /// Waits no longer, unless a message is on its way to whoever waits: then it has to be taken
    /// first, by this one or another. Says whether it has given up.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the word.
    pub fn give_up(&self, want: &Want) -> Result<bool, Corrupt> {
        self.point.give_up(self.owner, want)
    }
}

/// What consumers do.
impl<P: Platform, T, const TURNS: u32> Rendezvous<P, T, TURNS> {
    /// See [`Consumer::pop`].
    pub(crate) fn pop(&self, owner: Owner) -> Result<Popped<T>, PopError> {
        for _ in 0..LOOKS {
            let seen = self.look()?;
            match seen.state {
                State::Filled { again } => {
                    if let Some(message) = self.take(seen, owner, again) {
                        return Ok(Popped {
                            message,
                            maybe_redelivered: again,
                        });
                    }
                }
                State::Free | State::Wanted(_) => return Err(PopError::Empty),
                State::Filling(owner) | State::Taking { owner, .. } => {
                    return Err(Busy::by(owner).into());
                }
            }
        }
        Err(Busy { owner: None }.into())
    }

    /// See [`Consumer::want`].
    pub(crate) fn want(&self, owner: Owner) -> Result<Option<Want>, Corrupt> {
        let seen = self.look()?;
        let said = seen.state == State::Free && self.claim(seen, State::Wanted(owner));
        Ok(said.then_some(Want { turn: seen.turn }))
    }

    /// See [`Consumer::give_up`].
    pub(crate) fn give_up(&self, owner: Owner, want: &Want) -> Result<bool, Corrupt> {
        let seen = self.look()?;
        if seen.turn != want.turn {
            return Ok(true);
        }
        Ok(match seen.state {
            State::Wanted(by) if by == owner => self.claim(seen, State::Free),
            // A producer that came has died; or another one waits since; or another one has it.
            State::Free | State::Wanted(_) | State::Taking { .. } => true,
            State::Filling(_) | State::Filled { .. } => false,
        })
    }
}
