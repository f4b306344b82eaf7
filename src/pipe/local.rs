//! A pipe between the threads of one process.

use alloc::boxed::Box;
use core::ops::Deref;

use super::{BLOCK, Hold, Reader, Writer, bytes};
use crate::buffer::frames::Frames;
use crate::link::counted::Counted;
use crate::place::boxed;
use crate::platform::Futex;
use crate::position::{Capacity, CapacityError, Position};

/// A counted reference to a pipe on the heap.
pub type Local<P, const SIZE: usize = BLOCK> = Counted<P, Box<Frames<P, SIZE>>>;

impl<P: Futex, const SIZE: usize> Deref for Local<P, SIZE> {
    type Target = Frames<P, SIZE>;

    fn deref(&self) -> &Self::Target {
        self.buffer()
    }
}

// SAFETY: it is one buffer for as long as somebody holds it, which knows its length, and the writers
// put no empty record in.
unsafe impl<P: Futex, const SIZE: usize> Hold<SIZE> for Local<P, SIZE> {}

/// The two ends of one pipe.
pub type Ends<P, const SIZE: usize = BLOCK> =
    (Writer<Local<P, SIZE>, SIZE>, Reader<Local<P, SIZE>, SIZE>);

/// A pipe of so many blocks for the threads of this process. If half of them hold less than
/// [`ATOMIC`](super::ATOMIC) bytes, writes of more than that are torn.
///
/// # Errors
/// [`CapacityError`] if memory cannot hold so many.
pub fn channel<P: Futex, const SIZE: usize>(
    blocks: Capacity,
) -> Result<Ends<P, SIZE>, CapacityError> {
    let frames = boxed(blocks, Position::new(0));
    let hold = Local::new(frames.map_err(|_| CapacityError::TooLarge(blocks.get()))?);
    // SAFETY: it is new.
    let writer = unsafe { Writer::attach(hold.clone()) };
    // SAFETY: it is new.
    let reader = unsafe { Reader::attach(hold) };
    Ok((writer, reader))
}

/// A pipe that holds so many bytes, or a few more, for the threads of this process.
///
/// # Errors
/// [`CapacityError`] if memory cannot hold so many.
pub fn of_bytes<P: Futex>(capacity: usize) -> Result<Ends<P>, CapacityError> {
    let rounded = bytes(capacity).ok_or(CapacityError::TooLarge(capacity))?;
    channel(Capacity::new(rounded / BLOCK)?)
}
