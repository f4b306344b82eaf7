//! Tries that end by themselves.

use super::execution::{execution, thread};
use std::panic::Location;

/// What an attempt may still do.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    most: usize,
    left: usize,
    location: &'static Location<'static>,
}

/// Runs `f`, a try of some structure: it must return within `most` accesses of its own, whatever
/// other threads do meanwhile or leave undone.
///
/// With [`pauses`](super::pauses) it shows that nobody waits for a process that stands still.
///
/// # Panics
/// In the access after the last one allowed; outside a model; within another attempt of the same
/// thread.
#[track_caller]
pub fn attempt<T>(most: usize, f: impl FnOnce() -> T) -> T {
    let execution = execution();
    let left = &execution.threads[thread()].attempt;
    assert!(left.get().is_none(), "an attempt within an attempt");
    let location = Location::caller();
    left.set(Some(Limit {
        most,
        left: most,
        location,
    }));
    let result = f();
    left.set(None);
    result
}

/// Counts an access of `thread`.
pub(super) fn count_access(thread: usize) {
    let execution = execution();
    let left = &execution.threads[thread].attempt;
    match left.get() {
        None => {}
        Some(Limit {
            left: 0,
            most,
            location,
        }) => panic!("the attempt at {location} goes on after its {most} accesses"),
        Some(limit) => left.set(Some(Limit {
            left: limit.left - 1,
            ..limit
        })),
    }
}
