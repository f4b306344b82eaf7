//! A box for one message, of any type: senders and receivers claim it, and each message is dropped
//! once, wherever it ends.

use super::{Found, Group, Killed, of_structure, relaxed_if};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{self, Atomic, Cell as _, Platform, SlotCell};
use libtest_mimic::Trial;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A receiver looks whether the box is full, and claims it without asking again.
    LookedThenTaken,
    /// A sender looks whether the box is empty, and claims it without asking again.
    LookedThenSent,
    /// The box is full before the message is in it.
    PublishedEarly,
    /// The box is empty before the message is out of it.
    FreedEarly,
    /// A receiver claims by a plain store.
    ClaimedByStore,
    /// The message is published without releasing it.
    PublishRelaxed,
    /// The box drops its message also if it was taken.
    DroppedTwice,
    /// The box drops nothing.
    NeverDropped,
    /// A box is closed by emptying it; what was in it is lost.
    ClosedOverMessage,
}

thread_local! {
    /// How many messages were dropped in this execution.
    static DROPPED: Cell<usize> = const { Cell::new(0) };
}

/// A message that notices when it is dropped. It owns nothing, so that a copy too many does no
/// other harm.
struct Message(u32);

impl Drop for Message {
    fn drop(&mut self) {
        DROPPED.set(DROPPED.get() + 1);
    }
}

const EMPTY: u32 = 0;
const CLAIMED: u32 = 1;
const FULL: u32 = 2;

struct Mailbox<P: Platform> {
    fault: Option<Fault>,
    state: P::AtomicU32,
    message: SlotCell<P, Message>,
}

impl<P: Platform> Mailbox<P> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// From `state` to claimed, if it is in that state.
    fn claim(&self, state: u32, looked_only: Fault) -> bool {
        if self.has(looked_only) {
            let found = self.state.load(Acquire) == state;
            if found {
                self.state.swap(CLAIMED, Acquire);
            }
            return found;
        }
        self.state
            .compare_exchange(state, CLAIMED, Acquire, Relaxed)
            .is_ok()
    }

    fn send(&self, message: Message) -> Result<(), Message> {
        if !self.claim(EMPTY, Fault::LookedThenSent) {
            return Err(message);
        }
        let release = relaxed_if(self.has(Fault::PublishRelaxed), Release);
        if self.has(Fault::PublishedEarly) {
            self.state.swap(FULL, release);
        }
        self.message.with_mut(|cell| {
            // SAFETY: the machine reports a race before the pointer is used.
            unsafe { cell.write(MaybeUninit::new(message)) }
        });
        self.state.swap(FULL, release);
        Ok(())
    }

    fn take(&self) -> Option<Message> {
        if self.has(Fault::ClaimedByStore) && self.state.load(Acquire) == FULL {
            self.state.store(CLAIMED, Relaxed);
        } else if !self.claim(FULL, Fault::LookedThenTaken) {
            return None;
        }
        if self.has(Fault::FreedEarly) {
            self.state.swap(EMPTY, Release);
        }
        let message = self.out();
        self.state.swap(EMPTY, Release);
        Some(message)
    }

    fn out(&self) -> Message {
        let message = self.message.with(|cell| {
            // SAFETY: the machine reports a race before the pointer is used.
            unsafe { cell.read() }
        });
        // SAFETY: the cell was made with a message. With the faults that take one twice there are
        // two copies, of what owns nothing.
        unsafe { message.assume_init() }
    }

    /// Takes the last message; nothing can be sent or taken any more.
    fn close(&self) -> Option<Message> {
        // Whoever has claimed it says later whether it is full; nobody sends beside a close.
        let state = self.state.swap(CLAIMED, Acquire);
        (state == FULL && !self.has(Fault::ClosedOverMessage)).then(|| self.out())
    }
}

impl<P: Platform> Drop for Mailbox<P> {
    fn drop(&mut self) {
        let state = self.state.load(Acquire);
        let full = match self.fault {
            Some(Fault::DroppedTwice) => true,
            Some(Fault::NeverDropped) => false,
            _ => state == FULL,
        };
        // While a failure unwinds, the machine answers nothing.
        if full && !std::thread::panicking() {
            drop(self.out());
        }
    }
}

fn mailbox(fault: Option<Fault>) -> Rc<Mailbox<Machine>> {
    DROPPED.set(0);
    Rc::new(Mailbox {
        fault,
        state: Atomic::new(EMPTY),
        // Never dropped; a fault that takes out of an empty box finds plain data.
        message: platform::Cell::new(MaybeUninit::new(Message(0))),
    })
}

/// What a receiver got, if anything; dropped here.
fn number(message: Option<Message>) -> u32 {
    message.map_or(0, |message| message.0)
}

/// Two receivers, one message.
fn receivers(fault: Option<Fault>) -> String {
    let mailbox = mailbox(fault);
    assert!(mailbox.send(Message(1)).is_ok(), "it is empty");
    let receiving = model::spawn({
        let mailbox = Rc::clone(&mailbox);
        move || number(mailbox.take())
    });
    let mine = number(mailbox.take());
    let seen = (mine, receiving.join().unwrap());
    drop(mailbox);
    assert_eq!(DROPPED.get(), 1, "drops");
    format!("{seen:?}")
}

/// Two senders, and one receiver after the first message.
fn senders(fault: Option<Fault>) -> String {
    let mailbox = mailbox(fault);
    let sending = model::spawn({
        let mailbox = Rc::clone(&mailbox);
        move || mailbox.send(Message(1)).is_ok()
    });
    let taken = number(mailbox.take());
    let mine = mailbox.send(Message(2)).is_ok();
    let seen = (sending.join().unwrap(), taken, mine);
    drop(mailbox);
    // Sent, taken or refused: each was dropped.
    assert_eq!(DROPPED.get(), 2, "drops");
    format!("{seen:?}")
}

/// One sends twice, the other takes once.
fn sent_twice(fault: Option<Fault>) -> String {
    let mailbox = mailbox(fault);
    let sending = model::spawn({
        let mailbox = Rc::clone(&mailbox);
        move || [1, 2].map(|value| mailbox.send(Message(value)).is_ok())
    });
    let taken = number(mailbox.take());
    let [first, second] = sending.join().unwrap();
    assert!(first, "it was empty");
    drop(mailbox);
    assert_eq!(DROPPED.get(), 2, "drops");
    format!("{taken}, {second}")
}

/// One sends, the other closes afterwards; a third takes meanwhile.
fn closed(fault: Option<Fault>) -> String {
    let mailbox = mailbox(fault);
    assert!(mailbox.send(Message(1)).is_ok(), "it is empty");
    let receiving = model::spawn({
        let mailbox = Rc::clone(&mailbox);
        move || number(mailbox.take())
    });
    let last = number(mailbox.close());
    let seen = (receiving.join().unwrap(), last);
    format!("{seen:?}")
}

pub fn trials() -> Vec<Trial> {
    let receivers = Group {
        name: "two receivers",
        body: receivers,
        stated: |model| model.outcomes(["(1, 0)", "(0, 1)"]).at_least(5),
        killed: Killed::Nobody,
        faults: &[
            (Fault::LookedThenTaken, Found::Panic("drops")),
            (Fault::ClaimedByStore, Found::Discipline),
            (Fault::DroppedTwice, Found::Panic("drops")),
        ],
    };
    let senders = Group {
        name: "two senders",
        body: senders,
        stated: |model| {
            let outcomes = ["(true, 1, true)", "(true, 0, false)", "(false, 0, true)"];
            model.outcomes(outcomes).at_least(10)
        },
        killed: Killed::Nobody,
        faults: &[
            (Fault::LookedThenSent, Found::Panic("drops")),
            (Fault::PublishedEarly, Found::Race),
            (Fault::PublishRelaxed, Found::Race),
            (Fault::NeverDropped, Found::Panic("drops")),
        ],
    };
    let sent_twice = Group {
        name: "sent twice",
        body: sent_twice,
        stated: |model| {
            model
                .outcomes(["0, false", "1, false", "1, true"])
                .at_least(10)
        },
        killed: Killed::Nobody,
        faults: &[(Fault::FreedEarly, Found::Race)],
    };
    let closed = Group {
        name: "closing",
        body: closed,
        stated: |model| model.outcomes(["(1, 0)", "(0, 1)"]).at_least(3),
        killed: Killed::Nobody,
        faults: &[(Fault::ClosedOverMessage, Found::Outcome("(0, 0)"))],
    };
    of_structure("mailbox", [receivers, senders, sent_twice, closed])
}
