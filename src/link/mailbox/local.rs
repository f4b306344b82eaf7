//! A mailbox between the threads of one process, for messages of any type that may move between
//! them.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | GONE | the fence of a ring, after each call of a handle, before it is counted off | a look at how many there are | everything that those handles did |

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::{Bells, Buffer, Capacity, Hold, Others, Receiver, Sender, without_limit};
use crate::buffer::rendezvous::Rendezvous;
use crate::buffer::unbounded::{Heap, NoMemory, OnHeap, Positions, Shape, Slot};
use crate::buffer::{Owner, mpmc};
use crate::link::{Ended, Role};
use crate::place::boxed;
use crate::platform::Ordering::{Acquire, Relaxed};
use crate::platform::{Atomic, Futex, Platform};
use crate::position::{self, CapacityError, Position};
use crate::wait::Watched;

/// A mailbox on the heap.
struct Mailbox<P: Platform, T> {
    bells: Bells<P>,
    /// How many handles each side has. Changed by read-modify-write alone.
    handles: [P::AtomicU32; 2],
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

    fn bells(&self) -> &Bells<P> {
        &self.0.bells
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

    fn join(&self, role: Role) {
        // Relaxed: whoever has a handle keeps the number above zero.
        self.handles(role).fetch_add(1, Relaxed);
    }

    fn leave(&self, role: Role) {
        let one_less = 1_u32.wrapping_neg();
        // GONE. Relaxed: what the handle did was rung for, and a ring is a fence.
        let before = self.handles(role).fetch_add(one_less, Relaxed);
        if before == 1 {
            self.bells().ring(role, false);
        }
    }

    /// Threads do not die singly: nothing is watched.
    fn look<'a>(&'a self, role: Role, _: &mut Watched<'a, P>) -> Others {
        let deserted = self.handles(role.peer()).load(Acquire) == 0; // GONE
        Others {
            ended: deserted.then_some(Ended::Closed),
            ..Others::default()
        }
    }
}

impl<P: Platform, T> Local<P, T> {
    fn handles(&self, role: Role) -> &P::AtomicU32 {
        &self.0.handles[role as usize]
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
    let hold = Local(Arc::new(Mailbox {
        bells: Bells::new(),
        handles: [Atomic::new(0), Atomic::new(0)],
        buffer,
    }));
    (Sender::join(hold.clone()), Receiver::join(hold))
}
