//! Sleeping and waking, with the promises of the kernel's futex and no more.
//!
//! The kernel promises that comparing the words, going to sleep, and waking are totally ordered
//! for each word, as if under a lock (futex(2)). The lock is modelled by a word of its own beside
//! each word: a waker releases it and a waiter acquires it. So a waiter who comes to the lock
//! after a waker sees the store that the waker had done before, and does not sleep; and one who
//! came before is in the queue when the waker looks. No other memory is ordered: unlike the
//! kernel of today, neither `wait_any` nor `wake` is a fence for the words around it.
//!
//! Some things are better in the model than in the kernel. A thread that really slept has everything
//! before the `wake` that ended its sleep happening before (loom's `unpark` is made so), and one
//! that came to a word's lock after a `wake` everything before that; a waker that fences
//! afterwards has what earlier wakers of the word had done. A program that relies on it is not
//! caught there; it is caught where a thread sees the new value without having slept.

use super::engine::{self, Raw};
use super::event::{Effect, Event};
use super::execution::{Entry, Permission, enter, execution, exploration, thread};
use super::fence;
use super::machine::Machine;
use super::site::Access;
use super::watch::looking;
use super::word::AtomicU32;
use crate::platform::{Futex, Ordering};
use std::collections::VecDeque;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The time after [`expire`]: later than any deadline, except one that means "never".
const EXPIRED: Duration = Duration::from_secs(u64::MAX / 2);

/// Those who sleep on a word.
pub struct Queue {
    /// The lock's only purpose is its order.
    lock: engine::AtomicU32,
    sleepers: Mutex<VecDeque<Arc<Sleeper>>>,
}

/// A thread in one or several queues.
struct Sleeper {
    index: usize,
    thread: engine::Thread,
    asleep: AtomicBool,
    woken: AtomicBool,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue {
            lock: Raw::new(0),
            sleepers: Mutex::default(),
        }
    }
}

impl Queue {
    /// Never held across an access, so never contended.
    fn sleepers(&self) -> MutexGuard<'_, VecDeque<Arc<Sleeper>>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, sleeper: &Arc<Sleeper>) {
        self.lock.fetch_add(1, Ordering::Acquire);
        self.sleepers().push_back(Arc::clone(sleeper));
    }

    fn dequeue(&self, sleeper: &Arc<Sleeper>) {
        self.sleepers().retain(|other| !Arc::ptr_eq(other, sleeper));
    }

    /// Wakes the first `most` sleepers.
    pub(super) fn wake(&self, most: usize) {
        self.lock.fetch_add(1, Ordering::Release);
        // Those that another word has woken and that have not left count, as in the kernel: one
        // wake-up may be for one of them.
        let mut sleepers = self.sleepers();
        let count = most.min(sleepers.len());
        for sleeper in sleepers.drain(..count) {
            if sleeper.woken.swap(true, Relaxed) {
                continue;
            }
            if sleeper.asleep.load(Relaxed) {
                let execution = execution();
                execution.activity.goes_on();
                execution.happened(Event::Woken {
                    thread: sleeper.index,
                });
                sleeper.thread.unpark();
            }
        }
    }
}

impl Sleeper {
    fn new() -> Arc<Sleeper> {
        Arc::new(Sleeper {
            index: thread(),
            thread: engine::current(),
            asleep: AtomicBool::new(false),
            woken: AtomicBool::new(false),
        })
    }

    /// Sleeps until woken. `asleep` is set only where the thread stops at once: to be woken before
    /// that orders nothing.
    fn sleep(&self) {
        if self.woken.load(Relaxed) {
            return;
        }
        self.asleep.store(true, Relaxed);
        let execution = execution();
        execution.happened(Event::Asleep { thread: self.index });
        execution.activity.stands_still();
        while !self.woken.load(Relaxed) {
            engine::park();
        }
    }
}

/// # Panics
/// Outside a model.
impl Futex for Machine {
    /// At once, as a model has few messages.
    const LIGHT_AFTER: u32 = 1;

    fn lighten() -> bool {
        if !looking() && !std::thread::panicking() {
            execution().may_lighten.set(true);
        }
        true
    }

    /// # Panics
    /// If nobody has asked whether light fences may be made.
    #[track_caller]
    fn light_fence() {
        fence::enter(Access::LightFence, Location::caller());
    }

    #[track_caller]
    fn heavy_fence() -> bool {
        if exploration().settings.heavy_fences == Permission::Denied {
            return false;
        }
        fence::enter(Access::HeavyFence, Location::caller());
        true
    }

    /// Zero until [`expire`], and later than every deadline from then on.
    ///
    /// Threads may learn of it at different times, as they learn of any word.
    fn now() -> Duration {
        if std::thread::panicking() || looking() {
            return EXPIRED;
        }
        let entry = Entry::internal(Access::Load(Ordering::Relaxed));
        match execution().clock.load_as(&entry, Ordering::Relaxed) {
            0 => Duration::ZERO,
            _ => EXPIRED,
        }
    }

    #[track_caller]
    fn wait_any(words: &[(&AtomicU32, u32)], deadline: Option<Duration>) {
        let Some(entry) = enter(Access::Wait, Location::caller()) else {
            return;
        };
        // One beyond `EXPIRED` was counted from the time after it, and time goes on.
        let passed = |deadline| {
            deadline == Duration::ZERO || (EXPIRED < deadline && deadline < Duration::MAX)
        };
        if returns_for_no_reason(&entry) {
            return;
        }
        if deadline.is_some_and(passed) {
            // The kernel compares first, so what it saw is seen from now on.
            for (word, _) in words {
                let _ = word.load_as(&entry, Ordering::Relaxed);
            }
            // Meanwhile the others go on.
            engine::yield_now();
            return;
        }
        entry.done(Effect::default());
        let execution = execution();
        let mut words = words.to_vec();
        if deadline.is_some_and(|deadline| deadline <= EXPIRED) {
            words.push((&execution.clock, 0));
        }
        sleep_while_equal(&entry, &words);
    }

    #[track_caller]
    fn wake(word: &AtomicU32) {
        if let Some(entry) = enter(Access::Wake, Location::caller())
            && entry.access == Access::Wake
        {
            // Noted first, for whoever is woken by it.
            entry.done(word.touched());
            word.queue.wake(usize::MAX);
        }
    }
}

fn returns_for_no_reason(entry: &Entry) -> bool {
    let execution = execution();
    let waits = &execution.threads[entry.thread].waits;
    waits.set(waits.get() + 1);
    exploration().settings.spurious == Some(waits.get())
}

fn sleep_while_equal(entry: &Entry, words: &[(&AtomicU32, u32)]) {
    let sleeper = Sleeper::new();
    let all_equal = words.iter().all(|(word, expected)| {
        word.queue.enqueue(&sleeper);
        word.load_as(entry, Ordering::Relaxed) == *expected
    });
    if all_equal {
        sleeper.sleep();
    }
    for (word, _) in words {
        word.queue.dequeue(&sleeper);
    }
}

/// Makes every deadline pass, now and for the rest of the execution.
///
/// A thread of the model that does nothing else is a clock: the deadline passes at every moment at
/// which it can.
///
/// # Panics
/// Outside a model.
#[track_caller]
pub fn expire() {
    let execution = execution();
    let entry = Entry::internal(Access::ReadModifyWrite(Ordering::Relaxed));
    let location = Location::caller();
    let clock = &execution.clock;
    let _ = clock.change_as(&entry, location, |raw| Ok(raw.swap(1, Ordering::Relaxed)));
    clock.queue.wake(usize::MAX);
}
