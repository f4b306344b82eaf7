//! A lock that sleeps: free, held, or held with somebody asleep (Drepper, "Futexes Are Tricky").

use super::{Found, Group, Killed, of_structure, read, relaxed_if, write};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Futex, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Taking the free lock acquires nothing.
    LockRelaxed,
    /// Taking it after a sleep acquires nothing.
    SlowLockRelaxed,
    /// Giving it back releases nothing.
    UnlockRelaxed,
    /// Looks whether it is free, then takes it.
    LookedThenTaken,
    /// Nobody is woken.
    NobodyWoken,
    /// Sleepers are woken before the lock is free.
    WokenEarly,
    /// Looks for sleepers, then gives the lock back: one may come in between.
    LookedThenFreed,
    /// The lock is given back by a plain store.
    FreedByStore,
    /// Sleeps without saying so.
    NotAnnounced,
    /// Says that it sleeps, and then waits for the word to change from what it was before.
    WaitsOnOldWord,
}

const FREE: u32 = 0;
const HELD: u32 = 1;
const AWAITED: u32 = 2;

struct Lock<P: Platform> {
    fault: Option<Fault>,
    state: P::AtomicU32,
    guarded: P::Cell<u32>,
}

impl<P: Futex> Lock<P> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn lock(&self) {
        if self.has(Fault::LookedThenTaken) {
            if self.state.load(Acquire) == FREE {
                self.state.swap(HELD, Acquire);
                return;
            }
        } else {
            let acquire = relaxed_if(self.has(Fault::LockRelaxed), Acquire);
            let taken = self.state.compare_exchange(FREE, HELD, acquire, Relaxed);
            if taken.is_ok() {
                return;
            }
        }
        self.lock_slowly();
    }

    fn lock_slowly(&self) {
        if self.has(Fault::NotAnnounced) {
            while self
                .state
                .compare_exchange(FREE, HELD, Acquire, Relaxed)
                .is_err()
            {
                P::wait_any(&[(&self.state, HELD)], None);
            }
            return;
        }
        let acquire = relaxed_if(self.has(Fault::SlowLockRelaxed), Acquire);
        let expected = if self.has(Fault::WaitsOnOldWord) {
            HELD
        } else {
            AWAITED
        };
        while self.state.swap(AWAITED, acquire) != FREE {
            P::wait_any(&[(&self.state, expected)], None);
        }
    }

    fn unlock(&self) {
        let release = relaxed_if(self.has(Fault::UnlockRelaxed), Release);
        let before = self.state.load(Relaxed);
        if self.has(Fault::WokenEarly) {
            P::wake(&self.state);
        }
        let last = if self.has(Fault::FreedByStore) {
            self.state.store(FREE, release);
            before
        } else {
            self.state.swap(FREE, release)
        };
        let seen = if self.has(Fault::LookedThenFreed) {
            before
        } else {
            last
        };
        let silent = self.has(Fault::NobodyWoken) || self.has(Fault::WokenEarly);
        if seen == AWAITED && !silent {
            P::wake(&self.state);
        }
    }

    fn increment(&self) {
        self.lock();
        write(&self.guarded, read(&self.guarded) + 1);
        self.unlock();
    }
}

/// Two increments, each under the lock.
fn increments(fault: Option<Fault>) -> String {
    let lock = Rc::new(Lock::<Machine> {
        fault,
        state: Atomic::new(FREE),
        guarded: Cell::new(0),
    });
    let other = model::spawn({
        let lock = Rc::clone(&lock);
        move || lock.increment()
    });
    lock.increment();
    other.join().unwrap();
    format!("{} increments", read(&lock.guarded))
}

pub fn trials() -> Vec<Trial> {
    let increments = Group {
        name: "increments",
        body: increments,
        stated: |model| model.bound(2).outcomes(["2 increments"]).at_least(10),
        killed: Killed::Nobody,
        faults: &[
            (Fault::LockRelaxed, Found::Race),
            (Fault::SlowLockRelaxed, Found::Race),
            (Fault::UnlockRelaxed, Found::Race),
            (Fault::LookedThenTaken, Found::Race),
            (Fault::NobodyWoken, Found::Deadlock),
            (Fault::WokenEarly, Found::Deadlock),
            (Fault::LookedThenFreed, Found::Deadlock),
            (Fault::FreedByStore, Found::Discipline),
            (Fault::NotAnnounced, Found::Deadlock),
            (Fault::WaitsOnOldWord, Found::Endless),
        ],
    };
    of_structure("lock", [increments])
}
