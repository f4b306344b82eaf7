//! Processes that stand still for as long as others can go on.

use super::{expect, is};
use crate::Test;
use aqueduct::model::{
    self, AtomicU32, Deaths, Defect, Event, Failure, Machine, Model, attempt, pauses,
};
use aqueduct::platform::Ordering::{AcqRel, Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Futex};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("a try that waits for a paused process is found", spinner),
        ("a try that gives up holds", polite),
        ("who is waited for goes on after its pause", sleeper),
        ("all points of pause are tried", points),
    ]
}

/// A process takes a lock and lets it go; another thread tries to take it, `tries` times at the
/// most.
fn lock(tries: usize) -> Model {
    Model::new("a lock", move || {
        let lock = Arc::new(AtomicU32::new(0));
        let holder = model::process(1, {
            let lock = Arc::clone(&lock);
            move || {
                if lock.compare_exchange(0, 1, AcqRel, Relaxed).is_ok() {
                    lock.swap(0, Release);
                }
            }
        });
        let take = || lock.compare_exchange(0, 2, AcqRel, Relaxed).is_ok();
        let taken = attempt(6, || (0..tries).any(|_| take()));
        holder.join();
        taken
    })
    .bound(1)
}

fn spinner() -> Result<(), String> {
    let found = pauses(&lock(100), &[1]).expect_err("it waits for the paused process");
    let paused = |event: &Event| matches!(event, Event::Paused { thread: 1, .. });
    if !found.failure.events().iter().any(paused) {
        return Err(format!("nobody is paused in {}", found.failure));
    }
    expect(
        Err::<(), _>(found.failure),
        |failure| matches!(failure, Failure::Panicked { message, .. } if message.contains("the attempt at")),
    )
}

fn polite() -> Result<(), String> {
    let seen = pauses(&lock(6).outcomes(["true", "false"]), &[1]);
    seen.map(drop).map_err(|failure| failure.to_string())
}

/// A survivor that sleeps until the process has stored.
fn handshake() -> Model {
    Model::new("a handshake", || {
        let word = Arc::new(AtomicU32::new(0));
        let waker = model::process(1, {
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                Machine::wake(&word);
            }
        });
        while word.load(Acquire) == 0 {
            Machine::wait_any(&[(&word, 0)], None);
        }
        waker.join();
    })
}

fn paused(model: &Model) -> Result<Deaths, String> {
    pauses(model, &[1]).map_err(|failure| failure.to_string())
}

fn sleeper() -> Result<(), String> {
    let seen = paused(&handshake())?;
    // Before the store, and before the wake.
    if seen.points != 2 {
        return Err(format!("{seen:?}"));
    }
    // Without a wake-up the pause helps nobody.
    let lost = Model::new("a lost handshake", || {
        let word = Arc::new(AtomicU32::new(0));
        let waker = model::process(1, {
            let word = Arc::clone(&word);
            move || word.store(1, Release)
        });
        while word.load(Acquire) == 0 {
            Machine::wait_any(&[(&word, 0)], None);
        }
        waker.join();
    });
    let found = pauses(&lost, &[1]).expect_err("nobody wakes it");
    expect(Err::<(), _>(found.failure), is(Defect::Deadlock))
}

fn points() -> Result<(), String> {
    let seen = paused(&lock(6))?;
    let accesses: Vec<_> = seen.sites.iter().map(|site| site.access).collect();
    if seen.points == 2 && accesses.len() == 2 {
        Ok(())
    } else {
        Err(format!("{} points: {accesses:?}", seen.points))
    }
}
