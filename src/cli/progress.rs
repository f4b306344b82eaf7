//! How far a transfer is, on a terminal; nothing elsewhere.

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::life::Presence;
use aqueduct::link::Role;
use aqueduct::open::status;
use aqueduct::shm::Object;
use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};

/// Prints a line on the standard error; a closed one is no reason to stop.
pub(super) fn say(line: impl std::fmt::Display) {
    // In one write, so that the lines of two processes do not mix.
    let _ = stderr().write_all(format!("aqueduct: {line}\n").as_bytes());
}

/// How far a transfer is. The transfer counts; a thread of its own looks and draws.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The position in the stream.
    position: AtomicU64,
    /// When the first bytes had passed.
    begun: OnceLock<Instant>,
    from: u64,
    /// Gone once the transfer is over.
    bar: Mutex<Option<ProgressBar>>,
}

const QUICK: Duration = Duration::from_millis(100);
const SLOW: Duration = Duration::from_millis(500);

impl Progress {
    /// Begins at `position` of a stream of `length`, if that is known. Draws if `visible` and the
    /// standard error is a terminal.
    pub(super) fn begin(
        visible: bool,
        position: u64,
        length: Option<u64>,
        role: Role,
        object: &Arc<Object>,
    ) -> Self {
        let bar = (visible && stderr().is_terminal()).then(|| bar(position, length));
        let drawn = bar.is_some();
        let progress = Self(Arc::new(Shared {
            position: AtomicU64::new(position),
            begun: OnceLock::new(),
            from: position,
            bar: Mutex::new(bar),
        }));
        if drawn {
            let (shared, object) = (Arc::clone(&progress.0), Arc::clone(object));
            let started = thread::Builder::new().spawn(move || shared.draw(role, &object));
            if started.is_err() {
                // Nobody would draw it, and the stream can do without.
                progress.clear();
            }
        }
        progress
    }

    /// The stream stands at `position` now.
    pub(super) fn at(&self, position: u64) {
        self.0.begun.get_or_init(Instant::now);
        self.0.position.store(position, Relaxed); // a number to show
    }

    /// Takes the bar away; says whether there was one.
    pub(super) fn clear(&self) -> bool {
        let bar = self
            .0
            .bar
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        bar.as_ref().inspect(|bar| bar.finish_and_clear()).is_some()
    }

    /// Takes the bar away, and says in its place what was done.
    pub(super) fn finish(&self, done: &str) {
        if self.clear() {
            let bytes = self.0.position.load(Relaxed) - self.0.from;
            let seconds = self
                .0
                .begun
                .get_or_init(Instant::now)
                .elapsed()
                .as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
            let rate = bytes as f64 / seconds / 1e9;
            let size = BinaryBytes(bytes);
            say(format_args!(
                "{done} {size} in {seconds:.2} s ({rate:.2} GB/s)"
            ));
        }
    }

    /// Prints a line beside the bar.
    pub(super) fn say(&self, line: impl std::fmt::Display) {
        let bar = self.0.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match bar.as_ref() {
            Some(bar) => bar.suspend(|| say(line)),
            None => say(line),
        }
    }
}

impl Shared {
    /// Looks and draws, ten times a second while something moves, until the bar is gone.
    fn draw(&self, role: Role, object: &Object) {
        let mut last = u64::MAX;
        loop {
            let position = self.position.load(Relaxed);
            let state = state(role, object);
            match self
                .bar
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_ref()
            {
                None => return,
                Some(bar) => {
                    bar.set_message(state);
                    bar.set_position(position);
                }
            }
            thread::sleep(if position == last { SLOW } else { QUICK });
            last = position;
        }
    }
}

/// What the transfer is doing, in a few words.
fn state(role: Role, object: &Object) -> String {
    let Ok(Ok(status)) = status(object) else {
        return String::new();
    };
    let peer = role.peer();
    let seat = match role {
        Role::Sender => status.receiver,
        Role::Receiver => status.sender,
    };
    match (seat.presence, role) {
        (Presence::Vacant, _) => format!("waiting for a {peer}"),
        (Presence::Suspect, _) => format!("the {peer} died"),
        (Presence::Closed, _) => format!("the {peer} has ended"),
        (Presence::Present, Role::Sender) => "sending".into(),
        (Presence::Present, Role::Receiver) => "receiving".into(),
    }
}

fn bar(position: u64, length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length),
            "{msg:22} {wide_bar} {percent:>3}% {binary_bytes:>11} {binary_bytes_per_sec:>13} {eta:>4}",
        ),
        None => (
            ProgressBar::no_length(),
            "{msg:22} {binary_bytes:>11} {binary_bytes_per_sec:>13} {elapsed:>4}",
        ),
    };
    // A template that is wrong would be a bar of another look.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_position(position)
}
