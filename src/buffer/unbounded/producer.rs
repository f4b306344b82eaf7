//! The side that fills.

use core::mem::MaybeUninit;
use core::ops::Deref;

use super::{Memory, NoMemory, PushError, PushSliceError, Unbounded};
use crate::buffer::Corrupt;
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Cell};
use crate::position::Position;

/// The side that fills. `R` is how it holds the [`Unbounded`] buffer: a reference, an `Arc`.
#[derive(Debug)]
pub struct Producer<R> {
    buffer: R,
    /// Next to fill.
    tail: Position,
    /// Next to take, as last seen.
    head: Position,
    /// Whether the segment of `tail` is there, as far as this side knows.
    reserved: bool,
    corrupt: bool,
}

impl<M: Memory, R: Deref<Target = Unbounded<M>>> Producer<R> {
    /// The producer of `buffer`, which goes on where its predecessor, if any, left off.
    ///
    /// # Errors
    /// [`Corrupt`] if the positions of the buffer cannot be.
    ///
    /// # Safety
    /// The buffer has no other producer now; the last access of an earlier one happened before this
    /// call; its stream began with a segment, or by [`Unbounded::begin`]; and all who share
    /// its words have the same [`Shape`](super::Shape) of it.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(buffer: R) -> Result<Self, Corrupt> {
        let mut producer = Self::of(buffer);
        producer.look()?;
        Ok(producer)
    }

    /// A producer that has not looked at the other side yet.
    pub(super) fn of(buffer: R) -> Self {
        // Relaxed: only producers write it, and the last one's store happened before; or others
        // are at work, and this one will catch up.
        let tail = Position::new(buffer.memory().words().tail.position.load(Relaxed));
        let shape = buffer.memory().shape();
        Self {
            buffer,
            tail,
            // Full, as far as this side knows: the first look may only find more room.
            head: tail.minus(shape.limit().get()),
            // Whoever has filled the slot before, or begun there, has it reserved. At its beginning the
            // predecessor may have died just before it did, or just after.
            reserved: !shape.begins(tail),
            corrupt: false,
        }
    }

    /// How this side holds the buffer.
    pub fn buffer(&self) -> &R {
        &self.buffer
    }

    /// The position of the next message to fill: the length of the stream so far.
    pub fn position(&self) -> Position {
        self.tail
    }

    /// How many messages the limit leaves room for at least, if there is memory; looks at the other
    /// side's position only when what it last saw leaves less than `wanted`.
    ///
    /// What is free stays free: only this side fills.
    ///
    /// # Errors
    /// [`Corrupt`], for good.
    pub fn room(&mut self, wanted: usize) -> Result<usize, Corrupt> {
        match self.free() {
            Some(free) if free >= wanted => Ok(free),
            _ => self.look(),
        }
    }

    /// Puts one message into the buffer.
    ///
    /// # Errors
    /// The message, with [`PushError::Full`] at the limit, [`PushError::NoMemory`], or
    /// [`PushError::Corrupt`].
    pub fn push(&mut self, message: M::Message) -> Result<(), PushError<M::Message>> {
        match self.room(1) {
            Err(Corrupt) => return Err(PushError::Corrupt(message)),
            Ok(0) => return Err(PushError::Full(message)),
            Ok(_) => {}
        }
        if let Err(NoMemory) = self.reserve() {
            return Err(PushError::NoMemory(message));
        }
        // SAFETY: the segment is there, and stays until this side has filled it.
        let slot = &unsafe { self.buffer.run(self.tail, 1) }[0];
        // SAFETY: the slot is free, so it is this side's (FREED).
        slot.with_mut(|slot| unsafe { slot.write(MaybeUninit::new(message)) });
        self.publish(1);
        Ok(())
    }

    /// Puts as many of `messages` into the buffer as there is room and memory for, and returns their
    /// number. Those in one segment are published together.
    ///
    /// # Errors
    /// [`PushSliceError::NoMemory`] if there is room, and no memory for the first of them;
    /// [`PushSliceError::Corrupt`], for good.
    pub fn push_slice(&mut self, messages: &[M::Message]) -> Result<usize, PushSliceError>
    where
        M::Message: Copy,
    {
        let mut rest = messages;
        let mut room = self.room(messages.len())?;
        while room.min(rest.len()) > 0 {
            match self.reserve() {
                Ok(()) => {}
                Err(NoMemory) if rest.len() < messages.len() => break,
                Err(NoMemory) => return Err(NoMemory.into()),
            }
            // SAFETY: the segment is there, and stays until this side has filled it.
            let run = unsafe { self.buffer.run(self.tail, room.min(rest.len())) };
            let (copied, later) = rest.split_at(run.len());
            Cell::with_all_mut(run, |slots: *mut [MaybeUninit<M::Message>]| {
                // SAFETY: the slots are free, so they are this side's (FREED).
                unsafe { &mut *slots }.write_copy_of_slice(copied);
            });
            self.publish(copied.len());
            room -= copied.len();
            rest = later;
        }
        Ok(messages.len() - rest.len())
    }

    /// Sees to it that the segment of `tail` is there. There is room, so the segment that had its
    /// memory before was given back (FREED).
    fn reserve(&mut self) -> Result<(), NoMemory> {
        if !self.reserved {
            let memory = self.buffer.memory();
            memory.reserve(memory.shape().segment(self.tail))?;
            self.reserved = true;
        }
        Ok(())
    }

    /// Publishes so many messages, which stand in the segment of `tail`.
    fn publish(&mut self, count: usize) {
        self.tail = self.tail.plus(count);
        let memory = self.buffer.memory();
        memory
            .words()
            .tail
            .position
            .store(self.tail.count(), Release); // FILLED
        if memory.shape().begins(self.tail) {
            self.reserved = false;
        }
    }

    /// Goes on where others have come to that had this side meanwhile, and have passed it on.
    pub(super) fn catch_up(&mut self) -> Result<(), Corrupt> {
        let memory = self.buffer.memory();
        // Relaxed: passing the side on orders it.
        let tail = Position::new(memory.words().tail.position.load(Relaxed));
        self.corrupt |= tail.is_before(self.tail);
        if self.corrupt {
            return Err(Corrupt);
        }
        if tail != self.tail {
            self.tail = tail;
            // They have filled the slot before it.
            self.reserved = !memory.shape().begins(tail);
        }
        Ok(())
    }

    /// The room that the last look shows; `None` if that cannot be.
    fn free(&self) -> Option<usize> {
        let limit = self.buffer.memory().shape().limit();
        let filled = limit.admits(self.tail.since(self.head))?;
        Some(limit.get() - filled)
    }

    fn look(&mut self) -> Result<usize, Corrupt> {
        // What was free stays free: a position that goes back cannot be.
        let before = self.free();
        let memory = self.buffer.memory();
        self.head = Position::new(memory.words().head.position.load(Acquire)); // FREED
        match self.free() {
            Some(free) if !self.corrupt && Some(free) >= before => Ok(free),
            _ => {
                self.corrupt = true;
                // Full, as far as this side knows: every later try looks again and ends here.
                let limit = self.buffer.memory().shape().limit();
                self.head = self.tail.minus(limit.get());
                Err(Corrupt)
            }
        }
    }
}
