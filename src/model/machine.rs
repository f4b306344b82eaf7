//! The machine itself.

use super::cell::Cell;
use super::engine;
use super::event::Effect;
use super::execution::{Part, enter, execution};
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

    /// # Panics
    /// Outside a model.
    #[track_caller]
    fn fence(order: Ordering) {
        let Some(entry) = enter(Access::Fence(order), Location::caller()) else {
            return;
        };
        if let Access::Fence(order) = entry.access {
            // A fence of loom is not a point of scheduling; this makes it one.
            if order == Ordering::SeqCst && entry.has(Part::Fences) {
                execution().fence_beacon.notify();
            }
            engine::fence(order);
            entry.done(Effect::default());
        }
    }

    /// Lets other threads run first. A model tries or sleeps, it does not spin: a loop around this
    /// is explored under the assumption that others go on, and takes long.
    fn spin() {
        if !std::thread::panicking() && !watch::looking() {
            engine::yield_now();
        }
    }
}
