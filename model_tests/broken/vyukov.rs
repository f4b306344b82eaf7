//! A bounded queue for many producers and consumers with a sequence number in each slot (Vyukov,
//! 1024cores.net): a side claims a position by compare-exchange, then fills or empties the slot.
//!
//! It does not survive a producer that is killed between the two, and says so here.

use super::{Found, Group, Killed, of_structure, read, relaxed_if, write};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{self, Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};
use libtest_mimic::Trial;
use std::cmp::Ordering as Compared;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The slot is published without releasing what it holds.
    PublishRelaxed,
    /// The slot is taken without acquiring what it holds.
    TakeRelaxed,
    /// The slot is freed without releasing that it was read.
    FreeRelaxed,
    /// The slot is filled without acquiring that it was read.
    RoomRelaxed,
    /// The slot is published before it is filled.
    PublishedEarly,
    /// The slot is freed before it is read.
    FreedEarly,
    /// A position is claimed by a store.
    ClaimedByStore,
    /// A position is claimed by a swap, also if another one was first.
    ClaimedBySwap,
    /// A freed slot waits for the position that has just been taken, not for the next lap.
    WrongLap,
    /// Sequence numbers are compared as numbers, which fails once one of them has wrapped.
    ComparedPlainly,
    /// One slot: published and free for the next lap are the same number.
    OneSlot,
    /// Its users believe that the others go on when a producer is killed.
    BelievedToSurvive,
}

struct Slot<P: Platform> {
    /// The position that may fill the slot, or that after the one that may empty it.
    sequence: P::AtomicU32,
    message: P::Cell<u32>,
}

struct Queue<P: Platform> {
    fault: Option<Fault>,
    head: P::AtomicU32,
    tail: P::AtomicU32,
    /// A power of two.
    slots: Vec<Slot<P>>,
}

impl<P: Platform> Queue<P> {
    /// An empty queue of two slots whose positions start just before the wrap.
    fn new(fault: Option<Fault>) -> Rc<Self> {
        let start = u32::MAX;
        let count: u32 = if fault == Some(Fault::OneSlot) { 1 } else { 2 };
        let slot = |index| Slot {
            // The positions from `start` on, each in its slot.
            sequence: Atomic::new(start.wrapping_add((index + 1) % count)),
            message: Cell::new(0),
        };
        Rc::new(Queue {
            fault,
            head: Atomic::new(start),
            tail: Atomic::new(start),
            slots: (0..count).map(slot).collect(),
        })
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn relaxed_if(&self, fault: Fault, right: Ordering) -> Ordering {
        relaxed_if(self.has(fault), right)
    }

    fn compare(&self, sequence: u32, expected: u32) -> Compared {
        if self.has(Fault::ComparedPlainly) {
            return sequence.cmp(&expected);
        }
        sequence.wrapping_sub(expected).cast_signed().cmp(&0)
    }

    /// Claims the next position of `end`, if its slot has come to that position and `ahead`.
    fn claim(&self, end: &P::AtomicU32, ahead: u32, acquire: Ordering) -> Option<(u32, &Slot<P>)> {
        // Relaxed, here and below: the sequence numbers carry the edges.
        let mut position = end.load(Relaxed);
        loop {
            let slot = &self.slots[position as usize & (self.slots.len() - 1)];
            let sequence = slot.sequence.load(acquire);
            match self.compare(sequence, position.wrapping_add(ahead)) {
                Compared::Less => return None,
                Compared::Greater => position = end.load(Relaxed),
                Compared::Equal => {
                    let next = position.wrapping_add(1);
                    let claimed = match self.fault {
                        Some(Fault::ClaimedByStore) => {
                            end.store(next, Relaxed);
                            Ok(position)
                        }
                        Some(Fault::ClaimedBySwap) => {
                            end.swap(next, Relaxed);
                            Ok(position)
                        }
                        _ => end.compare_exchange(position, next, Relaxed, Relaxed),
                    };
                    match claimed {
                        Ok(_) => return Some((position, slot)),
                        Err(found) => position = found,
                    }
                }
            }
        }
    }

    fn push(&self, message: u32) -> bool {
        let acquire = self.relaxed_if(Fault::RoomRelaxed, Acquire);
        let Some((position, slot)) = self.claim(&self.tail, 0, acquire) else {
            return false;
        };
        let release = self.relaxed_if(Fault::PublishRelaxed, Release);
        let publish = || slot.sequence.store(position.wrapping_add(1), release);
        if self.has(Fault::PublishedEarly) {
            publish();
            write(&slot.message, message);
        } else {
            write(&slot.message, message);
            publish();
        }
        true
    }

    fn pop(&self) -> Option<u32> {
        let acquire = self.relaxed_if(Fault::TakeRelaxed, Acquire);
        let (position, slot) = self.claim(&self.head, 1, acquire)?;
        let release = self.relaxed_if(Fault::FreeRelaxed, Release);
        let lap = if self.has(Fault::WrongLap) {
            1
        } else {
            u32::try_from(self.slots.len()).unwrap()
        };
        let free = || slot.sequence.store(position.wrapping_add(lap), release);
        if self.has(Fault::FreedEarly) {
            free();
            return Some(read(&slot.message));
        }
        let message = read(&slot.message);
        free();
        Some(message)
    }

    fn rest(&self) -> Vec<u32> {
        std::iter::from_fn(|| self.pop()).take(4).collect()
    }
}

/// One producer goes round the slots, one consumer takes.
fn laps(fault: Option<Fault>) -> String {
    let queue = Queue::<Machine>::new(fault);
    let pushing = model::spawn({
        let queue = Rc::clone(&queue);
        move || {
            let pushed = [1, 2, 3].map(|message| queue.push(message));
            (1..4).zip(pushed).filter(|one| one.1).map(|one| one.0)
        }
    });
    let mut popped = Vec::from_iter(queue.pop());
    let early = popped.len();
    let pushed: Vec<u32> = pushing.join().unwrap().collect();
    popped.extend(queue.rest());
    assert_eq!(popped, pushed, "other messages");
    format!("{early} early, {} pushed", pushed.len())
}

/// Two producers meet.
fn producers(fault: Option<Fault>) -> String {
    let queue = Queue::<Machine>::new(fault);
    let pushing = model::spawn({
        let queue = Rc::clone(&queue);
        move || assert!(queue.push(1), "there is room")
    });
    assert!(queue.push(2), "there is room");
    pushing.join().unwrap();
    let popped = queue.rest();
    assert_eq!(popped.iter().sum::<u32>(), 3, "other messages");
    format!("{popped:?}")
}

/// A producer is killed at any moment; another one pushes, and there is a consumer.
fn killed(fault: Option<Fault>) -> String {
    let queue = Queue::<Machine>::new(fault);
    let victim = model::process(1, {
        let queue = Rc::clone(&queue);
        move || queue.push(1)
    });
    let pushed = queue.push(2);
    victim.join();
    let popped = queue.rest();
    let wedged = pushed && !popped.contains(&2);
    let believed = fault == Some(Fault::BelievedToSurvive);
    assert!(!(believed && wedged), "wedged");
    format!("{popped:?}{}", if wedged { ", wedged" } else { "" })
}

pub fn trials() -> Vec<Trial> {
    let laps = Group {
        name: "laps",
        body: laps,
        stated: |model| {
            let outcomes = [
                "0 early, 2 pushed",
                "1 early, 2 pushed",
                "1 early, 3 pushed",
            ];
            model.outcomes(outcomes).at_least(20)
        },
        killed: Killed::Nobody,
        faults: &[
            (Fault::PublishRelaxed, Found::Race),
            (Fault::TakeRelaxed, Found::Race),
            (Fault::FreeRelaxed, Found::Race),
            (Fault::RoomRelaxed, Found::Race),
            (Fault::PublishedEarly, Found::Race),
            (Fault::FreedEarly, Found::Race),
            (Fault::WrongLap, Found::Missing("1 early, 3 pushed")),
            (Fault::ComparedPlainly, Found::Endless),
            (Fault::OneSlot, Found::Endless),
        ],
    };
    let producers = Group {
        name: "two producers",
        body: producers,
        stated: |model| model.outcomes(["[1, 2]", "[2, 1]"]).at_least(10),
        killed: Killed::Nobody,
        faults: &[
            (Fault::ClaimedByStore, Found::Discipline),
            (Fault::ClaimedBySwap, Found::Race),
        ],
    };
    let killed = Group {
        name: "it wedges when a producer is killed",
        body: killed,
        stated: |model| {
            model
                .bound(2)
                .outcomes(["[1, 2]", "[2, 1]", "[2]", "[], wedged"])
        },
        killed: Killed::Process(1),
        faults: &[(Fault::BelievedToSurvive, Found::Panic("wedged"))],
    };
    of_structure("vyukov", [laps, producers, killed])
}
