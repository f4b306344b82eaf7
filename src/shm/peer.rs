//! The process at the other end of a socket, as the kernel knows it.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::sockopt::{PassCred, PeerCredentials, PeerPidfd};
use nix::sys::socket::{UnixCredentials, getsockopt, setsockopt};
use nix::sys::stat::fstat;
use nix::unistd::Uid;

use super::Connection;

/// The user of the process that connected the other end of `socket`; none if it is an end of a pair that
/// this process has made, and whose other end it has given to whom it likes.
///
/// # Errors
/// The kernel's.
pub(super) fn connected_user(socket: &UnixStream) -> io::Result<Option<Uid>> {
    let credentials = getsockopt(socket, PeerCredentials)?;
    // A socket that was connected has a name at one end: who made that had this number, and may be dead.
    let is_pair = socket.local_addr()?.is_unnamed() && socket.peer_addr()?.is_unnamed();
    let is_own = is_pair && credentials.pid() == std::process::id().cast_signed();
    Ok((!is_own).then(|| Uid::from_raw(credentials.uid())))
}

/// Lets the kernel say of each message which process has sent it: by its credentials, and by a pidfd where
/// it can (Linux 6.5).
///
/// # Errors
/// The kernel's.
pub(super) fn ask_who_speaks(socket: &Connection) -> io::Result<()> {
    setsockopt(socket, PassCred, &true)?;
    let yes: i32 = 1;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_PASSPIDFD);
    let len = libc::socklen_t::try_from(size_of_val(&yes)).expect("it is small");
    // SAFETY: the option is a number, which is there until the call returns. It fails where there are none.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const yes).cast(),
            len,
        )
    };
    Ok(())
}

/// Which process a pidfd is of, as far as the kernel tells (Linux 6.9): no two have the same.
fn identity(pidfd: BorrowedFd<'_>) -> Option<u64> {
    fstat(pidfd).ok().map(|found| found.st_ino)
}

/// A process, whatever becomes of its number.
#[derive(Debug)]
pub struct Peer {
    credentials: UnixCredentials,
    /// Readable once the process, with all its threads, is dead.
    pidfd: OwnedFd,
}

impl Peer {
    /// The process that says `credentials` of itself over `socket`, which the kernel has checked, and whose
    /// `pidfd` came along.
    ///
    /// If none did (before Linux 6.5), it is the one that has connected the socket, whose pidfd the kernel may
    /// have; or it has inherited that end, and is found by its number.
    ///
    /// # Errors
    /// The kernel's: `ESRCH` if it is dead.
    pub(super) fn speaking(
        socket: &Connection,
        credentials: UnixCredentials,
        pidfd: Option<OwnedFd>,
    ) -> Result<Self, Errno> {
        let connected = getsockopt(socket, PeerCredentials)?;
        let of_connected = || {
            let is_it = connected.pid() == credentials.pid();
            is_it.then(|| getsockopt(socket, PeerPidfd).ok()).flatten()
        };
        let pidfd = match pidfd.or_else(of_connected) {
            Some(pidfd) => pidfd,
            None => pidfd_open(credentials.pid())?,
        };
        Ok(Self { credentials, pidfd })
    }

    /// Whether it has sent a message with these. If it lives, that is nobody else with its number.
    pub(super) fn has_sent(&self, credentials: UnixCredentials, pidfd: Option<&OwnedFd>) -> bool {
        let same = |pidfd: &OwnedFd| identity(pidfd.as_fd()) == identity(self.pidfd.as_fd());
        self.credentials == credentials && pidfd.is_none_or(same)
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

fn pidfd_open(pid: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: it takes two numbers. (The C library may not have the call.)
    let answer = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let descriptor = Errno::result(answer)?;
    let descriptor = i32::try_from(descriptor).expect("a descriptor is an int");
    // SAFETY: it is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
