//! The side that takes.

use alloc::vec::Vec;
use core::mem;
use core::ops::Deref;
use core::slice;

use super::word::{Meaning, State};
use super::{Corrupt, Frames, TakeError, blocks_of};
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Cell, Flat, Platform};
use crate::position::Position;

/// The side that takes. `R` is how it holds the [`Frames`]: a reference, an `Arc`, a mapping.
#[derive(Debug)]
pub struct Consumer<R> {
    frames: R,
    /// Next to take.
    head: Position,
    corrupt: bool,
}

impl<P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Consumer<R> {
    /// The consumer of `frames`, which goes on where its predecessor, if any, left off: at the
    /// first record that was not released.
    ///
    /// # Safety
    /// `frames` was placed with the capacity that it is seen with; it has no other consumer now;
    /// and the last access of an earlier one happened before this call.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(frames: R) -> Self {
        // Relaxed: only consumers write it, and the last one's store happened before.
        let head = Position::new(frames.shared.head.load(Relaxed));
        for offset in 0..frames.count() {
            let position = head.plus(offset);
            // Relaxed: what a dead predecessor has released and not freed, nobody else changes, and
            // it had seen it.
            let word = frames.word(position).load(Relaxed);
            if frames.meaning(position, word) == Meaning::Old {
                free(&frames, position);
            }
        }
        Self {
            frames,
            head,
            corrupt: false,
        }
    }

    /// How this side holds the buffer.
    pub fn frames(&self) -> &R {
        &self.frames
    }

    /// Where the next record to take begins, in blocks since the stream began.
    pub fn position(&self) -> Position {
        self.head
    }

    /// Takes one record out of the buffer into `record`, replacing what it held.
    ///
    /// # Errors
    /// [`TakeError`] if there is none; `record` is as it was then.
    pub fn pop(&mut self, record: &mut Vec<u8>) -> Result<(), TakeError> {
        let next = self.peek()?;
        next.read(|bytes| {
            record.clear();
            record.extend_from_slice(bytes);
        });
        next.release();
        Ok(())
    }

    /// The next record, in place. It stays in the buffer unless it is
    /// [released](Record::release).
    ///
    /// # Errors
    /// [`TakeError`] if there is none.
    pub fn peek(&mut self) -> Result<Record<'_, P, R, BLOCK>, TakeError> {
        let mut taken = self.take();
        let (position, length) = taken.find()?;
        Ok(Record {
            taken,
            position,
            length,
        })
    }

    /// Begins to take records that are released together.
    pub fn take(&mut self) -> Taken<'_, P, R, BLOCK> {
        Taken {
            end: self.head,
            consumer: self,
            records: 0,
        }
    }

    /// Lets `f` read a record that this side has found ready and not released.
    fn read<T>(&self, position: Position, length: u32, f: impl FnOnce(&[u8]) -> T) -> T {
        let blocks = self.frames.blocks(position, length);
        Cell::with_all(blocks, |blocks: *const [[u8; BLOCK]]| {
            // SAFETY: the blocks are this side's (FILLED) until it releases them.
            let blocks = unsafe { &*blocks };
            f(&blocks.as_flattened()[..length as usize])
        })
    }

    /// Releases all records before `end` at once, then frees their words.
    fn release(&mut self, end: Position) {
        let mut position = mem::replace(&mut self.head, end);
        self.frames.shared.head.store(end.count(), Release); // FREED
        while position != end {
            // Relaxed: this side has read it before, and until it is free nobody changes it.
            let word = self.frames.word(position).load(Relaxed);
            let Meaning::Entry(entry) = self.frames.meaning(position, word) else {
                self.corrupt = true;
                return;
            };
            let next = position.plus(blocks_of(entry.length, BLOCK));
            if next.since(position) > end.since(position) {
                self.corrupt = true;
                return;
            }
            free(&self.frames, position.plus(self.frames.count()));
            position = next;
        }
    }
}

impl<P: Flat, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Consumer<R> {
    /// A record that this side has found ready and not released.
    fn bytes(&self, position: Position, length: u32) -> &[u8] {
        let blocks = self.frames.blocks(position, length);
        let first = Cell::with_all(blocks, <*const [_]>::cast::<u8>);
        // SAFETY: the blocks lie side by side (Flat) and are this side's (FILLED) until it releases them,
        // for which it has to be borrowed alone.
        unsafe { slice::from_raw_parts(first, length as usize) }
    }
}

/// Says that the block of `position` is free in its lap.
fn free<P: Platform, const BLOCK: usize>(frames: &Frames<P, BLOCK>, position: Position) {
    let word = frames.laps().free(position);
    frames.word(position).store(word, Release); // EMPTIED
}

/// Records that a consumer has read in place and not released yet.
///
/// Dropped without [`release`](Taken::release), they are still in the buffer; so are those of a
/// process that dies here.
#[must_use = "records leave the buffer by `release`"]
pub struct Taken<'a, P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> {
    consumer: &'a mut Consumer<R>,
    /// Behind the last one read, and what was skipped then.
    end: Position,
    records: usize,
}

impl<P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Taken<'_, P, R, BLOCK> {
    /// Lets `f` read the next record in place; without one it is not called.
    ///
    /// # Errors
    /// [`TakeError`] if there is none behind those that were read.
    pub fn read<T>(&mut self, f: impl FnOnce(&[u8]) -> T) -> Result<T, TakeError> {
        let (position, length) = self.find()?;
        let read = self.consumer.read(position, length, f);
        self.count(position, length);
        Ok(read)
    }

    /// The number of records read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records
    }

    /// Whether no record was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Leaves what was read in the buffer after all.
    pub fn put_back(&mut self) {
        self.records = 0;
        self.end = self.consumer.head;
    }

    /// Takes what was read out of the buffer, all at once.
    pub fn release(self) {
        if self.records > 0 {
            self.consumer.release(self.end);
        }
    }

    fn count(&mut self, position: Position, length: u32) {
        self.records += 1;
        self.end = position.plus(blocks_of(length, BLOCK));
    }

    /// The next record that is ready: its position and length. What is to be skipped before it goes
    /// with the records that were read, or at once if there are none.
    fn find(&mut self) -> Result<(Position, u32), TakeError> {
        loop {
            let (position, frames) = (self.end, &*self.consumer.frames);
            if self.consumer.corrupt {
                return Err(Corrupt.into());
            }
            let behind = position.since(self.consumer.head);
            if behind == frames.count() as u64 {
                return Err(TakeError::Empty);
            }
            let word = frames.word(position).load(Acquire); // FILLED, SETTLED
            let entry = match frames.meaning(position, word) {
                Meaning::Free => return Err(TakeError::Empty),
                Meaning::Entry(entry) => entry,
                Meaning::Old | Meaning::Other => return Err(self.condemn()),
            };
            let blocks = blocks_of(entry.length, BLOCK);
            if behind + blocks as u64 > frames.count() as u64 {
                return Err(self.condemn());
            }
            match entry.state {
                State::Claimed => return Err(TakeError::Busy(entry.owner)),
                State::Ready => return Ok((position, entry.length)),
                State::Skip => self.end = position.plus(blocks),
            }
            if self.records == 0 {
                self.consumer.release(self.end);
            }
        }
    }

    fn condemn(&mut self) -> TakeError {
        self.put_back();
        self.consumer.corrupt = true;
        Corrupt.into()
    }
}

/// The next record, in place.
///
/// Dropped without [`release`](Record::release), it is still in the buffer; so is that of a process
/// that dies here.
#[must_use = "a record leaves the buffer by `release`"]
pub struct Record<'a, P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> {
    taken: Taken<'a, P, R, BLOCK>,
    position: Position,
    length: u32,
}

impl<P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Record<'_, P, R, BLOCK> {
    /// Lets `f` read the record. On a [`Flat`] machine a record is the bytes itself.
    pub fn read<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        self.taken.consumer.read(self.position, self.length, f)
    }

    /// Takes the record out of the buffer.
    pub fn release(mut self) {
        self.taken.count(self.position, self.length);
        self.taken.release();
    }
}

impl<'a, P: Flat, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Record<'a, P, R, BLOCK> {
    /// The bytes of the record, which stays in the buffer.
    #[must_use]
    pub fn into_bytes(self) -> &'a [u8] {
        let consumer: &'a Consumer<R> = self.taken.consumer;
        consumer.bytes(self.position, self.length)
    }
}

impl<P: Flat, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Deref
    for Record<'_, P, R, BLOCK>
{
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.taken.consumer.bytes(self.position, self.length)
    }
}
