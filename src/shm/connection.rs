//! A socket over which a peer may send descriptors, also such that nobody takes.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::socket::{Shutdown, shutdown};

use super::Stranger;

/// A connection with a peer. What is still in it when it is closed the kernel closes with it, which may
/// take as long as the peer likes: then that is done as for a [`Stranger`].
#[derive(Debug)]
pub(crate) struct Connection(Option<OwnedFd>);

impl Connection {
    /// Over this socket, which is of this process alone.
    pub(super) fn new(socket: UnixStream) -> Self {
        Self(Some(socket.into()))
    }

    /// Nothing can be said or sent any more, by either side.
    pub(super) fn shut(&self) {
        let _ = shutdown(self.as_raw_fd(), Shutdown::Both);
    }

    /// Whether all that was sent was heard, as far as can be known.
    fn is_heard(&self) -> bool {
        let mut unheard: c_int = 0;
        // SAFETY: it writes one number, which is ours.
        let asked = unsafe { libc::ioctl(self.as_raw_fd(), libc::FIONREAD, &raw mut unheard) };
        Errno::result(asked).is_ok() && unheard == 0
    }
}

impl AsRawFd for Connection {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_ref().expect("it is there until the end").as_fd()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Before the look, so that it is the last word.
        self.shut();
        let is_heard = self.is_heard();
        let socket = self.0.take().expect("it is closed once");
        if !is_heard {
            drop(Stranger::new(socket));
        }
    }
}
