//! Locks on single bytes of an object, held by its open description and freed by the kernel.
//!
//! The lock of a byte is apart from its contents: it overlays the header and changes nothing in
//! it. The kernel frees a lock when the last descriptor of its description is closed, so after
//! the last access of a process that was killed; a forked child that inherited the descriptor
//! keeps it held. Such a child can neither lock nor unlock: it would do so for its parent.
//! (Linux's "open file description locks", `fcntl(2)`.)

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, MutexGuard, PoisonError, TryLockError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, c_int, c_short};

use super::Object;

/// The byte whose lock is the gate.
const GATE: libc::off_t = 0;

/// Who waits for the gate with a time limit looks again after this, and then ever less often.
const FIRST_PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// The bytes of an object that stay locked while their holder lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Byte {
    /// The seat of the sender.
    Sender = 1,
    /// The seat of the receiver.
    Receiver = 2,
}

impl Byte {
    fn bit(self) -> u8 {
        1 << self as u8
    }

    fn offset(self) -> libc::off_t {
        self as libc::off_t
    }
}

/// What `fcntl` is asked for: a lock of `kind` on the byte at `offset` alone.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the kernel's constants fit its own fields"
)]
fn request(kind: c_int, offset: libc::off_t) -> libc::flock {
    libc::flock {
        l_type: kind as c_short,
        l_whence: libc::SEEK_SET as c_short,
        l_start: offset,
        l_len: 1,
        l_pid: 0, // the description's, and no process's
    }
}

/// A locked byte; unlocked when dropped, or when the process ends.
#[derive(Debug)]
#[must_use = "the byte is unlocked when the guard is dropped"]
pub struct Guard {
    object: Arc<Object>,
    byte: Byte,
}

impl Guard {
    /// Which byte it is.
    #[must_use]
    pub fn byte(&self) -> Byte {
        self.byte
    }

    /// The object that it is a byte of.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        &self.object
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.object.unlock(self.byte.offset());
        // Relaxed: the bit only refuses; what the lock protects is ordered by the kernel's lock.
        self.object.held.fetch_and(!self.byte.bit(), Relaxed);
    }
}

/// The object's gate, held; opened to others when dropped, or when the process ends.
///
/// Who holds it may attach, take over a seat, and remove the name.
#[derive(Debug)]
#[must_use = "the gate is unlocked when it is dropped"]
pub struct Gate<'object> {
    object: &'object Object,
    /// Released after the kernel's lock: fields are dropped after `drop` has run.
    _threads: MutexGuard<'object, ()>,
}

impl Gate<'_> {
    /// Removes the name if it still refers to this very object; says whether it did.
    ///
    /// Names are only removed through an object's gate, so none can be removed and given to a
    /// successor between the look and the removal.
    ///
    /// # Errors
    /// The kernel's.
    pub fn unlink_if_ours(&self) -> io::Result<bool> {
        if !self.object.still_named()? {
            return Ok(false);
        }
        match std::fs::remove_file(self.object.name().path()) {
            Ok(()) => Ok(true),
            // Removed by hand, without the gate.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Gate<'_> {
    fn drop(&mut self) {
        self.object.unlock(GATE);
    }
}

impl Object {
    /// Locks `byte` if nobody has it; `None` if somebody has, this very object included.
    ///
    /// # Errors
    /// The kernel's; and in a forked child, which must open the object itself.
    pub fn try_lock(self: &Arc<Object>, byte: Byte) -> io::Result<Option<Guard>> {
        self.refuse_in_a_forked_child()?;
        // Relaxed: as where the bit is cleared.
        if self.held.fetch_or(byte.bit(), Relaxed) & byte.bit() != 0 {
            return Ok(None);
        }
        let request = request(libc::F_WRLCK, byte.offset());
        match fcntl(&self.file, FcntlArg::F_OFD_SETLK(&request)) {
            Ok(_) => Ok(Some(Guard {
                object: Arc::clone(self),
                byte,
            })),
            Err(error) => {
                self.held.fetch_and(!byte.bit(), Relaxed);
                match error {
                    Errno::EAGAIN | Errno::EACCES => Ok(None),
                    error => Err(error.into()),
                }
            }
        }
    }

    /// Waits until nobody else holds the gate, and holds it: forever, if who holds it is stopped.
    ///
    /// # Errors
    /// The kernel's; and in a forked child, which must open the object itself.
    pub fn lock_gate(&self) -> io::Result<Gate<'_>> {
        self.refuse_in_a_forked_child()?;
        // The gate protects the object's memory and name, which a panic here left as they were.
        let threads = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let request = request(libc::F_WRLCK, GATE);
        loop {
            match fcntl(&self.file, FcntlArg::F_OFD_SETLKW(&request)) {
                Ok(_) => {
                    return Ok(Gate {
                        object: self,
                        _threads: threads,
                    });
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for the gate as [`lock_gate`](Object::lock_gate) does, but no longer than `limit`, if
    /// there is one.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`]; and those of `lock_gate`.
    pub fn lock_gate_within(&self, limit: Option<Duration>) -> io::Result<Gate<'_>> {
        let Some(deadline) = limit.and_then(|limit| Instant::now().checked_add(limit)) else {
            return self.lock_gate();
        };
        self.refuse_in_a_forked_child()?;
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(gate) = self.try_lock_gate()? {
                return Ok(gate);
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // The kernel wakes nobody at a deadline, and a signal would have to be ours.
            sleep(pause.min(rest));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Holds the gate if nobody does.
    fn try_lock_gate(&self) -> io::Result<Option<Gate<'_>>> {
        let threads = match self.gate.try_lock() {
            Ok(threads) => threads,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        let request = request(libc::F_WRLCK, GATE);
        match fcntl(&self.file, FcntlArg::F_OFD_SETLK(&request)) {
            Ok(_) => Ok(Some(Gate {
                object: self,
                _threads: threads,
            })),
            Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether another description has locked `byte`; what this one holds does not count.
    ///
    /// # Errors
    /// The kernel's.
    pub fn is_locked(&self, byte: Byte) -> io::Result<bool> {
        let mut request = request(libc::F_WRLCK, byte.offset());
        fcntl(&self.file, FcntlArg::F_OFD_GETLK(&mut request))?;
        Ok(c_int::from(request.l_type) != libc::F_UNLCK)
    }

    fn refuse_in_a_forked_child(&self) -> io::Result<()> {
        if self.is_ours() {
            return Ok(());
        }
        let name = self.name();
        let reason = format!("{name} was opened before a fork; open it again in this process");
        Err(io::Error::other(reason))
    }

    fn unlock(&self, offset: libc::off_t) {
        if !self.is_ours() {
            return;
        }
        let request = request(libc::F_UNLCK, offset);
        let answer = fcntl(&self.file, FcntlArg::F_OFD_SETLK(&request));
        debug_assert!(answer.is_ok(), "a held byte can be unlocked: {answer:?}");
    }
}
