//! A pipe: a stream of bytes with two ends that close. Many may write, one reads.
//!
//! ```text
//!     Writer --+                                          +--> the bytes, in order
//!     Writer --+--> | bells | pieces of bytes, whole | ---+    Reader
//!     Writer --+                                               then the end of the file
//! ```
//!
//! What is written goes into the buffer in pieces, each of which lies together: the records of
//! [`frames`](crate::buffer::frames). A write of up to [`ATOMIC`] bytes is one piece, so the bytes of
//! different writers do not mix within it; a longer one goes in as several, and others may come
//! between.
//!
//! When the last writer has gone the reader finds the end of the file, after the last byte; when the
//! reader has gone the pipe is broken. A writer that was *killed* is no end of the file: who reads is
//! told so, after what was written, since a part may be missing.
//!
//! [`Writer`] and [`Reader`] are the same for threads and for processes; what differs is the [`Hold`]
//! that keeps the buffer. With std they are its `Write`, `Read` and `BufRead`.

#[cfg(feature = "shm")]
pub mod duplex;
#[cfg(feature = "shm")]
mod io;
pub mod local;
mod reader;
pub mod shared;
#[cfg(feature = "shm")]
pub mod turns;
mod writer;

use core::ops::Deref;

pub use self::reader::Reader;
pub use self::writer::Writer;
use crate::buffer::frames::Frames;
use crate::link::Role;
use crate::link::member::Member;

/// Writes of up to so many bytes are not torn, as those of Linux's own pipes.
pub const ATOMIC: usize = 4096;

/// The bytes of a block: what the shortest write takes.
pub const BLOCK: usize = 64;

/// How a handle holds its pipe: it leads to the buffer.
///
/// # Safety
/// It is the same buffer each time, also for a clone, with the capacity that it was placed with; and
/// none of its records is empty.
pub unsafe trait Hold<const SIZE: usize = BLOCK>:
    Member + Deref<Target = Frames<<Self as Member>::Platform, SIZE>>
{
    /// Wakes those who may wait for what one of `role` has just done.
    fn ring(&self, role: Role) {
        self.bells().ring(role, false);
    }
}

/// The capacity that a pipe has of which so many bytes are asked: a power of two, and room for two
/// writes that are not torn. `None` if there is none such.
pub(crate) fn bytes(asked: usize) -> Option<usize> {
    asked.max(2 * ATOMIC).checked_next_power_of_two()
}
