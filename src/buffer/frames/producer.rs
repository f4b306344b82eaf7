//! A side that fills: finding the first free word, and claiming it.

use core::cell::Cell as Private;
use core::ops::Deref;

use super::word::{Entry, Meaning, State};
use super::{Claim, ClaimError, Corrupt, Frames, blocks_of, longest};
use crate::buffer::Owner;
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Platform};
use crate::position::Position;

/// A side that fills, one of many. `R` is how it holds the [`Frames`]: a reference, an `Arc`, a
/// mapping.
#[derive(Debug)]
pub struct Producer<R> {
    frames: R,
    owner: Owner,
    /// Where a record begins, or the next one will: at or before the first free word.
    next: Private<Position>,
    /// Next to take, as last seen.
    head: Private<Position>,
    corrupt: Private<bool>,
}

impl<P: Platform, R: Deref<Target = Frames<P, BLOCK>>, const BLOCK: usize> Producer<R> {
    /// A producer of `frames` whose claims carry the number `owner`. What a dead predecessor of
    /// that number had claimed and not published is given up.
    ///
    /// # Safety
    /// `frames` was placed with the capacity that it is seen with; nobody else is attached to it
    /// with this number now, and later none but clones of this; and the last access of an earlier one
    /// happened before this call.
    /// And `R` is [as it has to be](crate::buffer#how-a-side-holds-its-buffer).
    pub unsafe fn attach(frames: R, owner: Owner) -> Self {
        // SAFETY: by the caller's word.
        unsafe { frames.recover(owner) };
        // Relaxed: a record begins there, whatever else is seen; and before it claims, it looks.
        let next = Position::new(frames.shared.head.load(Relaxed));
        // Full, as far as this side knows.
        let head = next.minus(frames.count());
        Self {
            frames,
            owner,
            next: Private::new(next),
            head: Private::new(head),
            corrupt: Private::new(false),
        }
    }

    /// How this side holds the buffer.
    pub fn frames(&self) -> &R {
        &self.frames
    }

    /// The number that its claims carry.
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// The bytes of the longest record.
    pub fn longest(&self) -> usize {
        longest(self.frames.count(), BLOCK)
    }

    /// Puts one record into the buffer.
    ///
    /// # Errors
    /// [`ClaimError`] if it was not put in.
    pub fn push(&self, record: &[u8]) -> Result<(), ClaimError> {
        let mut claim = self.claim(record.len())?;
        claim.write(|bytes| bytes.copy_from_slice(record));
        claim.commit();
        Ok(())
    }

    /// Claims memory for a record of `length` bytes, behind all that was claimed before. It holds
    /// what earlier records left in it.
    ///
    /// Several claims can be there at once, and be committed in any order; the consumer stops at
    /// the first that is not.
    ///
    /// # Errors
    /// [`ClaimError`] if there is no room for it, now or ever.
    pub fn claim(&self, length: usize) -> Result<Claim<'_, P, R, BLOCK>, ClaimError> {
        let longest = self.longest();
        let fitting = u32::try_from(length).ok().filter(|_| length <= longest);
        let length = fitting.ok_or(ClaimError::TooLong { length, longest })?;
        loop {
            let position = self.next.get();
            let (entry, wanted) = self.entry_at(position, length);
            if self.room() < wanted {
                self.look()?;
                if self.next.get() == position && self.room() < wanted {
                    // If others have claimed here, the record would end still further on.
                    return Err(ClaimError::Full);
                }
                continue;
            }
            if self.try_claim(position, entry)? && entry.state == State::Claimed {
                return Ok(Claim::new(self, position, entry));
            }
        }
    }

    /// What to claim at `position` for a record of `length` bytes: the record, or all up to the end
    /// of the blocks, to be skipped. And how many blocks that takes, the record's included.
    fn entry_at(&self, position: Position, length: u32) -> (Entry, usize) {
        let count = self.frames.count();
        let (blocks, to_end) = (blocks_of(length, BLOCK), count - position.index(count));
        let entry = |state, length| Entry {
            state,
            owner: self.owner,
            length,
        };
        if blocks <= to_end {
            return (entry(State::Claimed, length), blocks);
        }
        // Fewer bytes than the record has, so they can be counted as it can.
        let skipped = u32::try_from(to_end * BLOCK).unwrap_or(length);
        (entry(State::Skip, skipped), to_end + blocks)
    }

    /// The blocks behind `next` that the last look shows to be released.
    fn room(&self) -> usize {
        let claimed = usize::try_from(self.next.get().since(self.head.get()));
        self.frames
            .count()
            .saturating_sub(claimed.unwrap_or(usize::MAX))
    }

    /// Claims `entry` at `position`, for which there is room, if nobody has claimed anything there;
    /// otherwise moves on. Says whether it is claimed.
    fn try_claim(&self, position: Position, entry: Entry) -> Result<bool, ClaimError> {
        let frames = &*self.frames;
        let word = frames.word(position);
        let found = word.load(Acquire); // EMPTIED
        let meaning = frames.meaning(position, found);
        if meaning == Meaning::Free {
            let claim = frames.laps().word(position, entry);
            // Release for what is to be skipped, which its owner never touches again. Relaxed failure:
            // the next turn loads what was found here, or what came later.
            let done = word.compare_exchange(found, claim, Release, Relaxed); // FILLED
            if done.is_ok() {
                self.next.set(position.plus(blocks_of(entry.length, BLOCK)));
            }
            return Ok(done.is_ok());
        }
        self.look()?;
        if self.next.get() != position {
            return Ok(false);
        }
        // `head` has not passed it, so the word is of this lap or the last one.
        match meaning {
            Meaning::Entry(other) => {
                self.next.set(position.plus(blocks_of(other.length, BLOCK)));
                Ok(false)
            }
            Meaning::Old => Err(ClaimError::Full),
            Meaning::Free | Meaning::Other => Err(self.condemn().into()),
        }
    }

    /// Looks how far the consumer has come, and goes on from there if that is further on.
    fn look(&self) -> Result<(), Corrupt> {
        let seen = self.head.get();
        let head = Position::new(self.frames.shared.head.load(Acquire)); // FREED
        // It never goes back.
        if self.corrupt.get() || head.is_before(seen) {
            return Err(self.condemn());
        }
        self.head.set(head);
        let next = self.next.get();
        if next.is_before(head) {
            self.next.set(head);
        } else if next.since(head) > self.frames.count() as u64 {
            return Err(self.condemn());
        }
        Ok(())
    }

    fn condemn(&self) -> Corrupt {
        self.corrupt.set(true);
        // Full, as far as this side knows: every later try looks again and ends there.
        self.head.set(self.next.get().minus(self.frames.count()));
        Corrupt
    }
}

/// Another one of the same attachment, with its number, for another thread.
impl<R: Clone> Clone for Producer<R> {
    fn clone(&self) -> Self {
        Self {
            frames: self.frames.clone(),
            owner: self.owner,
            next: self.next.clone(),
            head: self.head.clone(),
            corrupt: self.corrupt.clone(),
        }
    }
}
