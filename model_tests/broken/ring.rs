//! A bounded ring for one producer and one consumer, with free-running positions (Lamport 1983).

use super::{Found, Group, Killed, of_structure, read, relaxed_if, write};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The producer publishes without releasing what it wrote.
    PublishRelaxed,
    /// The consumer takes without acquiring what was published.
    TakeRelaxed,
    /// The consumer frees a slot without releasing its reads.
    FreeRelaxed,
    /// The producer fills a slot without acquiring that it was read.
    RoomRelaxed,
    /// The message is published before it is written.
    PublishedEarly,
    /// The slot is freed before it is read.
    FreedEarly,
    /// One message more than there are slots.
    OneTooMany,
    /// One message less than the capacity: here, none (as in rigtorp/SPSCQueue, issue 4).
    OneTooFew,
    /// Positions are compared as numbers, which fails once one of them has wrapped.
    ComparedPlainly,
    /// The index is the position modulo the capacity, not a power of two: it jumps at the wrap.
    ModuloCapacity,
    /// Each message of a batch is published by itself.
    BatchInPart,
    /// A batch is admitted if there is room for one.
    RoomForOne,
}

struct Ring<P: Platform> {
    fault: Option<Fault>,
    capacity: u32,
    /// Next to take; written by the consumer.
    head: P::AtomicU32,
    /// Next to fill; written by the producer.
    tail: P::AtomicU32,
    /// A power of two.
    slots: Vec<P::Cell<u32>>,
}

struct Producer<P: Platform>(Rc<Ring<P>>, u32);
struct Consumer<P: Platform>(Rc<Ring<P>>, u32);

/// A ring whose stream starts at `start`.
fn ring<P: Platform>(
    fault: Option<Fault>,
    capacity: u32,
    start: u32,
) -> (Producer<P>, Consumer<P>) {
    let slots = (0..capacity.next_power_of_two()).map(|_| Cell::new(0));
    let ring = Rc::new(Ring {
        fault,
        capacity,
        head: Atomic::new(start),
        tail: Atomic::new(start),
        slots: slots.collect(),
    });
    let picture = Rc::clone(&ring);
    model::watch(move || picture.picture());
    (Producer(Rc::clone(&ring), start), Consumer(ring, start))
}

impl<P: Platform> Ring<P> {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The slots, those that are filled marked, and the positions.
    fn picture(&self) -> String {
        let [head, tail] = [&self.head, &self.tail].map(|word| word.load(Relaxed));
        let filled = |slot: usize| {
            let mut positions = (0..tail.wrapping_sub(head)).map(|at| head.wrapping_add(at));
            positions.any(|position| std::ptr::eq(self.slot(position), &raw const self.slots[slot]))
        };
        let slots = self.slots.iter().enumerate().map(|(index, slot)| {
            let mark = if filled(index) { '*' } else { ' ' };
            format!("[{}{mark}]", read(slot))
        });
        let slots: String = slots.collect();
        let [head, tail] = [head, tail].map(u32::cast_signed);
        format!("{slots}  head {head}, tail {tail}")
    }

    fn slot(&self, position: u32) -> &P::Cell<u32> {
        let index = if self.has(Fault::ModuloCapacity) {
            position as usize % self.capacity as usize
        } else {
            position as usize & (self.slots.len() - 1)
        };
        &self.slots[index]
    }

    fn has_room(&self, filled: u32, messages: u32) -> bool {
        match self.fault {
            Some(Fault::OneTooMany) => filled + messages <= self.capacity + 1,
            Some(Fault::OneTooFew) => filled + messages < self.capacity,
            Some(Fault::RoomForOne) => filled < self.capacity,
            _ => filled + messages <= self.capacity,
        }
    }
}

impl<P: Platform> Producer<P> {
    /// Pushes all of `messages`, or none of them.
    fn push(&mut self, messages: &[u32]) -> bool {
        let Producer(ring, tail) = self;
        let head = ring
            .head
            .load(relaxed_if(ring.has(Fault::RoomRelaxed), Acquire));
        let count = u32::try_from(messages.len()).unwrap();
        if !ring.has_room(tail.wrapping_sub(head), count) {
            return false;
        }
        let release = relaxed_if(ring.has(Fault::PublishRelaxed), Release);
        let end = tail.wrapping_add(count);
        if ring.has(Fault::PublishedEarly) {
            ring.tail.store(end, release);
        }
        for &message in messages {
            write(ring.slot(*tail), message);
            *tail = tail.wrapping_add(1);
            if ring.has(Fault::BatchInPart) {
                ring.tail.store(*tail, release);
            }
        }
        ring.tail.store(end, release);
        true
    }
}

impl<P: Platform> Consumer<P> {
    /// All messages that are there.
    fn pop(&mut self) -> Vec<u32> {
        let Consumer(ring, head) = self;
        let acquire = relaxed_if(ring.has(Fault::TakeRelaxed), Acquire);
        let tail = ring.tail.load(acquire);
        let release = relaxed_if(ring.has(Fault::FreeRelaxed), Release);
        if ring.has(Fault::FreedEarly) {
            ring.head.store(tail, release);
        }
        let mut messages = Vec::new();
        while *head != tail && !(ring.has(Fault::ComparedPlainly) && *head > tail) {
            messages.push(read(ring.slot(*head)));
            *head = head.wrapping_add(1);
        }
        ring.head.store(*head, release);
        messages
    }
}

/// Two messages through one slot, across the wrap. What was pushed comes out, in order; the outcome
/// is what came out while the producer was at work.
fn one_by_one(fault: Option<Fault>) -> String {
    let (mut producer, mut consumer) = ring::<Machine>(fault, 1, u32::MAX);
    let producing = model::spawn(move || {
        let mut next = 1;
        for _ in 0..2 {
            next += u32::from(producer.push(&[next]));
        }
        next
    });
    let mut popped = consumer.pop();
    popped.extend(consumer.pop());
    let early = format!("{popped:?}");
    let next = producing.join().unwrap();
    popped.extend(consumer.pop());
    assert_eq!(popped, (1..next).collect::<Vec<_>>(), "other messages");
    early
}

/// Two batches of two into a ring for three, across the wrap.
fn batches(fault: Option<Fault>) -> String {
    let (mut producer, mut consumer) = ring::<Machine>(fault, 3, u32::MAX);
    let producing = model::spawn(move || {
        assert!(producer.push(&[1, 2]), "there is room");
        producer.push(&[3, 4])
    });
    let mut popped = consumer.pop();
    let early = popped.len();
    let both = producing.join().unwrap();
    let held = consumer.pop();
    assert!(held.len() <= 3, "more than the capacity");
    popped.extend(held);
    assert_eq!(popped, [1, 2, 3, 4][..2 + 2 * usize::from(both)]);
    format!("{early} early, second: {both}")
}

pub fn trials() -> Vec<Trial> {
    let one_by_one = Group {
        name: "one by one",
        body: one_by_one,
        stated: |model| model.outcomes(["[]", "[1]", "[1, 2]"]).at_least(50),
        killed: Killed::Nobody,
        faults: &[
            (Fault::PublishRelaxed, Found::Race),
            (Fault::TakeRelaxed, Found::Race),
            (Fault::FreeRelaxed, Found::Race),
            (Fault::RoomRelaxed, Found::Race),
            (Fault::PublishedEarly, Found::Race),
            (Fault::FreedEarly, Found::Race),
            (Fault::OneTooMany, Found::Panic("other messages")),
            (Fault::OneTooFew, Found::Missing("[1, 2]")),
            (Fault::ComparedPlainly, Found::Panic("other messages")),
        ],
    };
    let batches = Group {
        name: "batches",
        body: batches,
        stated: |model| {
            let outcomes = [
                "0 early, second: false",
                "2 early, second: false",
                "2 early, second: true",
            ];
            model.outcomes(outcomes).at_least(10)
        },
        killed: Killed::Nobody,
        faults: &[
            (Fault::ModuloCapacity, Found::Panic("[2, 2]")),
            (Fault::BatchInPart, Found::Outcome("1 early, second: false")),
            (Fault::RoomForOne, Found::Panic("more than the capacity")),
        ],
    };
    of_structure("ring", [one_by_one, batches])
}
