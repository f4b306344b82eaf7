//! A description in reserve: what has to be locked although no descriptor is left.
//!
//! Who is attached settles for the dead, and takes the name along when it is the last to go. Neither may
//! fail because the program has used up its descriptors meanwhile, so the one for it is opened by who
//! attaches.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Byte, GATE, Gate, Holding, Lock};
use crate::shm::Object;

/// One description of an object, which locks one byte at a time.
#[derive(Debug)]
pub(crate) struct Reserve {
    object: Arc<Object>,
    lock: Mutex<Lock>,
}

/// The lock of a byte, for a moment: the other threads of this process wait for it.
#[derive(Debug)]
pub(crate) struct Moment<'a>(MutexGuard<'a, Lock>);

impl Moment<'_> {
    pub(super) fn is_forked(&self) -> bool {
        self.0.is_forked()
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

impl Reserve {
    /// # Errors
    /// The kernel's.
    pub(crate) fn of(object: &Arc<Object>) -> io::Result<Self> {
        Ok(Self {
            object: Arc::clone(object),
            lock: Mutex::new(Lock::on(object, GATE)?),
        })
    }

    /// As [`Object::try_lock`].
    pub(crate) fn try_lock(&self, byte: Byte) -> io::Result<Option<Moment<'_>>> {
        let lock = self.on(byte.offset());
        Ok(lock.attempt()?.then(|| Moment(lock)))
    }

    /// As [`Object::lock_gate_within`].
    pub(crate) fn lock_gate_within(&self, limit: Duration) -> io::Result<Gate<'_>> {
        let lock = self.on(GATE);
        lock.wait_within(limit)?;
        Ok(Gate {
            object: &self.object,
            lock: Holding::Reserve(Moment(lock)),
        })
    }

    fn on(&self, offset: nix::libc::off_t) -> MutexGuard<'_, Lock> {
        // Who panicked has unlocked it.
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        lock.offset = offset;
        lock
    }
}
