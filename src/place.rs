//! Structures that end in a slice of slots, built in place in memory that somebody else provides.
//!
//! A ring or a link is one block: its shared words, then its slots. [`Place`] says how large the
//! block is, fills it, and finds it again from an address and a *private* capacity; nothing that
//! stands in the block itself is believed. Heap, mapping and model all go through it.

#[cfg(feature = "shm")]
pub mod header;
#[cfg(feature = "shm")]
mod plain;
#[cfg(feature = "shm")]
pub mod schema;

#[cfg(feature = "shm")]
pub use self::plain::{Checkable, InvalidBits, Plain, Unchecked};
#[cfg(feature = "shm")]
pub use self::schema::Schema;
#[cfg(feature = "shm")]
pub use aqueduct_derive::Schema;

use alloc::alloc::{alloc_zeroed, handle_alloc_error};
use alloc::boxed::Box;
use core::alloc::{Layout, LayoutError};
use core::ptr::NonNull;

use crate::position::{Capacity, Position};

/// A structure that is built in a block of memory.
///
/// # Safety
/// `layout` is never of size 0, and `layout`, `at` and `init` describe one and the same block: what `init` makes of a block of
/// `layout` is a valid value at the pointer `at` returns.
pub unsafe trait Place {
    /// Size and alignment of the block.
    ///
    /// # Errors
    /// `LayoutError` if the size overflows.
    fn layout(capacity: Capacity) -> Result<Layout, LayoutError>;

    /// The structure in the block that starts at `block`.
    fn at(block: NonNull<u8>, capacity: Capacity) -> NonNull<Self>;

    /// Fills the block: an empty structure whose stream stands at `start`.
    ///
    /// # Safety
    /// `this` is what [`at`](Place::at) made of a zeroed block of [`layout`](Place::layout), which
    /// nobody else uses yet.
    unsafe fn init(this: NonNull<Self>, start: Position);
}

/// Builds an empty structure on the heap.
///
/// Aborts the process if there is no memory for it, as `Box::new` does.
///
/// # Errors
/// `LayoutError` if its size overflows.
pub fn boxed<S: Place + ?Sized>(
    capacity: Capacity,
    start: Position,
) -> Result<Box<S>, LayoutError> {
    let layout = S::layout(capacity)?;
    // SAFETY: the size is not zero: a placed structure has shared words.
    let block = unsafe { alloc_zeroed(layout) };
    let Some(block) = NonNull::new(block) else {
        handle_alloc_error(layout)
    };
    let this = S::at(block, capacity);
    // SAFETY: the block is fresh, zeroed and of the structure's layout.
    unsafe { S::init(this, start) };
    // SAFETY: `this` was allocated with the layout of the value that it now holds.
    Ok(unsafe { Box::from_raw(this.as_ptr()) })
}
