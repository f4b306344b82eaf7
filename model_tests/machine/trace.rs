//! Failing runs, written down, drawn and done again.

use super::{Message, expect};
use crate::Test;
use crate::quiet::panic_of;
use aqueduct::model::{self, AtomicU32, Failure, Machine, Model, Random, Trace, deaths};
use aqueduct::platform::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use aqueduct::platform::{Atomic, Futex, Platform};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("a trace has the fewest preemptions", fewest),
        ("a trace tells what a load missed", missed),
        ("a trace tells what raced", raced),
        ("a trace tells who was killed, and how it looked", killed),
        ("a run is done again from its file", again),
        ("what holds has no trace", nothing),
        ("check shows the trace", check),
        ("the checks of deaths and pauses show it", stopped),
        ("the check at random shows it", at_random),
        ("five threads fit in 120 columns", narrow),
    ]
}

/// Two increments in two steps each; one is lost if a thread is preempted in between.
pub fn increments() -> Model {
    Model::new("increments that are lost", || {
        let counter = Arc::new(AtomicU32::new(0));
        let increment = |counter: &AtomicU32| {
            let found = counter.fetch_add(0, Relaxed);
            let _ = counter.swap(found + 1, Relaxed);
        };
        let other = model::spawn({
            let counter = Arc::clone(&counter);
            move || increment(&counter)
        });
        increment(&counter);
        other.join().unwrap();
        assert_eq!(counter.load(Relaxed), 2, "one is lost");
    })
}

fn trace(model: &Model) -> Result<Trace, String> {
    model.trace().ok_or_else(|| "no trace".to_owned())
}

/// Whether the text of the trace has these parts, one behind the other.
fn has(trace: &Trace, parts: &[&str]) -> Result<(), String> {
    in_order(&trace.to_string(), parts)
}

/// Whether the text has these parts, one behind the other.
fn in_order(text: &str, parts: &[&str]) -> Result<(), String> {
    let mut rest = text;
    for part in parts {
        let found = rest.find(part);
        let found = found.ok_or_else(|| format!("no {part:?} in\n{rest}\nof\n{text}"))?;
        rest = &rest[found + part.len()..];
    }
    Ok(())
}

fn fewest() -> Result<(), String> {
    let trace = trace(&increments())?;
    if trace.bound != Some(1) {
        return Err(format!("{:?} preemptions", trace.bound));
    }
    let parts = [
        "counter: 0 -> 0",
        "counter: 0 -> 1",
        "counter = 1",
        "! panic",
        "one is lost",
    ];
    has(&trace, &parts)
}

/// Each of two threads raises its flag and looks for the other's, without fences.
fn two_flags() -> Model {
    Model::new("two flags", || {
        let flags = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let other = model::spawn({
            let flags = Arc::clone(&flags);
            move || {
                flags.0.store(1, Relaxed);
                flags.1.load(Relaxed)
            }
        });
        flags.1.store(1, Relaxed);
        Machine::fence(SeqCst);
        let seen = flags.0.load(Relaxed);
        seen + other.join().unwrap()
    })
    .outcomes(["1", "2"])
}

fn missed() -> Result<(), String> {
    let trace = trace(&two_flags())?;
    let parts = [
        "flags 0: 0 -> 1",
        "= 0  Relaxed",
        "old: row",
        "unexpected outcome 0",
    ];
    has(&trace, &parts)?;
    let svg = trace.svg();
    if svg.contains("old: row") && svg.contains("<path") {
        Ok(())
    } else {
        Err(svg)
    }
}

fn raced() -> Result<(), String> {
    let model = Model::new("a message without release", || {
        let message = Message::new();
        let writer = model::spawn({
            let message = Arc::clone(&message);
            move || {
                message.write(7);
                message.flag.store(1, Relaxed);
            }
        });
        if message.flag.load(Acquire) == 1 {
            message.read();
        }
        writer.join().unwrap();
    });
    has(
        &trace(&model)?,
        &[
            "write cell",
            "flag: 0 -> 1",
            "flag = 1",
            "read cell",
            "not ordered with",
        ],
    )
}

/// A thread waits for the second step of a process that may be killed before it.
pub fn for_the_dead() -> Model {
    Model::new("a wait for the dead", || {
        let word = Arc::new(AtomicU32::new(0));
        let picture = Arc::clone(&word);
        model::watch(move || format!("it holds {}", picture.load(Relaxed)));
        let writer = model::process(7, {
            let word = Arc::clone(&word);
            move || {
                model::note(|| "half".to_owned());
                word.store(1, Release);
                word.store(2, Release);
                Machine::wake(&word);
            }
        });
        loop {
            match word.load(Acquire) {
                2 => break,
                seen => Machine::wait_any(&[(&word, seen)], None),
            }
        }
        writer.join();
    })
}

fn killed() -> Result<(), String> {
    let found = deaths(&for_the_dead(), &[7]).expect_err("it waits for ever");
    let trace = trace(&found.model)?;
    let parts = [
        "process 7 killed",
        "it holds 0",
        "half",
        "is killed before this",
        "! deadlock",
    ];
    has(&trace, &parts)
}

fn again() -> Result<(), String> {
    let first = trace(&increments())?;
    let saved = first.saved.as_ref().ok_or("nothing was saved")?;
    let run = saved.run.as_ref().ok_or("no run was saved")?;
    let again = increments().replay(run);
    let again = again.map_err(|error| error.to_string())?;
    let again = again.ok_or("it does not fail")?;
    if again.events != first.events {
        return Err(format!("{first}\nis not\n{again}"));
    }
    // The file is about one model only.
    match two_flags().replay(run) {
        Err(_) => Ok(()),
        Ok(_) => Err("the run of another model was done".into()),
    }
}

fn nothing() -> Result<(), String> {
    let holds = two_flags().outcomes(["0", "1", "2"]);
    match holds.trace() {
        None => Ok(()),
        Some(trace) => Err(trace.to_string()),
    }
}

fn check() -> Result<(), String> {
    let said = panic_of(|| increments().check())?;
    expect(increments().explore(), |failure| {
        matches!(failure, Failure::Panicked { .. })
    })?;
    (said.contains("counter: 0 -> 1") && said.contains("AQUEDUCT_REPLAY="))
        .then_some(())
        .ok_or(said)
}

/// Two processes raise a flag each, and one of the two is seen in the end.
pub fn one_of_two() -> Model {
    Model::new("one of two flags", || {
        let flags = Arc::new(AtomicU32::new(0));
        let raising = |id| {
            let flags = Arc::clone(&flags);
            model::process(id, move || flags.fetch_or(id, Release))
        };
        let (one, two) = (raising(1), raising(2));
        one.join();
        two.join();
        assert_ne!(flags.load(Relaxed), 0, "no flag");
    })
}

/// A thread waits for the second step of a process that has done the first.
fn impatient() -> Model {
    Model::new("impatient", || {
        let flag = Arc::new(AtomicU32::new(0));
        let raising = model::process(1, {
            let flag = Arc::clone(&flag);
            move || {
                flag.fetch_add(1, Relaxed);
                flag.fetch_add(1, Relaxed);
            }
        });
        let waiting =
            model::spawn(move || model::attempt(2, || while flag.fetch_or(0, Relaxed) == 1 {}));
        raising.join();
        waiting.join().unwrap();
    })
    .bound(0)
}

fn stopped() -> Result<(), String> {
    one_of_two().check_deaths(&[1, 2]);
    let two = panic_of(|| one_of_two().check_two_deaths(1, 2))?;
    let paused = panic_of(|| impatient().check_pauses(&[1]))?;
    for (said, parts) in [
        (two, ["process 2 killed at its access 1", "failed: no flag"]),
        (
            paused,
            ["process 1 paused at its access 2", "stops before this"],
        ),
    ] {
        if !parts.iter().all(|part| said.contains(part)) {
            return Err(said);
        }
    }
    Ok(())
}

fn at_random() -> Result<(), String> {
    let how = Random::new(1_000).seed(1).killing(&[7]);
    let said = panic_of(|| for_the_dead().check_random(&how))?;
    let parts = [
        "process 7 killed",
        "it holds 0",
        "is killed before this",
        "! deadlock",
        "AQUEDUCT_SEED=1 cargo test",
    ];
    in_order(&said, &parts)
}

fn narrow() -> Result<(), String> {
    let model = Model::new("five threads", || {
        let word = Arc::new(AtomicU32::new(0));
        let threads = [1_u32 << 20, 2 << 20, 4 << 20, 8 << 20].map(|bit| {
            let word = Arc::clone(&word);
            model::spawn(move || word.compare_exchange(0, bit, AcqRel, Relaxed).is_ok())
        });
        let won = threads.map(|thread| thread.join().expect("no panic"));
        assert!(!won[3], "the last one won");
    });
    let text = trace(&model.bound(1))?.to_string();
    let events = text.lines().skip_while(|line| !line.contains("source"));
    let events: Vec<_> = events.take_while(|line| !line.contains('!')).collect();
    let long = events.iter().find(|line| line.chars().count() > 120);
    let cut = events.iter().any(|line| line.ends_with('…'));
    match long {
        None if cut && events.len() > 10 => Ok(()),
        _ => Err(text),
    }
}
