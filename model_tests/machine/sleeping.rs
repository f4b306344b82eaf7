//! Sleeping and waking, the timer, and waits that end for no reason.

use super::{expect, is, passes};
use crate::Test;
use aqueduct::model::{self, AtomicU32, Defect, Machine, Model};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release, SeqCst};
use aqueduct::platform::{Atomic, Futex, Platform};
use std::sync::Arc;
use std::time::Duration;

pub fn tests() -> Vec<Test> {
    vec![
        ("a lost wake-up is a deadlock", lost_wake_up),
        ("a handshake of sleeper and waker passes", handshake),
        ("the timer fires at every moment", timer),
        ("a wait returns for no reason", spurious),
    ]
}

/// A sleeper that looks at the flag and then waits for another value than the one it saw.
fn waiter(careless: bool) -> Model {
    Model::new("sleep and wake", move || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                Machine::wake(&word);
            }
        });
        while word.load(Acquire) == 0 {
            let expected = if careless { word.load(Relaxed) } else { 0 };
            Machine::wait_any(&[(&word, expected)], None);
        }
        thread.join().unwrap();
    })
}

fn lost_wake_up() -> Result<(), String> {
    expect(waiter(true).explore(), is(Defect::Deadlock))?;
    let never_woken = Model::new("nobody wakes", || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Release)
        });
        Machine::wait_any(&[(&word, 0)], None);
        thread.join().unwrap();
    });
    expect(never_woken.explore(), is(Defect::Deadlock))
}

/// The waker makes the system call only if somebody says that it sleeps; the fences order the
/// two words.
fn with_sleepers_counted(waker_fences: bool, sleeper_fences: bool) -> Model {
    Model::new("sleepers counted", move || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let thread = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words.0.store(1, Release);
                if waker_fences {
                    Machine::fence(SeqCst);
                }
                if words.1.load(Relaxed) != 0 {
                    Machine::wake(&words.0);
                    return "woke";
                }
                "did not wake"
            }
        });
        words.1.store(1, Relaxed);
        if sleeper_fences {
            Machine::fence(SeqCst);
        }
        while words.0.load(Acquire) == 0 {
            Machine::wait_any(&[(&words.0, 0)], None);
        }
        thread.join().unwrap()
    })
    .outcomes(["woke", "did not wake"])
}

fn handshake() -> Result<(), String> {
    passes(waiter(false).explore())?;
    passes(with_sleepers_counted(true, true).explore())?;
    expect(
        with_sleepers_counted(false, true).explore(),
        is(Defect::Deadlock),
    )?;
    // The kernel of today has a fence in the system call; futex(2) does not promise it.
    expect(
        with_sleepers_counted(true, false).explore(),
        is(Defect::Deadlock),
    )
}

/// Waits for a word or the end of time.
fn timed(deadline: Duration) -> Model {
    Model::new("timed wait", move || {
        let word = Arc::new(AtomicU32::new(0));
        let waker = model::spawn({
            let word = Arc::clone(&word);
            move || {
                word.store(1, Release);
                Machine::wake(&word);
            }
        });
        let timer = model::spawn(model::expire);
        let mut outcome = "woken";
        while word.load(Acquire) == 0 {
            if Machine::now() >= deadline {
                outcome = "timed out";
                break;
            }
            Machine::wait_any(&[(&word, 0)], Some(deadline));
        }
        waker.join().unwrap();
        timer.join().unwrap();
        outcome
    })
}

fn timer() -> Result<(), String> {
    let both = ["woken", "timed out"];
    let soon = timed(Duration::from_secs(1)).bound(2);
    passes(soon.outcomes(both).explore())?;
    passes(timed(Duration::ZERO).outcomes(both).explore())?;
    passes(timed(Duration::MAX).outcomes(["woken"]).explore())
}

/// A wait that nobody ends, once the thread sleeps.
fn one_wait() -> Model {
    Model::new("one wait", || {
        let word = Arc::new(AtomicU32::new(0));
        let thread = model::spawn({
            let word = Arc::clone(&word);
            move || word.store(1, Release)
        });
        Machine::wait_any(&[(&word, 0)], None);
        let seen = word.load(Acquire);
        thread.join().unwrap();
        seen
    })
}

fn spurious() -> Result<(), String> {
    expect(one_wait().explore(), is(Defect::Deadlock))?;
    expect(one_wait().spurious(2).explore(), is(Defect::Deadlock))?;
    passes(one_wait().spurious(1).outcomes(["0", "1"]).explore())
}
