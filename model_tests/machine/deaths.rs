//! Processes that die, and what the survivors learn of it.

use super::{Message, StoresWhenDropped, expect, is, passes};
use crate::Test;
use aqueduct::model::{
    self, AtomicU32, Defect, FUTEX_OWNER_DIED, FUTEX_WAITERS, Failure, Machine, Model, deaths,
    deaths_after_suspicion, pauses,
};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Futex};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("death at every access of two stores", two_stores),
        ("a death that is not noticed is found", death_found),
        ("the kernel wakes a sleeper of the dead", owner_died),
        ("the kernel leaves a word that is not the dead's", not_owner),
        (
            "a death orders what was before, unless switched off",
            unordered_death,
        ),
        ("a marked word is a suspicion only", suspicion),
        ("two deaths in one execution", two_dead),
        ("a sweep beside a death that is certain", one_is_dead),
    ]
}

/// A process that stores twice; the survivor looks once it knows that it is dead or done.
fn two_stores_model() -> Model {
    Model::new("two stores", || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let unused = Arc::new(AtomicU32::new(0));
        let process = model::process(1, {
            let words = Arc::clone(&words);
            move || {
                let _noisy = StoresWhenDropped(Arc::clone(&unused));
                words.0.store(1, Relaxed);
                words.1.store(1, Relaxed);
            }
        });
        let dead = model::is_dead(1);
        let seen = (words.1.load(Relaxed), words.0.load(Relaxed));
        process.join();
        if dead {
            format!("dead {seen:?}")
        } else {
            "alive".into()
        }
    })
}

fn two_stores() -> Result<(), String> {
    let few = deaths(&two_stores_model().at_least(1_000), &[1]).expect_err("a floor");
    expect(Err::<(), _>(few.failure), |failure| {
        matches!(failure, Failure::TooFewExecutions { .. })
    })?;
    let outcomes = ["alive", "dead (0, 0)", "dead (0, 1)", "dead (1, 1)"];
    let seen = deaths(&two_stores_model().outcomes(outcomes), &[1]);
    let seen = seen.map_err(|failure| failure.to_string())?;
    // Two stores, and the two accesses of the destructor when nobody is killed.
    if seen.points == 4 {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

/// A survivor that waits for a word whose writer may be dead.
fn waits_for_the_dead() -> Model {
    Model::new("waits for the dead", || {
        let word = Arc::new(AtomicU32::new(0));
        let process = model::process(1, {
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                Machine::wake(&word);
            }
        });
        while word.load(Acquire) == 0 {
            Machine::wait_any(&[(&word, 0)], None);
        }
        process.join();
    })
}

fn death_found() -> Result<(), String> {
    let failure = deaths(&waits_for_the_dead(), &[1]).expect_err("a deadlock");
    if failure.deaths.ends_with("access 1") && is(Defect::Deadlock)(&failure.failure) {
        Ok(())
    } else {
        Err(failure.to_string())
    }
}

const TID: u32 = 77;

/// As before, but the survivor also watches a word on the robust list of the other.
fn watches_the_dead(tid: u32) -> Model {
    Model::new("watches the dead", move || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(TID | FUTEX_WAITERS)));
        let process = model::process(1, {
            let words = Arc::clone(&words);
            move || {
                model::robust(Arc::clone(&words), |words| &words.1, tid);
                words.0.store(1, Release);
                Machine::wake(&words.0);
            }
        });
        let mut outcome = "received";
        while words.0.load(Acquire) == 0 {
            let life = words.1.load(Acquire);
            if life != TID | FUTEX_WAITERS {
                assert_eq!(life, FUTEX_OWNER_DIED | FUTEX_WAITERS);
                outcome = "died";
                break;
            }
            Machine::wait_any(&[(&words.0, 0), (&words.1, life)], None);
        }
        process.join();
        outcome
    })
}

fn owner_died() -> Result<(), String> {
    let seen = deaths(&watches_the_dead(TID).outcomes(["received", "died"]), &[1]);
    seen.map(|_| ()).map_err(|failure| failure.to_string())
}

fn not_owner() -> Result<(), String> {
    let failure = deaths(&watches_the_dead(TID + 1), &[1]).expect_err("a deadlock");
    expect(Err::<(), _>(failure.failure), is(Defect::Deadlock))
}

fn reads_after_death() -> Model {
    Model::new("reads after death", || {
        let message = Message::new();
        let process = model::process(1, {
            let message = Arc::clone(&message);
            move || message.write(1)
        });
        let seen = model::is_dead(1).then(|| message.read());
        process.join();
        seen
    })
}

fn unordered_death() -> Result<(), String> {
    passes(reads_after_death().outcomes(["None", "Some(1)"]).explore())?;
    expect(
        reads_after_death().unordered_deaths().explore(),
        is(Defect::Race),
    )
}

/// Reads what the dead wrote, on suspicion or when it is certain.
fn reads_what_the_dead_wrote(certain: bool) -> Model {
    Model::new("reads what the dead wrote", move || {
        let message = Message::new();
        let life = Arc::new(AtomicU32::new(TID));
        let process = model::process(1, {
            let (message, life) = (Arc::clone(&message), Arc::clone(&life));
            move || {
                model::robust(life, |life| life, TID);
                message.write(1);
                message.write(2);
                message.flag.store(1, Release);
            }
        });
        let suspected = life.load(Acquire) == FUTEX_OWNER_DIED;
        let seen = (suspected && (!certain || model::is_dead(1))).then(|| message.read());
        process.join();
        seen
    })
}

fn suspicion() -> Result<(), String> {
    let all = ["None", "Some(0)", "Some(1)", "Some(2)"];
    // At the moment of death everything has been written: believing the mark looks right.
    deaths(&reads_what_the_dead_wrote(false).outcomes(all), &[1])
        .map_err(|failure| failure.to_string())?;
    let failure = deaths_after_suspicion(&reads_what_the_dead_wrote(false), &[1]);
    let failure = failure.expect_err("a race").failure;
    expect(Err::<(), _>(failure), is(Defect::Race))?;
    let seen = deaths_after_suspicion(&reads_what_the_dead_wrote(true).outcomes(all), &[1]);
    let seen = seen.map_err(|failure| failure.to_string())?;
    // Three accesses: marked and killed at (1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3).
    if seen.points == 6 {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

/// Two processes store a word each; who looks knows that both are gone.
/// Two processes that store, each to a word of its own; who has ended, and what was stored.
fn two_processes() -> Model {
    Model::new("two processes", || {
        let words = Arc::new([(); 2].map(|()| AtomicU32::new(0)));
        let processes = [0, 1].map(|id| {
            let words = Arc::clone(&words);
            let index = usize::try_from(id).unwrap();
            model::process(id, move || words[index].store(1, Relaxed))
        });
        let both = processes.map(|process| process.join().is_some());
        (both, words[0].load(Relaxed), words[1].load(Relaxed))
    })
}

fn two_dead() -> Result<(), String> {
    let model = two_processes();
    let model = model.outcomes([
        "([false, false], 0, 0)",
        "([false, true], 0, 1)",
        "([true, false], 1, 0)",
        "([true, true], 1, 1)",
    ]);
    let seen = model::two_deaths(&model, 0, 1).map_err(|failure| failure.to_string())?;
    // One pair: each does one access.
    if seen.points == 1 {
        Ok(())
    } else {
        Err(format!("{seen:?}"))
    }
}

fn one_is_dead() -> Result<(), String> {
    let model = two_processes().killed(0, 1);
    let killed = ["([false, true], 0, 1)", "([false, false], 0, 0)"];
    let seen = deaths(&model.clone().outcomes(killed), &[1]);
    let killed = seen.map_err(|failure| failure.to_string())?;
    let seen = pauses(&model.outcomes(["([false, true], 0, 1)"]), &[1]);
    let paused = seen.map_err(|failure| failure.to_string())?;
    // One access each.
    if [killed.points, paused.points] == [1, 1] {
        Ok(())
    } else {
        Err(format!("{killed:?} {paused:?}"))
    }
}
