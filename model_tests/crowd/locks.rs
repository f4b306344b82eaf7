//! The locks of seats, as the kernel has them.

use aqueduct::buffer::Owner;
use aqueduct::crowd::{Locks, Seats};
use aqueduct::model::{self, AtomicU32, FUTEX_OWNER_DIED, Machine};
use aqueduct::platform::Atomic;
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use std::convert::Infallible;
use std::sync::Arc;

use super::DYING;

/// Enough for those who meet in a model.
pub const SEATS: usize = 4;

/// What has seats.
pub trait Seated: 'static {
    /// The seats.
    fn seats(&self) -> &Seats<Machine, SEATS>;

    /// The lock of each: 0 or the kernel's mark when free, else the holder.
    fn locks(&self) -> &[AtomicU32; SEATS];
}

/// A locked seat.
pub struct Lock<S: Seated> {
    seated: Arc<S>,
    seat: usize,
    /// Whether the kernel frees it, as its holder dies.
    until_death: bool,
}

impl<S: Seated> Lock<S> {
    /// Its holder is about to die, without a goodbye.
    pub fn hold_until_death(&mut self) {
        self.until_death = true;
    }
}

impl<S: Seated> Drop for Lock<S> {
    fn drop(&mut self) {
        if !self.until_death {
            self.seated.locks()[self.seat].swap(0, Release);
        }
    }
}

/// The locks, as the process with this number takes them.
pub struct By<'a, S>(pub &'a Arc<S>, pub u32);

impl<S: Seated> Locks for By<'_, S> {
    type Lock = Lock<S>;
    type Error = Infallible;

    fn try_lock(&self, owner: Owner) -> Result<Option<Lock<S>>, Infallible> {
        let By(seated, process) = *self;
        let seat = usize::from(owner.number());
        let lock = &seated.locks()[seat];
        // A system call tells the newest value, as a read-modify-write does.
        let holder = lock.fetch_or(0, Acquire);
        if holder != 0 && holder != FUTEX_OWNER_DIED {
            return Ok(None);
        }
        if lock
            .compare_exchange(holder, process, Acquire, Relaxed)
            .is_err()
        {
            return Ok(None);
        }
        let seated = Arc::clone(seated);
        if DYING.contains(&process) {
            model::lock(
                Arc::clone(&seated),
                move |seated| &seated.locks()[seat],
                process,
            );
        }
        Ok(Some(Lock {
            seated,
            seat,
            until_death: false,
        }))
    }
}

/// Sits down, as the process with this number: the kernel marks the life word when it dies.
pub fn sit<S: Seated>(seated: &Arc<S>, owner: Owner, process: u32) {
    seated.seats().seat(owner).unwrap().sit(process);
    if DYING.contains(&process) {
        model::robust(
            Arc::clone(seated),
            move |seated| seated.seats().seat(owner).unwrap().life(),
            process,
        );
    }
}
