//! Faults that random runs must find, and find again by their seed.

use crate::Test;
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{
    self, AtomicU32, Defect, Event, Failure, History, Machine, Model, Random, RandomFailure,
};
use aqueduct::platform::Ordering::{AcqRel, Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Futex};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("a lost wake-up is found, and again", lost_wake_up),
        ("a lost increment is found, and again", lost_increment),
        ("an endless loop is found", endless),
        ("an unexpected outcome is found", unexpected),
        ("a claim that a death leaves is found", leaked_claim),
        ("a history that no order explains is found", refused),
        ("a failure leaves the next runs clean", clean),
    ]
}

const RUNS: usize = 2_000;

/// Tries with and without a bound on switches, from a few seeds each; every one must fail in the
/// way that is stated, and its seed must lead to the same run again.
fn found(model: &Model, set: fn(Random) -> Random, is: fn(&Failure) -> bool) -> Result<(), String> {
    let hows: [fn(Random) -> Random; 2] = [|how| how, |how| how.few_switches(2)];
    for how in hows {
        for seed in [1, 2, 3] {
            let how = || set(how(Random::new(RUNS).seed(seed)));
            let failed = model.random(&how()).expect_err("it fails");
            if !is(&failed.failure) || failed.seed() != seed {
                return Err(failed.to_string());
            }
            let again = model.random(&how().seed(failed.seed()));
            same(&failed, &again.expect_err("it fails again"))?;
        }
    }
    Ok(())
}

/// Whether both are the same run, with the same events.
fn same(one: &RandomFailure, two: &RandomFailure) -> Result<(), String> {
    let (failure, again) = (&one.failure, &two.failure);
    let same = failure == again && !failure.events().is_empty() && one.points == two.points;
    let named = one
        .to_string()
        .contains(&format!("AQUEDUCT_SEED={}", one.seed()));
    if same && named {
        Ok(())
    } else {
        Err(format!("{one} is not {two}"))
    }
}

/// A sleeper that says that it sleeps after it has looked for the last time.
fn sleeper() -> Model {
    Model::new("a sleeper that looks too early", || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let waker = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words.0.store(1, Release);
                if words.1.swap(0, AcqRel) == 1 {
                    Machine::wake(&words.1);
                }
            }
        });
        if words.0.load(Acquire) == 0 {
            words.1.swap(1, AcqRel);
            Machine::wait_any(&[(&words.1, 1)], None);
        }
        waker.join().unwrap();
    })
}

fn lost_wake_up() -> Result<(), String> {
    let deadlock = |failure: &Failure| failure.defect() == Some(Defect::Deadlock);
    found(&sleeper(), |how| how, deadlock)
}

/// Eight threads add one, in two steps.
fn increments() -> Model {
    Model::new("increments in two steps", || {
        let counter = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let counter = Arc::clone(&counter);
                model::spawn(move || add_one(&counter))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        counter.load(Acquire)
    })
}

/// The same, with an assertion.
fn counted() -> Model {
    Model::new("increments that are counted", || {
        let counter = Arc::new(AtomicU32::new(0));
        let other = model::spawn({
            let counter = Arc::clone(&counter);
            move || (0..4).for_each(|_| add_one(&counter))
        });
        (0..4).for_each(|_| add_one(&counter));
        other.join().unwrap();
        assert_eq!(counter.load(Acquire), 8, "one is lost");
    })
}

fn add_one(counter: &AtomicU32) {
    let seen = counter.load(Acquire);
    counter.swap(seen + 1, AcqRel);
}

fn lost_increment() -> Result<(), String> {
    let lost = |failure: &Failure| {
        let said = failure.to_string().contains("one is lost");
        failure.defect() == Some(Defect::Panic) && said
    };
    found(&counted(), |how| how, lost)
}

fn endless() -> Result<(), String> {
    let model = Model::new("waits by trying", || {
        let word = Arc::new(AtomicU32::new(0));
        let other = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Release)
        });
        other.join().unwrap();
        while word.load(Acquire) != 2 {}
    });
    let endless = |failure: &Failure| failure.defect() == Some(Defect::Endless);
    found(&model, |how| how, endless)
}

fn unexpected() -> Result<(), String> {
    let unexpected = |failure: &Failure| matches!(failure, Failure::UnexpectedOutcome { outcome, .. } if outcome != "8");
    found(&increments().outcomes(["8"]), |how| how, unexpected)
}

/// 0 or 1.
fn store_and_load() -> Model {
    Model::new("store and load", || {
        let word = Arc::new(AtomicU32::new(0));
        let other = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Release)
        });
        let seen = word.load(Acquire);
        other.join().unwrap();
        seen
    })
}

/// A lock that nobody takes from the dead.
fn leaked_claim() -> Result<(), String> {
    let model = Model::new("a lock and a death", || {
        let lock = Arc::new(AtomicU32::new(0));
        let holder = model::process(7, {
            let lock = Arc::clone(&lock);
            move || {
                let free = lock.compare_exchange(0, 1, Acquire, Relaxed);
                assert!(free.is_ok(), "nobody else takes it");
                lock.swap(0, Release);
            }
        });
        holder.join();
        assert_eq!(lock.load(Acquire), 0, "it stays taken");
    });
    let alive = model.random(&Random::new(200).pausing(&[7]));
    alive.map_err(|failure| failure.to_string())?;
    let taken = |failure: &Failure| {
        let killed = |event: &Event| matches!(event, Event::Killed { .. });
        failure.to_string().contains("it stays taken") && failure.events().iter().any(killed)
    };
    found(&model, |how| how.killing(&[7]), taken)
}

/// A mailbox of one word; broken, two steps take from it.
fn mailbox(broken: bool) -> Model {
    Model::new("a mailbox", move || {
        let word = Arc::new(AtomicU32::new(0));
        let history = History::new(Fifo::bounded(1));
        history.call(Call::Push(1), || {
            word.swap(1, AcqRel);
            Answer::Done
        });
        let takers: Vec<_> = (0..2)
            .map(|_| {
                let (word, history) = (Arc::clone(&word), history.clone());
                model::spawn(move || {
                    history.call(Call::Pop, || {
                        let found = if broken {
                            let found = word.load(Acquire);
                            word.swap(0, AcqRel);
                            found
                        } else {
                            word.swap(0, AcqRel)
                        };
                        match found {
                            0 => Answer::Empty,
                            message => Answer::Message(message),
                        }
                    });
                })
            })
            .collect();
        for taker in takers {
            taker.join().unwrap();
        }
        history.call(Call::Pop, || match word.swap(0, AcqRel) {
            0 => Answer::Empty,
            message => Answer::Message(message),
        });
        history.check();
    })
}

fn refused() -> Result<(), String> {
    let healthy = mailbox(false).random(&Random::new(200));
    let healthy = healthy.map_err(|failure| failure.to_string())?;
    if (healthy.histories.checked, healthy.histories.calls) != (200, 800) {
        return Err(format!("{healthy:?}"));
    }
    let refused = |failure: &Failure| failure.to_string().contains("no order of these calls");
    found(&mailbox(true), |how| how, refused)
}

fn clean() -> Result<(), String> {
    for seed in 0..20 {
        let failed = counted().random(&Random::new(RUNS).seed(seed));
        failed.expect_err("it fails");
        let holds = store_and_load().outcomes(["0", "1"]);
        let seen = holds.random(&Random::new(50).seed(seed));
        seen.map_err(|failure| failure.to_string())?;
        // And an exploration is none of its business.
        holds.explore().map_err(|failure| failure.to_string())?;
    }
    Ok(())
}
