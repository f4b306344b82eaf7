//! The memory of the buffer: two indices, then the array.

use core::alloc::{Layout, LayoutError};
use core::iter;
use core::mem::{MaybeUninit, needs_drop};
use core::ptr::NonNull;

use super::index;
use crate::buffer::drop_each;
use crate::place::Place;
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Cell, Platform, SlotCell};
use crate::position::{Capacity, CapacityError, Position};

/// How many slots the array has: at least two, of which one stays empty.
///
/// It is the book's `BUFFER_SIZE`. Wherever a [`Capacity`] is asked for, as by
/// [`place`](crate::place), it is the number of items, one less.
///
/// ```
/// use aqueduct::buffer::textbook::{BufferSize, SizeError};
///
/// assert_eq!(BufferSize::new(10)?.capacity().get(), 9);
/// assert_eq!(BufferSize::new(1), Err(SizeError::TooSmall(1)));
/// # Ok::<(), SizeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferSize(Capacity);

/// Why a number cannot be a [`BufferSize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// One slot stays empty, and another one is for an item.
    #[error("an array of {0} slots holds nothing, because one stays empty: ask for 2 or more")]
    TooSmall(usize),
    /// The slots do not fit into the address space.
    #[error("an array of {0} slots needs more memory than can be addressed: ask for less")]
    TooLarge(usize),
}

impl BufferSize {
    /// An array of `slots`, which holds one item less.
    ///
    /// # Errors
    /// [`SizeError`] if it is 0 or 1, or so large that it cannot be addressed.
    pub const fn new(slots: usize) -> Result<Self, SizeError> {
        match Capacity::new(slots.saturating_sub(1)) {
            Ok(items) => Ok(Self(items)),
            Err(CapacityError::Zero) => Err(SizeError::TooSmall(slots)),
            Err(CapacityError::TooLarge(_)) => Err(SizeError::TooLarge(slots)),
        }
    }

    /// The number of slots.
    #[must_use]
    pub const fn slots(self) -> usize {
        self.0.get() + 1
    }

    /// The number of items that it holds.
    #[must_use]
    pub const fn capacity(self) -> Capacity {
        self.0
    }
}

impl From<Capacity> for BufferSize {
    /// The array that holds so many items.
    fn from(items: Capacity) -> Self {
        Self(items)
    }
}

/// The shared memory of the buffer: two indices, then the array.
///
/// ```text
///     +-----------------+-----------------+-----------+-----------+-- - --+-------------------------+
///     | in          u64 | out         u64 | buffer[0] | buffer[1] |       | buffer[BUFFER_SIZE - 1] |
///     +-----------------+-----------------+-----------+-----------+-- - --+-------------------------+
///     byte 0             byte 8            byte 16, or the next one that the items can stand at
///     producer writes    consumer writes
/// ```
///
/// Each index wraps at the end of the array.
#[repr(C)]
#[expect(clippy::struct_field_names, reason = "the book calls the array so")]
pub struct Buffer<P: Platform, T> {
    pub(super) r#in: P::AtomicU64,
    pub(super) out: P::AtomicU64,
    pub(super) buffer: [SlotCell<P, T>],
}

/// What stands before the array.
type Indices<P> = [<P as Platform>::AtomicU64; 2];

// SAFETY: a slot is owned by one side at a time, handed over by FILLED and FREED; items move from
// one thread to another, which `T: Send` permits.
unsafe impl<P: Platform, T: Send> Sync for Buffer<P, T> {}
// SAFETY: as above.
unsafe impl<P: Platform, T: Send> Send for Buffer<P, T> {}

// SAFETY: the block is the two indices, then a slot more than `capacity`, as `repr(C)` lays out
// `Buffer`; `init` writes each of them.
unsafe impl<P: Platform, T> Place for Buffer<P, T> {
    fn layout(capacity: Capacity) -> Result<Layout, LayoutError> {
        let slots = BufferSize(capacity).slots();
        let indices = Layout::new::<Indices<P>>();
        let (block, _) = indices.extend(Layout::array::<SlotCell<P, T>>(slots)?)?;
        Ok(block.pad_to_align())
    }

    fn at(block: NonNull<u8>, capacity: Capacity) -> NonNull<Self> {
        let slots = BufferSize(capacity).slots();
        let block = NonNull::slice_from_raw_parts(block.cast::<SlotCell<P, T>>(), slots);
        // SAFETY: it is the address of `block`, which is not null.
        unsafe { NonNull::new_unchecked(block.as_ptr() as *mut Self) }
    }

    /// `in` and `out` are the remainder of `start`.
    unsafe fn init(this: NonNull<Self>, start: Position) {
        // SAFETY: the field lies in the block; only its address is taken.
        let buffer = unsafe { &raw mut (*this.as_ptr()).buffer };
        let index = start.count() % buffer.len() as u64;
        let indices: Indices<P> = [Atomic::new(index), Atomic::new(index)];
        // SAFETY: the caller owns the block, which begins with the indices.
        unsafe { this.cast().write(indices) };
        if size_of::<SlotCell<P, T>>() == 0 {
            return; // there is nothing to write, and there may be 2^63 of them
        }
        for index in 0..buffer.len() {
            // SAFETY: `index` is below the number of slots in the block.
            let slot = unsafe { buffer.cast::<SlotCell<P, T>>().add(index) };
            // SAFETY: the slot lies in the block, which the caller owns.
            unsafe { slot.write(Cell::new(MaybeUninit::zeroed())) };
        }
    }
}

impl<P: Platform, T> Buffer<P, T> {
    /// `in` and `out`, as they stand now. For showing only: either side may be at work, so nothing
    /// may rest on them, and they are relaxed.
    pub fn indices(&self) -> (u64, u64) {
        (self.r#in.load(Relaxed), self.out.load(Relaxed))
    }
}

impl<P: Platform, T> Drop for Buffer<P, T> {
    /// Drops the items that nobody consumed. Only a buffer on the heap is ever dropped.
    fn drop(&mut self) {
        if !needs_drop::<T>() {
            return;
        }
        // Whoever drops the buffer is ordered behind both sides.
        let (r#in, out) = self.indices();
        let slots = self.buffer.len();
        let (Ok(r#in), Ok(mut out)) = (index(r#in, slots), index(out, slots)) else {
            return; // what cannot be told apart stays where it is
        };
        let left = iter::from_fn(|| {
            let next = (out != r#in).then_some(out)?;
            out = (out + 1) % slots;
            Some(next)
        });
        drop_each(left.map(|out| {
            // SAFETY: the buffer is ours alone.
            let item = self.buffer[out].with(|slot| unsafe { slot.read() });
            // SAFETY: the slots from `out` to `in` are filled.
            unsafe { item.assume_init() }
        }));
    }
}
