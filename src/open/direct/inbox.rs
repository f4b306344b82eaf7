//! Asymmetric naming: who sends names the receiver, and the receiver learns who sent.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use super::error::DirectError;
use super::letter::Letter;
use super::name::ProcessName;
use super::{Process, anew};
use crate::link::mailbox::Capacity;
use crate::link::select::Selectable;
use crate::link::{
    Ended, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use crate::open::AttachError;
use crate::open::mailbox::{self, Mailbox, Options};
use crate::place::Plain;
use crate::platform::native::Native;
use crate::shm::OpenError;
use crate::wait::{Attempt, Patience, Watched};

/// Who waits for an inbox looks again after this, and then ever less often.
const FIRST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// The letters for a process. It is closed when this is dropped, or when the process dies.
pub struct Inbox<T: Plain> {
    receiver: mailbox::Receiver<Letter<T>>,
    owned: Mailbox<Letter<T>>,
    process: Process,
}

/// Sends letters to one process; cloned for as many threads as there are.
pub struct Sender<T: Plain> {
    letters: mailbox::Sender<Letter<T>>,
    to: ProcessName,
    process: Process,
}

impl<T: Plain> Inbox<T> {
    pub(super) fn create(process: Process, capacity: Capacity) -> Result<Self, DirectError> {
        let name = process.name().inbox();
        let options = Options::new().capacity(capacity);
        let made = anew(&name, || options.create(&name));
        let owned = made.map_err(|error| match error {
            AttachError::Exists { .. } => DirectError::InboxTaken {
                process: process.name(),
            },
            other => other.into(),
        })?;
        Ok(Self {
            receiver: owned.receiver(),
            owned,
            process,
        })
    }

    /// Whose it is.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The mailbox that the letters lie in.
    #[must_use]
    pub fn mailbox(&self) -> &Mailbox<Letter<T>> {
        &self.owned
    }

    /// Receives a letter if there is one now.
    ///
    /// # Errors
    /// Why there is none.
    pub fn try_recv(&self) -> Result<Letter<T>, TryRecvError> {
        self.receiver.try_recv()
    }

    /// Receives a letter, waiting for one if there is none. Who may send can come at any time, so this
    /// ends only with a letter, or when something is broken.
    ///
    /// # Errors
    /// Why none will come.
    pub fn recv(&self) -> Result<Letter<T>, Ended> {
        self.receiver.recv()
    }

    /// Receives a letter, waiting for one for at most `timeout`.
    ///
    /// # Errors
    /// Why none came.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Letter<T>, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout)
    }

    /// Receives a letter, waiting for one until `deadline`, on the clock of
    /// [`Futex::now`](crate::platform::Futex::now).
    ///
    /// # Errors
    /// Why none came.
    pub fn recv_deadline(&self, deadline: Duration) -> Result<Letter<T>, RecvTimeoutError> {
        self.receiver.recv_deadline(deadline)
    }

    /// Receives a letter, waiting for one with `patience`.
    ///
    /// # Errors
    /// Why none came.
    pub fn recv_with_patience(&self, patience: Patience) -> Result<Letter<T>, RecvTimeoutError> {
        self.receiver.recv_with_patience(patience)
    }

    /// Receives letters for as long as there is an inbox.
    pub fn iter(&self) -> impl Iterator<Item = Letter<T>> {
        self.receiver.iter()
    }
}

impl<T: Plain> Selectable<Native> for Inbox<T> {
    type Output = Result<Letter<T>, Ended>;

    fn attempt<'a>(
        &'a mut self,
        watched: Option<&mut Watched<'a, Native>>,
    ) -> Attempt<Self::Output> {
        self.receiver.attempt(watched)
    }

    fn bell(&self) -> usize {
        self.receiver.bell()
    }

    fn pass_on(&mut self) {
        self.receiver.pass_on();
    }
}

impl<T: Plain> Sender<T> {
    /// Waits for at most `limit` while another one attaches to the inbox.
    pub(super) fn open(
        process: Process,
        to: ProcessName,
        limit: Option<Duration>,
    ) -> Result<Self, DirectError> {
        let mailbox = Options::new().timeout(limit).open(&to.inbox());
        let mailbox: Mailbox<Letter<T>> = mailbox.map_err(|error| match error {
            AttachError::Open(OpenError::NotFound { .. }) => DirectError::NoInbox { process: to },
            AttachError::OwnerGone { why, .. } => DirectError::Gone { process: to, why },
            other => other.into(),
        })?;
        Ok(Self {
            letters: mailbox.sender(),
            to,
            process,
        })
    }

    /// Looks again and again: nobody announces an inbox.
    pub(super) fn open_within(
        process: &Process,
        to: ProcessName,
        timeout: Duration,
    ) -> Result<Self, DirectError> {
        let start = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            let left = timeout.saturating_sub(start.elapsed());
            match Self::open(process.clone(), to, Some(left)) {
                Err(DirectError::NoInbox { .. } | DirectError::Gone { .. }) => {}
                came_to => return came_to,
            }
            let Some(left) = timeout.checked_sub(start.elapsed()) else {
                let process = to;
                return Err(DirectError::TimedOut { process, timeout });
            };
            thread::sleep(pause.min(left));
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// The process that it sends to.
    #[must_use]
    pub fn to(&self) -> ProcessName {
        self.to
    }

    /// The process whose name is on the letters.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Sends `message` if that can be done now.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let sent = self.letters.try_send(self.letter(message));
        sent.map_err(|error| error.map(opened))
    }

    /// Sends `message`, waiting until that can be done.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let sent = self.letters.send(self.letter(message));
        sent.map_err(|error| error.map(opened))
    }

    /// Sends `message`, waiting for at most `timeout`.
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        let sent = self.letters.send_timeout(self.letter(message), timeout);
        sent.map_err(|error| error.map(opened))
    }

    /// Sends `message`, waiting until `deadline`, on the clock of
    /// [`Futex::now`](crate::platform::Futex::now).
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn send_deadline(&self, message: T, deadline: Duration) -> Result<(), SendTimeoutError<T>> {
        let sent = self.letters.send_deadline(self.letter(message), deadline);
        sent.map_err(|error| error.map(opened))
    }

    fn letter(&self, message: T) -> Letter<T> {
        Letter::new(self.process.name(), message)
    }
}

/// The message of a letter that came back.
fn opened<T: Plain>(letter: Letter<T>) -> T {
    letter.message()
}

impl<T: Plain> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            letters: self.letters.clone(),
            to: self.to,
            process: self.process.clone(),
        }
    }
}

impl<T: Plain> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let process = self.process.name();
        f.debug_struct("Inbox")
            .field("process", &process)
            .finish_non_exhaustive()
    }
}

impl<T: Plain> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("from", &self.process.name())
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}
