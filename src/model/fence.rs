//! Fences, and the two halves of an asymmetric one.
//!
//! A light fence of a thread changes a word of that thread, a heavy fence of another thread is a full
//! one and changes the words of all threads, one after the other: `membarrier` interrupts one processor
//! after the other, too. Two changes of a word are in some order, and the later one has what was before
//! the earlier one. So a light and a heavy fence are ordered as two sequentially consistent ones, as loom
//! has them; and two light fences, which change different words, are not.

use super::engine::{self, LOOM_THREADS, Raw};
use super::event::Effect;
use super::execution::{Part, enter as enter_access, execution};
use super::site::Access;
use crate::platform::Ordering::{self, AcqRel, SeqCst};
use std::panic::Location;

/// The words of the threads, which their light fences change.
pub(super) struct Words([engine::AtomicU32; LOOM_THREADS]);

impl Words {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Raw::new(0)))
    }

    /// Of one thread. Under shuttle there are more threads, and every access is a fence.
    fn change(&self, thread: usize) {
        if let Some(word) = self.0.get(thread) {
            word.fetch_add(1, AcqRel);
        }
    }
}

/// A fence of any kind, weakened if so asked.
pub(super) fn enter(access: Access, location: &'static Location<'static>) {
    let Some(entry) = enter_access(access, location) else {
        return;
    };
    match entry.access {
        Access::Fence(order) => full(order, entry.has(Part::Fences)),
        Access::LightFence => {
            assert!(
                execution().may_lighten.get(),
                "nobody has asked for light fences"
            );
            execution().light_fences.change(entry.thread);
        }
        Access::HeavyFence => {
            full(SeqCst, entry.has(Part::Fences));
            let others = (0..LOOM_THREADS).filter(|&other| other != entry.thread);
            others.for_each(|other| execution().light_fences.change(other));
        }
        _ => return,
    }
    entry.done(Effect::default());
}

/// A fence of loom is no point of scheduling; the beacon makes it one.
fn full(order: Ordering, beacon: bool) {
    if order == SeqCst && beacon {
        execution().fence_beacon.notify();
    }
    engine::fence(order);
}
