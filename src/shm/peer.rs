//! The process at the other end of a socket, as the kernel knows it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::{PeerCredentials, PeerPidfd};
use nix::sys::socket::{UnixCredentials, getsockopt};
use nix::unistd::Uid;

/// The user of the process that connected the other end of `socket`; none if it is an end of a pair that
/// this process has made, and whose other end it has given to whom it likes.
///
/// # Errors
/// The kernel's.
pub(super) fn connected_user(socket: &UnixStream) -> io::Result<Option<Uid>> {
    let credentials = getsockopt(socket, PeerCredentials)?;
    let is_own = credentials.pid() == std::process::id().cast_signed();
    Ok((!is_own).then(|| Uid::from_raw(credentials.uid())))
}

/// A process, whatever becomes of its number.
#[derive(Debug)]
pub struct Peer {
    credentials: UnixCredentials,
    /// Readable once the process, with all its threads, is dead.
    pidfd: OwnedFd,
}

impl Peer {
    /// The process that says `credentials` of itself over `socket`, which the kernel has checked.
    ///
    /// That is the one at the other end, if it has connected the socket itself, and the kernel hands
    /// out its pidfd (Linux 6.5). Else it has inherited that end, and is found by its number.
    ///
    /// # Errors
    /// The kernel's: `ESRCH` if it is dead.
    pub(super) fn speaking(socket: &UnixStream, credentials: UnixCredentials) -> io::Result<Self> {
        let connected = getsockopt(socket, PeerCredentials)?;
        let pidfd = if connected.pid() == credentials.pid() {
            getsockopt(socket, PeerPidfd).ok()
        } else {
            None
        };
        let pidfd = match pidfd {
            Some(pidfd) => pidfd,
            None => pidfd_open(credentials.pid())?,
        };
        Ok(Self { credentials, pidfd })
    }

    /// Whether it says `credentials` of itself. If it lives, that is nobody else with its number.
    pub(super) fn says(&self, credentials: UnixCredentials) -> bool {
        self.credentials == credentials
    }

    /// Its number, as this process sees it: 0 if it does not see it.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.credentials.pid()
    }

    /// Its user.
    #[must_use]
    pub fn uid(&self) -> Uid {
        Uid::from_raw(self.credentials.uid())
    }

    /// Whether it is dead, with all its threads: it acts no more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        let mut asked = [PollFd::new(self.pidfd.as_fd(), PollFlags::POLLIN)];
        // An error tells nothing, so it is no death.
        poll(&mut asked, PollTimeout::ZERO).is_ok() && asked[0].any() == Some(true)
    }
}

/// The descriptor that becomes readable with its death.
impl AsFd for Peer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl AsRawFd for Peer {
    fn as_raw_fd(&self) -> i32 {
        self.pidfd.as_raw_fd()
    }
}

fn pidfd_open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: it takes two numbers. (The C library may not have the call.)
    let answer = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let descriptor = Errno::result(answer)?;
    let descriptor = i32::try_from(descriptor).expect("a descriptor is an int");
    // SAFETY: it is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
