//! Signals that come during every wait, with a handler that lets calls go on, and with one that does not:
//! each wait ends as if there had been none.

mod links;
mod mailboxes;
mod others;

use std::fmt::Debug;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use aqueduct::platform::Futex as _;
use aqueduct::platform::native::Native;
use aqueduct::shm::Name;
use aqueduct::wait::Patience;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::running::Running;
use crate::scratch::{Scratch, suffixed};
use crate::shm::{helper, name_for_helper};

/// How long each wait takes.
const WAIT: Duration = Duration::from_millis(25);
/// Between two signals.
const PAUSE: Duration = Duration::from_micros(500);

/// How many signals were handled.
static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn handle(_: libc::c_int) {
    HANDLED.fetch_add(1, Relaxed);
}

/// What is waited for, while another thread lets it come after some time; or nothing comes, until a deadline.
type Wait = (&'static str, fn(&Name));

/// Waits for so long, and no longer.
fn a_while() -> Patience {
    Patience::until(Native::now() + WAIT)
}

/// Waits, and lets come what is waited for after some time. What each returns is kept until the other has
/// returned.
fn later<R: Send, E: Debug + Send, K>(
    come: impl FnOnce() -> Result<R, E> + Send,
    wait: impl FnOnce() -> K,
) {
    thread::scope(|scope| {
        let coming = scope.spawn(|| {
            thread::sleep(WAIT);
            come()
        });
        let kept = wait();
        coming.join().expect("it does not panic").expect("it comes");
        drop(kept);
    });
}

/// In a helper: waits for everything, while signals come to the thread that waits.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn waits() {
    let Some(base) = name_for_helper() else {
        return;
    };
    let waits = [links::WAITS, mailboxes::WAITS, others::WAITS].concat();
    for flags in [SaFlags::empty(), SaFlags::SA_RESTART] {
        let action = SigAction::new(SigHandler::Handler(handle), flags, SigSet::empty());
        // SAFETY: the handler adds to a number, which a handler may.
        unsafe { sigaction(Signal::SIGUSR1, &action) }.expect("a handler");
        for (number, (kind, wait)) in (0..).zip(&waits) {
            let name = suffixed(&base, &format!("{number}"));
            let before = HANDLED.load(Relaxed);
            disturbed(|| wait(&name));
            let came = HANDLED.load(Relaxed) - before;
            assert!(came >= 5, "{kind}: {came} signals in {WAIT:?}");
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
