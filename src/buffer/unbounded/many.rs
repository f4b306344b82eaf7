//! Sides that several share: they go through the gate of their side one by one, and each goes on
//! where the one before has come to.
//!
//! ```text
//!     producers  1   2   3              consumers  4   5
//!                    |                                |
//!                   gate: closed behind 2            gate: closed behind 5
//!                    v                                v
//!                  tail  ------- the buffer ------>  head
//! ```
//!
//! Behind the gate there is one producer and one consumer, as before, so everything that is said of
//! them holds. The alternative would be slots that are claimed one by one, as in
//! [`mpmc`](crate::buffer::mpmc); but whoever looks at such a slot may have been overtaken, and here
//! its memory may be gone by then.
//!
//! Whoever finds the gate closed is told [`Busy`], and behind whom. A call is short: what stays
//! inside is only what stands still there, or died. The producers' gate is nothing to the
//! consumers, nor theirs to the producers.
//!
//! # When a process dies
//! [`Unbounded::recover`] opens the gates that it had closed. Its message was sent, or not; what it
//! was taking is there for another one. No call gives a message away before it is released, so none
//! is received twice.

mod error;

use alloc::sync::Arc;
use core::ops::Deref;

pub use self::error::PushError;
use super::{Heap, Memory, NoMemory, OnHeap, Positions, Shape, Unbounded};
pub use crate::buffer::many::{Busy, PopError};
use crate::buffer::{Corrupt, Owner, Recover};
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Platform};
use crate::position::Position;

/// A side that belongs to an attachment, which may have any number of them.
#[derive(Debug)]
pub struct Shared<S> {
    side: S,
    owner: Owner,
}

/// A side that fills. `R` is how it holds the [`Unbounded`] buffer: a reference, an `Arc`.
pub type Producer<R> = Shared<super::Producer<R>>;
/// A side that takes. `R` is how it holds the [`Unbounded`] buffer: a reference, an `Arc`.
pub type Consumer<R> = Shared<super::Consumer<R>>;

#[expect(private_bounds, reason = "the two sides are all there are")]
impl<S: Side> Shared<S> {
    /// Goes through the gate, and on from where the others have come to.
    fn enter<E: From<Busy> + From<Corrupt>>(&mut self) -> Result<Inside<'_, S>, E> {
        self.side.enter::<E>(self.owner)?;
        let inside = Inside(&mut self.side);
        inside.0.catch_up()?;
        Ok(inside)
    }
}

impl<M: Memory, R: Deref<Target = Unbounded<M>>> Producer<R> {
    /// A producer of `buffer` that belongs to the attachment `owner`.
    ///
    /// # Safety
    /// All producers of the buffer are such, and the last access of one that was not happened before
    /// this call; no other living attachment uses this number, and what an earlier one with it held
    /// has been [recovered](Unbounded::recover); its stream began with a segment, or by
    /// [`Unbounded::begin`]; and all who share the buffer's words have the same [`Shape`] of it.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(buffer: R, owner: Owner) -> Self {
        let side = super::Producer::of(buffer);
        Self { side, owner }
    }

    /// How this side holds the buffer.
    pub fn buffer(&self) -> &R {
        self.side.buffer()
    }

    /// Puts one message into the buffer.
    ///
    /// # Errors
    /// The message, with the reason.
    pub fn push(&mut self, message: M::Message) -> Result<(), PushError<M::Message>> {
        match self.enter::<PushError<()>>() {
            Ok(inside) => Ok(inside.0.push(message)?),
            Err(why) => Err(why.map(|()| message)),
        }
    }

    /// Puts as many of `messages` into the buffer as there is room and memory for, with no other's
    /// between them, and returns their number. Those in one segment are published together.
    ///
    /// # Errors
    /// Why not even the first one was put in.
    pub fn push_slice(&mut self, messages: &[M::Message]) -> Result<usize, PushError<()>>
    where
        M::Message: Copy,
    {
        match self.enter::<PushError<()>>()?.0.push_slice(messages)? {
            0 if !messages.is_empty() => Err(PushError::Full(())),
            pushed => Ok(pushed),
        }
    }
}

impl<M: Memory, R: Deref<Target = Unbounded<M>>> Consumer<R> {
    /// A consumer of `buffer` that belongs to the attachment `owner`.
    ///
    /// # Safety
    /// As for a [producer](Producer::attach), with consumers in its place; what a consumer that was no
    /// such had not given back its [successor](super::Consumer::attach) has; and every producer of the
    /// buffer publishes messages that are of this type.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(buffer: R, owner: Owner) -> Self {
        let side = super::Consumer::of(buffer);
        Self { side, owner }
    }

    /// How this side holds the buffer.
    pub fn buffer(&self) -> &R {
        self.side.buffer()
    }

    /// Takes one message out of the buffer.
    ///
    /// # Errors
    /// Why there is none.
    pub fn pop(&mut self) -> Result<M::Message, PopError> {
        Ok(self.enter::<PopError>()?.0.pop()?)
    }

    /// Copies as many messages as there are, and as fit, into `messages`, with none that another
    /// takes between them, and returns their number. Those in one segment are released together.
    ///
    /// # Errors
    /// Why there is not even a first one.
    pub fn pop_slice(&mut self, messages: &mut [M::Message]) -> Result<usize, PopError>
    where
        M::Message: Copy,
    {
        match self.enter::<PopError>()?.0.pop_slice(messages)? {
            0 if !messages.is_empty() => Err(PopError::Empty),
            popped => Ok(popped),
        }
    }
}

impl<M: Memory, R: Deref<Target = Unbounded<M>> + Clone> Clone for Producer<R> {
    /// Another one of the same attachment.
    fn clone(&self) -> Self {
        // SAFETY: this one is such a producer, and of this attachment.
        unsafe { Self::attach(self.buffer().clone(), self.owner) }
    }
}

impl<M: Memory, R: Deref<Target = Unbounded<M>> + Clone> Clone for Consumer<R> {
    /// Another one of the same attachment.
    fn clone(&self) -> Self {
        // SAFETY: this one is such a consumer, and of this attachment.
        unsafe { Self::attach(self.buffer().clone(), self.owner) }
    }
}

/// A producer and a consumer of a buffer on the heap.
pub type HeapSides<P, T> = (Producer<Arc<OnHeap<P, T>>>, Consumer<Arc<OnHeap<P, T>>>);

/// A producer and a consumer of a new buffer on the heap, to be cloned for as many threads as there
/// are. They live and die together, so they are one attachment.
///
/// ```
/// use aqueduct::buffer::unbounded::{Shape, many};
/// use aqueduct::platform::native::Native;
/// use aqueduct::position::Capacity;
///
/// let shape = Shape::new(Capacity::new(1_000_000)?)?;
/// let (mut producer, mut consumer) = many::on_heap::<Native, _>(shape)?;
/// let mut other = producer.clone();
/// std::thread::spawn(move || other.push(String::from("one"))).join().unwrap()?;
/// producer.push(String::from("two"))?;
/// assert_eq!(consumer.pop()?, "one");
/// assert_eq!(consumer.clone().pop()?, "two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`NoMemory`] if there is none for the table of segments.
pub fn on_heap<P: Platform, T>(shape: Shape) -> Result<HeapSides<P, T>, NoMemory> {
    let memory = Heap::new(Positions::new(Position::new(0)), shape)?;
    let (buffer, owner) = (Arc::new(Unbounded::new(memory)), Owner::new(0));
    // SAFETY: the buffer is new, and there is no other attachment.
    let producer = unsafe { Producer::attach(Arc::clone(&buffer), owner) };
    // SAFETY: as above; and only this producer and its clones put messages in.
    let consumer = unsafe { Consumer::attach(buffer, owner) };
    Ok((producer, consumer))
}

impl<M: Memory> Unbounded<M> {
    /// Finishes what `dead` left undone and opens the gates that it had closed, as `owner`, who may
    /// die at it like anybody else. Returns how many there were.
    ///
    /// Any number of survivors may do it, at the same time and again.
    ///
    /// # Safety
    /// `dead` is dead and not followed by another one of the same number, and all that it did
    /// happened before this call; and nobody but the caller is `owner`.
    pub unsafe fn recover(&self, dead: Owner, owner: Owner) -> usize {
        let words = self.memory.words();
        let mut settled = 0;
        // A producer leaves nothing but a segment that may be reserved, and is needed next.
        if words.tail.gate.take_over(dead, owner) {
            words.tail.gate.leave();
            settled += 1;
        }
        if words.head.gate.take_over(dead, owner) {
            // Relaxed: the death orders it, and nobody else is inside.
            let head = Position::new(words.head.position.load(Relaxed));
            // SAFETY: behind the gate this is the consumer. Perhaps the dead one had not come to it.
            unsafe { self.give_back(head) };
            words.head.gate.leave();
            settled += 1;
        }
        settled
    }
}

impl<M: Memory> Recover for Unbounded<M> {
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        Ok(unsafe { self.recover(dead, owner) })
    }
}

/// What a side does at its gate.
trait Side {
    fn enter<E: From<Busy> + From<Corrupt>>(&self, owner: Owner) -> Result<(), E>;

    fn leave(&self);

    /// Goes on from where the others have come to.
    fn catch_up(&mut self) -> Result<(), Corrupt>;
}

impl<M: Memory, R: Deref<Target = Unbounded<M>>> Side for super::Producer<R> {
    fn enter<E: From<Busy> + From<Corrupt>>(&self, owner: Owner) -> Result<(), E> {
        self.buffer().memory().words().tail.gate.enter(owner)
    }

    fn leave(&self) {
        self.buffer().memory().words().tail.gate.leave();
    }

    fn catch_up(&mut self) -> Result<(), Corrupt> {
        self.catch_up()
    }
}

impl<M: Memory, R: Deref<Target = Unbounded<M>>> Side for super::Consumer<R> {
    fn enter<E: From<Busy> + From<Corrupt>>(&self, owner: Owner) -> Result<(), E> {
        self.buffer().memory().words().head.gate.enter(owner)
    }

    fn leave(&self) {
        self.buffer().memory().words().head.gate.leave();
    }

    fn catch_up(&mut self) -> Result<(), Corrupt> {
        self.catch_up()
    }
}

/// A side behind its gate, which opens when this is dropped.
struct Inside<'a, S: Side>(&'a mut S);

impl<S: Side> Drop for Inside<'_, S> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
