//! A ring of one producer and one consumer, wherever it lies.

use aqueduct::buffer::Corrupt;
use aqueduct::buffer::spsc::{Consumer, Producer, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

use crate::placed::Placed;

/// How one side sees the ring.
pub type View<T> = Placed<Ring<Native, T>>;

impl<T> View<T> {
    /// A new producer of the ring.
    ///
    /// # Safety
    /// The ring was placed with `capacity` and has no other producer.
    pub unsafe fn producer(&self, capacity: Capacity) -> Result<Producer<Self>, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { Producer::attach(self.clone(), capacity) }
    }

    /// A new consumer of the ring.
    ///
    /// # Safety
    /// The ring was placed with `capacity` and has no other consumer.
    pub unsafe fn consumer(&self, capacity: Capacity) -> Result<Consumer<Self>, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { Consumer::attach(self.clone(), capacity) }
    }
}
