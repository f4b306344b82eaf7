//! A record that is being filled.

use core::mem;
use core::ops::{Deref, DerefMut};
use core::slice;

use super::word::{Entry, State};
use super::{Frames, Producer};
use crate::platform::Ordering::Release;
use crate::platform::{Atomic, Cell, Flat, Platform};
use crate::position::Position;

/// Memory for one record, which its producer fills and then commits.
///
/// Dropped without [`commit`](Claim::commit), it is given up, and the consumer skips it; so is that
/// of a process that died, once somebody has [settled](Frames::recover) it. Forgotten in a process
/// that lives, it stays claimed.
#[must_use = "a record is published by `commit`"]
pub struct Claim<'a, P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> {
    producer: &'a Producer<R>,
    position: Position,
    entry: Entry,
}

impl<'a, P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize>
    Claim<'a, P, R, BLOCK>
{
    pub(super) fn new(producer: &'a Producer<R>, position: Position, entry: Entry) -> Self {
        Self {
            producer,
            position,
            entry,
        }
    }

    /// Lets `f` write to the record. On a [`Flat`] machine a claim is the bytes itself.
    pub fn write<T>(&mut self, f: impl FnOnce(&mut [u8]) -> T) -> T {
        let blocks = self
            .producer
            .frames()
            .blocks(self.position, self.entry.length);
        Cell::with_all_mut(blocks, |blocks: *mut [[u8; BLOCK]]| {
            // SAFETY: the blocks are this side's (FREED) until it publishes them.
            let blocks = unsafe { &mut *blocks };
            f(&mut blocks.as_flattened_mut()[..self.entry.length as usize])
        })
    }

    /// Publishes the record. The consumer gets it once all that was claimed before is published
    /// or given up.
    pub fn commit(self) {
        self.end(State::Ready);
        mem::forget(self);
    }

    /// Gives the record up: the consumer skips it.
    pub fn abort(self) {
        drop(self);
    }

    fn end(&self, state: State) {
        let frames = &**self.producer.frames();
        let word = frames
            .laps()
            .word(self.position, self.entry.in_state(state));
        frames.word(self.position).store(word, Release); // FILLED
    }
}

impl<P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Drop
    for Claim<'_, P, R, BLOCK>
{
    fn drop(&mut self) {
        self.end(State::Skip);
    }
}

impl<P: Flat, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Deref
    for Claim<'_, P, R, BLOCK>
{
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let blocks = self
            .producer
            .frames()
            .blocks(self.position, self.entry.length);
        let first = Cell::with_all(blocks, <*const [_]>::cast::<u8>);
        // SAFETY: the blocks lie side by side (Flat) and are this side's (FREED) while it is here.
        unsafe { slice::from_raw_parts(first, self.entry.length as usize) }
    }
}

impl<P: Flat, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> DerefMut
    for Claim<'_, P, R, BLOCK>
{
    fn deref_mut(&mut self) -> &mut [u8] {
        let blocks = self
            .producer
            .frames()
            .blocks(self.position, self.entry.length);
        let first = Cell::with_all_mut(blocks, <*mut [_]>::cast::<u8>);
        // SAFETY: as above, and it is borrowed alone.
        unsafe { slice::from_raw_parts_mut(first, self.entry.length as usize) }
    }
}
