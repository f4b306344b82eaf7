//! The header word of a block: free since which lap, or a record that begins here.
//!
//! ```text
//!      63                                                2 1   0
//!     +---------------------------------------------------+-----+
//!     | the position at which the lap begins              | 00  |  free, in this lap and later
//!     +------------------+---------------------+----------+-----+
//!     | lap, its low 14  | length in bytes, 32 | owner 16 | 01  |  claimed
//!     +------------------+---------------------+----------+-----+
//!     | likewise                                          | 10  |  ready
//!     +---------------------------------------------------+-----+
//!     | likewise                                          | 11  |  to be skipped
//!     +---------------------------------------------------+-----+
//!      63              50 49                 18 17       2 1   0
//! ```
//!
//! A *lap* is one round of the blocks; the first position of one is a multiple of their number, so
//! its two low bits are zero anyway. (With one block or two it is shifted up to make them so, and
//! wraps after 2^62 laps; with more it is a whole position, and wraps with it.)
//!
//! The lap of a record is only compared with two neighbours, this lap and the last one, so one bit
//! of it would do; the others find words that cannot be.

use crate::buffer::Owner;
use crate::position::Position;

const STATE_BITS: u32 = 2;
const OWNER_BITS: u32 = 16;
const LENGTH_BITS: u32 = 32;
const LAP_BITS: u32 = 14;
const _: () = assert!(STATE_BITS + OWNER_BITS + LENGTH_BITS + LAP_BITS == u64::BITS);

const OWNER: u32 = STATE_BITS;
const LENGTH: u32 = OWNER + OWNER_BITS;
const LAP: u32 = LENGTH + LENGTH_BITS;

const FREE: u64 = 0;

/// How far a record has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its owner fills it.
    Claimed = 1,
    /// It can be read.
    Ready = 2,
    /// Nothing to read: it was given up, or fills the blocks up to the end.
    Skip = 3,
}

/// A record, as the word of its first block has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) state: State,
    pub(super) owner: Owner,
    /// In bytes.
    pub(super) length: u32,
}

impl Entry {
    /// The same record, which has come to `state`.
    pub(super) const fn in_state(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// What `word` says, if it is not free.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "shifted down to the bits of the field, or cut to them"
    )]
    pub(super) const fn of(word: u64) -> Option<Self> {
        let state = match word & ((1 << STATE_BITS) - 1) {
            1 => State::Claimed,
            2 => State::Ready,
            3 => State::Skip,
            _ => return None,
        };
        Some(Self {
            state,
            owner: Owner::new((word >> OWNER) as u16),
            length: (word >> LENGTH) as u32,
        })
    }
}

/// What a word means to somebody who stands at a position that it may belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// No record begins here yet.
    Free,
    /// A record of this lap begins here.
    Entry(Entry),
    /// A record of the last lap begins here: it was released, and its word not yet.
    Old,
    /// The word belongs to a later lap; or it cannot be.
    Other,
}

/// So many blocks, a power of two, and the words of their laps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Laps {
    blocks: usize,
}

impl Laps {
    pub(super) const fn of(blocks: usize) -> Self {
        Self { blocks }
    }

    /// The word of a block that is free in the lap of `position`, and later.
    pub(super) const fn free(self, position: Position) -> u64 {
        let bits = self.blocks.trailing_zeros();
        let shift = if bits < STATE_BITS { STATE_BITS } else { bits };
        ((position.count() >> bits) << shift) | FREE
    }

    /// The word of `entry` at `position`.
    pub(super) const fn word(self, position: Position, entry: Entry) -> u64 {
        let owner = (entry.owner.number() as u64) << OWNER;
        let length = (entry.length as u64) << LENGTH;
        self.lap(position) | length | owner | entry.state as u64
    }

    /// What `word` means at `position`. The length of an entry may be anything.
    pub(super) fn meaning(self, position: Position, word: u64) -> Meaning {
        let Some(entry) = Entry::of(word) else {
            // Laps go round, so their distance counts, and its sign.
            let since = self.free(position).wrapping_sub(word);
            return if since.cast_signed() >= 0 {
                Meaning::Free
            } else {
                Meaning::Other
            };
        };
        let lap = word >> LAP << LAP;
        if lap == self.lap(position) {
            Meaning::Entry(entry)
        } else if lap == self.lap(position.minus(self.blocks)) {
            Meaning::Old
        } else {
            Meaning::Other
        }
    }

    /// The low bits of the lap of `position`, where they stand in a word.
    const fn lap(self, position: Position) -> u64 {
        (position.count() >> self.blocks.trailing_zeros()) << LAP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: Entry = Entry {
        state: State::Ready,
        owner: Owner::new(0xABCD),
        length: 0xDEAD_BEEF,
    };

    #[test]
    fn a_word_is_what_was_packed() {
        for state in [State::Claimed, State::Ready, State::Skip] {
            for blocks in [1, 2, 4, 1 << 20] {
                let (laps, position) = (Laps::of(blocks), Position::new(u64::MAX - 5));
                let entry = ENTRY.in_state(state);
                let word = laps.word(position, entry);
                assert_eq!(laps.meaning(position, word), Meaning::Entry(entry));
                let next = position.plus(blocks);
                assert_eq!(laps.meaning(next, word), Meaning::Old);
                assert_eq!(laps.meaning(next.plus(blocks), word), Meaning::Other);
                assert_eq!(laps.meaning(position.minus(blocks), word), Meaning::Other);
            }
        }
        assert_eq!(
            Laps::of(8).word(Position::new(8 * 0x2_1234), ENTRY),
            (0x1234 << 50) | (0xDEAD_BEEF << 18) | (0xABCD << 2) | 2
        );
    }

    #[test]
    fn a_free_word_says_since_when() {
        assert_eq!(Laps::of(8).free(Position::new(8 * 3 + 5)), 8 * 3);
        for blocks in [1, 2, 4, 8, 1 << 20] {
            let laps = Laps::of(blocks);
            for start in [0, 1 << 40, 0_u64.wrapping_sub(blocks as u64), u64::MAX] {
                let position = Position::new(start);
                let word = laps.free(position);
                assert_eq!(Entry::of(word), None);
                for later in [0, 1, 2, 1000] {
                    let later = position.plus(blocks * later);
                    assert_eq!(laps.meaning(later, word), Meaning::Free, "{start}");
                }
                let earlier = position.minus(blocks);
                assert_eq!(laps.meaning(earlier, word), Meaning::Other, "{start}");
            }
        }
    }
}
