//! Locks on single bytes of an object, each held by an open description of its own and freed by the
//! kernel.
//!
//! The lock of a byte is apart from its contents: it overlays the header and changes nothing in
//! it. The kernel frees a lock when the last descriptor of its description is closed, so after
//! the last access of a process that was killed. A forked child keeps none
//! ([`Description`]). (Linux's "open file description locks", `fcntl(2)`.)

mod reserve;

use std::io;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, c_int, c_short};

pub(crate) use self::reserve::{Moment, Reserve};

use super::Object;
use super::description::Description;
use crate::buffer::Owner;

/// The byte whose lock is the gate.
const GATE: libc::off_t = 0;

/// Who waits for the gate with a time limit looks again after this, and then ever less often.
const FIRST_PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// The bytes of an object that stay locked while their holder lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Byte {
    /// The seat of the sender.
    Sender,
    /// The seat of the receiver.
    Receiver,
    /// One of the seats of those who share a buffer.
    Attachment(Owner),
}

impl Byte {
    fn offset(self) -> libc::off_t {
        match self {
            Self::Sender => 1,
            Self::Receiver => 2,
            Self::Attachment(owner) => 3 + libc::off_t::from(owner.number()),
        }
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

/// A lock on one byte, in the process that took it.
#[derive(Debug)]
struct Lock {
    description: Description,
    offset: libc::off_t,
}

impl Lock {
    /// What can lock the byte at `offset`, and has not.
    fn on(object: &Object, offset: libc::off_t) -> io::Result<Lock> {
        let description = Description::of(object)?;
        Ok(Lock {
            description,
            offset,
        })
    }

    fn is_forked(&self) -> bool {
        self.description.file().is_none()
    }

    /// Waits until nobody has the byte, and locks it.
    fn wait(&self) -> io::Result<()> {
        let request = request(libc::F_WRLCK, self.offset);
        loop {
            match self.ask(FcntlArg::F_OFD_SETLKW(&request)) {
                Ok(()) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Locks the byte if nobody has it; says whether it did.
    fn attempt(&self) -> io::Result<bool> {
        let request = request(libc::F_WRLCK, self.offset);
        match self.ask(FcntlArg::F_OFD_SETLK(&request)) {
            Ok(()) => Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES | Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until nobody has the byte, but no longer than `limit`, and locks it.
    fn wait_within(&self, limit: Duration) -> io::Result<()> {
        let Some(deadline) = Instant::now().checked_add(limit) else {
            return self.wait();
        };
        let mut pause = FIRST_PAUSE;
        while !self.attempt()? {
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            // The kernel wakes nobody at a deadline, and a signal would have to be ours.
            sleep(pause.min(rest));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }

    fn unlock(&self) {
        // In a forked child there is nothing to unlock.
        let request = request(libc::F_UNLCK, self.offset);
        let _ = self.ask(FcntlArg::F_OFD_SETLK(&request));
    }

    fn ask(&self, what: FcntlArg<'_>) -> nix::Result<()> {
        let file = self.description.file().ok_or(Errno::EBADF)?;
        fcntl(file, what).map(drop)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Said before the description is closed: a child that is about to execute a program may
        // have it open a moment longer.
        self.unlock();
    }
}

/// A locked byte; unlocked when dropped, or when the process ends. In a forked child it is nothing.
#[derive(Debug)]
#[must_use = "the byte is unlocked when the guard is dropped"]
pub struct Guard {
    object: Arc<Object>,
    byte: Byte,
    lock: Lock,
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

    /// Whether this is a copy in a forked child, which has not locked anything.
    #[must_use]
    #[inline]
    pub fn is_forked(&self) -> bool {
        self.lock.is_forked()
    }
}

/// The object's gate, held; opened to others when dropped, or when the process ends.
///
/// Who holds it may attach, take over a seat, and remove the name.
#[derive(Debug)]
#[must_use = "the gate is unlocked when it is dropped"]
pub struct Gate<'object> {
    object: &'object Object,
    lock: Holding<'object>,
}

/// What holds a gate.
#[derive(Debug)]
enum Holding<'a> {
    Own(Lock),
    Reserve(Moment<'a>),
}

impl Holding<'_> {
    /// Whether this is a copy in a forked child.
    fn is_forked(&self) -> bool {
        match self {
            Self::Own(lock) => lock.is_forked(),
            Self::Reserve(moment) => moment.is_forked(),
        }
    }
}

impl Gate<'_> {
    /// Removes the name if it still refers to this very object; says whether it did.
    ///
    /// Names are only removed through an object's gate, so none can be removed and given to a
    /// successor between the look and the removal.
    ///
    /// # Errors
    /// The kernel's; and in a forked child, which does not hold the gate.
    pub fn unlink_if_ours(&self) -> io::Result<bool> {
        if self.lock.is_forked() {
            return Err(Errno::EBADF.into());
        }
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

impl Object {
    /// Locks `byte` if nobody has it; `None` if somebody has, this process included.
    ///
    /// # Errors
    /// The kernel's.
    pub fn try_lock(self: &Arc<Object>, byte: Byte) -> io::Result<Option<Guard>> {
        let lock = Lock::on(self, byte.offset())?;
        Ok(lock.attempt()?.then(|| Guard {
            object: Arc::clone(self),
            byte,
            lock,
        }))
    }

    /// Waits until nobody holds the gate, and holds it: forever, if who holds it is stopped.
    ///
    /// # Errors
    /// The kernel's.
    pub fn lock_gate(&self) -> io::Result<Gate<'_>> {
        let lock = Lock::on(self, GATE)?;
        lock.wait()?;
        Ok(Gate {
            object: self,
            lock: Holding::Own(lock),
        })
    }

    /// Waits for the gate as [`lock_gate`](Object::lock_gate) does, but no longer than `limit`, if
    /// there is one.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`]; and those of `lock_gate`.
    pub fn lock_gate_within(&self, limit: Option<Duration>) -> io::Result<Gate<'_>> {
        let Some(limit) = limit else {
            return self.lock_gate();
        };
        let lock = Lock::on(self, GATE)?;
        lock.wait_within(limit)?;
        Ok(Gate {
            object: self,
            lock: Holding::Own(lock),
        })
    }

    /// Whether somebody, this process included, has locked `byte`.
    ///
    /// # Errors
    /// The kernel's.
    pub fn is_locked(&self, byte: Byte) -> io::Result<bool> {
        self.is_refused(request(libc::F_WRLCK, byte.offset()))
    }

    /// Whether somebody, this process included, has locked any byte, known to this program or not,
    /// but the gate.
    ///
    /// # Errors
    /// The kernel's.
    pub fn is_in_use(&self) -> io::Result<bool> {
        self.is_refused(libc::flock {
            l_len: 0, // to the end, wherever that is
            ..request(libc::F_WRLCK, GATE + 1)
        })
    }

    /// Whether a lock of somebody is in the way of this one.
    fn is_refused(&self, mut request: libc::flock) -> io::Result<bool> {
        fcntl(&self.file, FcntlArg::F_OFD_GETLK(&mut request))?;
        Ok(c_int::from(request.l_type) != libc::F_UNLCK)
    }
}
