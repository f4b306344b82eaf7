//! A bell: one side sleeps on it, the other rings it after what it publishes, and makes the system
//! call only if somebody sleeps. Dekker's argument holds it together.

use super::{Found, Group, Killed, of_structure};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use aqueduct::platform::{Atomic, Futex, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// No fence between publishing and looking at the bell.
    RingerFenceDropped,
    /// No fence between raising the bell and the last try. Java's `LockSupport.park` lost
    /// wake-ups by a store and a load that passed each other so (Dice, "A race in `LockSupport`
    /// `park()` arising from weak memory models").
    SleeperFenceDropped,
    /// A fence that lets a store and a later load pass each other.
    RingerFenceTooWeak,
    /// The same on the other side.
    SleeperFenceTooWeak,
    /// The bell is rung before there is news.
    RungEarly,
    /// The bell is taken down and nobody woken.
    NobodyWoken,
    /// The sleeper is woken before the bell is taken down.
    WokenBeforeTakenDown,
    /// The sleeper looks for news only before it raises the bell.
    NotTriedAgain,
    /// The bell is raised by a plain store, and taken down by the other side.
    RaisedByStore,
    /// The bell is raised once, and not again after a ring that brought nothing.
    RaisedOnce,
    /// Every end of a wait is taken for news.
    AnyWakeIsNews,
    /// The sleep does not end at the deadline.
    DeadlineForgotten,
    /// The time allowed is counted anew after each sleep. The machine's clock moves once, so it is
    /// never at the new deadline.
    DeadlineRestarted,
    /// Nobody looks at the clock.
    ClockIgnored,
}

/// How long a side is willing to wait, from time zero.
const ALLOWED: Duration = Duration::from_secs(1);

struct Bell<P: Platform> {
    fault: Option<Fault>,
    news: P::AtomicU32,
    raised: P::AtomicU32,
}

impl<P: Futex> Bell<P> {
    fn new(fault: Option<Fault>) -> Rc<Self> {
        Rc::new(Bell {
            fault,
            news: Atomic::new(0),
            raised: Atomic::new(0),
        })
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn fence(&self, dropped: Fault, weak: Fault) {
        if self.has(weak) {
            P::fence(AcqRel);
        } else if !self.has(dropped) {
            P::fence(SeqCst);
        }
    }

    fn publish(&self) {
        if self.has(Fault::RungEarly) {
            self.ring();
        }
        self.news.store(1, Release);
        if !self.has(Fault::RungEarly) {
            self.ring();
        }
    }

    fn ring(&self) {
        self.fence(Fault::RingerFenceDropped, Fault::RingerFenceTooWeak);
        if self.raised.load(Relaxed) == 0 {
            return;
        }
        if self.has(Fault::WokenBeforeTakenDown) {
            P::wake(&self.raised);
        }
        self.raised.swap(0, Relaxed);
        if !self.has(Fault::NobodyWoken) && !self.has(Fault::WokenBeforeTakenDown) {
            P::wake(&self.raised);
        }
    }

    fn raise(&self) {
        if self.has(Fault::RaisedByStore) {
            self.raised.store(1, Relaxed);
        } else {
            self.raised.swap(1, Relaxed);
        }
        self.fence(Fault::SleeperFenceDropped, Fault::SleeperFenceTooWeak);
    }

    fn is_news(&self) -> bool {
        self.news.load(Acquire) == 1
    }

    /// Waits for news until `deadline`; whether there was any.
    fn wait(&self, mut deadline: Option<Duration>) -> bool {
        let mut raised = false;
        loop {
            if self.has(Fault::NotTriedAgain) && self.is_news() {
                return true;
            }
            if !(self.has(Fault::RaisedOnce) && raised) {
                self.raise();
                raised = true;
            }
            let expired = deadline.is_some_and(|deadline| P::now() >= deadline);
            if !self.has(Fault::NotTriedAgain) && self.is_news() {
                return true;
            }
            if expired && !self.has(Fault::ClockIgnored) {
                return false;
            }
            let until = deadline.filter(|_| !self.has(Fault::DeadlineForgotten));
            P::wait_any(&[(&self.raised, 1)], until);
            if self.has(Fault::AnyWakeIsNews) {
                return true;
            }
            if self.has(Fault::DeadlineRestarted) {
                deadline = deadline.map(|_| P::now() + ALLOWED);
            }
        }
    }
}

/// News comes once; before it the bell is rung for nothing, so often.
fn rung(fault: Option<Fault>, for_nothing: usize) -> String {
    let bell = Bell::<Machine>::new(fault);
    let ringing = model::spawn({
        let bell = Rc::clone(&bell);
        move || {
            (0..for_nothing).for_each(|_| bell.ring());
            bell.publish();
        }
    });
    assert!(bell.wait(None), "nobody is impatient");
    let seen = bell.is_news();
    ringing.join().unwrap();
    format!("news: {seen}")
}

/// No news, and time passes.
fn timed(fault: Option<Fault>) -> String {
    let bell = Bell::<Machine>::new(fault);
    let clock = model::spawn(model::expire);
    let seen = bell.wait(Some(ALLOWED));
    clock.join().unwrap();
    format!("news: {seen}")
}

pub fn trials() -> Vec<Trial> {
    let news = Group {
        name: "news",
        body: |fault| rung(fault, 0),
        stated: |model| model.outcomes(["news: true"]).at_least(20),
        killed: Killed::Nobody,
        faults: &[
            (Fault::RingerFenceDropped, Found::Deadlock),
            (Fault::SleeperFenceDropped, Found::Deadlock),
            (Fault::RingerFenceTooWeak, Found::Deadlock),
            (Fault::SleeperFenceTooWeak, Found::Deadlock),
            (Fault::RungEarly, Found::Deadlock),
            (Fault::NobodyWoken, Found::Deadlock),
            (Fault::WokenBeforeTakenDown, Found::Deadlock),
            (Fault::NotTriedAgain, Found::Deadlock),
            (Fault::RaisedByStore, Found::Discipline),
        ],
    };
    let nothing_first = Group {
        name: "a ring for nothing first",
        body: |fault| rung(fault, 1),
        stated: |model| model.bound(2).outcomes(["news: true"]).at_least(20),
        killed: Killed::Nobody,
        faults: &[(Fault::RaisedOnce, Found::Endless)],
    };
    let spurious = Group {
        name: "a wait that ends for no reason",
        body: |fault| rung(fault, 0),
        stated: |model| model.spurious(1).outcomes(["news: true"]).at_least(20),
        killed: Killed::Nobody,
        faults: &[(Fault::AnyWakeIsNews, Found::Outcome("news: false"))],
    };
    let timed = Group {
        name: "time passes",
        body: timed,
        stated: |model| model.outcomes(["news: false"]).at_least(3),
        killed: Killed::Nobody,
        faults: &[
            (Fault::DeadlineForgotten, Found::Deadlock),
            (Fault::DeadlineRestarted, Found::Endless),
            (Fault::ClockIgnored, Found::Endless),
        ],
    };
    of_structure("bell", [news, nothing_first, spurious, timed])
}
