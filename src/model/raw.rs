//! loom's atomics of both widths, by one name.

use crate::platform::Ordering;

/// An atomic of loom.
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

macro_rules! raw {
    ($name:ident, $value:ty) => {
        impl Raw for loom::sync::atomic::$name {
            type Value = $value;
            fn sum(one: $value, two: $value) -> $value {
                one.wrapping_add(two)
            }
            fn union(one: $value, two: $value) -> $value {
                one | two
            }
            fn new(value: $value) -> Self {
                Self::new(value)
            }
            fn load(&self, order: Ordering) -> $value {
                self.load(order)
            }
            fn store(&self, value: $value, order: Ordering) {
                self.store(value, order);
            }
            fn swap(&self, value: $value, order: Ordering) -> $value {
                self.swap(value, order)
            }
            fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.fetch_add(value, order)
            }
            fn fetch_or(&self, value: $value, order: Ordering) -> $value {
                self.fetch_or(value, order)
            }
            fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(current, new, success, failure)
            }
        }
    };
}
raw!(AtomicU32, u32);
raw!(AtomicU64, u64);
