//! What an exploration reports: outcomes, their number, panics, races, endless loops.

use super::{Message, StoresWhenDropped, expect, is, passes};
use crate::Test;
use aqueduct::model::{self, Access, AtomicU32, Defect, Failure, Model};
use aqueduct::platform::Atomic;
use aqueduct::platform::Ordering::{self, Acquire, Relaxed, Release};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("one execution is an error", one_execution),
        ("an unexpected outcome is an error", unexpected_outcome),
        ("a missing outcome is an error", missing_outcome),
        (
            "a panic is an error, and the next exploration is clean",
            panic_and_again,
        ),
        ("a race is reported", race),
        ("a failure tells what was done", steps),
        ("an endless loop is reported", endless),
    ]
}

fn one_execution() -> Result<(), String> {
    let model = Model::new("alone", || AtomicU32::new(1).load(Relaxed)).at_least(1);
    expect(model.explore(), |failure| {
        matches!(failure, Failure::OneExecution { .. })
    })
}

/// A store by another thread, and a load: 0 or 1.
fn store_and_load() -> Model {
    Model::new("store and load", || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Relaxed)
        });
        let seen = word.load(Relaxed);
        thread.join().unwrap();
        seen
    })
}

fn unexpected_outcome() -> Result<(), String> {
    passes(store_and_load().outcomes(["0", "1"]).explore())?;
    expect(
        store_and_load().outcomes(["0"]).explore(),
        |failure| matches!(failure, Failure::UnexpectedOutcome { outcome, .. } if outcome == "1"),
    )
}

fn missing_outcome() -> Result<(), String> {
    expect(
        store_and_load().outcomes(["0", "1", "2"]).explore(),
        |failure| matches!(failure, Failure::MissingOutcome { outcome, .. } if outcome == "2"),
    )?;
    expect(store_and_load().at_least(1_000).explore(), |failure| {
        matches!(failure, Failure::TooFewExecutions { .. })
    })?;
    expect(store_and_load().at_most(1).explore(), |failure| {
        matches!(failure, Failure::TooManyExecutions { .. })
    })
}

fn panic_and_again() -> Result<(), String> {
    let model = Model::new("panics", || {
        let word = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&word);
        let thread = model::spawn(move || {
            let dropped = StoresWhenDropped(other);
            assert_eq!(dropped.0.load(Relaxed), 0, "it is not zero");
            std::mem::forget(dropped);
        });
        word.store(1, Relaxed);
        thread.join().unwrap();
    });
    for _ in 0..3 {
        expect(model.explore(), |failure| match failure {
            Failure::Panicked {
                defect,
                message,
                execution,
                ..
            } => *defect == Defect::Panic && message.contains("it is not zero") && *execution > 1,
            _ => false,
        })?;
    }
    passes(store_and_load().explore())
}

fn message_passing(store: Ordering) -> Model {
    Model::new("message passing", move || {
        let message = Message::new();
        let thread = model::spawn({
            let message = Arc::clone(&message);
            move || {
                message.write(42);
                message.flag.store(1, store);
            }
        });
        let seen = (message.flag.load(Acquire) == 1).then(|| message.read());
        thread.join().unwrap();
        seen
    })
    .outcomes(["None", "Some(42)"])
}

fn race() -> Result<(), String> {
    passes(message_passing(Release).explore())?;
    expect(message_passing(Relaxed).explore(), is(Defect::Race))
}

fn steps() -> Result<(), String> {
    let failure = message_passing(Relaxed).explore().expect_err("a race");
    let seen: Vec<_> = failure
        .steps()
        .map(|step| (step.thread, step.site.access, step.value()))
        .collect();
    let expected = [
        (1, Access::Write, None),
        (1, Access::Store(Relaxed), Some(1)),
        (0, Access::Load(Acquire), Some(1)),
        (0, Access::Read, None),
    ];
    if seen == expected {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

fn endless() -> Result<(), String> {
    let model = Model::new("endless", || {
        let word = AtomicU32::new(0);
        while word.load(Relaxed) == 0 {}
    });
    expect(model.branches(200).explore(), is(Defect::Endless))
}
