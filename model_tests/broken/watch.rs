//! A receiver sleeps until there is a message or its sender is dead: it watches the message's word
//! and the sender's life word, which is on the sender's robust list.

use super::{Found, Group, Killed, of_structure};
use aqueduct::model::{self, AtomicU32, FUTEX_OWNER_DIED, FUTEX_WAITERS, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Futex, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The sleeper does not watch the life word.
    LifeNotWatched,
    /// The life word is not on the robust list.
    NotListed,
    /// The life word does not ask the kernel to wake anybody.
    WaitersBitForgotten,
    /// The life word names another thread.
    AnotherNumber,
    /// The sleeper waits for the life word to change from what it reads just before the wait.
    LifeReadLate,
    /// The receiver looks for a message, then for a death, and does not look again.
    NotTriedAgain,
    /// A wait that ends is taken for a death.
    AnyWakeIsDeath,
}

const SENDER: u32 = 1;

struct Watch<P: Platform> {
    fault: Option<Fault>,
    message: P::AtomicU32,
    life: Arc<P::AtomicU32>,
}

impl<P: Futex> Watch<P> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn send(&self) {
        self.message.store(1, Release);
        P::wake(&self.message);
    }

    fn has_message(&self) -> bool {
        self.message.load(Acquire) == 1
    }

    fn died(life: u32) -> bool {
        life & FUTEX_OWNER_DIED != 0
    }

    /// Whether a message came; if not, the sender is dead.
    fn receive(&self) -> bool {
        loop {
            let early = self.has(Fault::NotTriedAgain) && self.has_message();
            // A mark is enough: this model's kernel writes it after the last access.
            let life = self.life.load(Acquire);
            if early || !self.has(Fault::NotTriedAgain) && self.has_message() {
                return true;
            }
            if Self::died(life) {
                return false;
            }
            let seen = if self.has(Fault::LifeReadLate) {
                self.life.load(Relaxed)
            } else {
                life
            };
            let words = [(&self.message, 0), (&*self.life, seen)];
            let watched = if self.has(Fault::LifeNotWatched) {
                1
            } else {
                2
            };
            P::wait_any(&words[..watched], None);
            if self.has(Fault::AnyWakeIsDeath) {
                return false;
            }
        }
    }
}

/// A sender that sends once and may be killed, and a receiver that asks once.
fn once(fault: Option<Fault>) -> String {
    let waiters = if fault == Some(Fault::WaitersBitForgotten) {
        0
    } else {
        FUTEX_WAITERS
    };
    let number = SENDER + u32::from(fault == Some(Fault::AnotherNumber));
    let watch = Rc::new(Watch::<Machine> {
        fault,
        message: Atomic::new(0),
        life: Arc::new(AtomicU32::new(waiters | number)),
    });
    let sending = model::process(SENDER, {
        let watch = Rc::clone(&watch);
        move || {
            if !watch.has(Fault::NotListed) {
                model::robust(Arc::clone(&watch.life), |life| life, SENDER);
            }
            watch.send();
        }
    });
    let received = watch.receive();
    let killed = sending.join().is_none();
    assert_eq!(received, watch.has_message(), "missed");
    assert!(received || killed, "nobody was killed");
    format!("received: {received}, killed: {killed}")
}

pub fn trials() -> Vec<Trial> {
    let once = Group {
        name: "one message or a death",
        body: once,
        stated: |model| {
            let outcomes = [
                "received: true, killed: false",
                "received: true, killed: true",
                "received: false, killed: true",
            ];
            model.bound(2).outcomes(outcomes).at_least(20)
        },
        killed: Killed::Process(SENDER),
        faults: &[
            (Fault::LifeNotWatched, Found::Deadlock),
            (Fault::NotListed, Found::Deadlock),
            (Fault::WaitersBitForgotten, Found::Deadlock),
            (Fault::AnotherNumber, Found::Deadlock),
            (Fault::LifeReadLate, Found::Deadlock),
        ],
    };
    let alive = Group {
        name: "a wait that ends for no reason",
        body: self::once,
        stated: |model| {
            model
                .bound(2)
                .spurious(1)
                .outcomes(["received: true, killed: false"])
        },
        killed: Killed::Nobody,
        faults: &[(Fault::AnyWakeIsDeath, Found::Panic("missed"))],
    };
    let ended = Group {
        name: "the sender ends, and says nothing",
        body: self::once,
        stated: |model| model.bound(2).outcomes(["received: true, killed: false"]),
        killed: Killed::Nobody,
        faults: &[(Fault::NotTriedAgain, Found::Panic("missed"))],
    };
    of_structure("watch", [once, alive, ended])
}
