//! Ctrl-C, and being asked to end.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::failure::Failure;
use super::session::Session;

/// The exit code of a command that was interrupted.
pub(super) const INTERRUPTED: u8 = 130;

/// The news that somebody wants this process to end.
#[derive(Clone, Debug)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Raised by each signal that asks to end, unless this process was started to ignore it.
    pub(super) fn watch() -> Result<Self, Failure> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in asked_for() {
            let registered = signal_hook::flag::register(signal, Arc::clone(&flag));
            registered.map_err(Failure::system("watch for signals"))?;
        }
        Ok(Self(flag))
    }

    /// Whether it was raised.
    pub(super) fn is_raised(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Waits for the end that was asked for, if one was; for who must not go on then.
    pub(super) fn check(&self) {
        while self.is_raised() {
            thread::park();
        }
    }

    /// From now on the same signals end the process: it gives the session up, if there is one by
    /// then. Who makes a session holds the lock meanwhile, so that none is made and left behind.
    pub(super) fn ends() -> Result<Arc<Mutex<Option<Session>>>, Failure> {
        let system = Failure::system("watch for signals");
        let mut signals = Signals::new(asked_for()).map_err(system)?;
        let session = Arc::new(Mutex::new(None::<Session>));
        let given = Arc::clone(&session);
        thread::spawn(move || {
            if signals.forever().next().is_some() {
                // Never unlocked again: a session that is still to be made never is.
                let session = given.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(session) = session.as_ref() {
                    session.give_up();
                }
                std::process::exit(INTERRUPTED.into());
            }
        });
        Ok(session)
    }
}

/// The signals that ask to end. `nohup` and shells start a process with some of them ignored, and
/// it stays so.
fn asked_for() -> impl Iterator<Item = i32> {
    let ignored = ignored().unwrap_or(0);
    let signals = [SIGINT, SIGTERM, SIGHUP];
    signals
        .into_iter()
        .filter(move |signal| ignored >> (signal - 1) & 1 == 0)
}

/// The set of signals that this process ignores, as the kernel writes it.
fn ignored() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}
