//! What the machine stands on: loom, which explores every execution, or shuttle, which tries some
//! of them at random.
//!
//! Which of the two is a matter of the exploration, and its OS thread's; the rest of the machine
//! does not ask. What is made during an exploration belongs to its engine.
//!
//! Under shuttle memory is sequentially consistent, and every access is a point of scheduling, a
//! fence too. Nothing there needs a beacon, and races are not judged: what orders two moments is
//! the program alone, by the starts and the ends of threads.

mod atomic;
pub(super) mod chance;
mod threads;

pub use self::atomic::{AtomicU32, AtomicU64, Raw};
pub(super) use self::chance::Chance;
pub(super) use self::threads::{JoinHandle, Thread, current, park, spawn, thread, yield_now};

use crate::platform::Ordering;
use loom::cell::{ConstPtr, MutPtr, UnsafeCell};
use loom::sync::Condvar;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most threads that loom explores.
pub(super) const LOOM_THREADS: usize = 5;

/// The most threads that a model can have, under either engine.
pub(super) const MAX_THREADS: usize = 16;

/// The most threads that a model can have under the engine of this OS thread.
pub(super) fn most_threads() -> usize {
    if chance::rules() {
        MAX_THREADS
    } else {
        LOOM_THREADS
    }
}

/// A fence; what makes loom try both orders of two of them is the machine's to do.
pub(super) fn fence(order: Ordering) {
    if chance::rules() {
        return chance::point();
    }
    loom::sync::atomic::fence(order);
    // What loom's fence releases is from before it met the other fences.
    if order == Ordering::SeqCst {
        loom::sync::atomic::fence(Ordering::Release);
    }
}

/// A condition variable of loom that nobody waits on: see [`word`](super::word).
pub(super) struct Beacon(Option<Condvar>);

impl Beacon {
    pub(super) fn new() -> Beacon {
        Beacon((!chance::rules()).then(Condvar::new))
    }

    /// A point of scheduling that depends on every other notification of this beacon.
    pub(super) fn notify(&self) {
        if let Some(condvar) = &self.0 {
            condvar.notify_one();
        }
    }
}

/// Plain memory: who reads and writes it, for loom to judge.
pub(super) struct Watched(Option<UnsafeCell<()>>);

impl Watched {
    #[track_caller]
    pub(super) fn new() -> Watched {
        Watched((!chance::rules()).then(|| UnsafeCell::new(())))
    }

    /// Somebody reads until the guard is dropped.
    #[track_caller]
    pub(super) fn read(&self) -> Option<ConstPtr<()>> {
        let reading = self.0.as_ref().map(UnsafeCell::get);
        if reading.is_none() {
            chance::point();
        }
        reading
    }

    /// Somebody writes until the guard is dropped.
    #[track_caller]
    pub(super) fn write(&self) -> Option<MutPtr<()>> {
        let writing = self.0.as_ref().map(UnsafeCell::get_mut);
        if writing.is_none() {
            chance::point();
        }
        writing
    }
}

/// A moment of a thread's life: for loom a cell that is never touched again but to ask whether its
/// creation happens before now.
pub(super) enum Moment {
    Loom(UnsafeCell<()>),
    Shuttle(chance::Moment),
}

impl Moment {
    pub(super) fn now() -> Moment {
        if chance::rules() {
            Moment::Shuttle(chance::Moment::now())
        } else {
            Moment::Loom(UnsafeCell::new(()))
        }
    }

    /// For loom this also moves the caller's own clock on.
    pub(super) fn happens_before_now(&self) -> bool {
        match self {
            Moment::Loom(cell) => catch_unwind(AssertUnwindSafe(|| cell.with(|_| ()))).is_ok(),
            Moment::Shuttle(moment) => moment.happens_before_now(),
        }
    }
}
