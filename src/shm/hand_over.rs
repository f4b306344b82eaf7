//! A conversation over a unix socket in which descriptors change hands, with somebody who may lie.
//!
//! ```text
//!     maker                                             taker
//!       |--- what it is, and its descriptors ------------>|  looks at all of it
//!       |<-- taken, or refused ---------------------------|
//!       |--- attached ----------------------------------->|
//!       |<-- attached ------------------------------------|
//! ```
//!
//! The kernel says of each message which process has sent it, and that has to be the same one all the
//! time. It is heard twice: if it still lives the second time, nobody else has had its number in between.

mod error;
pub(super) mod receive;

use std::ffi::CStr;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use arrayvec::ArrayVec;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, UnixCredentials, sendmsg};
use nix::unistd::{Gid, Uid};

pub use self::error::HandOverError;
use self::receive::receive;
use super::peer::{ask_who_speaks, connected_user};
use super::{Connection, Peer, Stranger, stranger};
use crate::platform::Futex;
use crate::platform::native::{Native, servant};

/// The most descriptors that a message of ours has.
pub(crate) const DESCRIPTORS: usize = 2;

/// One side of the conversation.
#[derive(Debug)]
pub(crate) struct Conversation {
    socket: Connection,
    user: Uid,
    /// On the clock of [`Futex::now`].
    deadline: Duration,
    peer: Option<Peer>,
}

impl Conversation {
    /// Begins one with a process of `user`, which is over before `deadline`.
    ///
    /// # Errors
    /// [`HandOverError`]; nothing was said then.
    pub(crate) fn with(
        socket: UnixStream,
        user: Uid,
        deadline: Duration,
    ) -> Result<Self, HandOverError> {
        let asked = connected_user(&socket);
        let conversation = Self {
            socket: Connection::new(socket),
            user,
            deadline,
            peer: None,
        };
        if let Some(found) = asked.map_err(HandOverError::io("ask for the peer's user"))? {
            check_user(found, user)?;
        }
        let asked = ask_who_speaks(&conversation.socket);
        asked.map_err(HandOverError::io("ask for the peer's credentials"))?;
        Ok(conversation)
    }

    /// Says `message`, and hands over these descriptors.
    ///
    /// # Errors
    /// [`HandOverError`].
    pub(crate) fn say(
        &self,
        message: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), HandOverError> {
        let own = UnixCredentials::from(libc::ucred {
            pid: std::process::id().cast_signed(),
            uid: Uid::effective().as_raw(),
            gid: Gid::effective().as_raw(),
        });
        let raw: ArrayVec<i32, DESCRIPTORS> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
        let mut control = ArrayVec::<_, 2>::new();
        control.push(ControlMessage::ScmCredentials(&own));
        if !raw.is_empty() {
            control.push(ControlMessage::ScmRights(&raw));
        }
        let mut said = 0;
        while said < message.len() {
            self.wait_for(PollFlags::POLLOUT)?;
            let rest = [IoSlice::new(&message[said..])];
            let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
            match sendmsg::<UnixAddr>(self.socket.as_raw_fd(), &rest, &control, flags, None) {
                Ok(count) => {
                    said += count;
                    control.truncate(1);
                }
                Err(Errno::EAGAIN | Errno::EINTR) => {}
                Err(Errno::EPIPE | Errno::ECONNRESET) => return Err(HandOverError::HungUp),
                Err(error) => return Err(HandOverError::io("speak to the peer")(error.into())),
            }
        }
        Ok(())
    }

    /// Hears a message of `N` bytes that comes with so many descriptors.
    ///
    /// # Errors
    /// [`HandOverError`]; what had come was closed.
    pub(crate) fn hear<const N: usize>(
        &mut self,
        expected: impl Fn(&[u8; N]) -> usize,
    ) -> Result<([u8; N], Vec<Stranger>), HandOverError> {
        let mut message = [0; N];
        let mut heard = 0;
        let mut descriptors = Vec::new();
        while heard < N {
            self.wait_for(PollFlags::POLLIN)?;
            let received = match receive(&self.socket, &mut message[heard..]) {
                Ok(received) => received,
                Err(Errno::EAGAIN | Errno::EINTR) => continue,
                Err(Errno::ECONNRESET) => return Err(HandOverError::HungUp),
                Err(error) => return Err(HandOverError::io("hear the peer")(error.into())),
            };
            descriptors.extend(received.descriptors);
            let found = descriptors.len();
            if found > DESCRIPTORS {
                stranger::close(descriptors);
                let expected = DESCRIPTORS;
                return Err(HandOverError::Descriptors { found, expected });
            }
            if received.count == 0 {
                return Err(HandOverError::HungUp);
            }
            heard += received.count;
            let pidfd = received.pidfd.transpose().map_err(unknown)?;
            self.recognise(received.credentials, pidfd)?;
        }
        let (found, expected) = (descriptors.len(), expected(&message));
        if found != expected {
            return Err(HandOverError::Descriptors { found, expected });
        }
        Ok((message, descriptors))
    }

    /// Hears these very bytes.
    ///
    /// # Errors
    /// [`HandOverError`]; among them that it is refused.
    pub(crate) fn hear_word(&mut self, expected: [u8; 8]) -> Result<(), HandOverError> {
        match self.hear(|_| 0)?.0 {
            found if found == expected => Ok(()),
            REFUSED => Err(HandOverError::Refused),
            found => Err(HandOverError::Garbled { found, expected }),
        }
    }

    /// What `work` answers, which a thread of this name does because the peer may hold it up: past the
    /// deadline it goes on alone, and this process does not end before it.
    ///
    /// # Errors
    /// [`HandOverError`].
    pub(crate) fn within<T: Send + 'static>(
        &self,
        name: &'static CStr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HandOverError> {
        let answer = servant::within(name, self.left(), work);
        let answer = answer.map_err(HandOverError::io("work in a thread"))?;
        answer.ok_or(HandOverError::TimedOut)
    }

    /// How long it may still take.
    fn left(&self) -> Duration {
        self.deadline.saturating_sub(Native::now())
    }

    /// The socket, and who is at its other end, at the end of the conversation.
    ///
    /// # Panics
    /// If nobody was heard.
    pub(crate) fn end(self) -> (Connection, Peer) {
        (self.socket, self.peer.expect("somebody was heard"))
    }

    /// Whether it is who spoke before, and whom this side wants to speak to.
    fn recognise(
        &mut self,
        credentials: Option<UnixCredentials>,
        pidfd: Option<OwnedFd>,
    ) -> Result<(), HandOverError> {
        let Some(credentials) = credentials else {
            let nobody = io::Error::other("the kernel did not say who spoke");
            return Err(HandOverError::io("recognise the peer")(nobody));
        };
        check_user(Uid::from_raw(credentials.uid()), self.user)?;
        match &self.peer {
            None => {
                let peer = Peer::speaking(&self.socket, credentials, pidfd);
                self.peer = Some(peer.map_err(unwatched)?);
                Ok(())
            }
            Some(peer) if !peer.has_sent(credentials, pidfd.as_ref()) => {
                Err(HandOverError::Process {
                    found: credentials.pid(),
                    expected: peer.pid(),
                })
            }
            // It may have died before it was looked for: then it is not certain who has the number.
            Some(peer) if peer.is_dead() => Err(HandOverError::HungUp),
            Some(_) => Ok(()),
        }
    }

    /// Waits until something can be heard, or said.
    fn wait_for(&self, what: PollFlags) -> Result<(), HandOverError> {
        loop {
            let left = self.left();
            if left.is_zero() {
                return Err(HandOverError::TimedOut);
            }
            // At least a millisecond, or it would be busy until the deadline.
            let left = left.max(Duration::from_millis(1));
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            let mut asked = [PollFd::new(self.socket.as_fd(), what)];
            match poll(&mut asked, timeout) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(HandOverError::io("wait for the peer")(error.into())),
            }
        }
    }
}

/// What who does not take what was offered says.
pub(crate) const REFUSED: [u8; 8] = *b"refused\0";

/// Why no pidfd of who has spoken came with what it said. To look for one by its number would be wrong: that
/// may be somebody else's by now.
fn unknown(error: Errno) -> HandOverError {
    match error {
        // It is dead, and has been waited for: before Linux 6.16.
        Errno::EINVAL => HandOverError::HungUp,
        error => unwatched(error),
    }
}

/// Why who has spoken cannot be watched.
fn unwatched(error: Errno) -> HandOverError {
    match error {
        Errno::ESRCH => HandOverError::HungUp,
        error => HandOverError::io("watch the peer")(error.into()),
    }
}

fn check_user(found: Uid, expected: Uid) -> Result<(), HandOverError> {
    if found == expected {
        Ok(())
    } else {
        Err(HandOverError::User { found, expected })
    }
}
