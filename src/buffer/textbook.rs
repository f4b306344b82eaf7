//! The bounded buffer of the operating-systems textbook: a circular array with `in` and `out`.
//!
//! ```text
//!                   out: next to consume          in: next to fill
//!                     v                             v
//!     +------+------+------+------+------+------+------+------+------+------+
//!     |      |      |  c   |  d   |  e   |  f   |      |      |      |      |   BUFFER_SIZE 10
//!     +------+------+------+------+------+------+------+------+------+------+
//!     empty: in == out
//!     full:  (in + 1) % BUFFER_SIZE == out, when 9 items are in it: one slot stays empty,
//!            because a tenth item would make `in == out`, which means empty
//! ```
//!
//! [`Producer::produce`] and [`Consumer::consume`] are the two loops of Silberschatz, Galvin and
//! Gagne, *Operating System Concepts*, on shared memory and the bounded buffer, with the names that
//! the book gives: they wait busily. What the book leaves out is said here: that an index is a word
//! which two processors touch, and in which order the item and the index reach the other side. The
//! book's plain variables, and what becomes of them, are in the lab: `aqueduct lab plain-counters`.
//!
//! Each side owns one index. It keeps it privately, and writes the shared copy for the other to
//! read. The one store of an index is all that a call changes for the other side, so a process that
//! dies anywhere leaves nothing to repair. [`spsc`](super::spsc) is the same buffer for use: it fills
//! every slot, looks at the other side less often, and keeps the two sides off each other's cache
//! lines.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | FILLED | the producer's store of `in` | the consumer's load of `in` | the items before `in` |
//! | FREED | the consumer's store of `out` | the producer's load of `out` | the slots before `out`, read to the end |
//!
//! A side that takes over from a dead predecessor is ordered behind it by whoever granted it the
//! seat; see [`Producer::attach`].

mod memory;

use alloc::sync::Arc;
use core::alloc::LayoutError;
use core::mem::MaybeUninit;
use core::ops::Deref;

pub use self::memory::{Buffer, BufferSize, SizeError};
use super::{Corrupt, PopError, PushError};
use crate::place::boxed;
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Cell, Platform};
use crate::position::Position;

/// The side that fills. `R` is how it holds the [`Buffer`]: a reference, an `Arc`, a mapping.
#[derive(Debug)]
pub struct Producer<R> {
    shared: R,
    buffer_size: usize,
    /// Next to fill.
    r#in: usize,
    corrupt: bool,
}

impl<P: Platform, T, R: Deref<Target = Buffer<P, T>>> Producer<R> {
    /// The producer of a buffer, which goes on where its predecessor, if any, left off.
    ///
    /// # Errors
    /// [`Corrupt`] if `in` is no index of the array.
    ///
    /// # Safety
    /// The buffer was placed with this size; it has no other producer now; and the last access of
    /// an earlier one happened before this call.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(shared: R, size: BufferSize) -> Result<Self, Corrupt> {
        let buffer_size = size.slots();
        // Relaxed: only producers write it, and the last one's store happened before.
        let r#in = index(shared.r#in.load(Relaxed), buffer_size)?;
        Ok(Self {
            shared,
            buffer_size,
            r#in,
            corrupt: false,
        })
    }

    /// How this side holds the buffer.
    pub fn buffer(&self) -> &R {
        &self.shared
    }

    /// Puts one item into the buffer, and waits busily while it is full.
    ///
    /// # Errors
    /// The item, with [`PushError::Corrupt`]; never [`PushError::Full`].
    pub fn produce(&mut self, mut next_produced: T) -> Result<(), PushError<T>> {
        loop {
            match self.push(next_produced) {
                Err(PushError::Full(item)) => next_produced = item,
                done => return done,
            }
            P::spin(); // do nothing
        }
    }

    /// Puts one item into the buffer, if there is room.
    ///
    /// # Errors
    /// The item, with [`PushError::Full`] or [`PushError::Corrupt`].
    pub fn push(&mut self, next_produced: T) -> Result<(), PushError<T>> {
        let Ok(out) = self.out() else {
            return Err(PushError::Corrupt(next_produced));
        };
        let next = (self.r#in + 1) % self.buffer_size;
        if next == out {
            return Err(PushError::Full(next_produced));
        }
        let slot = &self.shared.buffer[self.r#in];
        // SAFETY: the slot is free, so it is this side's (FREED).
        slot.with_mut(|slot| unsafe { slot.write(MaybeUninit::new(next_produced)) });
        self.r#in = next;
        self.shared.r#in.store(next as u64, Release); // FILLED
        Ok(())
    }

    /// Next to consume. What is free stays free: only this side fills.
    fn out(&mut self) -> Result<usize, Corrupt> {
        let out = index(self.shared.out.load(Acquire), self.buffer_size); // FREED
        believe(out, &mut self.corrupt)
    }
}

/// The side that drains. `R` is how it holds the [`Buffer`]: a reference, an `Arc`, a mapping.
#[derive(Debug)]
pub struct Consumer<R> {
    shared: R,
    buffer_size: usize,
    /// Next to consume.
    out: usize,
    corrupt: bool,
}

impl<P: Platform, T, R: Deref<Target = Buffer<P, T>>> Consumer<R> {
    /// The consumer of a buffer, which goes on where its predecessor, if any, left off: at the
    /// first item that was not consumed.
    ///
    /// # Errors
    /// [`Corrupt`] if `out` is no index of the array.
    ///
    /// # Safety
    /// The buffer was placed with this size; it has no other consumer now; the last access of an
    /// earlier one happened before this call; and every producer of the buffer puts in items that
    /// are a `T`.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(shared: R, size: BufferSize) -> Result<Self, Corrupt> {
        let buffer_size = size.slots();
        // Relaxed: only consumers write it, and the last one's store happened before.
        let out = index(shared.out.load(Relaxed), buffer_size)?;
        Ok(Self {
            shared,
            buffer_size,
            out,
            corrupt: false,
        })
    }

    /// How this side holds the buffer.
    pub fn buffer(&self) -> &R {
        &self.shared
    }

    /// Takes one item out of the buffer, and waits busily while it is empty.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn consume(&mut self) -> Result<T, Corrupt> {
        loop {
            match self.pop() {
                Ok(next_consumed) => return Ok(next_consumed),
                Err(PopError::Corrupt(corrupt)) => return Err(corrupt),
                Err(PopError::Empty) => P::spin(), // do nothing
            }
        }
    }

    /// Takes one item out of the buffer, if there is one.
    ///
    /// # Errors
    /// [`PopError::Empty`] or [`PopError::Corrupt`].
    pub fn pop(&mut self) -> Result<T, PopError> {
        if self.r#in()? == self.out {
            return Err(PopError::Empty);
        }
        let slot = &self.shared.buffer[self.out];
        // SAFETY: the slot is filled, so it is this side's (FILLED).
        let item = slot.with(|slot| unsafe { slot.read() });
        // SAFETY: what the producer put in is a `T`.
        let next_consumed = unsafe { item.assume_init() };
        self.out = (self.out + 1) % self.buffer_size;
        self.shared.out.store(self.out as u64, Release); // FREED
        Ok(next_consumed)
    }

    /// Next to fill. What is there stays there: only this side consumes.
    fn r#in(&mut self) -> Result<usize, Corrupt> {
        let r#in = index(self.shared.r#in.load(Acquire), self.buffer_size); // FILLED
        believe(r#in, &mut self.corrupt)
    }
}

/// A shared word as an index of the array. One outside it is no correct peer's; one inside that a
/// broken peer wrote is taken for right.
fn index(word: u64, buffer_size: usize) -> Result<usize, Corrupt> {
    match usize::try_from(word) {
        Ok(index) if index < buffer_size => Ok(index),
        _ => Err(Corrupt),
    }
}

/// The index of a peer that was never seen to be wrong.
fn believe(index: Result<usize, Corrupt>, corrupt: &mut bool) -> Result<usize, Corrupt> {
    *corrupt |= index.is_err();
    if *corrupt { Err(Corrupt) } else { index }
}

/// Both sides of a new buffer that `shared` and its clone hold.
///
/// # Errors
/// [`Corrupt`] if its indices are none of the array.
///
/// # Safety
/// As for [`Producer::attach`] and [`Consumer::attach`].
pub unsafe fn split<P: Platform, T, R>(
    shared: R,
    size: BufferSize,
) -> Result<(Producer<R>, Consumer<R>), Corrupt>
where
    R: Deref<Target = Buffer<P, T>> + Clone,
{
    // SAFETY: by the caller's word.
    let producer = unsafe { Producer::attach(shared.clone(), size)? };
    // SAFETY: by the caller's word.
    let consumer = unsafe { Consumer::attach(shared, size)? };
    Ok((producer, consumer))
}

/// The two sides of a buffer, which holds it with them.
pub type Sides<P, T> = (Producer<Arc<Buffer<P, T>>>, Consumer<Arc<Buffer<P, T>>>);

/// Both sides of a new buffer on the heap, for two threads.
///
/// ```
/// use aqueduct::buffer::textbook::{BufferSize, on_heap};
/// use aqueduct::platform::native::Native;
///
/// let (mut producer, mut consumer) = on_heap::<Native, _>(BufferSize::new(10)?)?;
/// let producing = std::thread::spawn(move || (0..100).try_for_each(|item| producer.produce(item)));
/// for item in 0..100 {
///     assert_eq!(consumer.consume(), Ok(item));
/// }
/// producing.join().unwrap().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `LayoutError` if its size overflows.
pub fn on_heap<P: Platform, T>(size: BufferSize) -> Result<Sides<P, T>, LayoutError> {
    let shared: Arc<Buffer<P, T>> =
        boxed::<Buffer<P, T>>(size.capacity(), Position::new(0))?.into();
    let buffer_size = size.slots();
    let producer = Producer {
        shared: Arc::clone(&shared),
        buffer_size,
        r#in: 0,
        corrupt: false,
    };
    let consumer = Consumer {
        shared,
        buffer_size,
        out: 0,
        corrupt: false,
    };
    Ok((producer, consumer))
}
