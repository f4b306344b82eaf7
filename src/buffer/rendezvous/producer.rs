//! The side that gives.

use core::mem::MaybeUninit;
use core::ops::Deref;

use super::word::{State, Word};
use super::{LOOKS, PushError, Rendezvous, TURN_BITS};
use crate::buffer::many::Busy;
use crate::buffer::{Corrupt, Owner};
use crate::platform::Ordering::{Acquire, Release};
use crate::platform::{Atomic, Cell, Platform};

/// A side that gives. `R` is how it holds the [`Rendezvous`]: a reference, an `Arc`, a mapping.
#[derive(Clone, Debug)]
pub struct Producer<R, const TURNS: u32 = TURN_BITS> {
    point: R,
    owner: Owner,
}

impl<P, T, R, const TURNS: u32> Producer<R, TURNS>
where
    P: Platform,
    R: Deref<Target = Rendezvous<P, T, TURNS>>,
{
    /// A producer that belongs to the attachment `owner`, which may have any number of them, and of
    /// consumers.
    ///
    /// # Safety
    /// No other living attachment uses this number; what an earlier one with the same number held
    /// has been [recovered](Rendezvous::recover). And `R` is
    /// [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(point: R, owner: Owner) -> Self {
        Self { point, owner }
    }

    /// Gives `message` to a consumer that waits, which will receive it, or another one that comes
    /// before.
    ///
    /// # Errors
    /// The message, with the reason: [`Full`](PushError::Full) if nobody waits.
    pub fn push(&self, message: T) -> Result<(), PushError<T>> {
        self.point.push(self.owner, message)
    }

    /// Puts `message` down for whoever comes. It is received when the offer [says so](Offer::is_taken).
    ///
    /// # Errors
    /// The message, with the reason: [`Full`](PushError::Full) if another one lies there.
    pub fn offer(&self, message: T) -> Result<Offer<'_, P, T, TURNS>, PushError<T>> {
        self.point.offer(self.owner, message)
    }
}

/// What producers do.
impl<P: Platform, T, const TURNS: u32> Rendezvous<P, T, TURNS> {
    /// See [`Producer::push`].
    pub(crate) fn push(&self, owner: Owner, message: T) -> Result<(), PushError<T>> {
        let waits = |state| matches!(state, State::Wanted(_));
        self.put(owner, message, waits).map(|_| ())
    }

    /// See [`Producer::offer`].
    pub(crate) fn offer(
        &self,
        owner: Owner,
        message: T,
    ) -> Result<Offer<'_, P, T, TURNS>, PushError<T>> {
        let free = |state| matches!(state, State::Free | State::Wanted(_));
        let turn = self.put(owner, message, free)?;
        Ok(Offer {
            point: self,
            owner,
            turn,
        })
    }

    /// Puts `message` down in a state that suits, and says in which turn.
    fn put(
        &self,
        owner: Owner,
        message: T,
        suits: impl Fn(State) -> bool,
    ) -> Result<u64, PushError<T>> {
        match self.claim_if(owner, suits) {
            Ok(claimed) => {
                let put = |place: *mut MaybeUninit<T>| {
                    // SAFETY: the message's memory is this claim's (FREED).
                    unsafe { place.write(MaybeUninit::new(message)) };
                };
                self.message.with_mut(put);
                let filled = claimed.with(State::Filled { again: false });
                self.word.store(filled.pack(), Release); // FILLED
                Ok(claimed.turn)
            }
            Err(why) => Err(why.map(|()| message)),
        }
    }

    /// Claims the point for a message, in a state that suits.
    fn claim_if(
        &self,
        owner: Owner,
        suits: impl Fn(State) -> bool,
    ) -> Result<Word<TURNS>, PushError<()>> {
        for _ in 0..LOOKS {
            let seen = self.look()?;
            match seen.state {
                state if suits(state) => {
                    if self.claim(seen, State::Filling(owner)) {
                        return Ok(seen);
                    }
                }
                State::Filling(owner) | State::Taking { owner, .. } => {
                    return Err(PushError::Busy((), Busy::by(owner)));
                }
                _ => return Err(PushError::Full(())),
            }
        }
        Err(PushError::Busy((), Busy { owner: None }))
    }
}

/// A message that was put down for whoever comes.
///
/// Dropped, it stays there: whoever comes receives it.
#[must_use = "who does not wait until it is taken, and does not withdraw it, leaves it there"]
pub struct Offer<'a, P: Platform, T, const TURNS: u32 = TURN_BITS> {
    point: &'a Rendezvous<P, T, TURNS>,
    owner: Owner,
    turn: u64,
}

/// What became of an offer that was to be withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdraw<T> {
    /// Nobody has received the message, and nobody will.
    Back(T),
    /// Somebody has received it.
    Taken,
    /// Another call has it in hand: ask again, or settle what its owner held if that is dead.
    Busy(Busy),
}

impl<P: Platform, T, const TURNS: u32> Offer<'_, P, T, TURNS> {
    /// Whether somebody has received the message.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the word.
    pub fn is_taken(&self) -> Result<bool, Corrupt> {
        Ok(self.look()?.turn != self.turn)
    }

    /// Takes the message back, unless somebody has received it, or is about to. Then the offer
    /// stands; of one that was withdrawn the answers are that it is taken.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the word.
    pub fn withdraw(&mut self) -> Result<Withdraw<T>, Corrupt> {
        for _ in 0..LOOKS {
            let seen = self.look()?;
            match seen.state {
                _ if seen.turn != self.turn => return Ok(Withdraw::Taken),
                State::Filled { again } => {
                    if let Some(message) = self.point.take(seen, self.owner, again) {
                        return Ok(Withdraw::Back(message));
                    }
                }
                State::Taking { owner, .. } => return Ok(Withdraw::Busy(Busy::by(owner))),
                // In this turn it was filled.
                _ => return Err(Corrupt),
            }
        }
        Ok(Withdraw::Busy(Busy { owner: None }))
    }

    /// The message as it lies there, after a call has said [`Corrupt`]: it is not sent, and comes
    /// back all the same.
    ///
    /// # Safety
    /// It is plain data, of which any bytes are one.
    #[must_use]
    pub unsafe fn salvage(self) -> T {
        // SAFETY: whoever wrote the wrong word may be writing here; it is plain data.
        let message = self.point.message.with(|message| unsafe { message.read() });
        // SAFETY: any bytes are a message, by the caller's word.
        unsafe { message.assume_init() }
    }

    /// The word as it stands, and what was done by whoever has taken the message.
    fn look(&self) -> Result<Word<TURNS>, Corrupt> {
        let word = self.point.word.load(Acquire); // TAKEN
        Word::unpack(word).ok_or(Corrupt)
    }
}
