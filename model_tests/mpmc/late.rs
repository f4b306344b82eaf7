//! One puts a message back, or settles that of a dead one, and stands still before `head` has
//! followed; the others take the message and go round. When it goes on, nobody has to go all the way
//! again: no pop takes longer than one that finds `head` a lap behind, or two.
//!
//! In random executions, which are sequentially consistent: where an exchange may fail on an old
//! value `head` lags behind without any such help.

use super::{Words, consumer, pop, producer, push, ring};
use crate::random::try_it;
use aqueduct::buffer::Owner;
use aqueduct::model::{self, Model, attempt};
use libtest_mimic::Trial;
use std::mem;
use std::sync::Arc;

/// The process that stands still, and its attachment.
const STOPPED: u32 = 1;

/// The most accesses of a pop that finds `head` two laps behind: `head`, and the slot; for each lap
/// `head` is moved on, and the slot looked at, twice; the exchange, `head`, the message, the slot.
const A_POP: usize = 12;

/// One less than the laps that a word knows ahead of its own.
const ROUNDS: u32 = 3;

pub fn trials() -> impl Iterator<Item = Trial> {
    let late = [
        goes_on_late("one that puts back late", nobody, put_back),
        goes_on_late("one that settles late", dies_with_a_message, settle),
    ];
    let rounds = (0..=ROUNDS).map(|rounds| format!("{rounds} rounds"));
    let late = late.map(|model| model.outcomes(rounds.clone()));
    late.into_iter()
        .flat_map(|model| try_it(&model, "paused", 2_000, |how| how.pausing(&[STOPPED])))
}

fn nobody(_: &Words) {}

/// A guard that is forgotten: a process that died there.
fn dies_with_a_message(ring: &Words) {
    mem::forget(consumer(ring, 9).pop_ref());
}

fn put_back(ring: &Words) {
    if let Ok(taken) = consumer(ring, 1).pop_ref() {
        taken.put_back().unwrap();
    }
}

fn settle(ring: &Words) {
    // SAFETY: it is dead, and nobody else has its number.
    unsafe { ring.recover(Owner::new(9)) }.unwrap();
}

fn goes_on_late(name: &str, before: fn(&Words), work: fn(&Words)) -> Model {
    Model::new(format!("{name}, capacity 1"), move || {
        let ring = ring(1, 1);
        let (filling, taking) = (producer(&ring, 2), consumer(&ring, 3));
        assert_eq!(push(&filling, 1), "pushed");
        before(&ring);
        let late = model::process(STOPPED, {
            let ring = Arc::clone(&ring);
            move || work(&ring)
        });
        let going_round = model::spawn(move || {
            let round = |&n: &u32| pop(&taking).is_some() && push(&filling, n) == "pushed";
            (2..2 + ROUNDS).take_while(round).count()
        });
        late.join();
        let rounds = going_round.join().unwrap();
        let last = consumer(&ring, 3);
        assert!(attempt(A_POP, || pop(&last)).is_some());
        format!("{rounds} rounds")
    })
}
