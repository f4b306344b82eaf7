//! What the recorder of histories reports, and that it orders nothing.

use super::refused;
use crate::Test;
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, AtomicU32, Defect, Failure, History, Machine, Model, deaths};
use aqueduct::platform::Ordering::{self, Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Futex, Platform};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("recording orders nothing", orders_nothing),
        ("a release orders, and a relaxed store does not", releases),
        (
            "what is released before a return is not after it",
            too_early,
        ),
        ("what is done after a death is after the call", killed),
        ("a history that is not checked is a failure", unchecked),
        ("a check while a call goes on is a failure", too_soon),
        ("a call after the check is a failure", too_late),
        ("a call within a call is a failure", nested),
        ("too many calls are a failure", too_many),
        ("a call that never returns is a deadlock", never),
    ]
}

struct Shared {
    cell: <Machine as Platform>::Cell<u32>,
    flag: AtomicU32,
}

// SAFETY: the machine reports accesses of the cell that are not ordered.
unsafe impl Sync for Shared {}

fn shared() -> Arc<Shared> {
    Arc::new(Shared {
        cell: Cell::new(0),
        flag: AtomicU32::new(0),
    })
}

fn says(model: &Model, words: &str) -> Result<(), String> {
    match model.explore() {
        Err(Failure::Panicked { message, .. }) if message.contains(words) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// Two threads write one cell, each within a call: a race, recorded or not.
fn orders_nothing() -> Result<(), String> {
    let race = Model::new("a race within calls", || {
        let (shared, history) = (shared(), History::new(Fifo::unbounded()));
        let write = |shared: &Shared, history: &History<Fifo<u32>>| {
            history.call(Call::Push(1), || {
                // SAFETY: the machine reports a race before the pointer is used.
                shared.cell.with_mut(|cell| unsafe { *cell += 1 });
                Answer::Done
            });
        };
        let thread = model::spawn({
            let (shared, history) = (Arc::clone(&shared), history.clone());
            move || write(&shared, &history)
        });
        write(&shared, &history);
        thread.join().unwrap();
        history.check();
    });
    match race.explore() {
        Err(Failure::Panicked {
            defect: Defect::Race,
            ..
        }) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

/// A push that happens nowhere but in the history, and a pop by somebody who saw the flag that was
/// stored `before` or after it.
fn told(order: Ordering, before: bool) -> Model {
    Model::new("told of a push", move || {
        let (shared, history) = (shared(), History::new(Fifo::unbounded()));
        let thread = model::spawn({
            let (shared, history) = (Arc::clone(&shared), history.clone());
            move || {
                if before {
                    shared.flag.store(1, order);
                }
                history.call(Call::Push(7), || Answer::Done);
                if !before {
                    shared.flag.store(1, order);
                }
            }
        });
        let seen = shared.flag.load(Acquire);
        history.call(Call::Pop, || Answer::Empty);
        thread.join().unwrap();
        history.check();
        seen
    })
    .outcomes(["0", "1"])
}

fn releases() -> Result<(), String> {
    told(Relaxed, false)
        .explore()
        .map_err(|failure| failure.to_string())?;
    let words = ["thread 1: Push(7) -> Done", "Pop -> Empty, after #0"];
    refused(told(Release, false).explore(), &words)
}

fn too_early() -> Result<(), String> {
    let report = told(Release, true).explore();
    report.map(|_| ()).map_err(|failure| failure.to_string())
}

/// A process is killed within a call, and whoever joined it does two more.
fn after_the_killed(answers: [Answer<u32>; 2]) -> Result<(), Failure> {
    let model = Model::new("after a killed call", move || {
        let (shared, history) = (shared(), History::new(Fifo::unbounded()));
        let process = model::process(1, {
            let (shared, history) = (Arc::clone(&shared), history.clone());
            move || {
                history.call(Call::Push(7), || {
                    shared.flag.store(1, Relaxed);
                    Answer::Done
                });
            }
        });
        shared.flag.load(Relaxed);
        if process.join().is_none() {
            for answer in &answers {
                history.call(Call::Pop, || answer.clone());
            }
        }
        history.check();
    });
    let seen = deaths(&model, &[1]);
    seen.map(|_| ()).map_err(|failure| failure.failure)
}

fn killed() -> Result<(), String> {
    for first in [Answer::Empty, Answer::Message(7)] {
        let seen = after_the_killed([first, Answer::Empty]);
        seen.map_err(|failure| failure.to_string())?;
    }
    let words = ["Push(7) -> no answer", "Pop -> Empty, after #0"];
    refused(
        after_the_killed([Answer::Empty, Answer::Message(7)]),
        &words,
    )
}

fn unchecked() -> Result<(), String> {
    let model = Model::new("unchecked", || {
        History::new(Fifo::bounded(1)).call(Call::Push(1), || Answer::Done);
    });
    says(&model, "histories that the body has made and not checked")
}

fn too_soon() -> Result<(), String> {
    let model = Model::new("too soon", || {
        let history = History::new(Fifo::bounded(1));
        history.call(Call::Push(1), || {
            history.check();
            Answer::Done
        });
    });
    says(&model, "#0 thread 0: Push(1) -> no answer goes on")
}

fn too_late() -> Result<(), String> {
    let model = Model::new("too late", || {
        let history = History::new(Fifo::bounded(1));
        history.check();
        history.call(Call::Push(1), || Answer::Done);
    });
    says(&model, "Push(1) after the check")
}

fn nested() -> Result<(), String> {
    let model = Model::new("nested", || {
        let history = History::new(Fifo::bounded(1));
        history.call(Call::Push(1), || history.call(Call::Pop, || Answer::Empty));
    });
    says(&model, "Pop within another call")
}

fn too_many() -> Result<(), String> {
    let model = Model::new("too many", || {
        let history = History::new(Fifo::unbounded());
        for message in 0..100 {
            history.call(Call::Push(message), || Answer::Done);
        }
        history.check();
    });
    says(&model, "a history of 100 calls; 16 are searched")
}

/// The thread that calls, or another one, sleeps for ever.
fn never() -> Result<(), String> {
    let sleeps = || {
        let word = AtomicU32::new(0);
        Machine::wait_any(&[(&word, 0)], None);
        Answer::Done
    };
    let alone = Model::new("a call sleeps", move || {
        History::new(Fifo::<u32>::unbounded()).call(Call::Pop, sleeps);
    });
    let beside = Model::new("a call sleeps in another thread", move || {
        let history = History::new(Fifo::<u32>::unbounded());
        let calling = model::spawn({
            let history = history.clone();
            move || history.call(Call::Pop, sleeps)
        });
        calling.join().unwrap();
        history.check();
    });
    for model in [alone, beside] {
        match model.explore() {
            Err(Failure::Panicked {
                defect: Defect::Deadlock,
                ..
            }) => {}
            other => return Err(format!("{other:?}")),
        }
    }
    Ok(())
}
