//! The side that receives.

use core::time::Duration;

use super::Hold;
use crate::buffer::Corrupt;
use crate::buffer::rendezvous::{PopError, Popped, Want};
use crate::link::select::Selectable;
use crate::link::{Ended, RecvTimeoutError, Role, TryRecvError};
use crate::platform::Futex;
use crate::wait::{Attempt, Patience, TimedOut, Watched};

/// A handle that receives; cloned for as many as there are. Each message comes to one of them.
///
/// When the last one is dropped the senders are told; what was sent and not received is dropped with
/// the mailbox. Between processes they are told when the owner of the mailbox goes.
pub struct Receiver<H: Hold> {
    hold: H,
}

impl<H: Hold> Receiver<H> {
    /// One more receiver of the mailbox, which has some, or is new.
    pub fn join(hold: H) -> Self {
        hold.join(Role::Receiver);
        Self { hold }
    }

    /// Receives a message if there is one now that no other call has in hand. The end of the link is
    /// told only after the last.
    ///
    /// # Errors
    /// Why there is none.
    pub fn try_recv(&self) -> Result<H::Message, TryRecvError> {
        match self.pop(self.hold.ended(Role::Receiver)) {
            Attempt::Done(popped) => Ok(popped?.message),
            Attempt::Pending | Attempt::Suspended => Err(TryRecvError::Empty),
        }
    }

    /// Receives a message, waiting for one if there is none.
    ///
    /// # Errors
    /// Why none will come.
    #[inline]
    pub fn recv(&self) -> Result<H::Message, Ended> {
        match self.recv_with_patience(Patience::FOREVER) {
            Ok(message) => Ok(message),
            Err(RecvTimeoutError::Ended(why)) => Err(why),
            Err(RecvTimeoutError::TimedOut) => unreachable!("there was no deadline"),
        }
    }

    /// Receives a message, waiting for one for at most `timeout`.
    ///
    /// # Errors
    /// Why none came.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<H::Message, RecvTimeoutError> {
        self.recv_deadline(H::Platform::now().saturating_add(timeout))
    }

    /// Receives a message, waiting for one until `deadline`, on the clock of [`Futex::now`].
    ///
    /// # Errors
    /// Why none came.
    pub fn recv_deadline(&self, deadline: Duration) -> Result<H::Message, RecvTimeoutError> {
        self.recv_with_patience(Patience::until(deadline))
    }

    /// Receives a message, waiting for one with `patience`. When that is at its end, and a message is
    /// on its way to whoever waits, at a capacity of zero, the message is waited for.
    ///
    /// # Errors
    /// Why none came.
    #[inline]
    pub fn recv_with_patience(&self, patience: Patience) -> Result<H::Message, RecvTimeoutError> {
        self.recv_marked(patience).map(|popped| popped.message)
    }

    /// The same, and says whether somebody may have received the message before: one that was killed
    /// with it in hand, at a capacity of zero or bounded.
    ///
    /// # Errors
    /// Why none came.
    #[inline]
    pub fn recv_marked(&self, patience: Patience) -> Result<Popped<H::Message>, RecvTimeoutError> {
        let Some(others) = self.hold.look_first(Role::Receiver, patience) else {
            return self.recv_patiently(patience);
        };
        match self.pop(others.ended) {
            Attempt::Done(popped) => Ok(popped?),
            Attempt::Pending | Attempt::Suspended => self.recv_patiently(patience.after_a_try()),
        }
    }

    /// The same as often as it takes.
    #[cold]
    fn recv_patiently(&self, patience: Patience) -> Result<Popped<H::Message>, RecvTimeoutError> {
        let mut want = None;
        let waited = self.hold.wait(Role::Receiver, patience, |gone| {
            self.pop_or_want(gone, &mut want)
        });
        let in_vain = match waited {
            Ok(Ok(popped)) => return Ok(popped),
            Ok(Err(why)) => why.into(),
            Err(TimedOut) => RecvTimeoutError::TimedOut,
        };
        want.and_then(|want| self.give_up(&want)).ok_or(in_vain)
    }

    /// Receives until the link has ended.
    pub fn iter(&self) -> impl Iterator<Item = H::Message> {
        core::iter::from_fn(|| self.recv().ok())
    }

    /// Takes a message, if there is one, told why no more will come.
    #[inline]
    fn pop(&self, gone: Option<Ended>) -> Attempt<Result<Popped<H::Message>, Ended>> {
        if let Some(why @ (Ended::Forked | Ended::Corrupt)) = gone {
            return Attempt::Done(Err(why));
        }
        // SAFETY: by the holder's word.
        match unsafe { self.hold.buffer().pop(self.hold.owner()) } {
            Ok(popped) => {
                self.hold.ring(Role::Receiver);
                Attempt::Done(Ok(popped))
            }
            Err(PopError::Empty) => gone.map_or(Attempt::Pending, |why| Attempt::Done(Err(why))),
            Err(PopError::Busy(busy)) => self.hold.buffer().pending(busy),
            Err(PopError::Corrupt(Corrupt)) => Attempt::Done(Err(Ended::Corrupt)),
        }
    }

    /// The same; and if there is none, says that this one waits.
    #[inline]
    fn pop_or_want(
        &self,
        gone: Option<Ended>,
        want: &mut Option<Want>,
    ) -> Attempt<Result<Popped<H::Message>, Ended>> {
        let attempt = self.pop(gone);
        if !matches!(attempt, Attempt::Done(_)) {
            match self.hold.buffer().want(self.hold.owner()) {
                Ok(Some(said)) => *want = Some(said),
                Ok(None) => {}
                Err(Corrupt) => return Attempt::Done(Err(Ended::Corrupt)),
            }
        }
        attempt
    }

    /// Waits no longer; but a message that is on its way to whoever does is taken first, if no other
    /// one takes it.
    fn give_up(&self, want: &Want) -> Option<Popped<H::Message>> {
        let given_up = self.hold.wait(Role::Receiver, Patience::FOREVER, |gone| {
            if let Attempt::Done(Ok(popped)) = self.pop(gone) {
                return Attempt::Done(Some(popped));
            }
            match self.hold.buffer().give_up(self.hold.owner(), want) {
                Ok(true) | Err(Corrupt) => Attempt::Done(None),
                Ok(false) => Attempt::Pending,
            }
        });
        // For the others who wait: the place to say so is free.
        self.hold.ring(Role::Receiver);
        given_up.unwrap_or_else(|TimedOut| unreachable!("there was no deadline"))
    }
}

/// One that waits for others, too, does not count as waiting for who gives by `try_send` at a capacity
/// of zero.
impl<H: Hold> Selectable<H::Platform> for Receiver<H> {
    type Output = Result<H::Message, Ended>;

    fn attempt<'a>(
        &'a mut self,
        watched: Option<&mut Watched<'a, H::Platform>>,
    ) -> Attempt<Self::Output> {
        let popped = self
            .hold
            .arm(Role::Receiver, watched, |gone| self.pop(gone));
        popped.map(|popped| Ok(popped?.message))
    }

    fn bell(&self) -> usize {
        core::ptr::from_ref(self.hold.bells().of(Role::Receiver)).addr()
    }

    fn pass_on(&mut self) {
        self.hold.pass_on(Role::Receiver);
    }
}

impl<H: Hold> Clone for Receiver<H> {
    fn clone(&self) -> Self {
        Self::join(self.hold.clone())
    }
}

impl<H: Hold> Drop for Receiver<H> {
    fn drop(&mut self) {
        self.hold.leave(Role::Receiver);
    }
}
