//! The word of a slot, and the turns that positions stand for.
//!
//! ```text
//!      63                        19    18     17   16  15                0
//!     +----------------------------+-------+---------+-------------------+
//!     | lap, LAP_BITS of them      | again | state   | owner             |
//!     +----------------------------+-------+---------+-------------------+
//! ```
//!
//! The lap wraps after 2^45 rounds of the ring. A word can be mistaken for an older one only by a
//! process that stood still between its look at a slot and its compare-exchange for a multiple of
//! so many rounds exactly: with one slot and 20 ns a message that is eight days, to the message.
//! Nobody sleeps on such a word.

use crate::buffer::Owner;

/// As many bits as are left for the lap.
pub const LAP_BITS: u32 = 45;

const OWNER_BITS: u32 = 16;
const STATE_SHIFT: u32 = OWNER_BITS;
const AGAIN: u64 = 1 << 18;
const LAP_SHIFT: u32 = 19;
const _: () = assert!(LAP_SHIFT + LAP_BITS == u64::BITS);

/// What becomes of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits to be filled.
    Free,
    /// A producer is filling it.
    Filling(Owner),
    /// It holds a message; `again` if somebody may have received that before.
    Filled {
        /// Somebody may have received it.
        again: bool,
    },
    /// A consumer is emptying it.
    Taking {
        /// Who does.
        owner: Owner,
        /// Somebody may have received it before.
        again: bool,
    },
}

/// The state of a slot in a lap of the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Which time the slot is used, counted modulo 2^[`LAP_BITS`], or fewer.
    pub lap: u64,
    pub state: State,
}

impl Word {
    /// The bits of the word.
    pub fn pack(self) -> u64 {
        let (state, owner, again) = match self.state {
            State::Free => (0, 0, false),
            State::Filling(owner) => (1, owner.number(), false),
            State::Filled { again } => (2, 0, again),
            State::Taking { owner, again } => (3, owner.number(), again),
        };
        let again = if again { AGAIN } else { 0 };
        self.lap << LAP_SHIFT | again | state << STATE_SHIFT | u64::from(owner)
    }

    /// The word with these bits; each pattern is one.
    #[expect(clippy::cast_possible_truncation, reason = "the owner is 16 bits")]
    pub fn unpack(bits: u64) -> Self {
        let owner = Owner::new(bits as u16);
        let again = bits & AGAIN != 0;
        let state = match bits >> STATE_SHIFT & 3 {
            0 => State::Free,
            1 => State::Filling(owner),
            2 => State::Filled { again },
            _ => State::Taking { owner, again },
        };
        let lap = bits >> LAP_SHIFT;
        Self { lap, state }
    }
}

/// How far a word is from what a position expects there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// The slot is in the lap before.
    Behind,
    /// It is this lap's.
    Here,
    /// It is in a later lap: the position has been passed.
    Ahead,
    /// It cannot be there.
    Impossible,
}

/// Where in its stream a side of a ring is: the lap, and the index of a slot in its lower bits.
///
/// With a number of slots that is no power of two some indices are left out, so that position and
/// lap wrap together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn(u64);

/// The turns of a ring with so many slots.
///
/// Its fields have one size: a narrower one, copied together with its padding, is read wider than it
/// was written, for which the processor waits (a push and a pop of a mailbox, whose sides are made for
/// each call: 45 to 41 ns).
#[derive(Clone, Copy, Debug)]
pub struct Turns<const LAP_BITS: u32> {
    slots: usize,
    index_mask: u64,
}

impl<const LAP_BITS: u32> Turns<LAP_BITS> {
    const FITS: () = assert!(2 <= LAP_BITS && LAP_BITS <= self::LAP_BITS);

    pub fn of(slots: usize) -> Self {
        let () = Self::FITS;
        let index_bits = slots.next_power_of_two().trailing_zeros();
        Self {
            slots,
            index_mask: (1 << index_bits) - 1,
        }
    }

    /// The turn after `count` messages. A count just below 2^64 is a few turns before the wrap.
    pub fn after(self, count: u64) -> Turn {
        let (count, slots) = (i128::from(count.cast_signed()), self.slots as i128);
        let lap = count.div_euclid(slots) << self.index_bits();
        #[expect(clippy::cast_possible_truncation, reason = "turns wrap at 2^64")]
        #[expect(clippy::cast_sign_loss, reason = "likewise")]
        Turn((lap | count.rem_euclid(slots)) as u64)
    }

    /// The turn that a shared word holds; `None` if there is no such slot.
    pub fn read(self, shared: u64) -> Option<Turn> {
        let turn = Turn(shared);
        (self.index(turn) < self.slots).then_some(turn)
    }

    #[expect(clippy::cast_possible_truncation, reason = "fewer than the slots")]
    pub fn index(self, turn: Turn) -> usize {
        (turn.0 & self.index_mask) as usize
    }

    /// The lap as a word says it.
    pub fn lap(self, turn: Turn) -> u64 {
        turn.0 >> self.index_bits() & self.lap_mask()
    }

    /// The lap after `lap`.
    pub fn lap_after(self, lap: u64) -> u64 {
        lap.wrapping_add(1) & self.lap_mask()
    }

    /// The word of the slot of `turn` in its lap.
    pub fn word(self, turn: Turn, state: State) -> Word {
        let lap = self.lap(turn);
        Word { lap, state }
    }

    /// The word of the slot of `turn` when it is done with: free in the next lap.
    pub fn freed(self, turn: Turn) -> Word {
        Word {
            lap: self.lap_after(self.lap(turn)),
            state: State::Free,
        }
    }

    pub fn next(self, turn: Turn) -> Turn {
        if self.index(turn) + 1 < self.slots {
            return Turn(turn.0 + 1);
        }
        let lap = turn.0 >> self.index_bits();
        Turn(lap.wrapping_add(1) << self.index_bits())
    }

    /// The same slot a lap earlier.
    pub fn lap_before(self, turn: Turn) -> Turn {
        Turn(turn.0.wrapping_sub(1 << self.index_bits()))
    }

    /// The turn of slot `index` in `lap`, not far from `near`.
    pub fn turn(self, index: usize, lap: u64, near: Turn) -> Turn {
        let laps = self.laps_between(self.lap(near), lap);
        let base = near.0 >> self.index_bits() << self.index_bits();
        let base = base.wrapping_add_signed(laps << self.index_bits());
        Turn(base | index as u64)
    }

    /// How many turns lie between `from` and `to`; negative if `to` is earlier.
    pub fn between(self, from: Turn, to: Turn) -> i64 {
        let laps = self.laps_between(self.lap(from), self.lap(to));
        let index = |turn| self.index(turn).cast_signed() as i64;
        // A hint may be anything.
        let turns = laps.saturating_mul(self.slots.cast_signed() as i64);
        turns.saturating_add(index(to) - index(from))
    }

    /// Where the slot of `turn` is, by its word's lap.
    pub fn distance(self, word: Word, turn: Turn) -> Distance {
        match self.laps_between(self.lap(turn), word.lap) {
            0 => Distance::Here,
            -1 => Distance::Behind,
            1.. => Distance::Ahead,
            _ => Distance::Impossible,
        }
    }

    /// Serial arithmetic: the shorter way round.
    fn laps_between(self, from: u64, to: u64) -> i64 {
        let unused = u64::BITS - self.lap_bits();
        (to.wrapping_sub(from) << unused).cast_signed() >> unused
    }

    fn lap_mask(self) -> u64 {
        (1 << self.lap_bits()) - 1
    }

    fn index_bits(self) -> u32 {
        self.index_mask.trailing_ones()
    }

    /// A position of a ring of 2^20 slots has 44 bits for its lap.
    fn lap_bits(self) -> u32 {
        LAP_BITS.min(u64::BITS - self.index_bits())
    }
}

impl Turn {
    /// Whether it comes before `other`, which is not far.
    pub fn is_before(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() < 0
    }

    /// As a shared word holds it.
    pub fn bits(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_packed_and_unpacked() {
        let owner = Owner::new(0xABCD);
        for state in [
            State::Free,
            State::Filling(owner),
            State::Filled { again: false },
            State::Filled { again: true },
            State::Taking {
                owner,
                again: false,
            },
            State::Taking { owner, again: true },
        ] {
            let lap = (1 << LAP_BITS) - 2;
            let word = Word { lap, state };
            assert_eq!(Word::unpack(word.pack()), word);
        }
        assert_eq!(Word::unpack(0).state, State::Free);
    }

    #[test]
    fn turns_go_round_and_wrap() {
        for slots in [1, 2, 3, 4, 5, 1000] {
            let turns = Turns::<LAP_BITS>::of(slots);
            let start = turns.after(0_u64.wrapping_sub(2 * slots as u64 + 1));
            let mut turn = start;
            for count in 1..5 * slots as u64 {
                let next = turns.next(turn);
                assert_eq!(turns.index(next), (turns.index(turn) + 1) % slots);
                assert!(turn.is_before(next) && !next.is_before(turn));
                assert_eq!(turns.between(start, next), count.cast_signed());
                let far = turns.turn(turns.index(start), turns.lap(start), next);
                assert_eq!(far, start);
                turn = next;
            }
            assert_eq!(turns.after(3 * slots as u64 - 2), turn);
        }
    }

    #[test]
    fn what_cannot_be_between_two_turns_is_no_overflow() {
        let turns = Turns::<LAP_BITS>::of(1 << 20);
        let [first, last] = [0, 1 << 63].map(|bits| turns.read(bits).unwrap());
        assert_eq!(turns.between(first, last), i64::MIN);
        let far = turns.read(u64::MAX >> 1).unwrap();
        assert_eq!(turns.between(first, far), i64::MAX);
    }

    #[test]
    fn laps_are_compared_the_shorter_way_round() {
        let turns = Turns::<2>::of(3);
        let word = |lap| Word {
            lap,
            state: State::Free,
        };
        let turn = turns.after(0_u64.wrapping_sub(3));
        assert_eq!(turns.lap(turn), 3);
        assert_eq!(turns.distance(word(3), turn), Distance::Here);
        assert_eq!(turns.distance(word(0), turn), Distance::Ahead);
        assert_eq!(turns.distance(word(2), turn), Distance::Behind);
        assert_eq!(turns.distance(word(1), turn), Distance::Impossible);
    }
}
