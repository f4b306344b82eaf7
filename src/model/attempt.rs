//! Tries that end by themselves.

use super::execution::{execution, thread};

/// Runs `f`, a try of some structure: it must return within `most` accesses of its own, whatever
/// other threads do meanwhile or leave undone.
///
/// With [`pauses`](super::pauses) it shows that nobody waits for a process that stands still.
///
/// # Panics
/// In the access after the last one allowed; outside a model; within another attempt of the same
/// thread.
pub fn attempt<T>(most: usize, f: impl FnOnce() -> T) -> T {
    let execution = execution();
    let left = &execution.threads[thread()].attempt;
    assert!(left.get().is_none(), "an attempt within an attempt");
    left.set(Some(most));
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
        Some(0) => panic!("an attempt goes on after the last access that it may do"),
        Some(more) => left.set(Some(more - 1)),
    }
}
