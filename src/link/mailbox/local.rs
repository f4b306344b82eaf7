//! A mailbox between the threads of one process, for messages of any type that may move between
//! them.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::{Buffer, Capacity, Hold, Receiver, Sender, Sides};
use crate::buffer::rendezvous::Rendezvous;
use crate::buffer::unbounded::{Heap, NoMemory, OnHeap, Positions, Shape, Slot};
use crate::buffer::{Owner, mpmc};
use crate::place::boxed;
use crate::platform::{Futex, Platform};
use crate::position::{self, CapacityError, Position};

/// A mailbox on the heap.
struct Mailbox<P: Platform, T> {
    sides: Sides<P>,
    buffer: Owned<P, T>,
}

enum Owned<P: Platform, T> {
    Zero(Rendezvous<P, T>),
    Bounded(Box<mpmc::Ring<P, T>>),
    Unbounded(OnHeap<P, T>),
}

/// A counted reference to a mailbox.
pub struct Local<P: Platform, T>(Arc<Mailbox<P, T>>);

impl<P: Platform, T> Clone for Local<P, T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

// SAFETY: it is one mailbox for as long as somebody holds it, of one type; the threads of a process
// are one attachment, and only they come to it.
unsafe impl<P: Futex, T> Hold for Local<P, T> {
    type Platform = P;
    type Message = T;
    type Memory = Heap<P, Positions<P>, Slot<P, T>>;

    fn sides(&self) -> &Sides<P> {
        &self.0.sides
    }

    fn buffer(&self) -> Buffer<'_, Self::Memory> {
        match &self.0.buffer {
            Owned::Zero(point) => Buffer::Zero(point),
            Owned::Bounded(ring) => Buffer::Bounded(ring),
            Owned::Unbounded(buffer) => Buffer::Unbounded(buffer),
        }
    }

    fn owner(&self) -> Owner {
        Owner::new(0)
    }
}

/// Both sides of one mailbox.
pub type Ends<P, T> = (Sender<Local<P, T>>, Receiver<Local<P, T>>);

/// The shape of a mailbox without a limit: as many messages as nobody will have, 2^32 or 1 TiB, in
/// 65,536 segments, whose table takes 512 KiB.
fn without_limit<T>() -> Result<Shape, CapacityError> {
    const BYTES: usize = 1 << 40;
    const SEGMENTS: usize = 1 << 16;
    let messages = (BYTES / size_of::<T>().max(1)).clamp(SEGMENTS, 1 << 32);
    let [limit, segment] = [messages, messages / SEGMENTS].map(position::Capacity::new);
    Shape::with_segment(limit?, segment?)
}

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
    let sides = Sides::new();
    let hold = Local(Arc::new(Mailbox { sides, buffer }));
    (Sender::join(hold.clone()), Receiver::join(hold))
}
