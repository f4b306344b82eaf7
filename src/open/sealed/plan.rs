//! Where a link lies in the memory that is handed over.
//!
//! ```text
//!     one object      | 1,024 bytes | seats, bells, positions | messages |
//!
//!     two objects     |   unused    | seats, bells, positions | messages        |
//!                      whole pages -------------------------->  whole pages --->
//!                      both write                               only the sender writes
//! ```
//!
//! Two objects are mapped side by side, so that the link is one block in any case.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use arrayvec::ArrayVec;

use super::{Plain, SealedError};
use crate::link::Link;
use crate::place::Place;
use crate::place::header::{BODY, SizeError};
use crate::platform::native::Wary;
use crate::position::Capacity;
use crate::shm::{Conversation, HandOverError, Mapping, Memfd, MemfdError, Seals, Stranger, page};

/// The lengths of the objects, and where the link begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    front: usize,
    first: usize,
    /// The bytes of the second object, if the messages lie in one of their own.
    second: Option<usize>,
}

impl Plan {
    /// From private numbers alone.
    pub(super) fn new<T: Plain>(capacity: Capacity, is_split: bool) -> Result<Self, SizeError> {
        let overflow = |_| SizeError::Overflow(capacity.get());
        let link = Link::<Wary, T>::layout(capacity).map_err(overflow)?.size();
        let too_large = SizeError::Overflow(capacity.get());
        if !is_split {
            let front = BODY as usize;
            let first = front.checked_add(link).ok_or(too_large)?;
            return Ok(Self {
                front,
                first,
                second: None,
            });
        }
        let head = Link::<Wary, T>::head().map_err(overflow)?;
        let page = page();
        let align = Link::<Wary, T>::layout(capacity).map_err(overflow)?.align();
        if align > page {
            return Err(SizeError::Alignment { align });
        }
        let first = head.next_multiple_of(page);
        let messages = (link - head).max(1).checked_next_multiple_of(page);
        Ok(Self {
            front: first - head,
            first,
            second: Some(messages.ok_or(too_large)?),
        })
    }

    /// How many bytes that takes, of both objects if there are two.
    pub(super) fn bytes(&self) -> usize {
        self.first.saturating_add(self.second.unwrap_or(0))
    }

    /// Where the link begins.
    pub(super) fn front(&self) -> usize {
        self.front
    }

    /// New memory, mapped for its maker. What both write can be mapped to write until it is
    /// [sealed for good](Memory::seal).
    pub(super) fn make(&self) -> io::Result<Memory> {
        let words = Memfd::create(self.first)?;
        words.seal(Seals::Length)?;
        let (messages, mapping) = match self.second {
            None => (None, words.map(self.first)?),
            Some(len) => {
                let messages = Memfd::create(len)?;
                let mapping = words.map_with(self.first, &messages, len, false)?;
                messages.seal(Seals::All)?;
                (Some(messages), mapping)
            }
        };
        Ok(Memory {
            words: Arc::new(words),
            len: self.first,
            messages,
            mapping,
        })
    }

    /// What a peer has handed over, if it is what it should be so far. Messages of an object of their own
    /// are mapped to be read.
    pub(super) fn take(&self, descriptors: Vec<Stranger>) -> Result<Memory, SealedError> {
        let expected = 1 + usize::from(self.second.is_some());
        let found = descriptors.len();
        let mut descriptors = descriptors.into_iter();
        let (Some(words), messages) = (descriptors.next(), descriptors.next()) else {
            return Err(HandOverError::Descriptors { found, expected }.into());
        };
        let words = Memfd::received(words, self.first, Seals::Length)?;
        let mapped = match (self.second, messages) {
            (None, None) => words.map(self.first),
            (Some(len), Some(messages)) => {
                let messages = Memfd::received(messages, len, Seals::All)?;
                words.map_with(self.first, &messages, len, true)
            }
            _ => return Err(HandOverError::Descriptors { found, expected }.into()),
        };
        Ok(Memory {
            words: Arc::new(words),
            len: self.first,
            messages: None,
            mapping: mapped.map_err(HandOverError::io("map the memory"))?,
        })
    }
}

/// The memory of a link while it is handed over.
pub(super) struct Memory {
    words: Arc<Memfd>,
    len: usize,
    /// Of whoever has made it, the messages, if they lie in an object of their own.
    messages: Option<Memfd>,
    pub(super) mapping: Mapping,
}

impl Memory {
    /// What is handed over.
    pub(super) fn descriptors(&self) -> ArrayVec<BorrowedFd<'_>, 2> {
        let objects = [Some(&*self.words), self.messages.as_ref()];
        objects.into_iter().flatten().map(Memfd::as_fd).collect()
    }

    /// Both have mapped it: from now on nobody else maps it to write, and its memory stays.
    ///
    /// # Errors
    /// [`HandOverError`], if the peer was faster to seal it in another way, has punched a hole, or is just
    /// writing by a call, and does not let it end: the kernel lets who seals wait for that.
    pub(super) fn seal(&self, conversation: &Conversation) -> Result<(), HandOverError> {
        let words = Arc::clone(&self.words);
        let sealed = conversation.within(c"aqueduct-seal", move || words.seal(Seals::All))?;
        sealed.map_err(MemfdError::from)?;
        Ok(self.is_sealed()?)
    }

    /// Whether that has been done. Then all of its memory is there, and stays: what the kernel counts as
    /// such may also lie behind the end.
    ///
    /// # Errors
    /// [`MemfdError`].
    pub(super) fn is_sealed(&self) -> Result<(), MemfdError> {
        self.words.check(self.len, Seals::All)?;
        self.mapping.populate().map_err(MemfdError::from)
    }
}
