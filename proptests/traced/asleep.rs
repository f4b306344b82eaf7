//! A survivor that sleeps while the victim is at work, and has to be woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::link::{BRIEF, LONG};
use super::operation::{Fate, Scene};

/// A sleeper that is woken is awake by then, and one that is not sleeps for longer.
const SOON: Duration = Duration::from_secs(10);
const _: () = assert!(SOON.as_secs() < LONG.as_secs());

/// What the last message was that passed, told to another thread.
pub type Progress = Arc<AtomicU64>;

/// A scene whose survivor sleeps, in a thread of its own, from the beginning.
pub struct Sleep<S> {
    thread: JoinHandle<S>,
    progress: Progress,
    /// The message that wakes it.
    last: u64,
}

impl<S: Scene + 'static> Sleep<S> {
    pub fn of(mut scene: S, progress: Progress, sleep: fn(&mut S), last: u64) -> Self {
        let sleep = move || {
            sleep(&mut scene);
            scene
        };
        Self {
            thread: thread::spawn(sleep),
            progress,
            last,
        }
    }
}

impl<S: Scene + 'static> Scene for Sleep<S> {
    fn go_round(&mut self) {
        let done = self.progress.load(Relaxed) == self.last;
        assert!(done || !self.thread.is_finished(), "told of a death");
    }

    fn look_at_the_end(&mut self) {
        let deadline = Instant::now() + SOON;
        while self.progress.load(Relaxed) != self.last {
            assert!(Instant::now() < deadline, "the sleeper is not woken");
            thread::sleep(BRIEF / 20);
        }
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let scene = self.thread.join().expect("the sleeper is well");
        Box::new(scene).judge(fate)
    }
}
