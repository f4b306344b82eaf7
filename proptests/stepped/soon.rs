//! The machine of those that survive.

use std::time::Duration;

use aqueduct::platform::native::Native;
use aqueduct::platform::{Flat, Futex, Ordering, Platform};

/// [`Native`], which makes light fences as soon as the model does; full ones in their stead, as a kill
/// does not ask which.
pub enum Soon {}

impl Platform for Soon {
    type AtomicU32 = <Native as Platform>::AtomicU32;
    type AtomicU64 = <Native as Platform>::AtomicU64;
    type Cell<T> = <Native as Platform>::Cell<T>;
    /// As in the model.
    type Several<T> = [T; 2];
    const STRETCH: u64 = 1;

    fn fence(order: Ordering) {
        Native::fence(order);
    }

    fn spin() {
        Native::spin();
    }
}

impl Futex for Soon {
    const LIGHT_AFTER: u32 = 1;

    fn lighten() -> bool {
        true
    }

    fn light_fence() {
        Native::fence(Ordering::SeqCst);
    }

    fn heavy_fence() -> bool {
        Native::fence(Ordering::SeqCst);
        true
    }

    fn now() -> Duration {
        Native::now()
    }

    fn wait_any(words: &[(&Self::AtomicU32, u32)], deadline: Option<Duration>) {
        Native::wait_any(words, deadline);
    }

    fn wake(word: &Self::AtomicU32) {
        Native::wake(word);
    }
}

// SAFETY: its cells are those of `Native`.
unsafe impl Flat for Soon {}
