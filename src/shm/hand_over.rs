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
//! time. It is heard twice, and looked for in between: if it still lives the second time, nobody else
//! has had its number.

use std::io::{self, IoSlice};
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::slice;
use std::time::Duration;

use arrayvec::ArrayVec;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::PassCred;
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, UnixCredentials, sendmsg, setsockopt};
use nix::unistd::{Gid, Uid};
use thiserror::Error;

use super::peer::connected_user;
use super::{MemfdError, Peer, advice};
use crate::platform::Futex;
use crate::platform::native::Native;

/// The most descriptors that a message of ours has.
pub(crate) const DESCRIPTORS: usize = 2;
/// Room for the credentials, and one descriptor more: two would have to be asked for.
const CONTROL: usize = 16;

/// Why nothing was handed over.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HandOverError {
    /// The process at the other end is another user's.
    #[error(
        "the peer is user {found}'s, and {expected}'s was expected; name its user if that is right"
    )]
    User {
        /// Whose it is.
        found: Uid,
        /// Whose it should be.
        expected: Uid,
    },
    /// Not the same process has spoken all the time.
    #[error("process {expected} has spoken first, and then {found}: one has to speak to the end")]
    Process {
        /// The process that has spoken now.
        found: i32,
        /// The one that spoke before.
        expected: i32,
    },
    /// It does not want what it was offered; it knows why.
    #[error("the peer has refused: ask it why")]
    Refused,
    /// It has closed its end, or died.
    #[error("the peer has hung up before it was attached")]
    HungUp,
    /// It said nothing in time.
    #[error("timed out: the peer did not answer")]
    TimedOut,
    /// It said something else.
    #[error(
        "the peer said {found:?} where {expected:?} was expected: it is no aqueduct, or another version"
    )]
    Garbled {
        /// What it said, in part.
        found: [u8; 8],
        /// What it should have.
        expected: [u8; 8],
    },
    /// It sent more descriptors, or fewer; they were closed.
    #[error("the peer sent {found} descriptors, and {expected} were expected{}", lack(*.found, *.expected))]
    Descriptors {
        /// How many came.
        found: usize,
        /// How many should have.
        expected: usize,
    },
    /// What it handed over is not what it promised.
    #[error("what the peer handed over is not what it promised: {0}")]
    Memory(#[from] MemfdError),
    /// Another error of the kernel.
    #[error("cannot {action}: {source}{}", advice(.source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
}

const fn lack(found: usize, expected: usize) -> &'static str {
    if found < expected {
        "; if it sent them, this process has no room: close some, or raise `ulimit -n`"
    } else {
        ""
    }
}

impl HandOverError {
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}

/// One side of the conversation.
#[derive(Debug)]
pub(crate) struct Conversation {
    socket: UnixStream,
    user: Uid,
    /// On the clock of [`Futex::now`].
    deadline: Option<Duration>,
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
        deadline: Option<Duration>,
    ) -> Result<Self, HandOverError> {
        let found =
            connected_user(&socket).map_err(HandOverError::io("ask for the peer's user"))?;
        if let Some(found) = found {
            check_user(found, user)?;
        }
        let asked = setsockopt(&socket, PassCred, &true);
        asked.map_err(|error| HandOverError::io("ask for the peer's credentials")(error.into()))?;
        Ok(Self {
            socket,
            user,
            deadline,
            peer: None,
        })
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
    ) -> Result<([u8; N], Vec<OwnedFd>), HandOverError> {
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
            if received.count == 0 {
                return Err(HandOverError::HungUp);
            }
            heard += received.count;
            self.recognise(received.credentials)?;
            if received.is_cut || descriptors.len() > DESCRIPTORS {
                // Of those that were cut off nobody knows how many they were.
                return Err(HandOverError::Descriptors {
                    found: descriptors.len(),
                    expected: DESCRIPTORS,
                });
            }
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

    /// The socket, and who is at its other end, at the end of the conversation.
    ///
    /// # Panics
    /// If nobody was heard.
    pub(crate) fn end(self) -> (UnixStream, Peer) {
        (self.socket, self.peer.expect("somebody was heard"))
    }

    /// Whether it is who spoke before, and whom this side wants to speak to.
    fn recognise(&mut self, credentials: Option<UnixCredentials>) -> Result<(), HandOverError> {
        let Some(credentials) = credentials else {
            let nobody = io::Error::other("the kernel did not say who spoke");
            return Err(HandOverError::io("recognise the peer")(nobody));
        };
        check_user(Uid::from_raw(credentials.uid()), self.user)?;
        match &self.peer {
            None => {
                match Peer::speaking(&self.socket, credentials) {
                    Ok(peer) => self.peer = Some(peer),
                    Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => {
                        return Err(HandOverError::HungUp);
                    }
                    Err(error) => return Err(HandOverError::io("watch the peer")(error)),
                }
                Ok(())
            }
            Some(peer) if !peer.says(credentials) => Err(HandOverError::Process {
                found: credentials.pid(),
                expected: peer.pid(),
            }),
            // It may have died before it was looked for: then it is not certain who has the number.
            Some(peer) if peer.is_dead() => Err(HandOverError::HungUp),
            Some(_) => Ok(()),
        }
    }

    /// Waits until something can be heard, or said.
    fn wait_for(&self, what: PollFlags) -> Result<(), HandOverError> {
        loop {
            let timeout = match self.deadline {
                None => PollTimeout::NONE,
                Some(deadline) => {
                    let left = deadline.saturating_sub(Native::now());
                    if left.is_zero() {
                        return Err(HandOverError::TimedOut);
                    }
                    // At least a millisecond, or it would be busy until the deadline.
                    let left = left.max(Duration::from_millis(1));
                    PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
                }
            };
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

fn check_user(found: Uid, expected: Uid) -> Result<(), HandOverError> {
    if found == expected {
        Ok(())
    } else {
        Err(HandOverError::User { found, expected })
    }
}

/// What came in one go.
struct Received {
    count: usize,
    credentials: Option<UnixCredentials>,
    descriptors: ArrayVec<OwnedFd, { CONTROL * 2 }>,
    /// Whether there was no room for all descriptors.
    is_cut: bool,
}

/// Receives into `bytes`, and takes every descriptor that comes along, which the kernel has opened in
/// this process whether they are wanted or not.
fn receive(socket: &UnixStream, bytes: &mut [u8]) -> Result<Received, Errno> {
    let mut control = [0_u64; CONTROL];
    let mut slice = libc::iovec {
        iov_base: bytes.as_mut_ptr().cast(),
        iov_len: bytes.len(),
    };
    // SAFETY: zeros are a header without anything in it.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_iov = &raw mut slice;
    header.msg_iovlen = 1;
    header.msg_control = control.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
    // SAFETY: the header leads to memory of ours, of the lengths that it says.
    let count = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) };
    let count = usize::try_from(Errno::result(count)?).expect("it is not negative");
    let mut received = Received {
        count,
        credentials: None,
        descriptors: ArrayVec::new(),
        is_cut: header.msg_flags & libc::MSG_CTRUNC != 0,
    };
    // SAFETY: the kernel has filled the header in.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(&raw const header) };
    while !next.is_null() {
        // SAFETY: it is one of the messages in `control`, aligned as they are.
        let message = unsafe { &*next };
        // SAFETY: as above.
        let data = unsafe { libc::CMSG_DATA(next) };
        // SAFETY: it computes a length.
        let before = unsafe { libc::CMSG_LEN(0) } as usize;
        let len = message.cmsg_len.saturating_sub(before);
        // SAFETY: the kernel has written so many bytes there.
        let data = unsafe { slice::from_raw_parts(data, len) };
        take(&mut received, message.cmsg_type, data);
        // SAFETY: as above.
        next = unsafe { libc::CMSG_NXTHDR(&raw const header, next) };
    }
    Ok(received)
}

/// Takes what a control message of the socket layer has: numbers of four bytes.
fn take(received: &mut Received, kind: i32, data: &[u8]) {
    let numbers = data.as_chunks().0.iter();
    let mut numbers = numbers.map(|number| i32::from_ne_bytes(*number));
    match kind {
        libc::SCM_CREDENTIALS => {
            let mut next = || numbers.next().unwrap_or(-1);
            let credentials = libc::ucred {
                pid: next(),
                uid: next().cast_unsigned(),
                gid: next().cast_unsigned(),
            };
            received.credentials = Some(credentials.into());
        }
        libc::SCM_RIGHTS => received.descriptors.extend(numbers.map(|descriptor| {
            // SAFETY: the kernel has made it, for nobody else.
            unsafe { OwnedFd::from_raw_fd(descriptor) }
        })),
        _ => {}
    }
}
