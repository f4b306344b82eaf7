//! The side that sends.

use core::time::Duration;

use super::Hold;
use super::buffer::Put;
use crate::buffer::Corrupt;
use crate::buffer::rendezvous::{Offer, Withdraw};
use crate::buffer::unbounded::many::PushError;
use crate::link::member::Member;
use crate::link::select::Selectable;
use crate::link::{Ended, Role, SendError, SendTimeoutError, TrySendError};
use crate::platform::{Futex, Platform};
use crate::wait::{Attempt, Patience, TimedOut, Watched};

/// A handle that sends; cloned for as many as there are.
///
/// When the last one is dropped the receivers are told, after the last message; between processes they
/// are told when the owner of the mailbox goes.
pub struct Sender<H: Hold> {
    hold: H,
}

/// A message that was put down for whoever comes.
type OfferOf<'a, H> = Offer<'a, <H as Member>::Platform, <H as Hold>::Message>;

impl<H: Hold> Sender<H> {
    /// One more sender of the mailbox, which has some, or is new.
    pub fn join(hold: H) -> Self {
        hold.join(Role::Sender);
        Self { hold }
    }

    /// Sends `message` if that can be done now: if there is room; at a capacity of zero, if a receiver
    /// waits, which then receives it, or another one that comes before. One message is on its way at
    /// a time there, and one receiver is known to wait: a second try may come too early.
    ///
    /// A place that another call has not finished with is no room.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    #[inline]
    pub fn try_send(&self, message: H::Message) -> Result<(), TrySendError<H::Message>> {
        self.try_told(self.hold.ended(Role::Sender), message)
    }

    /// The same, told why nothing more can be sent.
    #[inline]
    fn try_told(
        &self,
        gone: Option<Ended>,
        message: H::Message,
    ) -> Result<(), TrySendError<H::Message>> {
        if let Some(why) = gone {
            return Err(SendError { message, why }.into());
        }
        // SAFETY: by the holder's word.
        match unsafe { self.hold.buffer().push(self.hold.owner(), message) } {
            Ok(()) => {
                self.hold.ring(Role::Sender);
                Ok(())
            }
            Err(PushError::Full(message) | PushError::Busy(message, _)) => {
                Err(TrySendError::Full(message))
            }
            Err(PushError::NoMemory(message)) => Err(ended(message, Ended::NoMemory).into()),
            Err(PushError::Corrupt(message)) => Err(ended(message, Ended::Corrupt).into()),
        }
    }

    /// Sends `message`, waiting until that can be done.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    #[inline]
    pub fn send(&self, message: H::Message) -> Result<(), SendError<H::Message>> {
        match self.send_with_patience(message, Patience::FOREVER) {
            Ok(()) => Ok(()),
            Err(SendTimeoutError::Ended(error)) => Err(error),
            Err(SendTimeoutError::TimedOut(_)) => unreachable!("there was no deadline"),
        }
    }

    /// Sends `message`, waiting for at most `timeout`.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn send_timeout(
        &self,
        message: H::Message,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<H::Message>> {
        self.send_deadline(message, H::Platform::now().saturating_add(timeout))
    }

    /// Sends `message`, waiting until `deadline`, on the clock of [`Futex::now`].
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn send_deadline(
        &self,
        message: H::Message,
        deadline: Duration,
    ) -> Result<(), SendTimeoutError<H::Message>> {
        self.send_with_patience(message, Patience::until(deadline))
    }

    /// Sends `message`, waiting with `patience`. When that is at its end, and a receiver has the
    /// message in hand, the receiver is waited for. At a capacity of zero a receiver that sleeps takes
    /// some microseconds to come: a time shorter than that is over before.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    #[inline]
    pub fn send_with_patience(
        &self,
        message: H::Message,
        patience: Patience,
    ) -> Result<(), SendTimeoutError<H::Message>> {
        let Some(others) = self.hold.look_first(Role::Sender, patience) else {
            return self.send_patiently(message, patience);
        };
        match self.try_told(others.ended, message) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(message)) => {
                self.send_patiently(message, patience.after_a_try())
            }
            Err(TrySendError::Ended(error)) => Err(error.into()),
        }
    }

    /// The same as often as it takes.
    #[cold]
    fn send_patiently(
        &self,
        message: H::Message,
        patience: Patience,
    ) -> Result<(), SendTimeoutError<H::Message>> {
        let offer = match self.put(message, patience)? {
            Put::Sent => return Ok(()),
            Put::Offered(offer) => offer,
        };
        let why = match self
            .hold
            .wait(Role::Sender, patience, |gone| look_after(&offer, gone))
        {
            Ok(None) => return Ok(()),
            Ok(Some(why)) => Some(why),
            Err(TimedOut) => None,
        };
        match (self.withdraw(offer), why) {
            (None, _) => Ok(()),
            (Some(message), Some(why)) => Err(SendError { message, why }.into()),
            (Some(message), None) => Err(SendTimeoutError::TimedOut(message)),
        }
    }

    /// Whether nothing more can be sent.
    pub fn is_ended(&self) -> bool {
        self.hold.ended(Role::Sender).is_some()
    }

    /// The end of the mailbox, to be waited for with other links.
    pub fn ended(&self) -> UntilEnded<H> {
        UntilEnded {
            hold: self.hold.clone(),
        }
    }

    /// Puts a message in as soon as that can be done.
    fn put(
        &self,
        message: H::Message,
        patience: Patience,
    ) -> Result<Put<'_, H::Memory>, SendTimeoutError<H::Message>> {
        let mut mine = Some(message);
        let put = self.hold.wait(Role::Sender, patience, |gone| {
            let message = mine.take().expect("it comes back");
            if let Some(why) = gone {
                return Attempt::Done(Err(ended(message, why)));
            }
            // SAFETY: by the holder's word.
            match unsafe { self.hold.buffer().put(self.hold.owner(), message) } {
                Ok(put) => return Attempt::Done(Ok(put)),
                Err(PushError::Full(message)) => mine = Some(message),
                Err(PushError::Busy(message, busy)) => {
                    mine = Some(message);
                    return self.hold.buffer().pending(busy);
                }
                Err(PushError::NoMemory(message)) => {
                    return Attempt::Done(Err(ended(message, Ended::NoMemory)));
                }
                Err(PushError::Corrupt(message)) => {
                    return Attempt::Done(Err(ended(message, Ended::Corrupt)));
                }
            }
            Attempt::Pending
        });
        match put {
            Ok(put) => {
                let put = put?;
                self.hold.ring(Role::Sender);
                Ok(put)
            }
            Err(TimedOut) => Err(SendTimeoutError::TimedOut(mine.expect("it was not put in"))),
        }
    }

    /// Takes an offered message back; `None` if somebody has received it.
    fn withdraw(&self, mut offer: OfferOf<'_, H>) -> Option<H::Message> {
        let withdrawn = self.hold.wait(Role::Sender, Patience::FOREVER, |_| {
            match offer.withdraw() {
                Ok(Withdraw::Back(message)) => Attempt::Done(Ok(Some(message))),
                Ok(Withdraw::Taken) => Attempt::Done(Ok(None)),
                Ok(Withdraw::Busy(busy)) => self.hold.buffer().pending(busy),
                Err(Corrupt) => Attempt::Done(Err(Corrupt)),
            }
        });
        // For those who wait for the place.
        self.hold.ring(Role::Sender);
        match withdrawn {
            Ok(Ok(message)) => message,
            // SAFETY: only another process can break a word, and then messages are plain data.
            Ok(Err(Corrupt)) => Some(unsafe { offer.salvage() }),
            Err(TimedOut) => unreachable!("there was no deadline"),
        }
    }
}

/// The end of a mailbox, as its senders are told of it.
pub struct UntilEnded<H: Hold> {
    hold: H,
}

impl<H: Hold> Selectable<H::Platform> for UntilEnded<H> {
    type Output = Ended;

    fn attempt<'a>(&'a mut self, watched: Option<&mut Watched<'a, H::Platform>>) -> Attempt<Ended> {
        let ended = |gone: Option<Ended>| gone.map_or(Attempt::Pending, Attempt::Done);
        self.hold.arm(Role::Sender, watched, ended)
    }

    fn bell(&self) -> usize {
        core::ptr::from_ref(self.hold.bells().of(Role::Sender)).addr()
    }

    fn pass_on(&mut self) {
        self.hold.pass_on(Role::Sender);
    }
}

impl<H: Hold> Clone for Sender<H> {
    fn clone(&self) -> Self {
        Self::join(self.hold.clone())
    }
}

impl<H: Hold> Drop for Sender<H> {
    fn drop(&mut self) {
        self.hold.leave(Role::Sender);
    }
}

/// Whether an offer was taken; else, why it will not be.
fn look_after<P: Platform, T>(
    offer: &Offer<'_, P, T>,
    gone: Option<Ended>,
) -> Attempt<Option<Ended>> {
    match (offer.is_taken(), gone) {
        (Ok(true), _) => Attempt::Done(None),
        (Ok(false), Some(why)) => Attempt::Done(Some(why)),
        (Ok(false), None) => Attempt::Pending,
        (Err(Corrupt), _) => Attempt::Done(Some(Ended::Corrupt)),
    }
}

fn ended<T>(message: T, why: Ended) -> SendError<T> {
    SendError { message, why }
}
