//! One of several is killed, or stands still, at each of its accesses; so is whoever settles what it
//! held. Segments are of one message, so that each push reserves one and each pop gives one back.

use super::super::{Buffer, Checked, is_small};
use super::{consumer, pop, producer, push, rest};
use crate::{explore, kill, kill_twice, pause};
use aqueduct::buffer::Owner;
use aqueduct::model::{self, Model, attempt};
use libtest_mimic::Trial;
use std::cell::RefCell;
use std::rc::Rc;

/// The process that is killed or paused.
const STOPPED: u32 = 1;
/// The one that settles what it held.
const STOPPED_TOO: u32 = 2;

/// The most accesses of a push or a pop: the gate; the own position, that of the peer; that the
/// segment comes, or goes, and is there; the slot; the own position again; the gate.
const A_TRY: usize = 8;

pub fn trials() -> Vec<Trial> {
    let alive = [
        "0 settled, busy, None of [1, 3]",
        "0 settled, busy, Some(1) of [1, 3]",
        "0 settled, pushed, Some(1) of [1, 2, 3]",
        "0 settled, pushed, Some(2) of [2, 1, 3]",
        "0 settled, pushed, Some(2) of [2, 3]",
    ];
    let dead = [
        "1 settled, busy, None of [1, 3]",
        "1 settled, busy, None of [3]",
        "1 settled, busy, Some(1) of [1, 3]",
        "1 settled, pushed, Some(2) of [2, 1, 3]",
        "1 settled, pushed, Some(2) of [2, 3]",
    ];
    let producer = || producer_stops().at_least(500);
    let taken = [
        "0 settled, None early, [2] late",
        "0 settled, Some(1) early, [2] late",
        "0 settled, Some(1) early, [] late",
        "0 settled, Some(2) early, [] late",
    ];
    let left = [
        "1 settled, None early, [1, 2] late",
        "1 settled, None early, [2] late",
        "1 settled, Some(1) early, [2] late",
        "1 settled, Some(1) early, [] late",
    ];
    let consumer = || consumer_stops().at_least(400);
    let killed = [
        producer().outcomes(alive.into_iter().chain(dead)),
        consumer().outcomes(taken.into_iter().chain(left)),
    ];
    let paused = [producer().outcomes(alive), consumer().outcomes(taken)];
    let by_settler = [
        "None, 0, 0",
        "None, 0, 1",
        "None, 1, 0",
        "Some(None), 0, 0",
        "Some(None), 0, 1",
        "Some(Some(0)), 0, 0",
        "Some(Some(1)), 0, 0",
    ];
    let killed_too = settler_stops().outcomes(by_settler).at_least(1_000);
    let paused_too = [TAKING, FILLING].map(|access| {
        let settled = ["Some(None), 0, 1", "Some(Some(1)), 0, 0"];
        let settler = settler_stops().killed(STOPPED, access);
        pause("unbounded", settler.outcomes(settled), &[STOPPED_TOO])
    });
    let killed = killed.map(|model| kill("unbounded", model, &[STOPPED]));
    let paused = paused.map(|model| pause("unbounded", model, &[STOPPED]));
    let stopped = killed.into_iter().chain(paused).chain(paused_too);
    let twice = kill_twice("unbounded", killed_too, [STOPPED, STOPPED_TOO]);
    let both = explore(
        "unbounded",
        to_sweep().outcomes(["[0, 1]", "[1, 0]"]).at_least(50),
    );
    stopped.chain([twice, both]).collect()
}

/// Where the first one is inside the consumers' gate: it has released its message, and not given the
/// segment back.
const TAKING: usize = 7;
/// Where it is inside the producers' gate.
const FILLING: usize = 13;

/// What fails without an ordering of the recovery.
pub fn to_sweep() -> Model {
    both_settle().killed(STOPPED, TAKING)
}

/// A buffer whose stream starts one message before the wrap, in which a step may be done twice.
fn buffer(limit: usize) -> Buffer {
    Checked::new([limit, 1], 1).again().buffer()
}

/// Settles what the first process held, which is known to be dead or to have ended, as `owner`.
fn recover(buffer: &Buffer, owner: u16) -> usize {
    // SAFETY: nobody else has its number, nor that of the caller.
    unsafe { buffer.recover(Owner::new(1), Owner::new(owner)) }
}

/// A producer that stops anywhere: nobody waits for it. Others are told that it is at work; once it
/// is known to be dead they go on, and its messages are received whole or not at all.
fn producer_stops() -> Model {
    Model::new("many: a producer that stops", || {
        let buffer = buffer(3);
        let producing = model::process(STOPPED, {
            let mut producer = producer(&buffer, 1);
            move || push(&mut producer, 1)
        });
        let (mut survivor, mut taker) = (producer(&buffer, 2), consumer(&buffer, 3));
        let mut second = attempt(A_TRY, || push(&mut survivor, 2));
        if second == "busy" && model::is_dead(STOPPED) {
            recover(&buffer, 2);
            second = push(&mut survivor, 2);
            assert_eq!(second, "pushed", "nobody else is there");
        }
        let early = attempt(A_TRY, || pop(&mut taker));
        let first = producing.join();
        let settled = recover(&buffer, 2);
        assert!(first.is_none() || settled == 0);
        assert_eq!(push(&mut survivor, 3), "pushed");
        let all: Vec<u32> = early.into_iter().chain(rest(&buffer)).collect();
        assert!(first != Some("pushed") || all.contains(&1));
        assert!(first != Some("busy") || !all.contains(&1));
        let others: Vec<u32> = all.iter().copied().filter(|&n| n != 1).collect();
        assert_eq!(
            others,
            if second == "pushed" {
                vec![2, 3]
            } else {
                vec![3]
            }
        );
        is_small(&buffer);
        format!("{settled} settled, {second}, {early:?} of {all:?}")
    })
    .bound(2)
}

/// A consumer that stops anywhere: nobody waits for it. Others are told that it is at work; once it
/// is known to be dead they go on with what it had not released.
fn consumer_stops() -> Model {
    Model::new("many: a consumer that stops", || {
        let buffer = buffer(2);
        let mut filling = producer(&buffer, 3);
        assert_eq!(push(&mut filling, 1), "pushed");
        let taken = Rc::new(RefCell::new(None));
        let consuming = model::process(STOPPED, {
            let (mut consumer, taken) = (consumer(&buffer, 1), Rc::clone(&taken));
            move || *taken.borrow_mut() = pop(&mut consumer)
        });
        let mut survivor = consumer(&buffer, 2);
        let second = attempt(A_TRY, || push(&mut filling, 2));
        assert_eq!(second, "pushed", "the consumers' gate is nothing to it");
        let early = attempt(A_TRY, || pop(&mut survivor));
        let ended = consuming.join();
        let settled = recover(&buffer, 2);
        assert!(ended.is_none() || settled == 0);
        let late = rest(&buffer);
        let mut all: Vec<u32> = early.into_iter().chain(late.iter().copied()).collect();
        all.extend(taken.take());
        all.sort_unstable();
        // What was released and not returned went with it.
        let lost = ended.is_none() && all.len() == 1;
        assert!(all == [1, 2] || lost, "{all:?}");
        is_small(&buffer);
        format!("{settled} settled, {early:?} early, {late:?} late")
    })
    .bound(2)
}

/// One that pushes and pops stops anywhere, and so does who settles what it held, once it is known
/// to be dead; a third one finishes that.
fn settler_stops() -> Model {
    Model::new("many: one that stops, and who settles it", || {
        let buffer = buffer(2);
        assert_eq!(push(&mut producer(&buffer, 3), 1), "pushed");
        let taken = Rc::new(RefCell::new(None));
        let working = model::process(STOPPED, {
            let (mut producer, mut consumer) = (producer(&buffer, 1), consumer(&buffer, 1));
            let taken = Rc::clone(&taken);
            move || {
                *taken.borrow_mut() = pop(&mut consumer);
                push(&mut producer, 2)
            }
        });
        let settling = model::process(STOPPED_TOO, {
            let buffer = Rc::clone(&buffer);
            move || model::is_dead(STOPPED).then(|| recover(&buffer, 2))
        });
        let pushed = working.join();
        let settled = settling.join();
        // SAFETY: it has ended, and nobody else has its number.
        let of_settler = unsafe { buffer.recover(Owner::new(2), Owner::new(3)) };
        let late = recover(&buffer, 3);
        assert_eq!(push(&mut producer(&buffer, 3), 3), "pushed");
        let mut all: Vec<u32> = taken.take().into_iter().chain(rest(&buffer)).collect();
        all.sort_unstable();
        assert!(pushed.is_none() || all == [1, 2, 3]);
        assert!([&[1, 2, 3][..], &[1, 3], &[3]].contains(&&*all), "{all:?}");
        is_small(&buffer);
        format!("{settled:?}, {of_settler}, {late}")
    })
    .bound(2)
}

/// Two settle at once what a dead consumer left, which had released its message and not given the
/// segment back: that is done once, and the gate opened once.
fn both_settle() -> Model {
    Model::new("many: two who settle", || {
        let buffer = Checked::new([2, 1], 1).buffer();
        assert_eq!(push(&mut producer(&buffer, 3), 1), "pushed");
        let dying = model::process(STOPPED, {
            let mut consumer = consumer(&buffer, 1);
            move || pop(&mut consumer)
        });
        assert_eq!(dying.join(), None, "it is dead");
        let settle = |buffer: &Buffer, owner| {
            let settled = recover(buffer, owner);
            assert_eq!(pop(&mut consumer(buffer, owner)), None);
            settled
        };
        let other = model::spawn({
            let buffer = Rc::clone(&buffer);
            move || settle(&buffer, 4)
        });
        let settled = [settle(&buffer, 2), other.join().unwrap()];
        assert_eq!(push(&mut producer(&buffer, 3), 2), "pushed");
        assert_eq!(rest(&buffer), [2]);
        is_small(&buffer);
        settled
    })
    .bound(2)
}
