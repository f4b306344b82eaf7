//! One side of the buffer is killed, or stands still, at each of its accesses; or it is killed, and
//! so is its successor. Segments are of one message, so that each push reserves one and each pop
//! gives one back.

use super::{Buffer, Checked, rest, sides};
use super::{heap, is_small};
use crate::{kill, kill_twice, pause};
use aqueduct::buffer::unbounded::{Consumer, Memory, Producer, Unbounded};
use aqueduct::model::{self, Model, attempt};
use aqueduct::position::Position;
use libtest_mimic::Trial;
use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;

/// The process that is killed or paused.
const STOPPED: u32 = 1;
/// Its successor.
const STOPPED_TOO: u32 = 2;

/// The most accesses of a push or a pop: the peer's position; that the segment comes, or goes, and is
/// there; the slot; the own position.
const A_TRY: usize = 5;

pub fn trials() -> Vec<Trial> {
    let sent = ["0 of 1", "1 of 1", "1 of 2", "2 of 2"];
    let returned = [
        "1 pushed, 0 taken, 0 returned",
        "1 pushed, 1 taken, 0 returned",
        "1 pushed, 1 taken, 1 returned",
        "2 pushed, 1 taken, 0 returned",
        "2 pushed, 1 taken, 1 returned",
        "2 pushed, 2 taken, 1 returned",
        "2 pushed, 2 taken, 2 returned",
    ];
    // Who only stands still returns what it took.
    let all_returned = returned.into_iter().filter(|outcome| {
        !outcome.ends_with("1 taken, 0 returned") && !outcome.ends_with("2 taken, 1 returned")
    });
    let killed = [
        producer_stops().outcomes(sent.into_iter().chain(["0 of 0"])),
        consumer_stops().outcomes(returned),
    ];
    let paused = [
        producer_stops().outcomes(sent),
        consumer_stops().outcomes(all_returned),
    ];
    let killed = killed.map(|model| kill("unbounded", model, &[STOPPED]));
    let paused = paused.map(|model| pause("unbounded", model, &[STOPPED]));
    let counts = ["[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"];
    let ends = ["0 of 1", "1 of 1", "1 of 2", "2 of 2"];
    let killed_ends = || ends.into_iter().chain(["0 of 0"]);
    let twice = [
        producers_stop().outcomes(counts),
        consumers_stop().outcomes(counts),
        both_stop().outcomes(killed_ends().chain(["0 of 2"])),
    ];
    let twice = twice.map(|model| kill_twice("unbounded", model, [STOPPED, STOPPED_TOO]));
    let either = &[STOPPED, STOPPED_TOO];
    let on_heap = [
        kill("unbounded", on_heap().outcomes(killed_ends()), either),
        pause("unbounded", on_heap().outcomes(ends), either),
    ];
    let attached = ["0 of 0", "0 of 1", "0 of 2", "1 of 1", "1 of 2", "2 of 2"];
    let attached = [
        kill("unbounded", attached_stop().outcomes(attached), either),
        pause(
            "unbounded",
            attached_stop().outcomes(["0 of 2", "1 of 2", "2 of 2"]),
            either,
        ),
        kill(
            "unbounded",
            heap::dropped().outcomes(["false", "true"]),
            &[STOPPED],
        ),
        pause("unbounded", heap::dropped().outcomes(["true"]), &[STOPPED]),
    ];
    let killed = killed.into_iter().chain(paused).chain(attached);
    killed.chain(twice).chain(on_heap).collect()
}

/// A buffer whose stream starts one message before the wrap.
fn buffer(limit: usize) -> Buffer {
    Checked::new([limit, 1], 1).again().buffer()
}

/// A producer that follows a dead one.
fn producer_of<M: Memory, R: Deref<Target = Unbounded<M>> + Clone>(buffer: &R) -> Producer<R> {
    // SAFETY: its producer is gone.
    unsafe { Producer::attach(buffer.clone()) }.unwrap()
}

/// A consumer that follows a dead one.
fn consumer_of<M: Memory, R: Deref<Target = Unbounded<M>> + Clone>(buffer: &R) -> Consumer<R> {
    // SAFETY: its consumer is gone.
    unsafe { Consumer::attach(buffer.clone()) }.unwrap()
}

/// The number of the message at a position of a stream that starts one message before the wrap.
fn number(position: Position) -> u32 {
    let start = Position::new(0).minus(1);
    u32::try_from(position.since(start)).unwrap()
}

/// A producer that stops anywhere: the consumer tries, and nobody waits; nothing is lost or torn,
/// and a segment that was reserved in vain is used by a successor.
fn producer_stops() -> Model {
    Model::new("a producer that stops", || {
        let buffer = buffer(1);
        let (mut producer, mut consumer) = sides(&buffer);
        let producing = model::process(STOPPED, move || {
            // What does not fit is the last.
            let pushed = (0..2).take_while(|&message| producer.push(message).is_ok());
            pushed.count()
        });
        let early = (0..2).filter_map(|_| attempt(A_TRY, || consumer.pop()).ok());
        let mut popped: Vec<u32> = early.collect();
        let early = popped.len();
        let pushed = producing.join();
        popped.extend(rest(&mut consumer));
        assert!(pushed.is_none_or(|pushed| pushed == popped.len()));
        let outcome = format!("{early} of {}", popped.len());
        assert!(buffer.memory().there() <= 1, "what the dead one reserved");
        let mut successor = producer_of(&buffer);
        successor.push(number(successor.position())).unwrap();
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, (0..).take(popped.len()).collect::<Vec<_>>());
        is_small(&buffer);
        outcome
    })
}

/// A consumer that stops anywhere: the producer tries, and nobody waits; what was not released is
/// there for a successor, and what was not given back the successor gives back.
fn consumer_stops() -> Model {
    Model::new("a consumer that stops", || {
        let buffer = buffer(1);
        let (mut producer, mut consumer) = sides(&buffer);
        let returned = Rc::new(RefCell::new(Vec::new()));
        let consuming = model::process(STOPPED, {
            let returned = Rc::clone(&returned);
            move || {
                for _ in 0..2 {
                    returned.borrow_mut().extend(consumer.pop());
                }
            }
        });
        let fits = |&message: &u32| attempt(A_TRY, || producer.push(message)).is_ok();
        let pushed = u32::try_from((0..2).take_while(fits).count()).unwrap();
        consuming.join();
        let left = rest(&mut consumer_of(&buffer));
        let taken = pushed - u32::try_from(left.len()).unwrap();
        assert_eq!(left, (taken..pushed).collect::<Vec<_>>());
        is_small(&buffer);
        // What was released and not returned went with the victim.
        let returned = returned.borrow();
        assert_eq!(*returned, (0..taken).collect::<Vec<_>>()[..returned.len()]);
        format!(
            "{pushed} pushed, {taken} taken, {} returned",
            returned.len()
        )
    })
}

/// A producer is killed anywhere, and its successor too, while the consumer tries; a third one goes
/// on. The outcome is how many messages are each one's.
fn producers_stop() -> Model {
    Model::new("a producer that stops, and its successor", || {
        let buffer = buffer(1);
        let (producer, mut consumer) = sides(&buffer);
        let mut popped = Vec::new();
        let mut counts = Vec::new();
        let mut next = Some(producer);
        for process in [STOPPED, STOPPED_TOO] {
            let mut producer = next.take().unwrap_or_else(|| producer_of(&buffer));
            let first = number(producer.position());
            let producing = model::process(process, move || producer.push(first).is_ok());
            popped.extend(attempt(A_TRY, || consumer.pop()));
            producing.join();
            counts.push(number(producer_of(&buffer).position()) - first);
        }
        popped.extend(rest(&mut consumer));
        let mut third = producer_of(&buffer);
        let last = number(third.position());
        third.push(last).unwrap();
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, (0..=last).collect::<Vec<_>>());
        is_small(&buffer);
        counts
    })
    .bound(2)
}

/// A consumer is killed anywhere, and its successor too, while the producer tries; a third one gets
/// what is left. The outcome is how many messages each one took.
fn consumers_stop() -> Model {
    Model::new("a consumer that stops, and its successor", || {
        let buffer = buffer(1);
        let (mut producer, consumer) = sides(&buffer);
        let mut taken = Vec::new();
        let mut next = Some(consumer);
        for process in [STOPPED, STOPPED_TOO] {
            let mut consumer = next.take();
            let words = Rc::clone(&buffer);
            let first = number(buffer.positions().0);
            let consuming = model::process(process, move || {
                // A successor can be killed while it gives back.
                let consumer = consumer.get_or_insert_with(|| consumer_of(&words));
                assert_eq!(consumer.pop().unwrap_or(first), first);
            });
            let message = number(producer.position());
            let _ = attempt(A_TRY, || producer.push(message));
            consuming.join();
            taken.push(number(buffer.positions().0) - first);
        }
        let left = rest(&mut consumer_of(&buffer));
        let all = taken.iter().sum()..number(producer.position());
        assert_eq!(left, all.collect::<Vec<_>>());
        is_small(&buffer);
        taken
    })
    .bound(2)
}

/// Both sides are killed, each anywhere; successors go on.
fn both_stop() -> Model {
    Model::new("both sides stop", || {
        let buffer = buffer(3);
        let (mut producer, mut consumer) = sides(&buffer);
        let producing = model::process(STOPPED, move || {
            (0..2)
                .take_while(|&message| producer.push(message).is_ok())
                .count();
        });
        let consuming = model::process(STOPPED_TOO, move || {
            let popped: Vec<u32> = (0..2).filter_map(|_| consumer.pop().ok()).collect();
            assert_eq!(popped, (0..).take(popped.len()).collect::<Vec<_>>());
        });
        producing.join();
        consuming.join();
        let (mut producer, mut consumer) = (producer_of(&buffer), consumer_of(&buffer));
        let [taken, pushed] = [consumer.position(), producer.position()].map(number);
        producer.push(pushed).unwrap();
        assert_eq!(rest(&mut consumer), (taken..=pushed).collect::<Vec<_>>());
        is_small(&buffer);
        format!("{taken} of {pushed}")
    })
    .bound(2)
}

/// Either side stops anywhere, on the heap; a successor finds what is left.
fn on_heap() -> Model {
    Model::new("a side that stops, on the heap", || {
        let buffer = heap::buffer(1, 1);
        let (mut producer, mut consumer) = sides(&buffer);
        let producing = model::process(STOPPED, move || {
            (0..2)
                .take_while(|&message| producer.push(message).is_ok())
                .count();
        });
        let consuming = model::process(STOPPED_TOO, move || {
            let popped: Vec<u32> = (0..2).filter_map(|_| consumer.pop().ok()).collect();
            assert_eq!(popped, (0..).take(popped.len()).collect::<Vec<_>>());
        });
        producing.join();
        consuming.join();
        let (mut consumer, mut producer) = (consumer_of(&buffer), producer_of(&buffer));
        let mut left = rest(&mut consumer);
        let next = number(producer.position());
        producer.push(next).unwrap();
        left.extend(rest(&mut consumer));
        let first = next + 1 - u32::try_from(left.len()).unwrap();
        assert_eq!(left, (first..=next).collect::<Vec<_>>());
        assert_eq!(buffer.memory().segments_there(), 0);
        format!("{first} of {next}")
    })
    .bound(2)
}

/// Sides that attach and pass a slice on, across two segments; either stops anywhere, and is
/// followed.
fn attached_stop() -> Model {
    Model::new("a side that attaches and stops", || {
        let buffer = Checked::new([3, 2], 1).again().buffer();
        let words = Rc::clone(&buffer);
        let producing = model::process(STOPPED, move || {
            let (_, tail) = words.positions();
            let mut producer = producer_of(&words);
            assert_eq!(producer.position(), tail);
            producer.push_slice(&[0, 1]).unwrap();
        });
        let words = Rc::clone(&buffer);
        let consuming = model::process(STOPPED_TOO, move || {
            let mut messages = [9; 2];
            let popped = consumer_of(&words).pop_slice(&mut messages).unwrap();
            assert_eq!(messages[..popped], [0, 1][..popped]);
        });
        producing.join();
        consuming.join();
        let (mut producer, mut consumer) = (producer_of(&buffer), consumer_of(&buffer));
        let [taken, pushed] = [consumer.position(), producer.position()].map(number);
        producer.push(pushed).unwrap();
        assert_eq!(rest(&mut consumer), (taken..=pushed).collect::<Vec<_>>());
        is_small(&buffer);
        format!("{taken} of {pushed}")
    })
    .bound(2)
}
