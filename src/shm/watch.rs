//! The thread that knows what becomes of the process at the other end of a socket.
//!
//! It sleeps until there is news: a word over the socket, its end, or the death of the process. What
//! it hears is told once, and then it is done.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Peer;
use super::process::Process;
use super::servant;

/// What is said at a goodbye.
const GOODBYE: u8 = b'b';

/// What became of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It said goodbye.
    Left,
    /// It died; or it has closed its end without a goodbye, or said something else.
    Dead,
}

/// A watch over the peer at the other end of a socket.
///
/// Dropped without [`leave`](Watch::leave), this end is gone without a goodbye: to the peer that is a
/// death.
#[derive(Debug)]
pub(crate) struct Watch {
    socket: Arc<UnixStream>,
    peer: Arc<Peer>,
    /// A forked child has the value but not the thread.
    process: Process,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches until `told` is called, or it is dropped.
    ///
    /// # Errors
    /// If there is no memory for a thread.
    pub(crate) fn over(
        socket: UnixStream,
        peer: Peer,
        told: impl FnOnce(Fate) + Send + 'static,
    ) -> io::Result<Self> {
        let process = Process::this()?;
        let (socket, peer) = (Arc::new(socket), Arc::new(peer));
        let watched = (Arc::clone(&socket), Arc::clone(&peer));
        let work = move || told(wait(&watched.0, &watched.1));
        let thread = servant::start("aqueduct-watch", work)?;
        Ok(Self {
            socket,
            peer,
            process,
            thread: Some(thread),
        })
    }

    /// Who is watched.
    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether this is a copy in a forked child.
    pub(crate) fn is_forked(&self) -> bool {
        !self.process.is_this()
    }

    /// Says goodbye. One whose thread unwinds has not finished what it was doing: that is a death.
    pub(crate) fn leave(&mut self) {
        if !thread::panicking() && !self.is_forked() {
            // If nobody hears it, or there is no room because the peer does not listen, it is its own
            // loss.
            let _ = self.socket.set_nonblocking(true);
            let _ = (&*self.socket).write(&[GOODBYE]);
        }
        self.end();
    }

    fn end(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        if self.is_forked() {
            std::mem::forget(thread); // It is the parent's, and so is the connection.
            return;
        }
        // This wakes the thread.
        let _ = self.socket.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits for the news.
fn wait(socket: &UnixStream, peer: &Peer) -> Fate {
    loop {
        let mut asked = [socket.as_fd(), peer.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        match poll(&mut asked, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR | Errno::EAGAIN | Errno::ENOMEM) => continue,
            Err(error) => unreachable!("two descriptors can be polled: {error}"),
        }
        // First what it said: it may have died since.
        let mut word = [0];
        if asked[0].any() == Some(true) {
            return match (&*socket).read(&mut word) {
                Ok(1) if word[0] == GOODBYE => Fate::Left,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Ok(_) | Err(_) => Fate::Dead,
            };
        }
        if asked[1].any() == Some(true) {
            // It may have said goodbye in between.
            let _ = socket.set_nonblocking(true);
            return match (&*socket).read(&mut word) {
                Ok(1) if word[0] == GOODBYE => Fate::Left,
                _ => Fate::Dead,
            };
        }
    }
}
