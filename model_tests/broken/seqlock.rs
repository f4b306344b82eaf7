//! A value of two words beside a sequence number, odd while it is written; a reader that meets a
//! writer tries again later (Boehm, "Can Seqlocks Get Along with Programming Language Memory
//! Models?", 2012).

use super::{Found, Group, Killed, of_structure, relaxed_if};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The words may be seen before the odd number is.
    WriterFenceDropped,
    /// The even number may be seen before the words are.
    EndRelaxed,
    /// The reader takes the words without acquiring what the number stands for.
    BeginRelaxed,
    /// The reader looks at the number again without being sure of the words.
    ReaderFenceDropped,
    /// A value is read while it is written.
    OddIgnored,
    /// The reader does not look at the number again.
    NotLookedAgain,
    /// A value of 64 bits in two words, and nothing else.
    Unguarded,
    /// The number changes once for each value, at its end.
    CountedOnce,
    /// The number has two bits: two values later it is the same.
    NarrowSequence,
    /// A successor counts on from an odd number, which then is even while it writes.
    SuccessorCountsOn,
}

struct Value<P: Platform> {
    fault: Option<Fault>,
    /// Written by one writer at a time, as the halves are.
    sequence: P::AtomicU32,
    low: P::AtomicU32,
    high: P::AtomicU32,
}

impl<P: Platform> Value<P> {
    fn new(fault: Option<Fault>) -> Rc<Self> {
        Rc::new(Value {
            fault,
            sequence: Atomic::new(0),
            low: Atomic::new(0),
            high: Atomic::new(0),
        })
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn following(&self, sequence: u32) -> u32 {
        let next = sequence.wrapping_add(1);
        if self.has(Fault::NarrowSequence) {
            next & 3
        } else {
            next
        }
    }

    fn write(&self, low: u32, high: u32) {
        let before = self.sequence.load(Relaxed);
        let odd = if before % 2 == 1 && !self.has(Fault::SuccessorCountsOn) {
            before
        } else {
            self.following(before)
        };
        if !self.has(Fault::CountedOnce) {
            self.sequence.store(odd, Relaxed);
        }
        if !self.has(Fault::WriterFenceDropped) {
            P::fence(Release);
        }
        self.low.store(low, Relaxed);
        self.high.store(high, Relaxed);
        let release = relaxed_if(self.has(Fault::EndRelaxed), Release);
        self.sequence.store(self.following(odd), release);
    }

    /// The two halves, unless they are being written.
    fn read(&self) -> Option<(u32, u32)> {
        let acquire = relaxed_if(self.has(Fault::BeginRelaxed), Acquire);
        let begin = self.sequence.load(acquire);
        let unguarded = self.has(Fault::Unguarded);
        if begin % 2 == 1 && !self.has(Fault::OddIgnored) && !unguarded {
            return None;
        }
        let halves = (self.low.load(Relaxed), self.high.load(Relaxed));
        if !self.has(Fault::ReaderFenceDropped) {
            P::fence(Acquire);
        }
        let end = if self.has(Fault::NotLookedAgain) || unguarded {
            begin
        } else {
            self.sequence.load(Relaxed)
        };
        (begin == end).then_some(halves)
    }

    /// A value whose halves are the same, in words.
    fn look(&self) -> String {
        match self.read() {
            None => "busy".into(),
            Some((low, high)) => {
                assert_eq!(low, high, "torn");
                low.to_string()
            }
        }
    }
}

/// The writer writes twice, a reader reads once.
fn two_values(fault: Option<Fault>) -> String {
    let value = Value::<Machine>::new(fault);
    let writing = model::spawn({
        let value = Rc::clone(&value);
        move || {
            value.write(1, 1);
            value.write(2, 2);
        }
    });
    let seen = value.look();
    writing.join().unwrap();
    seen
}

/// The writer is killed at any moment, and another one follows.
fn killed(fault: Option<Fault>) -> String {
    let value = Value::<Machine>::new(fault);
    let victim = model::process(1, {
        let value = Rc::clone(&value);
        move || value.write(1, 1)
    });
    let first = value.look();
    victim.join();
    let writing = model::spawn({
        let value = Rc::clone(&value);
        move || value.write(2, 2)
    });
    let second = value.look();
    writing.join().unwrap();
    format!("{first}, then {second}")
}

pub fn trials() -> Vec<Trial> {
    let two_values = Group {
        name: "two values",
        body: two_values,
        stated: |model| {
            model
                .bound(2)
                .outcomes(["busy", "0", "1", "2"])
                .at_least(50)
        },
        killed: Killed::Nobody,
        faults: &[
            (Fault::WriterFenceDropped, Found::Panic("torn")),
            (Fault::EndRelaxed, Found::Panic("torn")),
            (Fault::BeginRelaxed, Found::Panic("torn")),
            (Fault::ReaderFenceDropped, Found::Panic("torn")),
            (Fault::OddIgnored, Found::Panic("torn")),
            (Fault::NotLookedAgain, Found::Panic("torn")),
            (Fault::Unguarded, Found::Panic("torn")),
            (Fault::CountedOnce, Found::Panic("torn")),
            (Fault::NarrowSequence, Found::Panic("torn")),
        ],
    };
    let killed = Group {
        name: "the writer is killed",
        body: killed,
        stated: |model| {
            let all = ["0, then 0", "0, then busy", "0, then 2"];
            let more = ["busy, then busy", "busy, then 1", "busy, then 2"];
            let written = ["0, then 1", "1, then 1", "1, then busy", "1, then 2"];
            model
                .bound(2)
                .outcomes(all.into_iter().chain(more).chain(written))
        },
        killed: Killed::Process(1),
        faults: &[(Fault::SuccessorCountsOn, Found::Panic("torn"))],
    };
    of_structure("seqlock", [two_values, killed])
}
