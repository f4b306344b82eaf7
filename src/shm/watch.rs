//! The thread that knows what becomes of the process at the other end of a socket.
//!
//! It sleeps until there is news: a word over the socket, its end, or the death of the process. What
//! it hears is told once, and then it is done.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::{Arc, OnceLock};
use std::thread;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};

use super::hand_over::receive::{Strangers, receive};
use super::process::Process;
use super::{Connection, Peer, stranger};
use crate::platform::native::servant::{self, Servant};

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
    socket: Arc<Connection>,
    peer: Arc<Peer>,
    /// A forked child has the value but not the thread.
    process: Process,
    thread: Option<Servant>,
    /// What came with the last word, and nobody wants.
    unwanted: Arc<OnceLock<Strangers>>,
}

impl Watch {
    /// Watches until `told` is called, or it is dropped.
    ///
    /// # Errors
    /// If there is no memory for a thread.
    pub(crate) fn over(
        socket: Connection,
        peer: Peer,
        told: impl FnOnce(Fate) + Send + 'static,
    ) -> io::Result<Self> {
        let process = Process::this()?;
        let (socket, peer) = (Arc::new(socket), Arc::new(peer));
        let watched = (Arc::clone(&socket), Arc::clone(&peer));
        let unwanted = Arc::new(OnceLock::new());
        let kept = Arc::clone(&unwanted);
        let work = move || told(wait(&watched.0, &watched.1, &kept));
        let thread = servant::start(c"aqueduct-watch", work)?;
        Ok(Self {
            socket,
            peer,
            process,
            thread: Some(thread),
            unwanted,
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
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            let _ = send(self.socket.as_raw_fd(), &[GOODBYE], flags);
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
        self.socket.shut();
        thread.join();
        let unwanted = Arc::get_mut(&mut self.unwanted).and_then(OnceLock::take);
        stranger::close(unwanted.into_iter().flatten());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits for the news. What comes along is kept: to close it here might keep this thread from the news, and
/// its end; and another thread for it takes memory.
fn wait(socket: &Connection, peer: &Peer, unwanted: &OnceLock<Strangers>) -> Fate {
    // What the socket is asked for; its end is told in any case.
    let mut heard = PollFlags::POLLIN;
    loop {
        let mut asked = [
            PollFd::new(socket.as_fd(), heard),
            PollFd::new(peer.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut asked, PollTimeout::NONE) {
            Ok(_) => {}
            Err(Errno::EINTR | Errno::EAGAIN | Errno::ENOMEM) => continue,
            // Nothing can be known any more: better that the peer is gone than waited for.
            Err(_) => return Fate::Dead,
        }
        let [socket_says, peer_says] = asked.map(|asked| asked.revents());
        let is_over = peer_says != Some(PollFlags::empty())
            || socket_says.is_none_or(|says| says.contains(PollFlags::POLLHUP));
        // First what it said: it may have died since.
        match hear(socket, unwanted) {
            Ok(GOODBYE) => return Fate::Left,
            Err(Errno::EINTR) => {}
            // Something is there that cannot be heard. Then it says no goodbye.
            Err(Errno::EAGAIN) if !is_over => heard = PollFlags::empty(),
            Ok(_) | Err(_) => return Fate::Dead,
        }
    }
}

/// What the peer says now; 0 if it has hung up.
fn hear(socket: &Connection, unwanted: &OnceLock<Strangers>) -> Result<u8, Errno> {
    let mut word = [0];
    let received = receive(socket, &mut word)?;
    // Once: whatever was said, it is the last word that is heard.
    let _ = unwanted.set(received.descriptors);
    Ok(word[0])
}
