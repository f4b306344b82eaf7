//! A producer or a consumer is killed, or stands still, at each of its accesses.

use super::{Words, consumer, pop, producer, push, rest, ring};
use crate::{kill, kill_twice, pause};
use aqueduct::buffer::Owner;
use aqueduct::model::{self, Model, attempt};
use libtest_mimic::Trial;
use std::cell::RefCell;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

/// The process that is killed or paused, and its attachment.
const STOPPED: u32 = 1;
/// Another one.
const STOPPED_TOO: u32 = 2;

pub fn trials() -> Vec<Trial> {
    let killed = killed().map(|model| kill("mpmc", model, &[STOPPED]));
    let paused = paused().map(|model| pause("mpmc", model, &[STOPPED]));
    let settled = [
        "None, false",
        "None, true",
        "Some(false), false",
        "Some(false), true",
        "Some(true), false",
    ];
    let twice = settler_dies().outcomes(settled);
    let twice = kill_twice("mpmc", twice, [STOPPED, STOPPED_TOO]);
    let settling = settler_dies().outcomes(["Some(false), false"]);
    let settling = pause("mpmc", settling, &[STOPPED_TOO]);
    let one = killed.into_iter().chain(paused);
    one.chain([twice, settling]).collect()
}

/// The same with one preemption more.
pub fn long() -> Vec<Trial> {
    let killed = killed().map(|model| kill("mpmc::long", model.bound(2), &[STOPPED]));
    let paused = paused().map(|model| pause("mpmc::long", model.bound(2), &[STOPPED]));
    killed.into_iter().chain(paused).collect()
}

fn killed() -> [Model; 5] {
    [
        producer_dies().outcomes([
            "0 settled, full, [1, 2]",
            "0 settled, pushed, [1, 2, 3]",
            "0 settled, pushed, [2, 1, 3]",
            "0 settled, pushed, [2, 3]",
            "1 settled, pushed, [2, 3]",
        ]),
        consumer_dies().outcomes([
            "0 settled, Some(1), true",
            "0 settled, Some(2), false",
            "0 settled, Some(2), true",
            "1 settled, Some(1), true",
            "1 settled, Some(2), false",
        ]),
        slot_of_the_dead().outcomes([
            "0 settled, busy",
            "0 settled, full",
            "0 settled, pushed",
            "1 settled, busy",
            "1 settled, pushed",
        ]),
        settler_stops().outcomes(["Some(1), pushed", "Some(2), busy", "Some(2), full"]),
        holder_stops().outcomes([
            "[1, 2], None",
            "[1, 2], Some(true)",
            "[1], None",
            "[1], Some(false)",
            "[], None",
        ]),
    ]
}

fn paused() -> [Model; 4] {
    [
        producer_pauses().outcomes([
            "None early, [1, 2]",
            "Some(1) early, [1, 2]",
            "Some(2) early, [2, 1]",
        ]),
        consumer_pauses().outcomes([
            "Some(1), Some(2), pushed",
            "Some(2), Some(1), busy",
            "Some(2), Some(1), pushed",
        ]),
        settler_stops().outcomes(["Some(1), pushed", "Some(2), busy", "Some(2), full"]),
        holder_stops().outcomes(["[1, 2], Some(true)", "[1], Some(false)"]),
    ]
}

/// What fails without an ordering of the recovery.
pub fn to_sweep() -> Vec<Model> {
    // Its message is in the slot, and not published.
    vec![slot_of_the_dead().bound(2).killed(STOPPED, 6)]
}

/// Settles what the victim held, which is known to be dead.
fn recover(ring: &Words) -> usize {
    // SAFETY: it was joined, and nobody else has its number.
    unsafe { ring.recover(Owner::new(1)) }.unwrap()
}

/// A producer dies: its message is received whole or not at all, and those of others are not lost.
fn producer_dies() -> Model {
    Model::new("a producer that dies, capacity 2", || {
        let ring = ring(2, 1);
        let producing = model::process(STOPPED, {
            let producer = producer(&ring, 1);
            move || push(&producer, 1)
        });
        let survivor = producer(&ring, 2);
        let second = push(&survivor, 2);
        let early = pop(&consumer(&ring, 3));
        let returned = producing.join();
        let settled = recover(&ring);
        let third = push(&survivor, 3);
        let late = rest(&ring);
        let all: Vec<u32> = early.into_iter().chain(late).collect();
        assert_eq!(second, "pushed");
        assert!(returned.is_none() || all.contains(&1));
        let others: Vec<u32> = all.iter().copied().filter(|&n| n != 1).collect();
        assert_eq!(
            others,
            if third == "pushed" {
                vec![2, 3]
            } else {
                vec![2]
            }
        );
        format!("{settled} settled, {third}, {all:?}")
    })
    .bound(1)
}

/// A producer dies; two others settle what it held if they know that, and one fills the slot.
fn slot_of_the_dead() -> Model {
    Model::new("the slot of a dead producer, capacity 1", || {
        let ring = ring(1, 1);
        let dying = model::process(STOPPED, {
            let producer = producer(&ring, 1);
            move || push(&producer, 1)
        });
        // SAFETY: it is known to be dead, and nobody else has its number.
        let settle = |ring: &Words| model::is_dead(STOPPED).then(|| recover(ring));
        let settling = model::spawn({
            let ring = Arc::clone(&ring);
            move || settle(&ring)
        });
        let settled = settle(&ring);
        let second = push(&producer(&ring, 2), 2);
        let settled_too = settling.join().unwrap();
        dying.join();
        let settled: usize = [settled, settled_too, Some(recover(&ring))]
            .iter()
            .flatten()
            .sum();
        match (second, rest(&ring).as_slice()) {
            ("pushed", [2]) | ("full", [1]) | ("busy", [1] | []) => {}
            other => panic!("{other:?}"),
        }
        format!("{settled} settled, {second}")
    })
    .bound(1)
}

/// A consumer dies, and so does whoever settles what it held; a third one finishes that.
fn settler_dies() -> Model {
    Model::new("a consumer that dies, and who settles it", || {
        let ring = ring(2, 1);
        assert_eq!([1, 2].map(|n| push(&producer(&ring, 3), n)), ["pushed"; 2]);
        let consuming = model::process(STOPPED, {
            let consumer = consumer(&ring, 1);
            move || pop(&consumer)
        });
        let settling = model::process(STOPPED_TOO, {
            let ring = Arc::clone(&ring);
            move || model::is_dead(STOPPED) && recover(&ring) > 0
        });
        let popped = consuming.join();
        let settled = settling.join();
        // SAFETY: it has ended, and nobody else has its number.
        unsafe { ring.recover(Owner::new(2)) }.unwrap();
        let settled_late = recover(&ring) > 0;
        let mut all: Vec<u32> = popped.flatten().into_iter().chain(rest(&ring)).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        format!("{settled:?}, {settled_late}")
    })
    .bound(1)
}

/// Whoever settles what a dead consumer held stops.
fn settler_stops() -> Model {
    Model::new("one that settles and stops, capacity 2", || {
        let ring = ring(2, 1);
        let filling = producer(&ring, 3);
        assert_eq!([1, 2].map(|n| push(&filling, n)), ["pushed"; 2]);
        // A guard that is forgotten: a process that died there.
        mem::forget(consumer(&ring, 2).pop_ref());
        // SAFETY: nobody else has its number.
        let settle = |ring: &Words| unsafe { ring.recover(Owner::new(2)) }.unwrap();
        let settling = model::process(STOPPED, {
            let ring = Arc::clone(&ring);
            move || settle(&ring)
        });
        let early = attempt(30, || pop(&consumer(&ring, 3)));
        let third = attempt(30, || push(&filling, 3));
        settling.join();
        settle(&ring);
        let mut all: Vec<u32> = early.into_iter().chain(rest(&ring)).collect();
        all.sort_unstable();
        let pushed = third == "pushed";
        assert_eq!(all, if pushed { vec![1, 2, 3] } else { vec![1, 2] });
        format!("{early:?}, {third}")
    })
    .bound(2)
}

/// One that holds slots for a while stops: with a claim that it gives up, a message that it puts
/// back, and slices.
fn holder_stops() -> Model {
    Model::new("one that holds slots and stops, capacity 2", || {
        let ring = ring(2, 1);
        assert_eq!(push(&producer(&ring, 2), 1), "pushed");
        let received = Rc::new(RefCell::new(Vec::new()));
        let holding = model::process(STOPPED, {
            let (producer, consumer) = (producer(&ring, 1), consumer(&ring, 1));
            let received = Rc::clone(&received);
            move || {
                drop(producer.claim());
                if let Ok(taken) = consumer.pop_ref() {
                    assert_eq!(taken.read(|&message| message), 1);
                    taken.put_back().unwrap();
                }
                let pushed = producer.push_slice(&[2]) == Ok(1);
                let mut message = [0];
                if consumer.pop_slice(&mut message) == Ok(1) {
                    received.borrow_mut().extend(message);
                }
                pushed
            }
        });
        let early = attempt(30, || pop(&consumer(&ring, 3)));
        let pushed = holding.join();
        recover(&ring);
        let mut all: Vec<u32> = early.into_iter().chain(rest(&ring)).collect();
        all.extend(received.borrow().iter());
        all.sort_unstable();
        let expected: &[&[u32]] = match pushed {
            Some(true) => &[&[1, 2]],
            Some(false) => &[&[1]],
            // What was received and not noted went with it.
            None => &[&[1, 2], &[1], &[2], &[]],
        };
        assert!(expected.contains(&&*all), "{all:?} {pushed:?}");
        format!("{all:?}, {pushed:?}")
    })
    .bound(1)
}

/// A consumer dies: what it had not received is there for another one.
fn consumer_dies() -> Model {
    Model::new("a consumer that dies, capacity 2", || {
        let ring = ring(2, 1);
        let filling = producer(&ring, 2);
        assert_eq!([1, 2].map(|n| push(&filling, n)), ["pushed"; 2]);
        let consuming = model::process(STOPPED, {
            let consumer = consumer(&ring, 1);
            move || pop(&consumer)
        });
        let early = pop(&consumer(&ring, 3));
        let third = push(&filling, 3);
        let returned = consuming.join();
        let settled = recover(&ring);
        let late = rest(&ring);
        // A pop has no access between its release and its return.
        let received = early.into_iter().chain(returned.flatten());
        let mut all: Vec<u32> = received.chain(late).collect();
        all.sort_unstable();
        let third = third == "pushed";
        assert_eq!(all, if third { vec![1, 2, 3] } else { vec![1, 2] });
        format!("{settled} settled, {early:?}, {third}")
    })
    .bound(1)
}

/// A producer stands still: nobody waits for it; its claim is said to be busy.
fn producer_pauses() -> Model {
    Model::new("a producer that pauses, capacity 2", || {
        let ring = ring(2, 1);
        let producing = model::process(STOPPED, {
            let producer = producer(&ring, 1);
            move || push(&producer, 1)
        });
        let survivor = producer(&ring, 2);
        let second = attempt(30, || push(&survivor, 2));
        let early = attempt(30, || pop(&consumer(&ring, 3)));
        let first = producing.join();
        let mut all: Vec<u32> = early.into_iter().chain(rest(&ring)).collect();
        assert_eq!((first, second), (Some("pushed"), "pushed"));
        let order = format!("{all:?}");
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        format!("{early:?} early, {order}")
    })
    .bound(1)
}

/// A consumer stands still: others take the next message, and fill the other slot.
fn consumer_pauses() -> Model {
    Model::new("a consumer that pauses, capacity 2", || {
        let ring = ring(2, 1);
        let filling = producer(&ring, 2);
        assert_eq!([1, 2].map(|n| push(&filling, n)), ["pushed"; 2]);
        let consuming = model::process(STOPPED, {
            let consumer = consumer(&ring, 1);
            move || pop(&consumer)
        });
        let early = attempt(30, || pop(&consumer(&ring, 3)));
        let third = attempt(30, || push(&filling, 3));
        let one = consuming.join().flatten();
        let late = rest(&ring);
        let mut all: Vec<u32> = early.into_iter().chain(one).chain(late).collect();
        all.sort_unstable();
        let pushed = third == "pushed";
        assert_eq!(all, if pushed { vec![1, 2, 3] } else { vec![1, 2] });
        format!("{early:?}, {one:?}, {third}")
    })
    .bound(1)
}
