//! The machine on which accesses are counted, with positions as the native one has them.

use std::time::Duration;

use aqueduct::platform::native::Native;
use aqueduct::platform::{Futex, Ordering, Platform};

use super::Stepped;

/// [`Stepped`], whose positions have as many words as those of [`Native`].
pub enum Spread {}

impl Platform for Spread {
    type AtomicU32 = <Stepped as Platform>::AtomicU32;
    type AtomicU64 = <Stepped as Platform>::AtomicU64;
    type Cell<T> = <Stepped as Platform>::Cell<T>;
    type Several<T> = <Native as Platform>::Several<T>;
    const STRETCH: u64 = Native::STRETCH;

    fn fence(order: Ordering) {
        Stepped::fence(order);
    }

    fn spin() {
        Stepped::spin();
    }
}

impl Futex for Spread {
    const LIGHT_AFTER: u32 = Stepped::LIGHT_AFTER;

    fn lighten() -> bool {
        Stepped::lighten()
    }

    fn light_fence() {
        Stepped::light_fence();
    }

    fn heavy_fence() -> bool {
        Stepped::heavy_fence()
    }

    fn now() -> Duration {
        Stepped::now()
    }

    fn wait_any(words: &[(&Self::AtomicU32, u32)], deadline: Option<Duration>) {
        Stepped::wait_any(words, deadline);
    }

    fn wake(word: &Self::AtomicU32) {
        Stepped::wake(word);
    }
}
