//! Atomic words over loom's, explored completely.
//!
//! loom keeps one "last access" per atomic, so a later load hides an earlier load by another
//! thread and the store that could have come between is not tried. The remedy is a *beacon*: a
//! condition variable that nobody waits on. Notifying it is a point of scheduling that depends on
//! every other notification of the same beacon, and nothing else. Each word has a beacon per
//! thread; a load notifies its own thread's, a store those of all threads that have loaded.

mod atomic;
mod newest;

use self::newest::Newest;
use super::discipline::Changes;
use super::engine::{self, Beacon, LOOM_THREADS, Raw};
use super::execution::{Entry, Part, new_object};
use super::futex::Queue;

use crate::platform::Ordering;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The machine's 32-bit word, which threads can sleep on.
pub type AtomicU32 = Word<engine::AtomicU32, Queue>;
/// The machine's 64-bit word.
pub type AtomicU64 = Word<engine::AtomicU64, ()>;

/// An atomic word of the [`Machine`](super::Machine); `R` is the engine's, `Q` what sleeps on it.
pub struct Word<R: Raw, Q> {
    number: usize,
    raw: R,
    /// The sleepers.
    pub(super) queue: Q,
    beacons: [OnceLock<Beacon>; LOOM_THREADS],
    /// The threads that have loaded the word, as bits; never cleared.
    readers: AtomicU8,
    changes: Mutex<Changes>,
    newest: Mutex<Newest<R::Value>>,
}

impl<R: Raw, Q: Default> Word<R, Q> {
    /// A word made by the machine; also what [`Atomic::new`] makes.
    #[track_caller]
    pub(super) fn unseen(value: R::Value) -> Self {
        Word {
            number: new_object(),
            raw: R::new(value),
            queue: Q::default(),
            beacons: Default::default(),
            readers: AtomicU8::new(0),
            changes: Mutex::new(Changes::new(Location::caller())),
            newest: Mutex::new(Newest { value, event: 0 }),
        }
    }

    fn beacon(&self, thread: usize) {
        self.beacons[thread].get_or_init(Beacon::new).notify();
    }

    /// Before a load by `entry.thread`.
    fn before_load(&self, entry: &Entry) {
        if entry.has(Part::Readers) {
            self.beacon(entry.thread);
        }
    }

    /// After a load by `entry.thread`. Not before: a store that comes between the beacon and the
    /// load must not believe that the load was done.
    fn after_load(&self, entry: &Entry) {
        if entry.has(Part::Readers) {
            self.readers.fetch_or(1 << entry.thread, Relaxed);
        }
    }

    /// Before a store by `entry.thread`.
    fn before_store(&self, entry: &Entry) {
        if entry.has(Part::Readers) {
            for thread in (0..LOOM_THREADS).filter(|&thread| thread != entry.thread) {
                if self.readers.load(Relaxed) & (1 << thread) != 0 {
                    self.beacon(thread);
                }
            }
        }
    }

    /// Loads, for `entry.thread`, with `order`.
    pub(super) fn load_as(&self, entry: &Entry, order: Ordering) -> R::Value {
        self.before_load(entry);
        let value = self.raw.load(order);
        self.after_load(entry);
        value
    }

    /// Stores, for `entry.thread`, with `order`.
    pub(super) fn store_as(
        &self,
        entry: &Entry,
        value: R::Value,
        order: Ordering,
        location: &'static Location<'static>,
    ) {
        self.before_store(entry);
        if entry.has(Part::Discipline) {
            self.changes().store(location);
        }
        self.raw.store(value, order);
        self.holds(value);
    }

    /// Runs the read-modify-write `change`; `Err` says that it changed nothing.
    pub(super) fn change_as<T>(
        &self,
        entry: &Entry,
        location: &'static Location<'static>,
        change: impl FnOnce(&R) -> Result<T, T>,
    ) -> Result<T, T> {
        self.before_load(entry);
        self.before_store(entry);
        let stamp = entry
            .has(Part::Discipline)
            .then(|| self.changes().stamp(location));
        let result = change(&self.raw);
        self.after_load(entry);
        if let (Ok(_), Some(stamp)) = (&result, stamp) {
            self.changes().changed(entry.thread, stamp);
        }
        result
    }

    /// The compare-exchange, for `entry.thread`.
    pub(super) fn compare_exchange_as(
        &self,
        entry: &Entry,
        (current, new): (R::Value, R::Value),
        (success, failure): (Ordering, Ordering),
        location: &'static Location<'static>,
    ) -> Result<R::Value, R::Value> {
        // loom's own always fails with the newest value; C11's may fail with an older one.
        if entry.has(Part::LeadingLoad) {
            let found = self.load_as(entry, failure);
            if found != current {
                return Err(found);
            }
        }
        let result = self.change_as(entry, location, |raw| {
            raw.compare_exchange(current, new, success, failure)
        });
        if result.is_ok() {
            self.holds(new);
        }
        result
    }

    /// Never held across an access, so never contended.
    fn changes(&self) -> std::sync::MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: Raw, Q> fmt::Debug for Word<R, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word")
    }
}
