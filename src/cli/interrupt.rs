//! Ctrl-C, and being asked to end.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, Signal, signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::failure::Failure;
use super::files::Fresh;
use super::session::Session;

/// The exit code of a command that was interrupted.
pub(super) const INTERRUPTED: u8 = 130;

/// Nobody who wants a process to end waits for longer.
const PARTING: Duration = Duration::from_secs(1);

/// How often to look whether a session has been made.
const PAUSE: Duration = Duration::from_millis(2);

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
}

/// What has to be done before a signal ends the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Ending {
    /// The session to give up, if there is one by then. Who makes a session holds the lock
    /// meanwhile, so that none is made and left behind.
    pub(super) session: Arc<Mutex<Option<Session>>>,
    /// The file to take away.
    pub(super) fresh: Fresh,
}

impl Ending {
    /// From now on the same signals end the process.
    pub(super) fn watch() -> Result<Self, Failure> {
        let system = Failure::system("watch for signals");
        let mut signals = Signals::new(asked_for()).map_err(system)?;
        let ending = Self::default();
        let watcher = ending.clone();
        let started = thread::Builder::new().spawn(move || {
            if signals.forever().next().is_some() {
                watcher.end();
            }
        });
        started.map_err(Failure::system("start a thread that watches for signals"))?;
        Ok(ending)
    }

    /// Parts from everything, in bounded time: somebody else may hold the gate, stopped.
    fn end(&self) -> ! {
        let deadline = Instant::now() + PARTING;
        self.fresh.abandon_for_good();
        // Never unlocked again: a session that is still to be made never is.
        let session = loop {
            match self.session.try_lock() {
                Ok(session) => break Some(session),
                Err(TryLockError::Poisoned(poisoned)) => break Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => break None,
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        };
        if let Some(session) = session.as_ref().and_then(|session| session.as_ref()) {
            session.give_up_within(Some(deadline.saturating_duration_since(Instant::now())));
        }
        std::process::exit(INTERRUPTED.into());
    }
}

/// Makes a limit on the size of files an error of a write, where the kernel would kill.
pub(super) fn outlive_file_size_limits() -> Result<(), Failure> {
    // SAFETY: a signal that is ignored runs nothing.
    let ignored = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
    let system = Failure::system("ignore the signal of file size limits");
    ignored.map_err(|error| system(error.into())).map(drop)
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
