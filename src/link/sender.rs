//! The end that sends.

use core::time::Duration;

use super::{
    End, Ended, Peer, RingOf, Role, SendError, SendTimeoutError, Tie, TrySendError, ring_of,
};
use crate::buffer::spsc::{Batch, Producer};
use crate::buffer::{Corrupt, PushError};
use crate::platform::Futex;
use crate::position::Position;
use crate::wait::{Attempt, Patience, Ringer, TimedOut};

/// A batch of messages to be sent together.
pub type Outgoing<'a, P, T> = Batch<'a, P, T, RingOf<P, T>>;

/// The end of a link that sends.
///
/// Dropping it says goodbye to the receiver, which still receives what was sent before.
pub struct Sender<E: End> {
    producer: Producer<RingOf<E::Platform, E::Message>>,
    tie: Tie<E>,
    ringer: Ringer,
}

impl<E: End> Sender<E> {
    /// The sender of the link that `end` holds; goes on where its predecessor, if any, left off.
    ///
    /// # Errors
    /// [`Corrupt`] if the positions of the link cannot be; no goodbye is said then.
    ///
    /// # Panics
    /// If `end` is a receiver's.
    pub fn new(end: E) -> Result<Self, Corrupt> {
        assert_eq!(end.role(), Role::Sender, "it is the other end");
        let capacity = end.capacity();
        // SAFETY: the end promises this capacity, and that this is the one producer, ordered
        // behind earlier ones.
        let producer = unsafe { Producer::attach(ring_of(&end), capacity)? };
        let tie = Tie::new(end);
        Ok(Self {
            producer,
            tie,
            ringer: Ringer::default(),
        })
    }

    /// How this end holds the link.
    pub fn end(&self) -> &E {
        &self.tie.end
    }

    /// The number of messages sent in the stream so far, by whomever.
    pub fn position(&self) -> Position {
        self.producer.position()
    }

    /// Sends `message` if there is room now.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn try_send(&mut self, message: E::Message) -> Result<(), TrySendError<E::Message>> {
        let producer = &mut self.producer;
        match self.tie.attempt(|peer| room(producer, 1, peer)) {
            Attempt::Done(Ok(())) => Ok(self.push(message)?),
            Attempt::Done(Err(why)) => Err(SendError { message, why }.into()),
            Attempt::Pending | Attempt::Suspended => Err(TrySendError::Full(message)),
        }
    }

    /// Sends `message`, waiting for room if there is none.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    #[inline]
    pub fn send(&mut self, message: E::Message) -> Result<(), SendError<E::Message>> {
        match self.send_with_patience(message, Patience::FOREVER) {
            Ok(()) => Ok(()),
            Err(SendTimeoutError::Ended(error)) => Err(error),
            Err(SendTimeoutError::TimedOut(_)) => unreachable!("there was no deadline"),
        }
    }

    /// Sends `message`, waiting for room for at most `timeout`.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn send_timeout(
        &mut self,
        message: E::Message,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<E::Message>> {
        self.send_deadline(message, E::Platform::now().saturating_add(timeout))
    }

    /// Sends `message`, waiting for room until `deadline`, on the clock of [`Futex::now`].
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn send_deadline(
        &mut self,
        message: E::Message,
        deadline: Duration,
    ) -> Result<(), SendTimeoutError<E::Message>> {
        self.send_with_patience(message, Patience::until(deadline))
    }

    /// Sends `message`, waiting for room with `patience`.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    #[inline]
    pub fn send_with_patience(
        &mut self,
        message: E::Message,
        patience: Patience,
    ) -> Result<(), SendTimeoutError<E::Message>> {
        // The first try of a wait where the last look has found room. What follows is kept out of the way
        // of a stream: the fewer stores a message takes, the more of them are on their way at once (with
        // the same in `Receiver` and `Tie`, compiled together with much else: from 6.7 to 2.4 ns).
        if patience.spins > 0 && self.producer.seen() > 0 && self.tie.peer_is_expected() {
            return Ok(self.push(message)?);
        }
        self.send_after_a_wait(message, patience)
    }

    #[cold]
    fn send_after_a_wait(
        &mut self,
        message: E::Message,
        patience: Patience,
    ) -> Result<(), SendTimeoutError<E::Message>> {
        match self.wait_for_room(1, patience) {
            Ok(Ok(())) => Ok(self.push(message)?),
            Ok(Err(why)) => Err(SendError { message, why }.into()),
            Err(TimedOut) => Err(SendTimeoutError::TimedOut(message)),
        }
    }

    /// Waits with `patience` for room for `least` messages, lets `f` fill a batch, and sends that
    /// as a whole.
    ///
    /// # Errors
    /// Why there was no room; `f` was not called then.
    ///
    /// # Panics
    /// If `least` is more than the capacity: there would never be room.
    pub fn send_batch<R>(
        &mut self,
        least: usize,
        patience: Patience,
        f: impl FnOnce(&mut Outgoing<'_, E::Platform, E::Message>) -> R,
    ) -> Result<R, SendTimeoutError<()>> {
        assert!(
            least <= self.tie.end.capacity().get(),
            "more than the link holds"
        );
        self.wait_for_room(least, patience)
            .map_err(|TimedOut| SendTimeoutError::TimedOut(()))?
            .map_err(|why| SendError { message: (), why })?;
        let mut batch = self.producer.batch();
        let result = f(&mut batch);
        if !batch.is_empty() {
            batch.commit();
            self.tie.ring_peer(&mut self.ringer);
        }
        Ok(result)
    }

    /// Waits until there is a receiver, the first one or the successor of a dead one.
    ///
    /// # Errors
    /// [`SendTimeoutError`] if none came in time, or the last one closed the link.
    pub fn wait_for_receiver(&self, patience: Patience) -> Result<(), SendTimeoutError<()>> {
        outcome(self.tie.wait_for_peer(patience, false))
    }

    /// Waits until a receiver has come, whatever became of it: the next call tells.
    ///
    /// # Errors
    /// [`SendTimeoutError`] if none came in time, or the last one closed the link.
    pub fn wait_for_first_receiver(&self, patience: Patience) -> Result<(), SendTimeoutError<()>> {
        outcome(self.tie.wait_for_peer(patience, true))
    }

    /// Waits until everything that was sent has been received.
    ///
    /// # Errors
    /// [`SendTimeoutError`] if it was not in time, or never will be.
    pub fn wait_until_received(&mut self, patience: Patience) -> Result<(), SendTimeoutError<()>> {
        let capacity = self.tie.end.capacity().get();
        let producer = &mut self.producer;
        outcome(
            self.tie
                .wait(patience, |peer| match producer.room(capacity) {
                    Ok(room) if room == capacity => Attempt::Done(Ok(())),
                    Err(Corrupt) => Attempt::Done(Err(Ended::Corrupt)),
                    Ok(_) => peer.pending(),
                }),
        )
    }

    #[inline]
    fn wait_for_room(
        &mut self,
        least: usize,
        patience: Patience,
    ) -> Result<Result<(), Ended>, TimedOut> {
        let producer = &mut self.producer;
        self.tie.wait(patience, |peer| room(producer, least, peer))
    }

    /// Publishes a message for which there is room.
    #[inline]
    fn push(&mut self, message: E::Message) -> Result<(), SendError<E::Message>> {
        match self.producer.push(message) {
            Ok(()) => {
                self.tie.ring_peer(&mut self.ringer);
                Ok(())
            }
            Err(PushError::Full(message) | PushError::Corrupt(message)) => Err(SendError {
                message,
                why: Ended::Corrupt,
            }),
        }
    }
}

/// Whether a message may be sent: there is room for `least`, and a receiver to come or to stay.
#[inline]
fn room<P: crate::platform::Platform, T>(
    producer: &mut Producer<RingOf<P, T>>,
    least: usize,
    peer: Peer,
) -> Attempt<Result<(), Ended>> {
    if let Peer::Ended(why) = peer {
        return Attempt::Done(Err(why));
    }
    match producer.room(least) {
        Ok(room) if room >= least => Attempt::Done(Ok(())),
        Ok(_) => peer.pending(),
        Err(Corrupt) => Attempt::Done(Err(Ended::Corrupt)),
    }
}

fn outcome(waited: Result<Result<(), Ended>, TimedOut>) -> Result<(), SendTimeoutError<()>> {
    match waited {
        Ok(Ok(())) => Ok(()),
        Ok(Err(why)) => Err(SendError { message: (), why }.into()),
        Err(TimedOut) => Err(SendTimeoutError::TimedOut(())),
    }
}
