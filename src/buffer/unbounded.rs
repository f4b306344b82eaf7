//! The unbounded buffer: a ring whose slots are there only while they are needed. It has one
//! producer and one consumer, or [several](many) who take turns.
//!
//! ```text
//!                      head: next to take           tail: next to fill
//!                         v                            v
//!     - - - - + - - - - +-----+-----+-----+-----+-----+-----+-----+-----+ - - - - + - - -
//!             |         |     |  c  |  d  |  e  |  f  |  g  |     |     |         |
//!     - - - - + - - - - +-----+-----+-----+-----+-----+-----+-----+-----+ - - - - + - - -
//!      given back        segment k              segment k + 1            not there yet
//! ```
//!
//! The positions run as in [`spsc`](super::spsc), and a message is in the buffer from the one store
//! that publishes it to the one store that releases it. What is new is the memory behind them. The
//! producer reserves a segment before it writes the first slot of it. The consumer, when it has
//! released the last slot of a segment, gives the segment back, *before it stores `head` again*. So
//! `head` says both: what was received, and that every segment which ends before `head` was given
//! back. Only the one that ends *at* `head` may still be there.
//!
//! The segments form a ring, too, and there is one more than the limit needs: from `limit + 1`
//! segment of slots on, a segment that the producer may reserve, by the `head` that it has seen, is
//! never the one that the consumer is still leaving.
//!
//! # When a process dies
//! Whoever follows a consumer gives back the segment that ends at `head`, if one does: the dead one
//! may not have come to it, and nobody else can have reserved it since. Whoever follows a producer
//! reserves the segment that begins at `tail`, if one does: the dead one may have done so, or not.
//! Both steps may be done twice ([`Segments`]).
//!
//! Drained, the buffer keeps one segment at the most, the one that `tail` stands in. One more is
//! there while a dead consumer, killed between its last two steps, has no successor.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | FILLED | the producer's store of `tail` | the consumer's load of `tail` | the messages below `tail`, and that their segments are there |
//! | FREED | the consumer's store of `head` | the producer's load of `head` | the slots below `head`, read to the end, and that the segments which end before `head` were given back |
//! | PASSED | whoever leaves a gate | the next one to enter | all that was done behind it, by [several](many) |
//!
//! A side that takes over from a dead predecessor is ordered behind it by whoever granted it the
//! seat; see [`Producer::attach`].

mod consumer;
mod error;
mod heap;
pub mod many;
mod producer;
mod segments;
mod shape;

use alloc::sync::Arc;
use core::fmt;
use core::mem::{MaybeUninit, needs_drop};
use core::ops::Deref;
use core::ptr;

use crossbeam_utils::CachePadded;

pub use self::consumer::Consumer;
pub use self::error::{PushError, PushSliceError};
pub use self::heap::Heap;
pub use self::producer::Producer;
pub use self::segments::{Blank, Memory, NoMemory, Segments};
pub use self::shape::Shape;
use super::gate::Gate;
use super::{Corrupt, drop_each};
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Cell, Platform, SlotCell};
use crate::position::Position;

/// The memory of one message.
#[repr(transparent)]
pub struct Slot<P: Platform, T>(SlotCell<P, T>);

// SAFETY: zero bytes are a cell of uninitialised memory; a slot is handed over by FILLED and FREED.
unsafe impl<P: Platform, T> Blank for Slot<P, T> {
    type Message = T;

    fn blank() -> Self {
        Self(Cell::new(MaybeUninit::uninit()))
    }
}

/// The words that the two sides share, on cache lines of their own.
///
/// ```text
///     +------------+-----------+------------+-----------+
///     | tail  u64  | gate  u32 | head  u64  | gate  u32 |
///     +------------+-----------+------------+-----------+
///      the producer's words     the consumer's words
/// ```
///
/// The gates are for sides that [several](many) share.
#[repr(C)]
pub struct Positions<P: Platform> {
    tail: CachePadded<Side<P>>,
    head: CachePadded<Side<P>>,
}

/// The words that one side writes.
#[repr(C)]
struct Side<P: Platform> {
    position: P::AtomicU64,
    gate: Gate<P>,
}

impl<P: Platform> Positions<P> {
    /// The words of a buffer that is empty, whose stream begins at `start`. If that is within a segment, the
    /// buffer is made by [`Unbounded::begin`].
    #[must_use]
    pub fn new(start: Position) -> Self {
        let side = || {
            CachePadded::new(Side {
                position: Atomic::new(start.count()),
                gate: Gate::new(),
            })
        };
        Self {
            tail: side(),
            head: side(),
        }
    }
}

impl<P: Platform> fmt::Debug for Positions<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Positions")
    }
}

/// The buffer, in memory that `M` provides.
#[derive(Debug)]
pub struct Unbounded<M: Memory> {
    memory: M,
}

/// A buffer on the heap.
pub type OnHeap<P, T> = Unbounded<Heap<P, Positions<P>, Slot<P, T>>>;

impl<M: Memory> Unbounded<M> {
    /// The buffer that stands in `memory`: one that others use, too, or have used, or whose stream begins
    /// with a segment, as it does at zero.
    pub const fn new(memory: M) -> Self {
        Self { memory }
    }

    /// The buffer that begins in `memory`, whose words are new and nobody else's. A producer assumes that
    /// the segment which it stands within is reserved; here the first one is, if the stream does not
    /// begin with it.
    ///
    /// # Errors
    /// [`NoMemory`] if there is none for the segment that the stream begins within.
    pub fn begin(memory: M) -> Result<Self, NoMemory> {
        let buffer = Self::new(memory);
        let (start, _) = buffer.positions();
        let shape = buffer.memory.shape();
        if !shape.begins(start) {
            buffer.memory.reserve(shape.segment(start))?;
        }
        Ok(buffer)
    }

    /// Where the buffer stands.
    pub const fn memory(&self) -> &M {
        &self.memory
    }

    /// Next to take and next to fill, as they stand now. For showing only: either side may be
    /// at work, so nothing may rest on them, and they are relaxed.
    pub fn positions(&self) -> (Position, Position) {
        let words = self.memory.words();
        let head = Position::new(words.head.position.load(Relaxed));
        let tail = Position::new(words.tail.position.load(Relaxed));
        (head, tail)
    }

    /// The slots of the messages from `start` on that lie in its segment, `most` at the most.
    ///
    /// # Safety
    /// The segment is there, and stays there while they are used.
    unsafe fn run(&self, start: Position, most: usize) -> &[SlotCell<M::Platform, M::Message>] {
        let shape = self.memory.shape();
        // SAFETY: by the caller's word.
        let slots = unsafe { self.memory.slots(shape.segment(start)) };
        let run = &slots[shape.slot(start)..];
        let run = &run[..most.min(run.len())];
        // SAFETY: `Slot` is a transparent wrapper of the cell.
        unsafe { &*(ptr::from_ref(run) as *const [SlotCell<M::Platform, M::Message>]) }
    }

    /// Gives back the segment that ends at `head`, if one does.
    ///
    /// # Safety
    /// `head` is where the consumer stands, and the caller is the consumer.
    unsafe fn give_back(&self, head: Position) {
        let shape = self.memory.shape();
        if shape.begins(head) {
            let left = shape.segment(head.minus(1));
            // SAFETY: its messages were released by the caller, or by one that is gone. The
            // producer reserves it again only when it has seen a later `head`.
            unsafe { self.memory.give_back(left) };
        }
    }

    /// Moves the message out of the slot of `position`.
    ///
    /// # Safety
    /// The caller owns the slot, it holds a message, and that is taken once.
    unsafe fn take(&self, position: Position) -> M::Message {
        // SAFETY: a slot that is owned and holds a message is there.
        let slot = &unsafe { self.run(position, 1) }[0];
        // SAFETY: the caller owns the slot.
        let message = slot.with(|slot| unsafe { slot.read() });
        // SAFETY: the slot holds a message, by the caller's word.
        unsafe { message.assume_init() }
    }
}

impl<M: Memory> Drop for Unbounded<M> {
    /// Drops the messages that nobody took, if they are this memory's own.
    fn drop(&mut self) {
        if !M::OWNS_MESSAGES || !needs_drop::<M::Message>() {
            return;
        }
        // Whoever drops the buffer is ordered behind both sides.
        let (head, tail) = self.positions();
        let left = (0..).map(|offset| head.plus(offset));
        drop_each(
            left.take_while(|&position| position != tail)
                .map(|position| {
                    // SAFETY: the slots from head to tail hold messages, and the buffer is ours alone.
                    unsafe { self.take(position) }
                }),
        );
    }
}

/// Both sides of a new buffer on the heap, whose stream starts at zero.
///
/// # Errors
/// [`NoMemory`] if there is none for the table of segments.
///
/// # Panics
/// Never: the positions of a new buffer are equal.
pub fn on_heap<P: Platform, T>(shape: Shape) -> Result<HeapSides<P, T>, NoMemory> {
    let memory = Heap::new(Positions::new(Position::new(0)), shape)?;
    let buffer = Arc::new(Unbounded::new(memory));
    // SAFETY: the buffer is new and has no other sides.
    let sides = unsafe { split(buffer) };
    Ok(sides.expect("the positions of a new buffer are equal"))
}

/// Both sides of a buffer on the heap.
pub type HeapSides<P, T> = (HeapProducer<P, T>, HeapConsumer<P, T>);
/// The producer of a buffer on the heap.
pub type HeapProducer<P, T> = Producer<Arc<OnHeap<P, T>>>;
/// The consumer of a buffer on the heap.
pub type HeapConsumer<P, T> = Consumer<Arc<OnHeap<P, T>>>;

/// Both sides of a buffer that `buffer` and its clone hold.
///
/// # Errors
/// [`Corrupt`] if the positions of the buffer cannot be.
///
/// # Safety
/// As for [`Producer::attach`] and [`Consumer::attach`].
pub unsafe fn split<M: Memory, R>(buffer: R) -> Result<(Producer<R>, Consumer<R>), Corrupt>
where
    R: Deref<Target = Unbounded<M>> + Clone,
{
    // SAFETY: by the caller's word.
    let producer = unsafe { Producer::attach(buffer.clone())? };
    // SAFETY: by the caller's word.
    let consumer = unsafe { Consumer::attach(buffer)? };
    Ok((producer, consumer))
}
