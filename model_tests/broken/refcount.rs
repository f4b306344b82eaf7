//! A counted reference: whoever drops the last one frees the object, and a weak one is upgraded
//! while there are others.

use super::{Found, Group, Killed, of_structure, read, relaxed_if, write};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Giving up a reference does not release what was done through it.
    ReleaseRelaxed,
    /// The last one frees without acquiring what the others did.
    FenceDropped,
    /// Looks whether it is the last one, then gives up its reference.
    LookedThenReleased,
    /// The count goes down by a load and a store.
    CountNotAtomic,
    /// A weak reference is upgraded although the count is zero.
    UpgradedFromZero,
    /// The count is seen not to be zero, and goes up without asking again.
    LookedThenUpgraded,
}

/// What a freed object holds.
const FREED: u32 = 99;

struct Counted<P: Platform> {
    fault: Option<Fault>,
    count: P::AtomicU32,
    object: P::Cell<u32>,
}

impl<P: Platform> Counted<P> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Gives up a reference and returns what the count was.
    fn decrement(&self) -> u32 {
        if self.has(Fault::CountNotAtomic) {
            let count = self.count.load(Relaxed);
            self.count.store(count - 1, Release);
            return count;
        }
        let release = relaxed_if(self.has(Fault::ReleaseRelaxed), Release);
        self.count.fetch_add(u32::MAX, release)
    }

    fn release(&self) {
        let last = if self.has(Fault::LookedThenReleased) {
            let last = self.count.load(Relaxed) == 1;
            self.decrement();
            last
        } else {
            self.decrement() == 1
        };
        if !last {
            return;
        }
        if !self.has(Fault::FenceDropped) {
            P::fence(Acquire);
        }
        write(&self.object, FREED);
    }

    /// One more reference, if there still is one.
    fn upgrade(&self) -> bool {
        // Relaxed, here and below: whoever made the object known to the caller ordered it.
        let mut count = self.count.load(Relaxed);
        loop {
            if count == 0 && !self.has(Fault::UpgradedFromZero) {
                return false;
            }
            if self.has(Fault::LookedThenUpgraded) {
                self.count.fetch_add(1, Relaxed);
                return true;
            }
            match self
                .count
                .compare_exchange(count, count + 1, Relaxed, Relaxed)
            {
                Ok(_) => return true,
                Err(found) => count = found,
            }
        }
    }

    fn use_and_release(&self) {
        assert_ne!(read(&self.object), FREED, "used after it was freed");
        self.release();
    }
}

fn counted(fault: Option<Fault>, count: u32) -> Rc<Counted<Machine>> {
    Rc::new(Counted {
        fault,
        count: Atomic::new(count),
        object: Cell::new(1),
    })
}

/// Two references, given up by two threads.
fn released(fault: Option<Fault>) -> String {
    let counted = counted(fault, 2);
    let other = model::spawn({
        let counted = Rc::clone(&counted);
        move || counted.use_and_release()
    });
    counted.use_and_release();
    other.join().unwrap();
    assert_eq!(read(&counted.object), FREED, "never freed");
    format!("count {}", counted.count.load(Relaxed))
}

/// The last reference is given up while somebody upgrades a weak one.
fn upgraded(fault: Option<Fault>) -> String {
    let counted = counted(fault, 1);
    let other = model::spawn({
        let counted = Rc::clone(&counted);
        move || counted.use_and_release()
    });
    let upgraded = counted.upgrade();
    if upgraded {
        counted.use_and_release();
    }
    other.join().unwrap();
    assert_eq!(read(&counted.object), FREED, "never freed");
    format!("upgraded: {upgraded}")
}

pub fn trials() -> Vec<Trial> {
    let released = Group {
        name: "two give up",
        body: released,
        stated: |model| model.outcomes(["count 0"]),
        killed: Killed::Nobody,
        faults: &[
            (Fault::ReleaseRelaxed, Found::Race),
            (Fault::FenceDropped, Found::Race),
            (Fault::LookedThenReleased, Found::Panic("never freed")),
            (Fault::CountNotAtomic, Found::Discipline),
        ],
    };
    let upgraded = Group {
        name: "a weak one",
        body: upgraded,
        stated: |model| model.outcomes(["upgraded: false", "upgraded: true"]),
        killed: Killed::Nobody,
        faults: &[
            (Fault::UpgradedFromZero, Found::Race),
            (Fault::LookedThenUpgraded, Found::Race),
        ],
    };
    of_structure("refcount", [released, upgraded])
}
