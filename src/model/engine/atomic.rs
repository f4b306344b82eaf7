//! Atomics of both engines and both widths, by one name.

use super::chance;
use crate::platform::Ordering;
use std::sync::atomic::Ordering::Relaxed;

/// An atomic of the engine.
pub trait Raw: Send + Sync {
    /// What the word holds.
    type Value: Copy + Send + PartialEq + Default + Into<u64>;
    #[doc(hidden)]
    fn sum(one: Self::Value, two: Self::Value) -> Self::Value;
    #[doc(hidden)]
    fn union(one: Self::Value, two: Self::Value) -> Self::Value;
    #[doc(hidden)]
    fn new(value: Self::Value) -> Self;
    #[doc(hidden)]
    fn load(&self, order: Ordering) -> Self::Value;
    #[doc(hidden)]
    fn store(&self, value: Self::Value, order: Ordering);
    #[doc(hidden)]
    fn swap(&self, value: Self::Value, order: Ordering) -> Self::Value;
    #[doc(hidden)]
    fn fetch_add(&self, value: Self::Value, order: Ordering) -> Self::Value;
    #[doc(hidden)]
    fn fetch_or(&self, value: Self::Value, order: Ordering) -> Self::Value;
    #[doc(hidden)]
    fn compare_exchange(
        &self,
        current: Self::Value,
        new: Self::Value,
        success: Ordering,
        failure: Ordering,
    ) -> Result<Self::Value, Self::Value>;
}

/// Does the same with loom's atomic, or with std's behind a point of scheduling. The threads of an
/// exploration take turns on one OS thread, so `Relaxed` is sequentially consistent there.
macro_rules! either {
    ($atomic:expr, |$raw:ident, $order:ident| $act:expr) => {
        match $atomic {
            Self::Loom($raw) => {
                let $order = std::convert::identity::<Ordering>;
                $act
            }
            Self::Shuttle($raw) => {
                chance::point();
                let $order = |_: Ordering| Relaxed;
                $act
            }
        }
    };
}

macro_rules! raw {
    ($name:ident, $value:ty) => {
        /// An atomic of loom, or one that shuttle schedules.
        pub enum $name {
            #[doc(hidden)]
            Loom(loom::sync::atomic::$name),
            #[doc(hidden)]
            Shuttle(std::sync::atomic::$name),
        }

        impl Raw for $name {
            type Value = $value;
            fn sum(one: $value, two: $value) -> $value {
                one.wrapping_add(two)
            }
            fn union(one: $value, two: $value) -> $value {
                one | two
            }
            fn new(value: $value) -> Self {
                if chance::rules() {
                    Self::Shuttle(std::sync::atomic::$name::new(value))
                } else {
                    Self::Loom(loom::sync::atomic::$name::new(value))
                }
            }
            fn load(&self, order: Ordering) -> $value {
                either!(self, |raw, at| raw.load(at(order)))
            }
            fn store(&self, value: $value, order: Ordering) {
                either!(self, |raw, at| raw.store(value, at(order)));
            }
            fn swap(&self, value: $value, order: Ordering) -> $value {
                either!(self, |raw, at| raw.swap(value, at(order)))
            }
            fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                either!(self, |raw, at| raw.fetch_add(value, at(order)))
            }
            fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                either!(self, |raw, at| raw.fetch_or(value, at(order)))
            }
            fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                either!(self, |raw, at| raw.compare_exchange(
                    current,
                    new,
                    at(success),
                    at(failure)
                ))
            }
        }
    };
}
raw!(AtomicU32, u32);
raw!(AtomicU64, u64);
