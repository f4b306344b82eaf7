//! Where the memory of an unbounded buffer comes from.

use super::{Positions, Shape, Slot};
use crate::platform::Platform;

/// There was no memory for another segment. Nothing has changed: it may be there later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no memory for another segment: make room, or take messages out, and try again")]
pub struct NoMemory;

/// The memory of a buffer: its shared words, and segments that are there only while they are
/// needed.
///
/// ```text
///                    reserve (may fail)
///      not there  -------------------->  there: blank slots, which stay where they are
///                 <--------------------
///                    give back
/// ```
///
/// A segment is named by its index, so that nothing in shared memory is a pointer. Doing either
/// step again changes nothing: whoever follows a dead process cannot know how far that came. When
/// a segment is needed, and when no more, is the algorithm's to know, and so is the order: each step
/// at a segment, and each use of its slots, happens before the next.
///
/// # Safety
/// `shape` is the same at each call. Between a `reserve` that succeeded and the `give_back`, `slots`
/// returns the same [`Shape::slots`] slots, each [blank](Blank) at first, for everybody who is
/// ordered behind that `reserve`, and nothing but their users changes them.
pub unsafe trait Segments {
    /// The words that the sides share.
    type Words;
    /// The memory of one message.
    type Slot: Blank;
    /// Whether messages that are left when the memory is dropped are dropped with it. Where
    /// another process goes on they are not.
    const OWNS_MESSAGES: bool;

    /// The words that the sides share.
    fn words(&self) -> &Self::Words;

    /// How much the buffer may hold. This is private knowledge: nothing that stands in shared
    /// memory is believed.
    fn shape(&self) -> Shape;

    /// Sees to it that the segment is there.
    ///
    /// # Errors
    /// [`NoMemory`]; the segment is as it was.
    fn reserve(&self, segment: usize) -> Result<(), NoMemory>;

    /// Gives the memory of the segment back, if it is there.
    ///
    /// # Safety
    /// Nobody uses its slots: all their uses happened before.
    unsafe fn give_back(&self, segment: usize);

    /// The slots of a segment.
    ///
    /// # Safety
    /// It is there, its `reserve` happened before this call, and it stays there while the slots
    /// are used.
    unsafe fn slots(&self, segment: usize) -> &[Self::Slot];
}

/// A slot as it stands in memory that nobody has used.
///
/// # Safety
/// On [`Native`](crate::platform::native::Native), zero bytes are such a slot. And a slot is used
/// by one side at a time: it may be shared between threads if its messages may be sent.
pub unsafe trait Blank: Sized {
    /// What the slot carries.
    type Message;

    /// A slot that nobody has used.
    fn blank() -> Self;
}

/// The memory of an unbounded buffer.
pub trait Memory:
    Segments<Words = Positions<Self::Platform>, Slot = Slot<Self::Platform, Self::Message>>
{
    /// The machine.
    type Platform: Platform;
    /// What is passed on.
    type Message;
}

impl<P: Platform, T, M: Segments<Words = Positions<P>, Slot = Slot<P, T>>> Memory for M {
    type Platform = P;
    type Message = T;
}
