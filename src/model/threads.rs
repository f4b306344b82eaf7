//! Threads of a model: started, joined, paused.

use super::engine;
use super::event::Event;
use super::execution::{execution, thread};
use super::site::Site;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

/// Who can go on and who stands still, so that a pause ends when nobody else goes on.
#[derive(Default)]
pub(super) struct Activity {
    /// How many threads neither sleep nor wait for another's end nor are paused nor have ended.
    running: Cell<usize>,
    /// How many threads there were.
    started: Cell<usize>,
    paused: RefCell<Vec<Paused>>,
}

struct Paused {
    thread: usize,
    handle: engine::Thread,
    resumed: Rc<Cell<bool>>,
}

impl Activity {
    /// One more thread is started, and can go on.
    ///
    /// # Panics
    /// If there are too many.
    pub(super) fn starts(&self) {
        let most = engine::most_threads();
        assert!(
            self.started.get() < most,
            "more than {most} threads, the first included"
        );
        self.started.set(self.started.get() + 1);
        self.goes_on();
    }

    /// One more thread can go on.
    pub(super) fn goes_on(&self) {
        self.running.set(self.running.get() + 1);
    }

    /// One thread less can go on; the last one lets those go on that are paused.
    pub(super) fn stands_still(&self) {
        self.running.set(self.running.get() - 1);
        if self.running.get() > 0 {
            return;
        }
        for paused in self.paused.take() {
            self.goes_on();
            paused.resumed.set(true);
            execution().happened(Event::Resumed {
                thread: paused.thread,
            });
            paused.handle.unpark();
        }
    }
}

/// The calling thread stops until all others sleep, have ended, or wait for it.
pub(super) fn pause(site: Site) {
    let execution = execution();
    let thread = thread();
    execution.happened(Event::Paused { thread, site });
    let resumed = Rc::new(Cell::new(false));
    execution.activity.paused.borrow_mut().push(Paused {
        thread,
        handle: engine::current(),
        resumed: Rc::clone(&resumed),
    });
    execution.activity.stands_still();
    while !resumed.get() {
        engine::park();
    }
}

/// The end of a thread, seen from both sides.
#[derive(Default)]
struct End {
    reached: Cell<bool>,
    awaited: Cell<bool>,
}

/// A running thread of a model.
pub struct JoinHandle<T> {
    handle: engine::JoinHandle<T>,
    end: Rc<End>,
}

/// Starts a thread, as [`std::thread::spawn`] does.
///
/// # Panics
/// Outside a model; for more threads than the engine has, the first included: 5 when a model is
/// explored, 16 when it is [tried at random](super::Model::random).
#[track_caller]
pub fn spawn<T: 'static>(f: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
    start(None, f)
}

/// Starts a thread that stands for `process`.
#[track_caller]
pub(super) fn start<T: 'static>(
    process: Option<u32>,
    f: impl FnOnce() -> T + 'static,
) -> JoinHandle<T> {
    let end = Rc::<End>::default();
    execution().activity.starts();
    let handle = engine::spawn({
        let end = Rc::clone(&end);
        move || {
            let thread = thread();
            execution().happened(Event::Started { thread, process });
            let result = f();
            execution().happened(Event::Ended { thread });
            end.reached.set(true);
            // Whoever waits for this end goes on instead.
            if !end.awaited.get() {
                execution().activity.stands_still();
            }
            result
        }
    });
    JoinHandle { handle, end }
}

impl<T> JoinHandle<T> {
    /// Waits for the end of the thread, and returns what it returned.
    ///
    /// # Errors
    /// Never: a panic in a thread ends the exploration.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        if !self.end.reached.get() {
            self.end.awaited.set(true);
            execution().activity.stands_still();
        }
        self.handle.join()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinHandle")
    }
}
