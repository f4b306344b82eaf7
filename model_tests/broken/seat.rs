//! A seat that guards two words that must be equal: its holder may be killed, and another process
//! takes over when the kernel says so.

use super::{Found, Group, Killed, of_structure, read, relaxed_if, write};
use aqueduct::model::{self, FUTEX_OWNER_DIED, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A held seat is taken without asking whether its holder is dead.
    TakenFromTheLiving,
    /// The kernel's mark is taken for the truth, while the marked one may still act.
    SuspicionBelieved,
    /// Nobody takes over.
    NeverFreed,
    /// What the dead one left half done stays so.
    NotRepaired,
    /// Two who see the same death both take over.
    TakenOverTwice,
    /// The seat is taken over by a plain store.
    TakenOverByStore,
    /// Sitting down acquires nothing of the last holder.
    TakenRelaxed,
    /// Leaving releases nothing.
    LeftRelaxed,
    /// The holder leaves before it has done its work.
    LeftEarly,
}

const FREE: u32 = 0;
const VICTIM: u32 = 1;

struct Seat<P: Platform> {
    fault: Option<Fault>,
    /// Free, the number of the holder, or the kernel's mark; on the victim's robust list.
    holder: Arc<P::AtomicU32>,
    left: P::Cell<u32>,
    right: P::Cell<u32>,
}

impl<P: Platform> Seat<P> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Tries to take the seat for `me`; `is_dead` is the kernel's answer about the victim.
    fn take(&self, me: u32, is_dead: impl Fn() -> bool) -> bool {
        let acquire = relaxed_if(self.has(Fault::TakenRelaxed), Acquire);
        let holder = self.holder.load(Relaxed);
        if holder == FREE {
            return self
                .holder
                .compare_exchange(FREE, me, acquire, Relaxed)
                .is_ok();
        }
        let marked = holder == FUTEX_OWNER_DIED;
        let replaceable = match self.fault {
            Some(Fault::TakenFromTheLiving) => true,
            Some(Fault::SuspicionBelieved) => marked || holder == VICTIM && is_dead(),
            Some(Fault::NeverFreed) => false,
            _ => (marked || holder == VICTIM) && is_dead(),
        };
        if !replaceable || !self.take_over(holder, me) {
            return false;
        }
        if !self.has(Fault::NotRepaired) {
            write(&self.right, read(&self.left));
        }
        true
    }

    fn take_over(&self, holder: u32, me: u32) -> bool {
        match self.fault {
            Some(Fault::TakenOverTwice) => {
                self.holder.swap(me, Acquire);
                true
            }
            Some(Fault::TakenOverByStore) => {
                self.holder.store(me, Relaxed);
                true
            }
            // The mark may come between the two: then the next try takes over.
            _ => self
                .holder
                .compare_exchange(holder, me, Acquire, Relaxed)
                .is_ok(),
        }
    }

    fn leave(&self) {
        let release = relaxed_if(self.has(Fault::LeftRelaxed), Release);
        self.holder.swap(FREE, release);
    }

    /// What a holder does: both words one up.
    fn work(&self) -> u32 {
        let (left, right) = (read(&self.left), read(&self.right));
        assert_eq!(left, right, "half done");
        if self.has(Fault::LeftEarly) {
            self.leave();
        }
        write(&self.left, left + 1);
        write(&self.right, right + 1);
        if !self.has(Fault::LeftEarly) {
            self.leave();
        }
        left + 1
    }
}

fn seat(fault: Option<Fault>) -> Rc<Seat<Machine>> {
    Rc::new(Seat {
        fault,
        holder: Arc::new(Atomic::new(FREE)),
        left: Cell::new(0),
        right: Cell::new(0),
    })
}

/// The victim works once; whether it could.
fn victim(seat: &Rc<Seat<Machine>>) -> model::Process<bool> {
    let seat = Rc::clone(seat);
    model::process(VICTIM, move || {
        model::robust(Arc::clone(&seat.holder), |holder| holder, VICTIM);
        let taken = seat.take(VICTIM, || false);
        if taken {
            seat.work();
        }
        taken
    })
}

fn work(seat: &Seat<Machine>, me: u32) -> u32 {
    let taken = seat.take(me, || model::is_dead(VICTIM));
    if taken { seat.work() } else { 0 }
}

/// One survivor, beside the victim and after it. The outcome is what it counted.
fn one_survivor(fault: Option<Fault>) -> String {
    let seat = seat(fault);
    let victim = victim(&seat);
    let beside = work(&seat, 9);
    victim.join();
    let after = work(&seat, 9);
    assert_ne!(after, 0, "still taken");
    format!("{beside}, then {after}")
}

/// Two survivors see the same death.
fn two_survivors(fault: Option<Fault>) -> String {
    let seat = seat(fault);
    let victim = victim(&seat);
    victim.join();
    let other = model::spawn({
        let seat = Rc::clone(&seat);
        move || work(&seat, 8)
    });
    let mine = work(&seat, 9);
    let theirs = other.join().unwrap();
    assert_ne!(mine + theirs, 0, "still taken");
    format!("{}", mine.max(theirs))
}

/// With one survivor: what it counted beside the victim, and after it.
const COUNTED: [&str; 5] = [
    "0, then 1", // the victim was killed before its work
    "0, then 2",
    "1, then 2",
    "1, then 3",
    "2, then 3",
];

pub fn trials() -> Vec<Trial> {
    let one_survivor = Group {
        name: "one survivor",
        body: one_survivor,
        stated: |model| model.bound(3).outcomes(COUNTED).at_least(20),
        killed: Killed::Process(VICTIM),
        faults: &[
            (Fault::NeverFreed, Found::Panic("still taken")),
            (Fault::NotRepaired, Found::Panic("half done")),
        ],
    };
    let suspected = Group {
        name: "one survivor, suspicion first",
        body: self::one_survivor,
        stated: |model| model.bound(3).outcomes(COUNTED).at_least(20),
        killed: Killed::AfterSuspicion(VICTIM),
        faults: &[(Fault::SuspicionBelieved, Found::Race)],
    };
    let alive = Group {
        name: "nobody dies",
        body: self::one_survivor,
        stated: |model| {
            model
                .bound(2)
                .outcomes(["0, then 2", "1, then 2", "1, then 3", "2, then 3"])
        },
        killed: Killed::Nobody,
        faults: &[
            (Fault::TakenFromTheLiving, Found::Race),
            (Fault::TakenRelaxed, Found::Race),
            (Fault::LeftRelaxed, Found::Race),
            (Fault::LeftEarly, Found::Race),
        ],
    };
    let two_survivors = Group {
        name: "two survivors",
        body: two_survivors,
        stated: |model| model.bound(3).outcomes(["1", "2", "3"]),
        killed: Killed::Process(VICTIM),
        faults: &[
            (Fault::TakenOverTwice, Found::Race),
            (Fault::TakenOverByStore, Found::Discipline),
        ],
    };
    of_structure("seat", [one_survivor, suspected, alive, two_survivors])
}
