//! A mailbox for one letter: claimed before it is filled, held before it is released, and taken
//! back from the dead.

use super::{accepted, refused};
use crate::Test;
use crate::memory::VICTIM;
use aqueduct::model::specification::mailbox::{self, Answer, Call, Letter};
use aqueduct::model::{self, AtomicU32, History, Machine, Model, deaths};
use aqueduct::platform::Ordering::{AcqRel, Acquire, Relaxed};
use aqueduct::platform::{Atomic, Cell, Platform};
use std::sync::Arc;

type Slot = <Machine as Platform>::Cell<u32>;

/// What the word says, with the number of the process that does it: 0 for one that is not killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Vacant,
    Filling(u32),
    Full { again: bool },
    Held(u32),
}

impl State {
    fn of(word: u32) -> State {
        match (word % 8, word / 8) {
            (1, owner) => State::Filling(owner),
            (2, _) => State::Full { again: false },
            (3, _) => State::Full { again: true },
            (4, owner) => State::Held(owner),
            _ => State::Vacant,
        }
    }

    fn word(self) -> u32 {
        match self {
            State::Vacant => 0,
            State::Filling(owner) => 1 + 8 * owner,
            State::Full { again } => 2 + u32::from(again),
            State::Held(owner) => 4 + 8 * owner,
        }
    }
}

/// What is wrong with the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// A letter that comes back looks new.
    Unmarked,
    /// A letter that somebody held is lost with its holder.
    Lost,
    /// Whoever meets a held letter is told to wait, although no call is under way.
    BusyForLong,
}

struct Mailbox {
    word: AtomicU32,
    slot: Slot,
    fault: Fault,
}

// SAFETY: the machine reports accesses of the slot that are not ordered.
unsafe impl Sync for Mailbox {}

fn is_dead(owner: u32) -> bool {
    owner != 0 && model::is_dead(owner)
}

impl Mailbox {
    /// Changes the word from what was seen; whoever comes too late is told to wait.
    fn change(&self, seen: u32, state: State) -> Result<(), Answer<u32>> {
        let changed = self
            .word
            .compare_exchange(seen, state.word(), AcqRel, Relaxed);
        changed.map(|_| ()).map_err(|_| Answer::Busy)
    }

    fn put(&self, owner: u32, message: u32) -> Result<(), Answer<u32>> {
        let seen = self.word.load(Acquire);
        match State::of(seen) {
            State::Vacant => {}
            State::Filling(owner) if is_dead(owner) => {}
            State::Filling(_) => return Err(Answer::Busy),
            State::Full { .. } | State::Held(_) => return Err(Answer::Full),
        }
        self.change(seen, State::Filling(owner))?;
        // SAFETY: the machine reports a race before the pointer is used.
        self.slot.with_mut(|slot| unsafe { *slot = message });
        self.word.swap(State::Full { again: false }.word(), AcqRel);
        Ok(())
    }

    fn take(&self, owner: u32) -> Result<Letter<u32>, Answer<u32>> {
        let seen = self.word.load(Acquire);
        let again = match State::of(seen) {
            State::Filling(owner) if is_dead(owner) => return Err(Answer::Empty),
            State::Filling(_) => return Err(Answer::Busy),
            State::Full { again } => again,
            State::Held(_) if self.fault == Fault::Lost => return Err(Answer::Empty),
            State::Held(owner) if is_dead(owner) => self.fault != Fault::Unmarked,
            State::Held(_) if self.fault == Fault::BusyForLong => return Err(Answer::Busy),
            State::Vacant | State::Held(_) => return Err(Answer::Empty),
        };
        self.change(seen, State::Held(owner))?;
        // SAFETY: the machine reports a race before the pointer is used.
        let message = self.slot.with(|slot| unsafe { *slot });
        Ok(Letter { message, again })
    }

    fn release(&self) {
        self.word.swap(State::Vacant.word(), AcqRel);
    }
}

/// A mailbox and its history, as one process has them.
#[derive(Clone)]
struct User {
    mailbox: Arc<Mailbox>,
    history: History<mailbox::Mailbox<u32>>,
    owner: u32,
}

impl User {
    fn new(fault: Fault) -> User {
        User {
            mailbox: Arc::new(Mailbox {
                word: AtomicU32::new(0),
                slot: Slot::new(0),
                fault,
            }),
            history: History::new(mailbox::Mailbox::new(1)),
            owner: 0,
        }
    }

    fn process(&self, owner: u32) -> User {
        User {
            owner,
            ..self.clone()
        }
    }

    fn put(&self, message: u32) -> Answer<u32> {
        self.history.call(Call::Put(message), || {
            let put = self.mailbox.put(self.owner, message);
            put.map_or_else(|why| why, |()| Answer::Done)
        })
    }

    fn take(&self) -> Answer<u32> {
        self.history.call(Call::Take(self.owner), || {
            let taken = self.mailbox.take(self.owner);
            taken.map_or_else(|why| why, Answer::Letter)
        })
    }

    fn release(&self) {
        self.history.call(Call::Release(self.owner), || {
            self.mailbox.release();
            Answer::Done
        });
    }

    /// Takes a letter and releases it, if there is one.
    fn receive(&self) -> Answer<u32> {
        let taken = self.take();
        if let Answer::Letter(_) = taken {
            self.release();
        }
        taken
    }
}

pub fn models() -> Vec<Model> {
    vec![two_and_one(Fault::None).at_least(450)]
}

pub fn killed() -> Vec<Model> {
    let received = |again| format!("Letter(Letter {{ message: 1, again: {again} }})");
    let [new, again] = [false, true].map(received);
    vec![
        holder_is_killed(Fault::None)
            .outcomes([new, again, "Empty".into(), "Busy".into()])
            .at_least(500),
        sender_is_killed()
            .outcomes(["Done", "Full", "Busy"])
            .at_least(500),
    ]
}

/// Two put letters in, while one takes them out.
fn two_and_one(fault: Fault) -> Model {
    Model::new("mailbox: two senders, one holder", move || {
        let user = User::new(fault);
        let sending = [1, 2].map(|message| {
            let user = user.clone();
            model::spawn(move || user.put(message))
        });
        user.receive();
        for thread in sending {
            thread.join().unwrap();
        }
        user.receive();
        user.history.check();
    })
    .bound(2)
}

/// A holder is killed anywhere; the outcome is what another one gets.
fn holder_is_killed(fault: Fault) -> Model {
    Model::new("mailbox: the holder is killed", move || {
        let user = User::new(fault);
        user.put(1);
        let victim = model::process(VICTIM, {
            let user = user.process(VICTIM);
            move || {
                let _death = user.history.at_death(Call::Die(VICTIM), Answer::Done);
                user.receive();
            }
        });
        let early = user.receive();
        victim.join();
        user.receive();
        user.history.check();
        early
    })
    .bound(3)
}

/// A sender is killed anywhere; the outcome is what another one is told.
fn sender_is_killed() -> Model {
    Model::new("mailbox: the sender is killed", move || {
        let user = User::new(Fault::None);
        let victim = model::process(VICTIM, {
            let user = user.process(VICTIM);
            move || {
                let _death = user.history.at_death(Call::Die(VICTIM), Answer::Done);
                user.put(1);
            }
        });
        let told = user.put(2);
        victim.join();
        user.receive();
        user.put(3);
        user.receive();
        user.history.check();
        told
    })
    .bound(3)
}

pub fn tests() -> Vec<Test> {
    vec![
        ("a letter that comes back unmarked is refused", unmarked),
        ("a letter that is lost with its holder is refused", lost),
        ("busy is refused when no call is under way", busy),
    ]
}

fn unmarked() -> Result<(), String> {
    accepted(&holder_is_killed(Fault::Unmarked))?;
    let refusal = deaths(&holder_is_killed(Fault::Unmarked), &[VICTIM]);
    let words = ["Die(1) -> Done", "again: false"];
    refused(refusal.map_err(|failure| failure.failure), &words)
}

fn lost() -> Result<(), String> {
    accepted(&holder_is_killed(Fault::Lost))?;
    let refusal = deaths(&holder_is_killed(Fault::Lost), &[VICTIM]);
    let words = ["Die(1) -> Done", "Take(0) -> Empty"];
    refused(refusal.map_err(|failure| failure.failure), &words)
}

/// A letter is held while nobody calls: who is told to wait then waits for a process, not for a
/// call.
fn busy() -> Result<(), String> {
    let held = |fault| {
        Model::new("mailbox: held", move || {
            let user = User::new(fault);
            user.put(1);
            user.take();
            let other = user.process(2);
            let told = model::spawn(move || other.take()).join().unwrap();
            user.history.check();
            told
        })
    };
    let fine = held(Fault::None).explore();
    // There is nothing to explore but the order, which is given.
    let one = matches!(fine, Err(aqueduct::model::Failure::OneExecution { .. }));
    if !one {
        return Err(format!("{fine:?}"));
    }
    refused(held(Fault::BusyForLong).explore(), &["Take(2) -> Busy"])
}
