//! The side that takes.

use core::mem::MaybeUninit;
use core::ops::Deref;

use super::{Memory, Unbounded};
use crate::buffer::{Corrupt, PopError};
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Cell};
use crate::position::Position;

/// The side that takes. `R` is how it holds the [`Unbounded`] buffer: a reference, an `Arc`.
#[derive(Debug)]
pub struct Consumer<R> {
    buffer: R,
    /// Next to take.
    head: Position,
    /// Next to fill, as last seen.
    tail: Position,
    corrupt: bool,
}

impl<M: Memory, R: Deref<Target = Unbounded<M>>> Consumer<R> {
    /// The consumer of `buffer`, which goes on where its predecessor, if any, left off: at the
    /// first message that was not released. What its predecessor did not come to give back it
    /// gives back.
    ///
    /// # Errors
    /// [`Corrupt`] if the positions of the buffer cannot be.
    ///
    /// # Safety
    /// The buffer has no other consumer now; the last access of an earlier one happened before this
    /// call; all who share its words have the same [`Shape`](super::Shape) of it; and every
    /// producer of it publishes messages that are of this type.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(buffer: R) -> Result<Self, Corrupt> {
        let mut consumer = Self::of(buffer);
        consumer.look()?;
        consumer.give_back();
        Ok(consumer)
    }

    /// A consumer that has not looked at the other side yet.
    pub(super) fn of(buffer: R) -> Self {
        // Relaxed: only consumers write it, and the last one's store happened before; or others
        // are at work, and this one will catch up.
        let head = Position::new(buffer.memory().words().head.position.load(Relaxed));
        Self {
            buffer,
            head,
            tail: head,
            corrupt: false,
        }
    }

    /// How this side holds the buffer.
    pub fn buffer(&self) -> &R {
        &self.buffer
    }

    /// The position of the next message to take: the length of the stream so far.
    pub fn position(&self) -> Position {
        self.head
    }

    /// How many messages are there at least; looks at the other side's position only when what it
    /// last saw is less than `wanted`.
    ///
    /// What is there stays there: only this side takes.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn filled(&mut self, wanted: usize) -> Result<usize, Corrupt> {
        match self.known() {
            Some(filled) if filled >= wanted => Ok(filled),
            _ => self.look(),
        }
    }

    /// Takes one message out of the buffer.
    ///
    /// # Errors
    /// [`PopError`] if there is none.
    pub fn pop(&mut self) -> Result<M::Message, PopError> {
        if self.filled(1)? == 0 {
            return Err(PopError::Empty);
        }
        // SAFETY: the slot holds a message and is this side's (FILLED), until it is released.
        let message = unsafe { self.buffer.take(self.head) };
        self.release(1);
        Ok(message)
    }

    /// Copies as many messages as there are, and as fit, into `messages`, and returns their number.
    /// Those in one segment are released together.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn pop_slice(&mut self, messages: &mut [M::Message]) -> Result<usize, Corrupt>
    where
        M::Message: Copy,
    {
        let count = self.filled(messages.len())?.min(messages.len());
        let mut rest = &mut messages[..count];
        while !rest.is_empty() {
            // SAFETY: there are messages, so their segment is there (FILLED), until it is left.
            let run = unsafe { self.buffer.run(self.head, rest.len()) };
            let (copied, later) = rest.split_at_mut(run.len());
            Cell::with_all(run, |slots: *const [MaybeUninit<M::Message>]| {
                // SAFETY: the slots hold messages and are this side's (FILLED), until the release.
                copied.copy_from_slice(unsafe { &*(slots as *const [M::Message]) });
            });
            self.release(copied.len());
            rest = later;
        }
        Ok(count)
    }

    /// The number of messages that the last look shows; `None` if that cannot be.
    fn known(&self) -> Option<usize> {
        let limit = self.buffer.memory().shape().limit();
        limit.admits(self.tail.since(self.head))
    }

    fn look(&mut self) -> Result<usize, Corrupt> {
        // What was there stays there: a position that goes back cannot be.
        let before = self.known();
        let memory = self.buffer.memory();
        self.tail = Position::new(memory.words().tail.position.load(Acquire)); // FILLED
        match self.known() {
            Some(filled) if !self.corrupt && Some(filled) >= before => Ok(filled),
            _ => {
                self.corrupt = true;
                // Empty, as far as this side knows: every later try looks again and is refused.
                self.tail = self.head;
                Err(Corrupt)
            }
        }
    }

    /// Goes on where others have come to that had this side meanwhile, and have passed it on.
    pub(super) fn catch_up(&mut self) -> Result<(), Corrupt> {
        // Relaxed: passing the side on orders it.
        let head = Position::new(self.buffer.memory().words().head.position.load(Relaxed));
        self.corrupt |= head.is_before(self.head);
        if self.corrupt {
            return Err(Corrupt);
        }
        self.head = head;
        Ok(())
    }

    /// Releases so many messages, which stand in the segment of `head`.
    fn release(&mut self, count: usize) {
        self.head = self.head.plus(count);
        let memory = self.buffer.memory();
        memory
            .words()
            .head
            .position
            .store(self.head.count(), Release); // FREED
        self.give_back();
    }

    /// Gives back the segment that ends at `head`, if one does.
    fn give_back(&mut self) {
        // SAFETY: this is the consumer, and there it stands.
        unsafe { self.buffer.give_back(self.head) };
    }
}
