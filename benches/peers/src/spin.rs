//! Waits around those that only try.

use std::hint::spin_loop;
use std::thread::yield_now;

/// Tries in between which nobody else gets the processor.
const TRIES: u32 = 64;

/// Tries until it succeeds, and keeps the processor.
#[inline]
pub fn spin<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(done) = attempt() {
            return done;
        }
        spin_loop();
    }
}

/// Tries until `is_so`, and keeps the processor.
#[inline]
pub fn spin_until(mut is_so: impl FnMut() -> bool) {
    spin(|| is_so().then_some(()));
}

/// Tries until it succeeds, and lets others have the processor now and then: for more threads than there
/// are processors.
#[inline]
pub fn spin_and_yield<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    loop {
        for _ in 0..TRIES {
            if let Some(done) = attempt() {
                return done;
            }
            spin_loop();
        }
        yield_now();
    }
}
