//! Segments on the heap: a table of their addresses.
//!
//! ```text
//!     table    0        1        2        3
//!          +--------+--------+--------+--------+
//!          |   0    |   o    |   o    |   0    |     0: not there
//!          +--------+---|----+---|----+--------+
//!                       v        v
//!                  [slots ...]  [slots ...]
//! ```
//!
//! An address is changed by one side at a time, which is ordered behind the last change: the producer
//! reserves what FREED says was given back, the consumer gives back what FILLED says is there. So
//! are those who look for slots.

use alloc::alloc::{alloc, dealloc};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::needs_drop;
use core::ptr::{self, NonNull};

use super::Shape;
use super::segments::{Blank, NoMemory, Segments};
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Platform};

/// Memory on the heap of one process, with the words `W` and slots `S`.
pub struct Heap<P: Platform, W, S> {
    words: W,
    shape: Shape,
    /// The layout of a segment.
    layout: Layout,
    /// Where each segment lies; 0 if it is not there.
    table: Box<[P::AtomicU64]>,
    slots: PhantomData<S>,
}

// SAFETY: a slot is used by one side at a time (`Blank`), and its message may be sent.
unsafe impl<P: Platform, W: Sync, S: Blank<Message: Send>> Sync for Heap<P, W, S> {}
// SAFETY: as above.
unsafe impl<P: Platform, W: Send, S: Blank<Message: Send>> Send for Heap<P, W, S> {}

impl<P: Platform, W, S> Heap<P, W, S> {
    /// Memory of this shape, without a segment.
    ///
    /// # Errors
    /// [`NoMemory`] if there is none for the table, or a segment could never be had.
    pub fn new(words: W, shape: Shape) -> Result<Self, NoMemory> {
        let layout = Layout::array::<S>(shape.slots()).map_err(|_| NoMemory)?;
        let mut table = Vec::new();
        let reserved = table.try_reserve_exact(shape.segments());
        reserved.map_err(|_| NoMemory)?;
        table.resize_with(shape.segments(), || Atomic::new(0));
        Ok(Self {
            words,
            shape,
            layout,
            table: table.into_boxed_slice(),
            slots: PhantomData,
        })
    }

    /// How many segments are there. For showing only.
    pub fn segments_there(&self) -> usize {
        // Relaxed: nothing rests on it.
        let there = self.table.iter().filter(|word| word.load(Relaxed) != 0);
        there.count()
    }

    /// Frees the slots at `address`.
    ///
    /// # Safety
    /// They are those of a segment, and are not used any more.
    unsafe fn free(&self, address: u64) {
        let block = pointer::<S>(address);
        let slots = ptr::slice_from_raw_parts_mut(block, self.shape.slots());
        // SAFETY: the slots are nobody's any more, by the caller's word.
        unsafe { slots.drop_in_place() };
        if self.layout.size() > 0 {
            // SAFETY: the block was allocated with this layout, by `allocate`.
            unsafe { dealloc(block.cast(), self.layout) };
        }
    }
}

/// The slots at an address of the table.
#[expect(
    clippy::cast_possible_truncation,
    reason = "it was an address of this process"
)]
fn pointer<S>(address: u64) -> *mut S {
    ptr::with_exposed_provenance_mut(address as usize)
}

impl<P: Platform, W, S: Blank> Heap<P, W, S> {
    /// The address of new blank slots for a segment.
    fn allocate(&self) -> Result<u64, NoMemory> {
        let block = if self.layout.size() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the size is not zero.
            let block = unsafe { alloc(self.layout) };
            NonNull::new(block.cast::<S>()).ok_or(NoMemory)?
        };
        let address = block.as_ptr().expose_provenance() as u64;
        if self.layout.size() == 0 && !needs_drop::<S>() {
            return Ok(address); // there is nothing to write, and there may be 2^63 of them
        }
        for index in 0..self.shape.slots() {
            // SAFETY: the block has so many slots.
            let slot = unsafe { block.add(index) };
            // SAFETY: the slot lies in the block, which is new.
            unsafe { slot.write(S::blank()) };
        }
        Ok(address)
    }
}

// SAFETY: the table is private to the process. An address stays in it from the store that sets it
// to the one that takes it out, and its slots are allocated for just as long.
unsafe impl<P: Platform, W, S: Blank> Segments for Heap<P, W, S> {
    type Words = W;
    type Slot = S;
    const OWNS_MESSAGES: bool = true;

    fn words(&self) -> &W {
        &self.words
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn reserve(&self, segment: usize) -> Result<(), NoMemory> {
        let word = &self.table[segment];
        // Relaxed, here and below: see above.
        if word.load(Relaxed) == 0 {
            word.store(self.allocate()?, Relaxed);
        }
        Ok(())
    }

    unsafe fn give_back(&self, segment: usize) {
        let word = &self.table[segment];
        let address = word.load(Relaxed);
        if address != 0 {
            word.store(0, Relaxed);
            // SAFETY: it was the segment's, and its slots are not used any more.
            unsafe { self.free(address) };
        }
    }

    unsafe fn slots(&self, segment: usize) -> &[S] {
        let address = self.table[segment].load(Relaxed);
        debug_assert_ne!(address, 0, "a segment that is not there");
        // SAFETY: so many slots lie there, for as long as they are used, by the caller's word.
        unsafe { core::slice::from_raw_parts(pointer(address), self.shape.slots()) }
    }
}

impl<P: Platform, W, S> Drop for Heap<P, W, S> {
    fn drop(&mut self) {
        for word in &self.table {
            // Relaxed: whoever drops the memory is ordered behind all its users.
            let address = word.load(Relaxed);
            if address != 0 {
                // SAFETY: the slots are those of a segment, and the memory is ours alone.
                unsafe { self.free(address) };
            }
        }
    }
}

impl<P: Platform, W: fmt::Debug, S> fmt::Debug for Heap<P, W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("words", &self.words)
            .field("shape", &self.shape)
            .field("segments", &self.segments_there())
            .finish_non_exhaustive()
    }
}
