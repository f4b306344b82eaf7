//! The side that fills.

use core::mem::{self, MaybeUninit, needs_drop};
use core::ops::Deref;

use super::Ring;
use crate::buffer::{Corrupt, PushError, drop_each};
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Cell, Platform, SlotCell};
use crate::position::{Capacity, Position};

/// The side that fills. `R` is how it holds the [`Ring`]: a reference, an `Arc`, a mapping.
#[derive(Debug)]
pub struct Producer<R> {
    ring: R,
    capacity: Capacity,
    /// Next to fill.
    tail: Position,
    /// Next to take, as last seen.
    head: Position,
    corrupt: bool,
}

impl<P: Platform, T, R: Deref<Target = Ring<P, T>>> Producer<R> {
    /// The producer of `ring`, which goes on where its predecessor, if any, left off.
    ///
    /// # Errors
    /// [`Corrupt`] if the positions of the ring cannot be.
    ///
    /// # Safety
    /// `ring` was placed with `capacity`; it has no other producer now; and the last access of an
    /// earlier one happened before this call.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(ring: R, capacity: Capacity) -> Result<Self, Corrupt> {
        // Relaxed: only producers write it, and the last one's store happened before.
        let tail = ring.shared.tail.latest(Relaxed);
        let head = ring.shared.head.latest(Acquire); // FREED
        let mut producer = Self {
            ring,
            capacity,
            tail,
            head,
            corrupt: false,
        };
        producer.checked()?;
        Ok(producer)
    }

    /// How this side holds the ring.
    pub fn ring(&self) -> &R {
        &self.ring
    }

    /// The position of the next message to fill: the length of the stream so far.
    pub fn position(&self) -> Position {
        self.tail
    }

    /// How many messages fit at least; looks at the other side's position only when what it last
    /// saw leaves less than `wanted`.
    ///
    /// What is free stays free: only this side fills.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn room(&mut self, wanted: usize) -> Result<usize, Corrupt> {
        match self.free() {
            Some(free) if free >= wanted => Ok(free),
            _ => self.look(wanted),
        }
    }

    /// How much room the last look has found that was not filled since. It touches no shared memory.
    pub fn seen(&self) -> usize {
        self.free().unwrap_or(0)
    }

    /// Puts one message into the buffer.
    ///
    /// # Errors
    /// The message, with [`PushError::Full`] or [`PushError::Corrupt`].
    #[inline]
    pub fn push(&mut self, message: T) -> Result<(), PushError<T>> {
        let mut batch = self.batch();
        batch.push(message)?;
        batch.commit();
        Ok(())
    }

    /// Puts as many of `messages` into the buffer as fit, in one publication, and returns their
    /// number.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn push_slice(&mut self, messages: &[T]) -> Result<usize, Corrupt>
    where
        T: Copy,
    {
        let mut batch = self.batch();
        let pushed = batch.push_slice(messages)?;
        batch.commit();
        Ok(pushed)
    }

    /// Begins a batch, which becomes visible as a whole when it is committed.
    pub fn batch(&mut self) -> Batch<'_, P, T, R> {
        Batch {
            producer: self,
            staged: 0,
        }
    }

    /// The room that the last look shows; `None` if that cannot be.
    fn free(&self) -> Option<usize> {
        let filled = self.capacity.admits(self.tail.since(self.head))?;
        Some(self.capacity.get() - filled)
    }

    /// Follows the head until `wanted` messages fit, or as far as it has come.
    #[cold]
    fn look(&mut self, wanted: usize) -> Result<usize, Corrupt> {
        let (capacity, tail) = (self.capacity, self.tail);
        let enough = |head| {
            let filled = capacity.admits(tail.since(head));
            filled.is_none_or(|filled| capacity.get() - filled >= wanted)
        };
        let shared = &self.ring.shared.head;
        self.head = shared.follow(self.head, Acquire, enough); // FREED
        self.checked()
    }

    /// The room that is known, if it can be.
    fn checked(&mut self) -> Result<usize, Corrupt> {
        match self.free() {
            Some(free) if !self.corrupt => Ok(free),
            _ => {
                self.corrupt = true;
                // Full, as far as this side knows: every later try looks again and ends here.
                self.head = self.tail.minus(self.capacity.get());
                Err(Corrupt)
            }
        }
    }
}

/// Messages that stand in free slots and are not published yet.
///
/// Dropped without [`commit`](Batch::commit), they never were; a process that dies here leaves
/// nothing behind.
#[must_use = "a batch is published by `commit`"]
pub struct Batch<'a, P: Platform, T, R: Deref<Target = Ring<P, T>>> {
    producer: &'a mut Producer<R>,
    staged: usize,
}

impl<P: Platform, T, R: Deref<Target = Ring<P, T>>> Batch<'_, P, T, R> {
    /// Adds one message.
    ///
    /// # Errors
    /// The message, with [`PushError::Full`] or [`PushError::Corrupt`].
    pub fn push(&mut self, message: T) -> Result<(), PushError<T>> {
        let slot = match self.free_slot() {
            Ok(slot) => slot,
            Err(why) => return Err(why.map(|()| message)),
        };
        // SAFETY: the slot is free, so it is this side's (FREED).
        slot.with_mut(|slot| unsafe { slot.write(MaybeUninit::new(message)) });
        self.staged += 1;
        Ok(())
    }

    /// Adds one message that `write` makes in place, where it will be read. What stands there before
    /// is arbitrary: zeros, or what an earlier message has left.
    ///
    /// # Errors
    /// [`PushError`]; `write` was not called then.
    ///
    /// # Safety
    /// `write` initialises the message.
    pub unsafe fn push_with(
        &mut self,
        write: impl FnOnce(&mut MaybeUninit<T>),
    ) -> Result<(), PushError<()>> {
        let slot = self.free_slot()?;
        // SAFETY: as above.
        slot.with_mut(|slot| write(unsafe { &mut *slot }));
        self.staged += 1;
        Ok(())
    }

    /// The slot behind the batch.
    fn free_slot(&mut self) -> Result<&SlotCell<P, T>, PushError<()>> {
        match self.producer.room(self.staged + 1) {
            Err(Corrupt) => Err(PushError::Corrupt(())),
            Ok(room) if room == self.staged => Err(PushError::Full(())),
            Ok(_) => Ok(self.producer.ring.slot(self.next())),
        }
    }

    /// Adds as many of `messages` as fit and returns their number.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn push_slice(&mut self, messages: &[T]) -> Result<usize, Corrupt>
    where
        T: Copy,
    {
        let mut rest = messages;
        loop {
            let copy = |free: &mut [MaybeUninit<T>]| {
                free.write_copy_of_slice(&rest[..free.len()]);
                free.len()
            };
            // SAFETY: the closure initialises all that it is given.
            match unsafe { self.fill(rest.len(), copy)? } {
                0 => return Ok(messages.len() - rest.len()),
                copied => rest = &rest[copied..],
            }
        }
    }

    /// Lets `f` write up to `most` messages in place: calls it with the next contiguous run of
    /// free slots and adds the first so many of them as it returns. With nothing free it is not
    /// called, and the answer is 0.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    ///
    /// # Panics
    /// If `f` returns more than it was given.
    ///
    /// # Safety
    /// `f` has initialised as many slots, from the first on, as it returns, and leaves none
    /// uninitialised that was not before.
    pub unsafe fn fill(
        &mut self,
        most: usize,
        f: impl FnOnce(&mut [MaybeUninit<T>]) -> usize,
    ) -> Result<usize, Corrupt>
    where
        T: Copy,
    {
        let room = self.producer.room(self.staged.saturating_add(most))?;
        let run = self
            .producer
            .ring
            .run(self.next(), most.min(room - self.staged));
        if run.is_empty() {
            return Ok(0);
        }
        // What is not free is still the other side's.
        let behind = run.len().min(room - self.staged - run.len());
        let ring = &self.producer.ring;
        ring.prefetch(self.next().plus(run.len()), behind);
        // SAFETY: the slots are free, so they are this side's (FREED).
        let added = Cell::with_all_mut(run, |slots| f(unsafe { &mut *slots }));
        assert!(added <= run.len(), "more messages than there were slots");
        self.staged += added;
        Ok(added)
    }

    /// The number of messages in the batch.
    #[must_use]
    pub fn len(&self) -> usize {
        self.staged
    }

    /// Whether the batch holds no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.staged == 0
    }

    /// Publishes the batch as a whole.
    pub fn commit(mut self) {
        let tail = self.next();
        if mem::take(&mut self.staged) > 0 {
            let before = mem::replace(&mut self.producer.tail, tail);
            let shared = &self.producer.ring.shared.tail;
            shared.at(before).store(tail.count(), Release); // FILLED
        }
    }

    fn next(&self) -> Position {
        self.producer.tail.plus(self.staged)
    }
}

impl<P: Platform, T, R: Deref<Target = Ring<P, T>>> Drop for Batch<'_, P, T, R> {
    fn drop(&mut self) {
        if !needs_drop::<T>() {
            return;
        }
        drop_each((0..self.staged).map(|offset| {
            let position = self.producer.tail.plus(offset);
            // SAFETY: the slot holds a staged message, which nobody else has seen.
            unsafe { self.producer.ring.take(position) }
        }));
    }
}
