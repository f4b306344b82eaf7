//! A process is killed, or stands still, at each of its accesses.

use super::d::Shape;
use super::stop;
use super::{End, Words, end, pop, push, rest, ring};
use aqueduct::model::{self, Model, attempt, deaths, pauses, two_deaths};
use libtest_mimic::Trial;
use std::sync::Arc;

const STOPPED: u32 = 1;
const SWEEPER: u32 = 2;
/// The last access of a pop whose guess is a lap old: it frees the cell.
const LAST: usize = 9;

/// The most accesses of a push that is alone: the slot, the cell before it, the own cell, its
/// payload and word, the slot again.
const A_PUSH: usize = 6;
/// And of a pop: the sweeps, the slot, the cell; its word, its payload, its word again.
const A_POP: usize = 6;
/// What another one that is faster adds: the slot, and its cell.
const PASSED: usize = 2;
/// And an exchange that it wins: the slots, the cell before, the own word, the exchange again.
const LOST: usize = 5;

pub fn trials() -> Vec<Trial> {
    let killed = [
        producer_dies(1).outcomes(["[] early, [9]", "[] early, [1, 9]", "[1] early, [9]"]),
        producer_dies(2),
        consumer_dies(),
        consumer_dies_among_two().bound(1),
        two_hold().bound(2),
    ];
    let killed = killed.map(|model| stop(model, "killed", |model| deaths(model, &[STOPPED])));
    let twice = [swept_by_a_dead_one(), producer_swept_by_a_dead_one()];
    let twice = twice.map(|model| {
        stop(model.bound(1), "both killed", |model| {
            two_deaths(model, STOPPED, SWEEPER)
        })
    });
    let paused = [producer_pauses().bound(2), consumer_pauses().bound(1)];
    let paused = paused.map(|model| stop(model, "paused", |model| pauses(model, &[STOPPED])));
    killed.into_iter().chain(twice).chain(paused).collect()
}

/// With nobody killed where the sweep of orderings looks: what a sweep of the dead rests on is in
/// models of their own, with a fixed point of death.
pub fn to_sweep() -> Vec<Model> {
    // The access that frees the cell, and one after a push that has published.
    let mut models = vec![
        consumer_dies_among_two().bound(1).killed(STOPPED, LAST),
        consumer_dies().killed(STOPPED, LAST),
    ];
    models.push(producer_dies(1).bound(2).killed(STOPPED, A_PUSH + 1));
    models.push(producer_dies_late().bound(1).killed(STOPPED, A_PUSH + 1));
    models
}

/// The dead one's seat is settled and has a successor.
fn successor(words: &Words) -> End {
    assert!(model::is_dead(STOPPED));
    // SAFETY: it is dead, and this is the only sweep.
    unsafe { words.sweep(0) };
    end(words, 0)
}

/// A producer dies anywhere; what it had pushed is there, what it had not is not, and its successor
/// has all of its cells.
fn producer_dies(capacity: usize) -> Model {
    Model::new(
        format!("d: a producer dies, capacity {capacity}"),
        move || {
            let words = ring(
                Shape {
                    each: capacity,
                    ..Shape::new(capacity, 2)
                },
                1,
            );
            let [mut producer, mut consumer] = [0, 1].map(|owner| end(&words, owner));
            let producing = model::process(STOPPED, move || push(&mut producer, 1));
            let early: Vec<u32> = pop(&mut consumer).into_iter().collect();
            let pushed = producing.join();
            let mut third = successor(&words);
            let mut late = rest(&mut consumer);
            if pushed == Some(true) {
                assert_eq!([early.clone(), late.clone()].concat(), [1]);
            }
            for message in 9..9 + u32::try_from(capacity).unwrap() {
                assert!(push(&mut third, message), "room, and a cell");
            }
            late.extend(rest(&mut consumer));
            format!("{early:?} early, {late:?}")
        },
    )
}

/// A producer dies while another one pushes, and a consumer takes: what the dead one had published
/// may be taken, and its slot filled again, before it is swept.
fn producer_dies_late() -> Model {
    Model::new("d: a producer dies among others", || {
        let words = ring(
            Shape {
                each: 1,
                ..Shape::new(1, 2)
            },
            1,
        );
        let [mut producer, mut consumer] = [0, 1].map(|owner| end(&words, owner));
        let other = model::spawn(move || {
            let popped = pop(&mut consumer);
            let pushed = push(&mut consumer, 2);
            (popped, pushed, consumer)
        });
        let producing = model::process(STOPPED, move || {
            push(&mut producer, 1);
            pop(&mut producer);
        });
        producing.join();
        let mut third = successor(&words);
        let again = third.push(3).is_ok();
        let (popped, pushed, mut consumer) = other.join().unwrap();
        let mut all = rest(&mut consumer);
        all.extend(popped);
        all.sort_unstable();
        let sent = [pushed.then_some(2), again.then_some(3)];
        for message in sent.into_iter().flatten() {
            assert!(all.contains(&message) || message == 2);
        }
        all.dedup();
        format!("{all:?}")
    })
}

/// A consumer dies anywhere; what it had not freed comes out again, marked, and nothing else does.
fn consumer_dies() -> Model {
    Model::new("d: a consumer dies", || {
        let words = ring(
            Shape {
                each: 2,
                ..Shape::new(2, 2)
            },
            1,
        );
        let [mut consumer, mut producer] = [0, 1].map(|owner| end(&words, owner));
        assert!(push(&mut producer, 1));
        let consuming = model::process(STOPPED, move || pop(&mut consumer));
        let pushed = push(&mut producer, 2);
        let popped = consuming.join();
        let mut next = successor(&words);
        let left: Vec<_> = std::iter::from_fn(|| next.pop()).collect();
        let messages: Vec<u32> = left.iter().map(|received| received.message).collect();
        let marked = left
            .iter()
            .filter(|received| received.maybe_redelivered)
            .count();
        assert!(pushed && messages.ends_with(&[2]));
        assert!(messages.starts_with(&[1]) || popped == Some(Some(1)) || popped.is_none());
        assert!(popped.is_none() || marked == 0);
        assert!(
            push(&mut producer, 3) && push(&mut producer, 4),
            "room, and cells"
        );
        format!("{popped:?}, {messages:?}, {marked} marked")
    })
}

/// A consumer dies while another one takes: the survivor gets what the dead one had, by itself.
fn consumer_dies_among_two() -> Model {
    Model::new("d: a consumer dies among two", || {
        let words = ring(
            Shape {
                each: 2,
                ..Shape::new(2, 3)
            },
            1,
        );
        let [mut consumer, mut producer, mut other] = [0, 1, 2].map(|owner| end(&words, owner));
        assert!(push(&mut producer, 1) && push(&mut producer, 2));
        let consuming = model::process(STOPPED, move || pop(&mut consumer));
        let taking = model::spawn(move || {
            let taken: Vec<u32> = pop(&mut other).into_iter().collect();
            (taken, other)
        });
        let popped = consuming.join();
        drop(successor(&words));
        let (mut taken, mut other) = taking.join().unwrap();
        let early = taken.clone();
        taken.extend(rest(&mut other));
        taken.extend(popped.flatten());
        taken.sort_unstable();
        // A pop has no access between freeing and returning: nothing goes with the victim.
        assert_eq!(taken, [1, 2]);
        assert!(
            push(&mut producer, 3) && push(&mut producer, 4),
            "room, and cells"
        );
        early
    })
}

/// One attachment dies that had pushed and popped; another one goes on with both.
fn two_hold() -> Model {
    Model::new("d: one that pushes and pops dies", || {
        let words = ring(
            Shape {
                each: 2,
                ..Shape::new(1, 2)
            },
            1,
        );
        let [mut victim, mut other] = [0, 1].map(|owner| end(&words, owner));
        let dying = model::process(STOPPED, move || {
            let pushed = push(&mut victim, 1);
            (pushed, pop(&mut victim))
        });
        let pushed = push(&mut other, 2);
        let popped = pop(&mut other);
        let answered = dying.join();
        let mut third = successor(&words);
        let mut all = rest(&mut other);
        all.extend(popped);
        all.extend(answered.and_then(|(_, popped)| popped));
        all.sort_unstable();
        let expected = [
            answered.is_some_and(|(pushed, _)| pushed).then_some(1),
            pushed.then_some(2),
        ];
        if answered.is_some() {
            assert_eq!(all, expected.into_iter().flatten().collect::<Vec<_>>());
        }
        assert!(push(&mut third, 3));
        assert_eq!(pop(&mut third), Some(3));
        format!("{all:?}")
    })
}

/// A consumer dies, and the one that sweeps it as well; a third sweeps both.
fn swept_by_a_dead_one() -> Model {
    Model::new("d: a dead consumer is swept by one that dies", || {
        let words = ring(
            Shape {
                each: 2,
                ..Shape::new(2, 3)
            },
            1,
        );
        let [mut consumer, mut producer] = [0, 2].map(|owner| end(&words, owner));
        assert!(push(&mut producer, 1) && push(&mut producer, 2));
        let consuming = model::process(STOPPED, move || pop(&mut consumer));
        let first = consuming.join();
        let sweeping = model::process(SWEEPER, {
            let words = Arc::clone(&words);
            move || {
                if model::is_dead(STOPPED) {
                    // SAFETY: it is dead, and nobody else sweeps before this one has ended.
                    unsafe { words.sweep(0) };
                }
                pop(&mut end(&words, 1))
            }
        });
        let early = pop(&mut producer);
        let second = sweeping.join();
        for dead in [0, 1] {
            assert!(model::is_dead([STOPPED, SWEEPER][dead]));
            // SAFETY: it is dead, and so is who swept it before.
            unsafe { words.sweep(dead) };
        }
        let mut all = rest(&mut producer);
        all.extend(
            [early, first.flatten(), second.flatten()]
                .into_iter()
                .flatten(),
        );
        all.sort_unstable();
        let died = usize::from(first.is_none()) + usize::from(second.is_none());
        assert!(all.len() + died >= 2, "{all:?}");
        all.dedup();
        assert!(all.len() + died >= 2, "twice: {all:?}");
        assert!(
            push(&mut producer, 3) && push(&mut producer, 4),
            "room, and cells"
        );
        died
    })
}

/// A producer dies, and the one that sweeps it as well.
fn producer_swept_by_a_dead_one() -> Model {
    Model::new("d: a dead producer is swept by one that dies", || {
        let words = ring(
            Shape {
                each: 1,
                ..Shape::new(1, 3)
            },
            1,
        );
        let [mut producer, mut other] = [0, 2].map(|owner| end(&words, owner));
        let producing = model::process(STOPPED, move || push(&mut producer, 1));
        let early = pop(&mut other);
        let first = producing.join();
        let sweeping = model::process(SWEEPER, {
            let words = Arc::clone(&words);
            move || {
                // SAFETY: it is dead, and nobody else sweeps before this one has ended.
                unsafe { words.sweep(0) };
                pop(&mut end(&words, 1))
            }
        });
        let later = pop(&mut other);
        let second = sweeping.join();
        for dead in [0, 1] {
            // SAFETY: it is dead, and so is who swept it before.
            unsafe { words.sweep(dead) };
        }
        let mut all = rest(&mut other);
        all.extend([early, later, second.flatten()].into_iter().flatten());
        assert!(all.len() <= 1 && (first.is_none() || second.is_none() || all == [1]));
        assert!(push(&mut end(&words, 0), 5), "a cell");
        assert_eq!(rest(&mut other), [5]);
        (first.is_some(), second.is_some())
    })
}

/// A producer stands still: others push and pop in a few steps, and are never told of it.
fn producer_pauses() -> Model {
    Model::new("d: a producer stands still", || {
        let words = ring(Shape::new(2, 3), 1);
        let [mut slow, mut producer, mut consumer] = [0, 1, 2].map(|owner| end(&words, owner));
        let pausing = model::process(STOPPED, move || push(&mut slow, 1));
        assert!(attempt(A_PUSH + LOST + PASSED, || push(&mut producer, 2)));
        let first = attempt(A_POP + 2 * PASSED, || pop(&mut consumer)).expect("it is there");
        let second = attempt(A_POP + 2 * PASSED, || pop(&mut consumer));
        assert_eq!(pausing.join(), Some(true));
        let mut all = rest(&mut consumer);
        all.extend(second);
        all.push(first);
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        format!("{first} first, {} early", 1 + usize::from(second.is_some()))
    })
}

/// A consumer stands still: the ring has room, and the next message comes out.
fn consumer_pauses() -> Model {
    Model::new("d: a consumer stands still", || {
        let words = ring(Shape::new(1, 3), 1);
        let [mut slow, mut producer, mut consumer] = [0, 1, 2].map(|owner| end(&words, owner));
        assert!(push(&mut producer, 1));
        let pausing = model::process(STOPPED, move || pop(&mut slow));
        let first = attempt(A_POP + PASSED, || pop(&mut consumer));
        assert!(attempt(A_PUSH, || push(&mut producer, 2)), "there is room");
        let second = attempt(A_POP + PASSED, || pop(&mut consumer));
        let third = pausing.join().unwrap();
        let mut all: Vec<u32> = [first, second, third].into_iter().flatten().collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        (first, second)
    })
}
