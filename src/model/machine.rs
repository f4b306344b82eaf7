//! The machine itself.

use super::cell::Cell;
use super::engine;
use super::fence;
use super::site::Access;
use super::watch;
use super::word::{AtomicU32, AtomicU64};
use crate::platform::{Ordering, Platform};
use std::panic::Location;

/// The machine that models run on; see [`model`](super).
#[derive(Clone, Copy, Debug)]
pub enum Machine {}

impl Platform for Machine {
    type AtomicU32 = AtomicU32;
    type AtomicU64 = AtomicU64;
    type Cell<T> = Cell<T>;
    /// Both words of a position are used again, and each by another stretch, in the shortest model.
    type Several<T> = [T; 2];
    const STRETCH: u64 = 1;

    /// # Panics
    /// Outside a model.
    #[track_caller]
    fn fence(order: Ordering) {
        fence::enter(Access::Fence(order), Location::caller());
    }

    /// Lets other threads run first. A model tries or sleeps, it does not spin: a loop around this
    /// is explored under the assumption that others go on, and takes long.
    fn spin() {
        if !std::thread::panicking() && !watch::looking() {
            engine::yield_now();
        }
    }
}
