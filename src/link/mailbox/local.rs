//! A mailbox between the threads of one process, for messages of any type that may move between
//! them.

use alloc::boxed::Box;

use super::{Buffer, Capacity, Hold, Receiver, Sender, without_limit};
use crate::buffer::mpmc;
use crate::buffer::rendezvous::Rendezvous;
use crate::buffer::unbounded::{Heap, NoMemory, OnHeap, Positions, Shape, Slot};
use crate::link::counted::Counted;
use crate::place::boxed;
use crate::platform::{Futex, Platform};
use crate::position::{self, CapacityError, Position};

/// What a mailbox on the heap holds its messages in.
pub enum Owned<P: Platform, T> {
    /// None: they meet.
    Zero(Rendezvous<P, T>),
    /// A ring.
    Bounded(Box<mpmc::Ring<P, T>>),
    /// Segments.
    Unbounded(OnHeap<P, T>),
}

/// A counted reference to a mailbox on the heap.
pub type Local<P, T> = Counted<P, Owned<P, T>>;

// SAFETY: its messages are of one type, and only threads of this process come to it.
unsafe impl<P: Futex, T> Hold for Local<P, T> {
    type Message = T;
    type Memory = Heap<P, Positions<P>, Slot<P, T>>;

    fn buffer(&self) -> Buffer<'_, Self::Memory> {
        match self.buffer() {
            Owned::Zero(point) => Buffer::Zero(point),
            Owned::Bounded(ring) => Buffer::Bounded(ring),
            Owned::Unbounded(buffer) => Buffer::Unbounded(buffer),
        }
    }
}

/// Both sides of one mailbox.
pub type Ends<P, T> = (Sender<Local<P, T>>, Receiver<Local<P, T>>);

/// A mailbox for the threads of this process.
///
/// Without a limit it holds 2^32 messages, or those of 1 TiB.
///
/// # Errors
/// [`CapacityError`] if it is bounded by 0, or by more than memory can hold; without a limit, if there
/// is no memory for the table of segments.
pub fn channel<P: Futex, T: Send>(capacity: Capacity) -> Result<Ends<P, T>, CapacityError> {
    match capacity {
        Capacity::Zero => Ok(ends(Owned::Zero(Rendezvous::new(0)))),
        Capacity::Bounded(messages) => {
            let ring = boxed(position::Capacity::new(messages)?, Position::new(0));
            let ring = ring.map_err(|_| CapacityError::TooLarge(messages))?;
            Ok(ends(Owned::Bounded(ring)))
        }
        Capacity::Unbounded => {
            let shape = without_limit::<T>()?;
            let too_large = CapacityError::TooLarge(shape.limit().get());
            unbounded(shape).map_err(|NoMemory| too_large)
        }
    }
}

/// A mailbox for the threads of this process whose segments, and their limit, have this shape.
///
/// # Errors
/// [`NoMemory`] if there is none for the table of segments.
pub fn unbounded<P: Futex, T: Send>(shape: Shape) -> Result<Ends<P, T>, NoMemory> {
    let memory = Heap::new(Positions::new(Position::new(0)), shape)?;
    Ok(ends(Owned::Unbounded(OnHeap::new(memory))))
}

fn ends<P: Futex, T>(buffer: Owned<P, T>) -> Ends<P, T> {
    let hold = Local::new(buffer);
    (Sender::join(hold.clone()), Receiver::join(hold))
}
