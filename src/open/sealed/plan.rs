//! Where a link lies in the memory that is handed over.
//!
//! ```text
//!     one object      | 128 bytes | seats, bells, positions | messages |
//!
//!     two objects     |   unused  | seats, bells, positions | messages        |
//!                      first page ------------------------->  whole pages --->
//!                      both write                             only the sender writes
//! ```
//!
//! Two objects are mapped side by side, so that the link is one block in any case.

use std::io;
use std::os::fd::OwnedFd;

use arrayvec::ArrayVec;

use super::{Plain, SealedError};
use crate::link::Link;
use crate::place::Place;
use crate::place::header::{BODY, SizeError};
use crate::platform::native::Wary;
use crate::position::Capacity;
use crate::shm::{HandOverError, Mapping, Memfd, Seals, page};

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
        let messages = (link - head).max(1).checked_next_multiple_of(page);
        Ok(Self {
            front: page - head,
            first: page,
            second: Some(messages.ok_or(too_large)?),
        })
    }

    /// Where the link begins.
    pub(super) fn front(&self) -> usize {
        self.front
    }

    /// New memory, sealed, and mapped for its sender or receiver.
    pub(super) fn make(&self) -> io::Result<(ArrayVec<Memfd, 2>, Mapping)> {
        let words = Memfd::create(self.first)?;
        words.seal(Seals::Length)?;
        let mut objects = ArrayVec::new();
        let mapping = match self.second {
            None => words.map(self.first)?,
            Some(len) => {
                let messages = Memfd::create(len)?;
                let mapping = words.map_with(self.first, &messages, len, false)?;
                // From here on nobody maps it to write.
                messages.seal(Seals::LengthAndContents)?;
                objects.push(messages);
                mapping
            }
        };
        objects.insert(0, words);
        Ok((objects, mapping))
    }

    /// What a peer has handed over, if it is what it should be; mapped for the receiver if `to_read`.
    pub(super) fn take(
        &self,
        descriptors: Vec<OwnedFd>,
        to_read: bool,
    ) -> Result<Mapping, SealedError> {
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
                let messages = Memfd::received(messages, len, Seals::LengthAndContents)?;
                words.map_with(self.first, &messages, len, to_read)
            }
            _ => return Err(HandOverError::Descriptors { found, expected }.into()),
        };
        Ok(mapped.map_err(HandOverError::io("map the memory"))?)
    }
}
