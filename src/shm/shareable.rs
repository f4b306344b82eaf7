//! What may lie in memory that processes share.

use crate::buffer::frames::Frames;
use crate::buffer::unbounded::{Positions, Slot};
use crate::buffer::{mpmc, rendezvous, spsc, textbook};
use crate::platform::native::Native;

/// A structure that processes can share, if its messages are [`Plain`](crate::place::Plain).
///
/// # Safety
/// Where the messages are plain data, any bytes are such a structure, and its methods and sides get
/// on with them: they find a mistake, or take it for right, and stay within the structure. It holds
/// no address, and what is shared in it changes by words and cells of [`Native`] alone. When it is
/// no longer used, nothing has to be dropped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made to lie in memory that processes share",
    label = "this cannot be shared between processes",
    note = "these are: `textbook::Buffer<Native, T>`, `spsc::Ring<Native, T>`, `mpmc::Ring<Native, T>`, `rendezvous::Rendezvous<Native, T>` and `frames::Frames<Native>`; and, by `shm::Sparse`, the words and slots of `unbounded`"
)]
pub unsafe trait Shareable {
    /// What it carries.
    type Message;
}

// SAFETY: two indices, each checked when it is read, and cells of messages.
unsafe impl<T> Shareable for textbook::Buffer<Native, T> {
    type Message = T;
}

// SAFETY: two positions, each checked when it is read, and cells of messages.
unsafe impl<T> Shareable for spsc::Ring<Native, T> {
    type Message = T;
}

// SAFETY: two hints, and a word for each message. Any bits are a word, and one that cannot be is
// told from one that can.
unsafe impl<T, const LAPS: u32> Shareable for mpmc::Ring<Native, T, LAPS> {
    type Message = T;
}

// SAFETY: a word, checked each time it is read, and the cell of a message.
unsafe impl<T, const TURNS: u32> Shareable for rendezvous::Rendezvous<Native, T, TURNS> {
    type Message = T;
}

// SAFETY: a position, words, and blocks of bytes. The length in a word is checked before it is used.
unsafe impl<const BLOCK: usize> Shareable for Frames<Native, BLOCK> {
    type Message = u8;
}

// SAFETY: two positions, each checked when it is read, and two gates, whose every word is one; they
// carry nothing.
unsafe impl Shareable for Positions<Native> {
    type Message = ();
}

// SAFETY: the cell of a message.
unsafe impl<T> Shareable for Slot<Native, T> {
    type Message = T;
}
