//! Threads under shuttle, and what they know of each other.

use super::{State, park, point, thread, unpark, with};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// What a thread returned, and who waits for it.
struct End<T> {
    value: Option<T>,
    waiting: Option<usize>,
}

/// A running thread.
pub(in crate::model) struct JoinHandle<T> {
    thread: usize,
    end: Rc<RefCell<End<T>>>,
}

/// What stays on this OS thread.
struct Here<F>(F);

// SAFETY: the threads of an exploration are coroutines on the one OS thread that runs it.
unsafe impl<F> Send for Here<F> {}

impl<F: FnOnce()> Here<F> {
    fn run(self) {
        (self.0)();
    }
}

pub(in crate::model::engine) fn spawn<T: 'static>(
    f: impl FnOnce() -> T + 'static,
) -> JoinHandle<T> {
    let end = Rc::new(RefCell::new(End {
        value: None,
        waiting: None,
    }));
    let clock = with(|state| state.clocks[state.current]);
    let returns = Rc::clone(&end);
    let body = Here(move || {
        with(|state| state.clocks[state.current] = clock);
        let Some(value) = ended_well(f) else {
            return;
        };
        let mut end = returns.borrow_mut();
        end.value = Some(value);
        if let Some(thread) = end.waiting {
            unpark(thread);
        }
    });
    let handle = shuttle::thread::spawn(move || body.run());
    let thread = handle.thread().id().into();
    JoinHandle { thread, end }
}

/// Runs what a thread does; a panic is kept for [`raise_if_failed`](super::raise_if_failed).
pub(super) fn ended_well<T>(f: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Some(value),
        Err(payload) => {
            with(|state| state.failure = Some(payload));
            None
        }
    }
}

impl<T> JoinHandle<T> {
    pub(in crate::model::engine) fn join(self) -> T {
        point();
        loop {
            let value = self.end.borrow_mut().value.take();
            if let Some(value) = value {
                with(|state| state.learn(self.thread));
                return value;
            }
            self.end.borrow_mut().waiting = thread();
            park();
        }
    }
}

impl State {
    /// The calling thread knows what `other` knew at its end.
    fn learn(&mut self, other: usize) {
        let known = self.clocks[other];
        for (mine, other) in self.clocks[self.current].iter_mut().zip(known) {
            *mine = other.max(*mine);
        }
    }
}

/// A moment of a thread's life.
pub(in crate::model) struct Moment {
    thread: usize,
    time: u32,
}

impl Moment {
    /// Now, if shuttle is the engine.
    pub(in crate::model::engine) fn now() -> Moment {
        with(|state| {
            let thread = state.current;
            let time = &mut state.clocks[thread][thread];
            *time += 1;
            let time = *time;
            Moment { thread, time }
        })
    }

    pub(in crate::model::engine) fn happens_before_now(&self) -> bool {
        with(|state| state.clocks[state.current][self.thread] >= self.time)
    }
}
