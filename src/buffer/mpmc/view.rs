//! How a side sees the ring: its slots by their turns, and the hints.

use super::word::{State, Turn, Turns};
use super::{Ring, Slot};
use crate::buffer::Corrupt;
use crate::platform::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::platform::{Atomic, Platform};

/// A ring, and its turns, which are counted once.
pub(super) struct View<'a, P: Platform, T, const LAPS: u32> {
    ring: &'a Ring<P, T, LAPS>,
    pub turns: Turns<LAPS>,
}

impl<P: Platform, T, const LAPS: u32> Clone for View<'_, P, T, LAPS> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Platform, T, const LAPS: u32> Copy for View<'_, P, T, LAPS> {}

impl<'a, P: Platform, T, const LAPS: u32> View<'a, P, T, LAPS> {
    pub fn new(ring: &'a Ring<P, T, LAPS>, turns: Turns<LAPS>) -> Self {
        Self { ring, turns }
    }

    pub fn slot(&self, turn: Turn) -> &'a Slot<P, T> {
        &self.ring.slots[self.turns.index(turn)]
    }

    /// Where `tail` stands.
    pub fn tail(&self) -> Result<Turn, Corrupt> {
        let tail = self.ring.shared.tail.load(Acquire); // TAIL
        self.turns.read(tail).ok_or(Corrupt)
    }

    /// Where `head` stands.
    pub fn head(&self) -> Result<Turn, Corrupt> {
        let head = self.ring.shared.head.load(Acquire); // HEAD
        self.turns.read(head).ok_or(Corrupt)
    }

    /// Moves `tail` on from a turn that was seen to be claimed to another such; says where it then
    /// stands.
    pub fn move_tail(&self, from: Turn, to: Turn) -> Result<Turn, Corrupt> {
        let tail = &self.ring.shared.tail;
        // Relaxed if it fails: then it is looked at again.
        match tail.compare_exchange(from.bits(), to.bits(), Release, Relaxed) {
            Ok(_) => Ok(to), // TAIL
            Err(_) => self.tail(),
        }
    }

    /// Moves `head` on from a turn that was seen to be taken to another such; says where it then
    /// stands.
    pub fn move_head(&self, from: Turn, to: Turn) -> Result<Turn, Corrupt> {
        let head = &self.ring.shared.head;
        // Relaxed if it fails: then it is looked at again.
        match head.compare_exchange(from.bits(), to.bits(), AcqRel, Relaxed) {
            Ok(_) => Ok(to), // HEAD
            Err(_) => self.head(),
        }
    }

    /// Moves `head` back to a turn whose slot was filled again, unless it is there, or further back,
    /// or the message was taken since.
    ///
    /// `head` is looked at by a read-modify-write, which comes before or after that of whoever moves
    /// it on past the turn: that one then sees the slot, or this one sees where it was moved to.
    ///
    /// The slot is looked at after `head`. While it is filled again nobody comes further than a lap,
    /// so nobody is sent back further, however late this one is.
    pub fn move_head_back(&self, to: Turn) -> Result<(), Corrupt> {
        let again = self.turns.word(to, State::Filled { again: true }).pack();
        let hint = &self.ring.shared.head;
        let mut head = hint.fetch_add(0, Release); // HEAD
        loop {
            let from = self.turns.read(head).ok_or(Corrupt)?;
            // Relaxed: if it is an old word, others go a way again that they have been.
            let taken = self.slot(to).word.load(Relaxed) != again;
            if taken || !to.is_before(from) {
                return Ok(());
            }
            // Relaxed: it continues what was released above, and what is found is only replaced.
            match hint.compare_exchange(head, to.bits(), Relaxed, Relaxed) {
                Ok(_) => return Ok(()),
                Err(found) => head = found,
            }
        }
    }

    /// The most slots that one try looks at before it says that others are faster.
    pub fn patience(&self) -> usize {
        self.ring.slots.len().saturating_add(64)
    }
}
