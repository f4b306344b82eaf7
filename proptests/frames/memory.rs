//! A buffer of records, wherever it lies.

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{Consumer, Frames, Producer};
use aqueduct::platform::native::Native;

use crate::placed::Placed;

/// The bytes of a block here.
pub const BLOCK: usize = 8;

/// How one side sees the buffer.
pub type View = Placed<Frames<Native, BLOCK>>;

impl View {
    /// A producer whose claims carry `number`.
    ///
    /// # Safety
    /// There is no other one of that number.
    pub unsafe fn producer(&self, number: u16) -> Producer<Self> {
        let owner = Owner::new(number);
        // SAFETY: by the caller's word.
        unsafe { Producer::attach(self.clone(), owner) }
    }

    /// A consumer.
    ///
    /// # Safety
    /// There is no other one.
    pub unsafe fn consumer(&self) -> Consumer<Self> {
        // SAFETY: by the caller's word.
        unsafe { Consumer::attach(self.clone()) }
    }
}
