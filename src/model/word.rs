//! Atomic words over loom's, explored completely.
//!
//! loom keeps one "last access" per atomic, so a later load hides an earlier load by another
//! thread and the store that could have come between is not tried. The remedy is a *beacon*: a
//! condition variable that nobody waits on. Notifying it is a point of scheduling that depends on
//! every other notification of the same beacon, and nothing else. Each word has a beacon per
//! thread; a load notifies its own thread's, a store those of all threads that have loaded.

use super::discipline::Changes;
use super::event::{Effect, Event, Missed};
use super::execution::{Entry, MAX_THREADS, Part, enter, execution, new_object};
use super::futex::Queue;
use super::raw::Raw;
use super::site::Access;
use super::watch::looking;
use crate::platform::{Atomic, Ordering};
use loom::sync::Condvar;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The machine's 32-bit word, which threads can sleep on.
pub type AtomicU32 = Word<loom::sync::atomic::AtomicU32, Queue>;
/// The machine's 64-bit word.
pub type AtomicU64 = Word<loom::sync::atomic::AtomicU64, ()>;

/// An atomic word of the [`Machine`](super::Machine); `R` is loom's, `Q` what sleeps on it.
pub struct Word<R: Raw, Q> {
    number: usize,
    raw: R,
    /// The sleepers.
    pub(super) queue: Q,
    beacons: [OnceLock<Condvar>; MAX_THREADS],
    /// The threads that have loaded the word, as bits; never cleared.
    readers: AtomicU8,
    changes: Mutex<Changes>,
    newest: Mutex<Newest<R::Value>>,
}

/// The value that the last change left, and the event that it is.
#[derive(Clone, Copy)]
struct Newest<V> {
    value: V,
    event: usize,
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
        self.beacons[thread].get_or_init(Condvar::new).notify_one();
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
        self.readers.fetch_or(1 << entry.thread, Relaxed);
    }

    /// Before a store by `entry.thread`.
    fn before_store(&self, entry: &Entry) {
        if entry.has(Part::Readers) {
            for thread in (0..MAX_THREADS).filter(|&thread| thread != entry.thread) {
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

    /// Every read-modify-write but the compare-exchange.
    fn modify(
        &self,
        order: Ordering,
        location: &'static Location<'static>,
        change: impl FnOnce(&R, Ordering) -> R::Value,
        written: impl FnOnce(R::Value) -> R::Value,
    ) -> R::Value {
        check_order(order);
        let Some(entry) = enter(Access::ReadModifyWrite(order), location) else {
            return R::Value::default();
        };
        let Access::ReadModifyWrite(order) = entry.access else {
            unreachable!("a read-modify-write stays one");
        };
        let old = self
            .change_as(&entry, location, |raw| Ok(change(raw, order)))
            .unwrap_or_else(|same| same);
        let new = written(old);
        self.holds(new);
        entry.done(Effect {
            replaced: Some(old.into()),
            ..self.effect(Some(old), Some(new))
        });
        old
    }

    /// The word holds `value` from the event that comes next.
    fn holds(&self, value: R::Value) {
        let event = execution().events.borrow().len();
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Newest { value, event };
    }

    fn newest(&self) -> Newest<R::Value> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn effect(&self, read: Option<R::Value>, written: Option<R::Value>) -> Effect {
        Effect {
            object: Some(self.number),
            replaced: None,
            read: read.map(Into::into),
            written: written.map(Into::into),
            missed: None,
        }
    }

    /// What a load came to that read `value`. An old value that is equal to the newest one is not
    /// told from it.
    fn loaded(&self, value: R::Value) -> Effect {
        let newest = self.newest();
        let missed = (newest.value != value).then(|| Missed {
            value: newest.value.into(),
            event: newest.event,
        });
        Effect {
            missed,
            ..self.effect(Some(value), None)
        }
    }

    /// The word, neither read nor written.
    pub(super) fn touched(&self) -> Effect {
        self.effect(None, None)
    }

    /// Notes that the kernel has changed the word, just now.
    pub(super) fn marked(&self, old: R::Value, new: R::Value) {
        execution().happened(Event::Marked {
            object: self.number,
            old: old.into(),
            new: new.into(),
        });
    }

    /// Never held across an access, so never contended.
    fn changes(&self) -> std::sync::MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While its thread unwinds a word does nothing: loads and changes return zero, a compare-exchange
/// says that it succeeded.
///
/// # Panics
/// Outside a model; for `SeqCst`, which the checker does not model on accesses; for a breach of
/// the word discipline.
impl<R: Raw, Q: Default + Send + Sync> Atomic<R::Value> for Word<R, Q> {
    #[track_caller]
    fn new(value: R::Value) -> Self {
        Self::unseen(value)
    }

    #[track_caller]
    fn load(&self, order: Ordering) -> R::Value {
        if looking() {
            return self.newest().value;
        }
        check_order(order);
        match enter(Access::Load(order), Location::caller()) {
            Some(
                entry @ Entry {
                    access: Access::Load(order),
                    ..
                },
            ) => {
                let value = self.load_as(&entry, order);
                entry.done(self.loaded(value));
                value
            }
            _ => R::Value::default(),
        }
    }

    #[track_caller]
    fn store(&self, value: R::Value, order: Ordering) {
        check_order(order);
        let location = Location::caller();
        if let Some(
            entry @ Entry {
                access: Access::Store(order),
                ..
            },
        ) = enter(Access::Store(order), location)
        {
            let old = self.newest().value;
            self.store_as(&entry, value, order, location);
            entry.done(Effect {
                replaced: Some(old.into()),
                ..self.effect(None, Some(value))
            });
        }
    }

    #[track_caller]
    fn swap(&self, value: R::Value, order: Ordering) -> R::Value {
        self.modify(
            order,
            Location::caller(),
            |raw, order| raw.swap(value, order),
            |_| value,
        )
    }

    #[track_caller]
    fn fetch_add(&self, value: R::Value, order: Ordering) -> R::Value {
        self.modify(
            order,
            Location::caller(),
            |raw, order| raw.fetch_add(value, order),
            |old| R::sum(old, value),
        )
    }

    #[track_caller]
    fn fetch_or(&self, value: R::Value, order: Ordering) -> R::Value {
        self.modify(
            order,
            Location::caller(),
            |raw, order| raw.fetch_or(value, order),
            |old| R::union(old, value),
        )
    }

    #[track_caller]
    fn compare_exchange(
        &self,
        current: R::Value,
        new: R::Value,
        success: Ordering,
        failure: Ordering,
    ) -> Result<R::Value, R::Value> {
        check_order(success);
        check_order(failure);
        let location = Location::caller();
        let Some(entry) = enter(Access::CompareExchange(success, failure), location) else {
            return Ok(current);
        };
        let result = match entry.access {
            Access::CompareExchange(success, failure) => {
                self.compare_exchange_as(&entry, (current, new), (success, failure), location)
            }
            _ => self.load_then_store(&entry, current, new, (success, failure), location),
        };
        entry.done(match result {
            Ok(found) => Effect {
                replaced: Some(found.into()),
                ..self.effect(Some(found), Some(new))
            },
            Err(found) => self.loaded(found),
        });
        result
    }
}

impl<R: Raw, Q: Default> Word<R, Q> {
    /// A compare-exchange that is not atomic, to see whether it had to be.
    fn load_then_store(
        &self,
        entry: &Entry,
        current: R::Value,
        new: R::Value,
        (success, failure): (Ordering, Ordering),
        location: &'static Location<'static>,
    ) -> Result<R::Value, R::Value> {
        let acquire = match success {
            Ordering::Acquire | Ordering::AcqRel => Ordering::Acquire,
            _ => failure,
        };
        let release = match success {
            Ordering::Release | Ordering::AcqRel => Ordering::Release,
            _ => Ordering::Relaxed,
        };
        let found = self.load_as(entry, acquire);
        if found != current {
            return Err(found);
        }
        self.store_as(entry, new, release, location);
        Ok(found)
    }
}

impl<R: Raw, Q> fmt::Debug for Word<R, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word")
    }
}

#[track_caller]
fn check_order(order: Ordering) {
    assert!(
        order != Ordering::SeqCst,
        "a sequentially consistent access is not modelled; use a fence"
    );
}
