//! The side that takes.

use core::mem::{self, MaybeUninit};
use core::ops::Deref;

use super::Ring;
use crate::buffer::{Corrupt, PopError};
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Cell, Platform};
use crate::position::{Capacity, Position};

/// The side that takes. `R` is how it holds the [`Ring`]: a reference, an `Arc`, a mapping.
#[derive(Debug)]
pub struct Consumer<R> {
    ring: R,
    capacity: Capacity,
    /// Next to take.
    head: Position,
    /// Next to fill, as last seen.
    tail: Position,
    corrupt: bool,
}

impl<P: Platform, T, R: Deref<Target = Ring<P, T>>> Consumer<R> {
    /// The consumer of `ring`, which goes on where its predecessor, if any, left off: at the
    /// first message that was not released.
    ///
    /// # Errors
    /// [`Corrupt`] if the positions of the ring cannot be.
    ///
    /// # Safety
    /// `ring` was placed with `capacity`; it has no other consumer now; the last access of an
    /// earlier one happened before this call; and every producer of the ring publishes messages
    /// that are a `T`.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(ring: R, capacity: Capacity) -> Result<Self, Corrupt> {
        // Relaxed: only consumers write it, and the last one's store happened before.
        let head = ring.shared.head.latest(Relaxed);
        let tail = ring.shared.tail.latest(Acquire); // FILLED
        let mut consumer = Self {
            ring,
            capacity,
            head,
            tail,
            corrupt: false,
        };
        consumer.checked()?;
        Ok(consumer)
    }

    /// How this side holds the ring.
    pub fn ring(&self) -> &R {
        &self.ring
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
            _ => self.look(wanted),
        }
    }

    /// How many messages the last look has found that were not taken since. It touches no shared memory.
    pub fn seen(&self) -> usize {
        self.known().unwrap_or(0)
    }

    /// Takes one message out of the buffer.
    ///
    /// # Errors
    /// [`PopError`] if there is none.
    #[inline]
    pub fn pop(&mut self) -> Result<T, PopError> {
        if self.filled(1)? == 0 {
            return Err(PopError::Empty);
        }
        // SAFETY: the slot holds a message and is this side's (FILLED), until it is released.
        let message = unsafe { self.ring.take(self.head) };
        self.release(1);
        Ok(message)
    }

    /// Lets `f` read the next message where it is, and leaves it there.
    ///
    /// # Errors
    /// [`PopError`] if there is none.
    pub fn peek<X>(&mut self, f: impl FnOnce(&T) -> X) -> Result<X, PopError> {
        if self.filled(1)? == 0 {
            return Err(PopError::Empty);
        }
        let slot = self.ring.slot(self.head);
        Ok(slot.with(|slot: *const MaybeUninit<T>| {
            // SAFETY: the slot is this side's (FILLED), until it is released.
            let message = unsafe { &*slot };
            // SAFETY: it holds a message.
            f(unsafe { message.assume_init_ref() })
        }))
    }

    /// Copies as many messages as there are, and as fit, into `messages`, releases them together,
    /// and returns their number.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn pop_slice(&mut self, messages: &mut [T]) -> Result<usize, Corrupt>
    where
        T: Copy,
    {
        let mut taken = self.take();
        loop {
            let rest = &mut messages[taken.len()..];
            let wanted = rest.len();
            let copy = |run: &[T]| {
                rest[..run.len()].copy_from_slice(run);
                run.len()
            };
            if taken.read(wanted, copy)? == 0 {
                let copied = taken.len();
                taken.release();
                return Ok(copied);
            }
        }
    }

    /// Begins to take messages that are released together.
    pub fn take(&mut self) -> Taken<'_, P, T, R>
    where
        T: Copy,
    {
        Taken {
            consumer: self,
            read: 0,
        }
    }

    /// The number of messages that the last look shows; `None` if that cannot be.
    fn known(&self) -> Option<usize> {
        self.capacity.admits(self.tail.since(self.head))
    }

    /// Follows the tail until `wanted` messages are there, or as far as it has come.
    fn look(&mut self, wanted: usize) -> Result<usize, Corrupt> {
        let (capacity, head) = (self.capacity, self.head);
        let enough = |tail: Position| {
            let filled = capacity.admits(tail.since(head));
            filled.is_none_or(|filled| filled >= wanted)
        };
        let shared = &self.ring.shared.tail;
        self.tail = shared.follow(self.tail, Acquire, enough); // FILLED
        self.checked()
    }

    /// The number of messages that are known, if it can be.
    fn checked(&mut self) -> Result<usize, Corrupt> {
        match self.known() {
            Some(filled) if !self.corrupt => Ok(filled),
            _ => {
                self.condemn();
                Err(Corrupt)
            }
        }
    }

    fn condemn(&mut self) {
        self.corrupt = true;
        // Empty, as far as this side knows: every later try looks again and is refused.
        self.tail = self.head;
    }

    fn release(&mut self, count: usize) {
        let head = self.head.plus(count);
        let before = mem::replace(&mut self.head, head);
        let shared = &self.ring.shared.head;
        shared.at(before).store(head.count(), Release); // FREED
    }
}

/// Messages that a consumer has read in place and not released yet.
///
/// Dropped without [`release`](Taken::release), they are still in the buffer; so are those of a
/// process that dies here.
#[must_use = "messages leave the buffer by `release`"]
pub struct Taken<'a, P: Platform, T: Copy, R: Deref<Target = Ring<P, T>>> {
    consumer: &'a mut Consumer<R>,
    read: usize,
}

impl<P: Platform, T: Copy, R: Deref<Target = Ring<P, T>>> Taken<'_, P, T, R> {
    /// Lets `f` read up to `most` messages in place: calls it with the next contiguous run of
    /// them and counts the first so many as read as it returns. With nothing there it is not
    /// called, and the answer is 0.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    ///
    /// # Panics
    /// If `f` returns more than it was given.
    pub fn read(&mut self, most: usize, f: impl FnOnce(&[T]) -> usize) -> Result<usize, Corrupt> {
        let filled = self.filled(most)?;
        let next = self.consumer.head.plus(self.read);
        let run = self.consumer.ring.run(next, most.min(filled));
        if run.is_empty() {
            return Ok(0);
        }
        let read = Cell::with_all(run, |slots: *const [MaybeUninit<T>]| {
            // SAFETY: the slots hold messages and are this side's (FILLED), until the release.
            f(unsafe { &*(slots as *const [T]) })
        });
        assert!(read <= run.len(), "more messages than were there");
        self.read += read;
        Ok(read)
    }

    /// How many more are there to be read; if there are `most`, perhaps fewer than there are.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn filled(&mut self, most: usize) -> Result<usize, Corrupt> {
        let filled = self.consumer.filled(self.read.saturating_add(most))?;
        // A peer that lies may take back what it has said of messages of no bytes.
        Ok(filled.saturating_sub(self.read))
    }

    /// The number of messages read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read
    }

    /// Whether no message was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read == 0
    }

    /// Leaves what was read in the buffer after all.
    pub fn put_back(&mut self) {
        self.read = 0;
    }

    /// Leaves what was read in the buffer and gives it up, because what stands there cannot be:
    /// every later try is [`Corrupt`].
    pub fn condemn(&mut self) {
        self.read = 0;
        self.consumer.condemn();
    }

    /// Takes what was read out of the buffer.
    pub fn release(self) {
        if self.read > 0 {
            self.consumer.release(self.read);
        }
    }
}
