//! Checkers' own types as machines, with nothing added: loom as it is, and shuttle.

use std::sync::atomic::Ordering;

use aqueduct::platform::{Atomic, Cell, Platform};

use super::run::World;

/// Passes the methods of [`Atomic`] on to a checker's type.
macro_rules! bare_atomic {
    ($name:ident, $inner:ty, $value:ty) => {
        pub(crate) struct $name($inner);

        impl Atomic<$value> for $name {
            fn new(value: $value) -> Self {
                Self(<$inner>::new(value))
            }

            fn load(&self, order: Ordering) -> $value {
                self.0.load(order)
            }

            fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, order);
            }

            fn swap(&self, value: $value, order: Ordering) -> $value {
                self.0.swap(value, order)
            }

            fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_add(value, order)
            }

            fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                self.0.fetch_or(value, order)
            }

            fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.0.compare_exchange(current, new, success, failure)
            }
        }
    };
}

bare_atomic!(Loom32, loom::sync::atomic::AtomicU32, u32);
bare_atomic!(Loom64, loom::sync::atomic::AtomicU64, u64);
bare_atomic!(Shuttle32, shuttle::sync::atomic::AtomicU32, u32);
bare_atomic!(Shuttle64, shuttle::sync::atomic::AtomicU64, u64);

/// The programs of the calibration have words only.
pub(crate) struct NoCell;

impl<T> Cell<T> for NoCell {
    fn new(_: T) -> Self {
        Self
    }

    fn with<R>(&self, _: impl FnOnce(*const T) -> R) -> R {
        unimplemented!()
    }

    fn with_mut<R>(&self, _: impl FnOnce(*mut T) -> R) -> R {
        unimplemented!()
    }

    fn with_all<R>(_: &[Self], _: impl FnOnce(*const [T]) -> R) -> R {
        unimplemented!()
    }

    fn with_all_mut<R>(_: &[Self], _: impl FnOnce(*mut [T]) -> R) -> R {
        unimplemented!()
    }
}

/// loom as it is.
pub(crate) struct Loom;

impl Platform for Loom {
    type AtomicU32 = Loom32;
    type AtomicU64 = Loom64;
    type Cell<T> = NoCell;
    type Several<T> = [T; 1];
    const STRETCH: u64 = 1;

    fn fence(order: Ordering) {
        loom::sync::atomic::fence(order);
    }

    fn spin() {}
}

impl World for Loom {
    type Machine = Self;

    fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T {
        let thread = loom::thread::spawn(body);
        move || thread.join().expect("the thread ends")
    }
}

/// shuttle: every access is sequentially consistent, and a fence does nothing.
pub(crate) struct Shuttle;

impl Platform for Shuttle {
    type AtomicU32 = Shuttle32;
    type AtomicU64 = Shuttle64;
    type Cell<T> = NoCell;
    type Several<T> = [T; 1];
    const STRETCH: u64 = 1;

    fn fence(_: Ordering) {}

    fn spin() {}
}

impl World for Shuttle {
    type Machine = Self;

    fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T {
        let thread = shuttle::thread::spawn(body);
        move || thread.join().expect("the thread ends")
    }
}
