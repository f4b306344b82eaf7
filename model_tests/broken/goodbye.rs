//! A message, then a goodbye; the receiver sleeps on a count of events (an event count) until there
//! is one of the two.

use super::{Found, Group, Killed, of_structure, read, relaxed_if, write};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Futex, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The goodbye comes before the last message.
    GoodbyeFirst,
    /// The goodbye releases nothing, so it may be seen before the message.
    GoodbyeRelaxed,
    /// The goodbye replaces the message.
    GoodbyeOverMessage,
    /// The receiver looks for a message, then for the goodbye, and does not look again.
    LastMessageMissed,
    /// The sleeper is not told of the goodbye.
    GoodbyeSilent,
    /// The sleeper is woken before the count says that there is something.
    WokenEarly,
    /// The event is counted before it happens.
    CountedEarly,
    /// The receiver looks at the count after it looked for a message.
    CountReadLate,
    /// The count has one bit: two events later it is the same.
    NarrowCount,
    /// The count is changed by a load and a store, by two who do not know of each other.
    CountNotAtomic,
}

const FULL: u32 = 1;

struct Link<P: Platform> {
    fault: Option<Fault>,
    events: P::AtomicU32,
    state: P::AtomicU32,
    closed: P::AtomicU32,
    message: P::Cell<u32>,
}

impl<P: Futex> Link<P> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// Tells the other side that something has happened.
    fn tell(&self) {
        if self.has(Fault::WokenEarly) {
            P::wake(&self.events);
        }
        if self.has(Fault::CountNotAtomic) {
            let count = self.events.load(Relaxed);
            self.events.store(count + 1, Release);
        } else {
            // One bit: the addition of its highest bit alone.
            let step = if self.has(Fault::NarrowCount) {
                1 << 31
            } else {
                1
            };
            self.events.fetch_add(step, Release);
        }
        if !self.has(Fault::WokenEarly) {
            P::wake(&self.events);
        }
    }

    fn send(&self, message: u32) {
        write(&self.message, message);
        if self.has(Fault::CountedEarly) {
            self.tell();
            self.state.swap(FULL, Release);
            return;
        }
        self.state.swap(FULL, Release);
        self.tell();
    }

    fn close(&self) {
        if self.has(Fault::GoodbyeOverMessage) {
            self.state.swap(0, Release);
        }
        let release = relaxed_if(self.has(Fault::GoodbyeRelaxed), Release);
        self.closed.store(1, release);
        if !self.has(Fault::GoodbyeSilent) {
            self.tell();
        }
    }

    fn send_last(&self, message: u32) {
        if self.has(Fault::GoodbyeFirst) {
            self.close();
            self.send(message);
        } else {
            self.send(message);
            self.close();
        }
    }

    fn take(&self) -> Option<u32> {
        // Relaxed on failure: nothing is taken.
        let taken = self.state.compare_exchange(FULL, 0, Acquire, Relaxed);
        taken.is_ok().then(|| read(&self.message))
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Acquire) == 1
    }

    /// Sleeps until there is a message or the goodbye, which comes after all messages.
    fn receive(&self) -> Option<u32> {
        loop {
            let events = self.events.load(Acquire);
            let early = !self.has(Fault::LastMessageMissed) && self.is_closed();
            if let Some(message) = self.take() {
                return Some(message);
            }
            if early || self.has(Fault::LastMessageMissed) && self.is_closed() {
                return None;
            }
            let expected = if self.has(Fault::CountReadLate) {
                self.events.load(Acquire)
            } else {
                events
            };
            P::wait_any(&[(&self.events, expected)], None);
        }
    }
}

fn link(fault: Option<Fault>) -> Rc<Link<Machine>> {
    Rc::new(Link {
        fault,
        events: Atomic::new(0),
        state: Atomic::new(0),
        closed: Atomic::new(0),
        message: Cell::new(0),
    })
}

/// All messages until the goodbye.
fn one_message(fault: Option<Fault>) -> String {
    let link = link(fault);
    let sending = model::spawn({
        let link = Rc::clone(&link);
        move || link.send_last(1)
    });
    let received: Vec<u32> = std::iter::from_fn(|| link.receive()).collect();
    sending.join().unwrap();
    format!("{received:?}")
}

/// Two threads tell, one of them of a message.
fn two_tell(fault: Option<Fault>) -> String {
    let link = link(fault);
    let sending = model::spawn({
        let link = Rc::clone(&link);
        move || link.send(1)
    });
    link.tell();
    let received = link.receive();
    sending.join().unwrap();
    format!("{received:?}, {} events", link.events.load(Relaxed))
}

pub fn trials() -> Vec<Trial> {
    let one_message = Group {
        name: "a message and a goodbye",
        body: one_message,
        stated: |model| model.bound(3).outcomes(["[1]"]).at_least(20),
        killed: Killed::Nobody,
        faults: &[
            (Fault::GoodbyeFirst, Found::Outcome("[]")),
            (Fault::GoodbyeRelaxed, Found::Outcome("[]")),
            (Fault::GoodbyeOverMessage, Found::Outcome("[]")),
            (Fault::LastMessageMissed, Found::Outcome("[]")),
            (Fault::GoodbyeSilent, Found::Deadlock),
            (Fault::WokenEarly, Found::Deadlock),
            (Fault::CountReadLate, Found::Deadlock),
            (Fault::NarrowCount, Found::Deadlock),
        ],
    };
    let two_tell = Group {
        name: "two tell",
        body: two_tell,
        stated: |model| model.outcomes(["Some(1), 2 events"]).at_least(10),
        killed: Killed::Nobody,
        faults: &[
            (Fault::CountNotAtomic, Found::Discipline),
            (Fault::CountedEarly, Found::Deadlock),
        ],
    };
    of_structure("goodbye", [one_message, two_tell])
}
