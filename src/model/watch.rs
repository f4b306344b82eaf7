//! Looking at a structure without touching it, for drawings.

use super::event::Event;
use super::execution::{execution, exploration};
use std::cell::Cell;
use std::mem;

/// A picture, and how it looked when it was drawn last.
pub(super) struct Watch {
    draw: Box<dyn Fn() -> String>,
    last: String,
}

thread_local! {
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Whether the accesses of this moment are those of a drawing: they read the newest values, and
/// are no part of the execution.
pub(super) fn looking() -> bool {
    LOOKING.get()
}

/// Draws a structure whenever it looks different, in the [`Trace`](super::Trace) of a failed run.
///
/// `draw` may load words and read cells that hold plain data; it sees their newest values, whatever
/// its thread could see, and the execution does not notice it.
///
/// # Panics
/// Outside a model.
pub fn watch(draw: impl Fn() -> String + 'static) {
    if !exploration().settings.tracing {
        return;
    }
    let draw = Box::new(draw);
    let last = String::new();
    execution().watches.borrow_mut().push(Watch { draw, last });
    look();
}

/// Says something in the [`Trace`](super::Trace) of a failed run: which call begins, what it
/// answered.
///
/// # Panics
/// Outside a model.
pub fn note(text: impl FnOnce() -> String) {
    if exploration().settings.tracing && !std::thread::panicking() {
        let thread = super::execution::thread();
        let text = text();
        execution().happened(Event::Note { thread, text });
    }
}

/// Draws what looks different now.
pub(super) fn look() {
    if looking() {
        return;
    }
    let execution = execution();
    let mut watches = execution.watches.take();
    LOOKING.set(true);
    for watch in &mut watches {
        let picture = (watch.draw)();
        if picture != watch.last {
            watch.last.clone_from(&picture);
            execution.events.borrow_mut().push(Event::Picture(picture));
        }
    }
    LOOKING.set(false);
    watches.append(&mut execution.watches.borrow_mut());
    execution.watches.replace(watches);
}

/// Drops no picture: what it holds may be shared memory, and the execution is over.
pub(super) fn forget(watches: Vec<Watch>) {
    mem::forget(watches);
}
