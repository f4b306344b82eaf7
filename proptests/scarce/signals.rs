//! Signals that come during every wait, with a handler that lets calls go on, and with one that does not:
//! each wait ends as if there had been none.

mod links;
mod mailboxes;
mod others;

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::shm::Name;
use aqueduct::wait::Patience;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::running::{Running, until};
use crate::scratch::{Scratch, suffixed};
use crate::shm::{helper, name_for_helper};

/// How long a wait takes in which nothing comes.
const WAIT: Duration = Duration::from_millis(50);
/// Between two signals.
const PAUSE: Duration = Duration::from_micros(500);

/// How many signals were handled.
static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn handle(_: libc::c_int) {
    HANDLED.fetch_add(1, Relaxed);
}

/// What is waited for, while another thread lets it come after some time; or nothing comes, until a deadline.
type Wait = (&'static str, fn(&Name));

/// Signals that a wait outlives, before what it waits for comes.
const SIGNALS: u32 = 5;

/// Waits until so many signals more have been handled, by the thread that waits.
fn while_signals_come(before: u32) {
    until("signals in a wait", || {
        (HANDLED.load(Relaxed) >= before + SIGNALS).then_some(())
    });
}

/// Waits, and lets come what is waited for after some signals. What each returns is kept until the other has
/// returned.
fn later<R: Send, E: Debug + Send, K>(
    come: impl FnOnce() -> Result<R, E> + Send,
    wait: impl FnOnce() -> K,
) {
    let (before, comes) = (HANDLED.load(Relaxed), AtomicBool::new(false));
    thread::scope(|scope| {
        let coming = scope.spawn(|| {
            while_signals_come(before);
            comes.store(true, Relaxed);
            come()
        });
        let kept = wait();
        assert!(comes.load(Relaxed), "it did not wait");
        coming.join().expect("it does not panic").expect("it comes");
        drop(kept);
    });
}

/// Waits for what does not come, with a deadline; again, if this machine was so busy that no signal came.
fn in_vain<K>(mut wait: impl FnMut(Patience) -> K) -> K {
    for _ in 0..5 {
        let (before, begun) = (HANDLED.load(Relaxed), Instant::now());
        let outcome = wait(Patience::until(Native::now() + WAIT));
        assert!(begun.elapsed() >= WAIT, "it did not wait");
        if HANDLED.load(Relaxed) > before {
            return outcome;
        }
    }
    panic!("nothing disturbed it");
}

/// In a helper: waits for everything, while signals come to the thread that waits.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn waits() {
    let Some(base) = name_for_helper() else {
        return;
    };
    let waits = [links::WAITS, mailboxes::WAITS, others::WAITS].concat();
    assert_eq!(waits.len(), 55);
    for flags in [SaFlags::empty(), SaFlags::SA_RESTART] {
        let action = SigAction::new(SigHandler::Handler(handle), flags, SigSet::empty());
        // SAFETY: the handler adds to a number, which a handler may.
        unsafe { sigaction(Signal::SIGUSR1, &action) }.expect("a handler");
        for (number, (kind, wait)) in (0..).zip(&waits) {
            let name = suffixed(&base, &format!("{number}"));
            eprintln!("{kind}");
            disturbed(|| wait(&name));
            drop(Scratch::of(name));
        }
    }
}

/// Does something in this thread, to which signals come.
fn disturbed(work: impl FnOnce()) {
    // SAFETY: it has no conditions.
    let own = unsafe { libc::pthread_self() };
    // Dropped when it is done, or panics.
    let (working, work_is_over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let _working = working;
        scope.spawn(move || {
            while work_is_over.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                // SAFETY: the thread waits for this one.
                unsafe { libc::pthread_kill(own, Signal::SIGUSR1 as i32) };
            }
        });
        work();
    });
}

#[test]
fn signals_during_every_wait() {
    let scratch = Scratch::new();
    let mut running = Running::start(&mut helper("scarce::signals::waits", &scratch.name()));
    running.wait().expect(0);
}
