//! The word discipline: who may change a word beside a plain store.

use super::{Message, expect, is, passes};
use crate::Test;
use aqueduct::model::{self, AtomicU32, Defect, Model, Part};
use aqueduct::platform::Atomic;
use aqueduct::platform::Ordering::{self, AcqRel, Acquire, Relaxed, Release};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("two plain stores break the discipline", discipline_stores),
        (
            "a hand-over keeps the discipline, both ways",
            discipline_hand_over,
        ),
        (
            "a relaxed change beside a plain store breaks the discipline",
            discipline_change,
        ),
    ]
}

fn two_changes(second: fn(&AtomicU32), load: Ordering) -> Model {
    Model::new("two changes", move || {
        let message = Message::new();
        let thread = model::spawn({
            let message = Arc::clone(&message);
            move || message.flag.store(1, Release)
        });
        let first = message.flag.load(load);
        if first == 1 || load == Relaxed {
            second(&message.flag);
        }
        thread.join().unwrap();
        first
    })
}

fn discipline_stores() -> Result<(), String> {
    let store: fn(&AtomicU32) = |word| word.store(2, Relaxed);
    passes(two_changes(store, Acquire).explore())?;
    expect(
        two_changes(store, Relaxed).explore(),
        is(Defect::Discipline),
    )?;
    passes(
        two_changes(store, Relaxed)
            .without(Part::Discipline)
            .explore(),
    )
}

/// `lock` takes a word from 0 to 1 by compare-exchange and gives it back by a plain store.
fn lock_by(success: Ordering) -> Model {
    Model::new("lock", move || {
        let word = Arc::new(AtomicU32::new(0));
        let lock = move |word: &AtomicU32| {
            let taken = word.compare_exchange(0, 1, success, Relaxed).is_ok();
            if taken {
                word.store(0, Release);
            }
            taken
        };
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || lock(&word)
        });
        let one = lock(&word);
        (one, thread.join().unwrap())
    })
}

/// A read-modify-write releases, and who acquires it stores plainly.
fn release_by_change() -> Model {
    Model::new("release by a change", move || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.fetch_add(1, AcqRel)
        });
        let seen = word.load(Acquire);
        if seen == 1 {
            word.store(2, Relaxed);
        }
        thread.join().unwrap();
        seen
    })
}

fn discipline_hand_over() -> Result<(), String> {
    let outcomes = ["(true, true)", "(true, false)", "(false, true)"];
    passes(lock_by(Acquire).outcomes(outcomes).explore())?;
    passes(release_by_change().outcomes(["0", "1"]).explore())
}

fn discipline_change() -> Result<(), String> {
    expect(lock_by(Relaxed).explore(), is(Defect::Discipline))?;
    let change: fn(&AtomicU32) = |word| {
        word.fetch_add(1, Relaxed);
    };
    expect(
        two_changes(change, Relaxed).explore(),
        is(Defect::Discipline),
    )
}
