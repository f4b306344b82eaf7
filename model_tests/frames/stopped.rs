//! A producer or the consumer is killed, or stands still, at each of its accesses; or it is killed,
//! and so is its successor; or both sides are.

use super::{Start, Words, consumer, frames, owner, pop, producer, push, rest};
use crate::{kill, kill_twice, pause};
use aqueduct::model::{self, Model, attempt};
use libtest_mimic::Trial;
use std::cell::RefCell;
use std::mem;
use std::rc::Rc;
use std::sync::Arc;

/// The process that is killed or paused.
const STOPPED: u32 = 1;
/// Its successor, or the other side.
const STOPPED_TOO: u32 = 2;

/// The most accesses of a push where at most two others claim: each of them makes an exchange fail,
/// and is walked over with a look at `head`; then the word, the exchange, the block and the word; or
/// a last look that finds no room.
const A_PUSH: usize = 2 * 4 + 4;
/// The most accesses of a pop: the word, the block, `head`, and the word twice; before it, of what is
/// skipped, all but the block.
const A_POP: usize = 2 * 4 + 5;

pub fn trials() -> Vec<Trial> {
    let sent = ["1 sent, 0 given up", "2 sent, 0 given up"];
    let torn = [
        "0 sent, 0 given up",
        "0 sent, 1 given up",
        "1 sent, 1 given up",
    ];
    let followed = ["Busy(Owner(1)), [[]]", "Empty, [[]]", "[], []"];
    let unfollowed = ["Busy(Owner(1)), []", "Empty, []"];
    // A pop that has released has two more accesses before its return.
    let taken = [
        "2 pushed, 1 taken, 1 returned",
        "2 pushed, 2 taken, 2 returned",
        "3 pushed, 1 taken, 1 returned",
        "3 pushed, 2 taken, 2 returned",
    ];
    let lost = [
        "2 pushed, 0 taken, 0 returned",
        "2 pushed, 1 taken, 0 returned",
        "2 pushed, 2 taken, 1 returned",
        "3 pushed, 2 taken, 1 returned",
    ];
    let killed = [
        producer_stops().outcomes(sent.into_iter().chain(torn)),
        next_producer_stops().outcomes(followed.into_iter().chain(unfollowed)),
        consumer_stops().outcomes(taken.into_iter().chain(lost)),
    ];
    let paused = [
        producer_stops().outcomes(sent),
        next_producer_stops().outcomes(followed),
        consumer_stops().outcomes(taken),
    ];
    let twice = [
        producers_stop()
            .outcomes(["[1, 2]", "[1]", "[2]", "[]"])
            .at_least(700),
        consumers_stop()
            .outcomes(["[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"])
            .at_least(900),
        both_stop()
            .outcomes([
                "None, 0 left",
                "None, 1 left",
                "Some(false), 0 left",
                "Some(false), 1 left",
                "Some(true), 0 left",
            ])
            .at_least(250),
    ];
    let killed = killed.map(|model| kill("frames", model, &[STOPPED]));
    let paused = paused.map(|model| pause("frames", model, &[STOPPED]));
    let twice = twice.map(|model| kill_twice("frames", model, [STOPPED, STOPPED_TOO]));
    killed.into_iter().chain(paused).chain(twice).collect()
}

/// A producer stops anywhere: the consumer and another producer try, and nobody waits. What it sent
/// is there, and what it had begun is given up.
fn producer_stops() -> Model {
    Model::new("a producer that stops", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let survivor = producer(&frames, 2);
        let producing = model::process(STOPPED, {
            let frames = Arc::clone(&frames);
            move || {
                let producer = producer(&frames, 1);
                (1..=2).filter(|&byte| push(&producer, &[byte])).count()
            }
        });
        let early = attempt(A_POP, || pop(&mut consumer));
        let survives = attempt(A_PUSH, || push(&survivor, &[3]));
        let pushed = producing.join();
        // SAFETY: its process has ended.
        let settled = unsafe { frames.recover(owner(1)) };
        let mut all: Vec<u8> = early.into_iter().flatten().collect();
        all.extend(rest(&mut consumer).concat());
        assert_eq!(survives, all.contains(&3));
        all.retain(|&byte| byte != 3);
        assert_eq!(all, [1, 2][..all.len()]);
        assert!(pushed.is_none_or(|pushed| pushed == all.len() && settled == 0));
        // All of the memory is there again.
        assert!([4, 5].map(|byte| push(&survivor, &[byte])) == [true; 2]);
        format!("{} sent, {settled} given up", all.len())
    })
    .bound(2)
}

/// The successor of a producer that died in a claim, which it gives up, stops anywhere.
fn next_producer_stops() -> Model {
    Model::new("a producer that follows and stops", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let dead = producer(&frames, 1);
        mem::forget(dead.claim(1).unwrap());
        let producing = model::process(STOPPED, {
            let frames = Arc::clone(&frames);
            move || {
                let producer = producer(&frames, 1);
                assert!(push(&producer, &[]));
                drop(producer.claim(1));
            }
        });
        let early = attempt(A_POP, || pop(&mut consumer))
            .map_or_else(|why| format!("{why:?}"), |record| format!("{record:?}"));
        producing.join();
        let last = producer(&frames, 1);
        let left = rest(&mut consumer);
        assert!(left.len() <= usize::from(!early.starts_with('[')));
        assert!([4, 5].map(|byte| push(&last, &[byte])) == [true; 2]);
        assert_eq!(rest(&mut consumer), [[4], [5]]);
        format!("{early}, {left:?}")
    })
    .bound(2)
}

/// A consumer stops anywhere: the producer tries, and nobody waits; what was not released is there
/// for a successor.
fn consumer_stops() -> Model {
    Model::new("a consumer that stops", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let producer = producer(&frames, 1);
        assert!(push(&producer, &[1]));
        let returned = Rc::new(RefCell::new(Vec::new()));
        let consuming = model::process(STOPPED, {
            let (frames, returned) = (Arc::clone(&frames), Rc::clone(&returned));
            move || {
                let mut consumer = consumer(&frames);
                for _ in 0..2 {
                    returned.borrow_mut().extend(pop(&mut consumer).ok());
                }
            }
        });
        let fits = |byte: &u8| attempt(A_PUSH, || push(&producer, &[*byte]));
        let pushed = 1 + (2..=3).take_while(fits).count();
        consuming.join();
        let left = rest(&mut consumer(&frames)).concat();
        let taken = pushed - left.len();
        assert_eq!(left, [1, 2, 3][taken..pushed]);
        // What was released and not returned went with the victim.
        let returned = returned.borrow().concat();
        assert_eq!(returned, [1, 2, 3][..returned.len()]);
        assert!((taken.saturating_sub(1)..=taken).contains(&returned.len()));
        assert!([4, 5].map(|byte| push(&producer, &[byte])) == [true; 2]);
        format!(
            "{pushed} pushed, {taken} taken, {} returned",
            returned.len()
        )
    })
    .bound(2)
}

/// A producer is killed anywhere, and its successor too, also while it gives up what the first had
/// claimed; a third one goes on. The outcome is how many records are each one's.
fn producers_stop() -> Model {
    Model::new("a producer that stops, and its successor", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let mut popped = Vec::new();
        for process in [STOPPED, STOPPED_TOO] {
            let producing = model::process(process, {
                let frames = Arc::clone(&frames);
                let byte = u8::try_from(process).unwrap();
                move || push(&producer(&frames, 1), &[byte])
            });
            popped.extend(attempt(A_POP, || pop(&mut consumer)));
            producing.join();
        }
        let third = producer(&frames, 1);
        popped.extend(rest(&mut consumer));
        assert!([4, 5].map(|byte| push(&third, &[byte])) == [true; 2]);
        assert_eq!(rest(&mut consumer), [[4], [5]]);
        popped.concat()
    })
    .bound(2)
}

/// A consumer is killed anywhere, and its successor too, also while it frees what the first had
/// released; a third one gets what is left. The outcome is how many records each one took.
fn consumers_stop() -> Model {
    Model::new("a consumer that stops, and its successor", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let producer = producer(&frames, 1);
        let mut sent = 0;
        let mut taken = Vec::new();
        for process in [STOPPED, STOPPED_TOO] {
            sent += u8::from(push(&producer, &[sent]));
            let first: u8 = taken.iter().sum();
            let consuming = model::process(process, {
                let frames = Arc::clone(&frames);
                move || {
                    let popped = pop(&mut consumer(&frames));
                    assert!(popped.is_ok_and(|record| record == [first]));
                }
            });
            sent += u8::from(attempt(A_PUSH, || push(&producer, &[sent])));
            consuming.join();
            let left = left(&frames);
            taken.push(sent - first - left);
        }
        let left = rest(&mut consumer(&frames)).concat();
        assert_eq!(left, (taken.iter().sum()..sent).collect::<Vec<_>>());
        assert!([4, 5].map(|byte| push(&producer, &[byte])) == [true; 2]);
        taken
    })
    .bound(2)
}

/// How many records of one block are in the buffer.
fn left(frames: &Words) -> u8 {
    u8::try_from(format!("{frames:?}").matches("ready").count()).unwrap()
}

/// A producer is killed anywhere, and the consumer; successors of both go on.
fn both_stop() -> Model {
    Model::new("a producer that stops, and the consumer", || {
        let frames = frames(1, Start::BeforeWrap(1));
        let producing = model::process(STOPPED, {
            let frames = Arc::clone(&frames);
            move || push(&producer(&frames, 1), &[1])
        });
        let consuming = model::process(STOPPED_TOO, {
            let frames = Arc::clone(&frames);
            move || pop(&mut consumer(&frames)).is_ok()
        });
        let pushed = producing.join();
        let popped = consuming.join();
        let producer = producer(&frames, 1);
        let left = rest(&mut consumer(&frames));
        assert!(left.concat().iter().all(|&byte| byte == 1));
        assert!(pushed != Some(true) || popped != Some(true) || left.is_empty());
        assert!(push(&producer, &[4]));
        format!("{popped:?}, {} left", left.len())
    })
    .bound(2)
}
