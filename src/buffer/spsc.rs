//! The bounded buffer of one producer and one consumer: a ring with two positions.
//!
//! ```text
//!              head: next to take          tail: next to fill
//!                 v                           v
//!     +-----+-----+-----+-----+-----+-----+-----+-----+
//!     |     |     |  c  |  d  |  e  |  f  |     |     |     empty: head == tail
//!     +-----+-----+-----+-----+-----+-----+-----+-----+     full:  tail - head == capacity
//! ```
//!
//! Each side owns its position privately and writes the shared copy, a `Trail`, which the other only
//! follows. A message is in the buffer from the one store that publishes it to the one store that releases
//! it, so a process that dies anywhere leaves nothing to repair: its successor goes on at the
//! shared position. Each side keeps the last position of the other that it saw and looks again
//! only when that is not enough (Lamport 1983 for the ring; Lee, Bu and Chandranmenon's `MCRingBuffer`,
//! IPDPS 2010, for the kept copy).
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | FILLED | the producer's store of `tail` | the consumer's load of `tail` | the messages below `tail` |
//! | FREED | the consumer's store of `head` | the producer's load of `head` | the slots below `head`, read to the end |
//!
//! A side that takes over from a dead predecessor is ordered behind it by whoever granted it the
//! seat; see [`Producer::attach`].

mod consumer;
mod producer;
mod trail;

use alloc::sync::Arc;
use core::alloc::{Layout, LayoutError};
use core::mem::{MaybeUninit, needs_drop};
use core::ops::Deref;
use core::ptr::{self, NonNull};

pub use self::consumer::{Consumer, Taken};
pub use self::producer::{Batch, Producer};
use self::trail::Trail;
use super::{Corrupt, drop_each};
use crate::place::{Place, boxed};
use crate::platform::Ordering::Relaxed;
use crate::platform::{Cell, Platform, SlotCell};
use crate::position::{Capacity, Position};

/// The memory of one message.
#[repr(transparent)]
struct Slot<P: Platform, T>(SlotCell<P, T>);

/// The shared memory of the buffer: two positions, then the slots.
///
/// ```text
///     +------------------+------------------+--------+--------+-- - --+--------+
///     | tail    128 u64  | head    128 u64  | slot 0 | slot 1 |       | slot n |
///     +------------------+------------------+--------+--------+-- - --+--------+
///     producer writes     consumer writes    a power of two of them
/// ```
#[repr(C)]
pub struct Ring<P: Platform, T> {
    shared: Positions<P, T>,
    slots: [Slot<P, T>],
}

#[repr(C)]
struct Positions<P: Platform, T> {
    tail: Trail<P, T>,
    head: Trail<P, T>,
}

// SAFETY: a slot is owned by one side at a time, handed over by FILLED and FREED; messages move
// from one thread to another, which `T: Send` permits.
unsafe impl<P: Platform, T: Send> Sync for Ring<P, T> {}
// SAFETY: as above.
unsafe impl<P: Platform, T: Send> Send for Ring<P, T> {}

// SAFETY: the block is the two positions, then `capacity.slots()` slots, as `repr(C)` lays out
// `Ring`; `init` writes each of them.
unsafe impl<P: Platform, T> Place for Ring<P, T> {
    fn layout(capacity: Capacity) -> Result<Layout, LayoutError> {
        let positions = Layout::new::<Positions<P, T>>();
        let (block, _) = positions.extend(Layout::array::<Slot<P, T>>(capacity.slots())?)?;
        Ok(block.pad_to_align())
    }

    fn at(block: NonNull<u8>, capacity: Capacity) -> NonNull<Self> {
        let slots = NonNull::slice_from_raw_parts(block.cast::<Slot<P, T>>(), capacity.slots());
        // SAFETY: it is the address of `block`, which is not null.
        unsafe { NonNull::new_unchecked(slots.as_ptr() as *mut Self) }
    }

    unsafe fn init(this: NonNull<Self>, start: Position) {
        let positions = Positions {
            tail: Trail::new(start),
            head: Trail::new(start),
        };
        // SAFETY: the caller owns the block, which begins with the positions.
        unsafe { this.cast::<Positions<P, T>>().write(positions) };
        // SAFETY: the field lies in the block; only its address is taken.
        let slots = unsafe { &raw mut (*this.as_ptr()).slots };
        if size_of::<Slot<P, T>>() == 0 {
            return; // there is nothing to write, and there may be 2^63 of them
        }
        for index in 0..slots.len() {
            // SAFETY: `index` is below the number of slots in the block.
            let slot = unsafe { slots.cast::<Slot<P, T>>().add(index) };
            // SAFETY: the slot lies in the block, which the caller owns.
            unsafe { slot.write(Slot(Cell::new(MaybeUninit::zeroed()))) };
        }
    }
}

impl<P: Platform, T> Ring<P, T> {
    /// The part of its block that comes before the slots.
    ///
    /// # Errors
    /// `LayoutError` if a slot is larger than memory.
    pub fn head() -> Result<Layout, LayoutError> {
        let positions = Layout::new::<Positions<P, T>>();
        let (block, slots) = positions.extend(Layout::new::<Slot<P, T>>())?;
        Layout::from_size_align(slots, block.align())
    }

    /// Next to take and next to fill, as they stand now. For showing only: either side may be
    /// at work, so nothing may rest on them, and they are relaxed.
    pub fn positions(&self) -> (Position, Position) {
        let head = self.shared.head.latest(Relaxed);
        let tail = self.shared.tail.latest(Relaxed);
        (head, tail)
    }

    fn slot(&self, position: Position) -> &SlotCell<P, T> {
        &self.slots[position.index(self.slots.len())].0
    }

    /// The slots of the messages from `start` that lie in one run, `most` at the most.
    fn run(&self, start: Position, most: usize) -> &[SlotCell<P, T>] {
        let first = start.index(self.slots.len());
        let run = &self.slots[first..];
        let longest = (P::RUN / size_of::<T>().max(1)).max(1);
        let run = &run[..most.min(longest).min(run.len())];
        // SAFETY: `Slot` is a transparent wrapper of the cell.
        unsafe { &*(ptr::from_ref(run) as *const [SlotCell<P, T>]) }
    }

    /// Fetches the lines of so many slots from `start` on, which will be filled next: the consumer's cache
    /// has them, and a batch need not wait for one after the other. From 1.75 to 1.38 ns a message of 8
    /// bytes in batches of 256, between cores that are far apart.
    fn prefetch(&self, start: Position, slots: usize) {
        /// Bytes of a line; where it has more, some are asked for twice.
        const LINE: usize = 64;
        /// More lines would push out what is being filled.
        const MOST: usize = 64;
        let in_a_line = (LINE / size_of::<T>().max(1)).max(1);
        for offset in (0..slots).step_by(in_a_line).take(MOST) {
            self.slot(start.plus(offset)).prefetch();
        }
    }

    /// Moves the message out of the slot of `position`.
    ///
    /// # Safety
    /// The caller owns the slot, it holds a message, and that is taken once.
    unsafe fn take(&self, position: Position) -> T {
        // SAFETY: the caller owns the slot.
        let message = self.slot(position).with(|slot| unsafe { slot.read() });
        // SAFETY: the slot holds a message, by the caller's word.
        unsafe { message.assume_init() }
    }
}

impl<P: Platform, T> Drop for Ring<P, T> {
    /// Drops the messages that nobody took. Only a ring on the heap is ever dropped.
    fn drop(&mut self) {
        if !needs_drop::<T>() {
            return;
        }
        // Whoever drops the ring is ordered behind both sides.
        let (head, tail) = self.positions();
        let left = (0..).map(|offset| head.plus(offset));
        drop_each(
            left.take_while(|&position| position != tail)
                .map(|position| {
                    // SAFETY: the slots from head to tail hold messages, and the ring is ours alone.
                    unsafe { self.take(position) }
                }),
        );
    }
}

/// Both sides of a new ring that `ring` and its clone hold.
///
/// # Errors
/// [`Corrupt`] if the positions of the ring cannot be.
///
/// # Safety
/// As for [`Producer::attach`] and [`Consumer::attach`].
pub unsafe fn split<P: Platform, T, R>(
    ring: R,
    capacity: Capacity,
) -> Result<(Producer<R>, Consumer<R>), Corrupt>
where
    R: Deref<Target = Ring<P, T>> + Clone,
{
    // SAFETY: by the caller's word.
    let producer = unsafe { Producer::attach(ring.clone(), capacity)? };
    // SAFETY: by the caller's word.
    let consumer = unsafe { Consumer::attach(ring, capacity)? };
    Ok((producer, consumer))
}

/// The two sides of a ring, which hold it between them.
pub type Sides<P, T> = (Producer<Arc<Ring<P, T>>>, Consumer<Arc<Ring<P, T>>>);

/// Both sides of a new ring on the heap, for two threads.
///
/// ```
/// use aqueduct::buffer::spsc::on_heap;
/// use aqueduct::platform::native::Native;
/// use aqueduct::position::Capacity;
///
/// let (mut producer, mut consumer) = on_heap::<Native, _>(Capacity::new(10)?)?;
/// producer.push(String::from("a message"))?;
/// let taken = std::thread::spawn(move || consumer.pop()).join().unwrap();
/// assert_eq!(taken?, "a message");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `LayoutError` if its size overflows.
///
/// # Panics
/// On a machine whose cells are not made, as [`Wary`](crate::platform::native::Wary)'s. Else never: the
/// positions of a new ring are equal.
pub fn on_heap<P: Platform, T>(capacity: Capacity) -> Result<Sides<P, T>, LayoutError> {
    let ring: Arc<Ring<P, T>> = boxed::<Ring<P, T>>(capacity, Position::new(0))?.into();
    // SAFETY: the ring is new, of this capacity, and has no other sides.
    let sides = unsafe { split(ring, capacity) };
    Ok(sides.expect("the positions of a new ring are equal"))
}
