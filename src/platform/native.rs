//! The machine that the program runs on: core's atomics and, with the feature `shm`, Linux's futex.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the room for them"
)]
#![allow(
    clippy::inline_always,
    reason = "one instruction each, also in unoptimised builds"
)]

#[cfg(feature = "shm")]
mod futex;
#[cfg(feature = "shm")]
mod membarrier;
#[cfg(feature = "shm")]
pub(crate) mod servant;
#[cfg(feature = "shm")]
pub(crate) mod signals;
#[cfg(feature = "shm")]
mod uring;
#[cfg(feature = "shm")]
mod wary;

use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{self, AtomicU32, AtomicU64, Ordering};

#[cfg(feature = "shm")]
pub use self::futex::{MAX_WORDS, futex_waitv_supported};
#[cfg(feature = "shm")]
pub use self::membarrier::{membarrier_supported, prepare_light_fences};
#[cfg(feature = "shm")]
pub use self::uring::{Sleeper, Uring};
#[cfg(feature = "shm")]
pub use self::wary::{Guarded, Wary};
use super::{Atomic, Cell, Flat, Platform};

/// The machine that the program runs on.
///
/// Its words and cells are core's own, so they are laid out as plain integers and plain values
/// are, and may lie in memory that is shared with other processes.
#[derive(Clone, Copy, Debug)]
pub struct Native;

impl Platform for Native {
    type AtomicU32 = AtomicU32;
    type AtomicU64 = AtomicU64;
    type Cell<T> = UnsafeCell<T>;
    /// 128 of 16. With half as many, or twice as long, streams are slower: a word is used again too soon, or
    /// both sides meet in one too often.
    type Several<T> = [T; 128];
    const STRETCH: u64 = 16;

    #[inline(always)]
    fn fence(order: Ordering) {
        atomic::fence(order);
    }

    #[inline(always)]
    fn spin() {
        core::hint::spin_loop();
    }
}

// SAFETY: `UnsafeCell` is laid out as what it holds, and its pointer is that of its contents.
unsafe impl Flat for Native {}

/// The methods of [`Atomic`] are those of core's word of the same name.
macro_rules! native_atomic {
    ($atomic:ident, $value:ty) => {
        impl Atomic<$value> for $atomic {
            #[inline(always)]
            fn new(value: $value) -> Self {
                $atomic::new(value)
            }

            #[inline(always)]
            fn load(&self, order: Ordering) -> $value {
                $atomic::load(self, order)
            }

            #[inline(always)]
            fn store(&self, value: $value, order: Ordering) {
                $atomic::store(self, value, order);
            }

            #[inline(always)]
            fn swap(&self, value: $value, order: Ordering) -> $value {
                $atomic::swap(self, value, order)
            }

            #[inline(always)]
            fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                $atomic::fetch_add(self, value, order)
            }

            #[inline(always)]
            fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                $atomic::fetch_or(self, value, order)
            }

            #[inline(always)]
            fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                $atomic::compare_exchange(self, current, new, success, failure)
            }
        }
    };
}

native_atomic!(AtomicU32, u32);
native_atomic!(AtomicU64, u64);

impl<T> Cell<T> for UnsafeCell<T> {
    #[inline(always)]
    fn new(value: T) -> Self {
        UnsafeCell::new(value)
    }

    #[inline(always)]
    fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
        f(self.get())
    }

    #[inline(always)]
    fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.get())
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn prefetch(&self) {
        use core::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};

        // SAFETY: it is a hint, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(self.get().cast()) };
    }

    #[inline(always)]
    fn with_all<R>(cells: &[Self], f: impl FnOnce(*const [T]) -> R) -> R {
        f(all(cells))
    }

    #[inline(always)]
    fn with_all_mut<R>(cells: &[Self], f: impl FnOnce(*mut [T]) -> R) -> R {
        f(all(cells))
    }
}

/// The contents of contiguous cells as one array: a cell is laid out as what it holds.
#[inline(always)]
fn all<T>(cells: &[UnsafeCell<T>]) -> *mut [T] {
    ptr::slice_from_raw_parts_mut(UnsafeCell::raw_get(cells.as_ptr()), cells.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contiguous_cells_are_one_array() {
        let cells = [1u16, 2, 3].map(UnsafeCell::new);
        Cell::with_all_mut(&cells[1..], |rest| {
            // SAFETY: nobody else uses the cells of this test.
            unsafe { (*rest).copy_from_slice(&[7, 8]) }
        });
        // SAFETY: as above.
        let seen = Cell::with_all(&cells, |all| unsafe { (*all).to_vec() });
        assert_eq!(seen, [1, 7, 8]);
    }

    #[test]
    fn words_are_cores_words() {
        let word = <AtomicU32 as Atomic<u32>>::new(u32::MAX);
        assert_eq!(Atomic::fetch_add(&word, 2, Ordering::Relaxed), u32::MAX);
        assert_eq!(Atomic::fetch_or(&word, 4, Ordering::Relaxed), 1);
        assert_eq!(Atomic::swap(&word, 9, Ordering::Relaxed), 5);
        let failed = Atomic::compare_exchange(&word, 5, 6, Ordering::Relaxed, Ordering::Relaxed);
        assert_eq!(failed, Err(9));
        Atomic::store(&word, 3, Ordering::Relaxed);
        assert_eq!(Atomic::load(&word, Ordering::Relaxed), 3);
    }
}
