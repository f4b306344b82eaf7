//! Threads of either engine.

use super::chance;
use loom::thread::LocalKey;
use std::marker::PhantomData;

/// A thread that can be told to go on.
pub(in crate::model) enum Thread {
    Loom(loom::thread::Thread),
    Shuttle(usize),
}

impl Thread {
    /// Makes the thread go on that [`park`]ed.
    pub(in crate::model) fn unpark(&self) {
        match self {
            Thread::Loom(thread) => thread.unpark(),
            Thread::Shuttle(thread) => chance::unpark(*thread),
        }
    }
}

/// The calling thread.
pub(in crate::model) fn current() -> Thread {
    if chance::rules() {
        Thread::Shuttle(thread())
    } else {
        Thread::Loom(loom::thread::current())
    }
}

/// Stops the calling thread, perhaps until it is told to go on: to be called again as long as there
/// is no reason to.
pub(in crate::model) fn park() {
    if chance::rules() {
        chance::park();
    } else {
        loom::thread::park();
    }
}

/// Lets other threads run first.
pub(in crate::model) fn yield_now() {
    if chance::rules() {
        chance::yield_now();
    } else {
        loom::thread::yield_now();
    }
}

static THREAD: LocalKey<usize> = LocalKey {
    init: index_of_new_thread,
    _p: PhantomData,
};

/// loom numbers its threads from zero, and tells the number in this way only.
fn index_of_new_thread() -> usize {
    let name = format!("{:?}", loom::thread::current().id());
    let digits = name.trim_start_matches("ThreadId(").trim_end_matches(')');
    digits.parse().expect("loom names a thread ThreadId(n)")
}

/// The index of the calling thread of the model, below [`most_threads`](super::most_threads).
pub(in crate::model) fn thread() -> usize {
    chance::thread().unwrap_or_else(|| THREAD.with(|index| *index))
}

/// A running thread.
pub(in crate::model) enum JoinHandle<T> {
    Loom(loom::thread::JoinHandle<T>),
    Shuttle(chance::JoinHandle<T>),
}

/// Starts a thread.
#[track_caller]
pub(in crate::model) fn spawn<T: 'static>(f: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
    if chance::rules() {
        JoinHandle::Shuttle(chance::spawn(f))
    } else {
        JoinHandle::Loom(loom::thread::spawn(f))
    }
}

impl<T> JoinHandle<T> {
    /// Waits for the end of the thread.
    #[track_caller]
    pub(in crate::model) fn join(self) -> std::thread::Result<T> {
        match self {
            JoinHandle::Loom(handle) => handle.join(),
            JoinHandle::Shuttle(handle) => Ok(handle.join()),
        }
    }
}
