//! The word of a meeting point.
//!
//! ```text
//!      63                     20 19                 4    3     2       0
//!     +-------------------------+--------------------+-------+----------+
//!     | turn, TURN_BITS of them | owner              | again | state    |
//!     +-------------------------+--------------------+-------+----------+
//! ```
//!
//! The turn goes on when a message is done with, and wraps after 2^44 of them. A turn can be mistaken
//! for an older one only by a process that stood still for a multiple of so many messages exactly:
//! at 100 ns a message that is twenty days, to the message. Nobody sleeps on this word.

use crate::buffer::Owner;

/// As many bits as are left for the turn.
pub const TURN_BITS: u32 = 44;

const STATE: u64 = 0b111;
const AGAIN: u64 = 1 << 3;
const OWNER_SHIFT: u32 = 4;
const TURN_SHIFT: u32 = OWNER_SHIFT + u16::BITS;
const _: () = assert!(TURN_SHIFT + TURN_BITS == u64::BITS);

/// What goes on at the meeting point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody is there.
    Free,
    /// A consumer waits for a message.
    Wanted(Owner),
    /// A producer is putting its message down.
    Filling(Owner),
    /// A message lies there; `again` if somebody may have received it before.
    Filled {
        /// Somebody may have received it.
        again: bool,
    },
    /// Somebody is taking it: a consumer, or its producer back.
    Taking {
        /// Who does.
        owner: Owner,
        /// Somebody may have received it before.
        again: bool,
    },
}

/// The state in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<const TURNS: u32> {
    /// How many messages were done with before, modulo 2^`TURNS`.
    pub turn: u64,
    pub state: State,
}

impl<const TURNS: u32> Word<TURNS> {
    const FITS: () = assert!(1 <= TURNS && TURNS <= TURN_BITS);

    /// Nobody is there, after so many messages.
    pub fn after(messages: u64) -> Self {
        let () = Self::FITS;
        Self {
            turn: messages & ((1 << TURNS) - 1),
            state: State::Free,
        }
    }

    /// The same turn in another state.
    pub fn with(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// Nobody is there, in the turn after.
    pub fn done(self) -> Self {
        Self::after(self.turn.wrapping_add(1))
    }

    pub fn pack(self) -> u64 {
        let (state, owner, again) = match self.state {
            State::Free => (0, 0, false),
            State::Wanted(owner) => (1, owner.number(), false),
            State::Filling(owner) => (2, owner.number(), false),
            State::Filled { again } => (3, 0, again),
            State::Taking { owner, again } => (4, owner.number(), again),
        };
        let again = if again { AGAIN } else { 0 };
        self.turn << TURN_SHIFT | u64::from(owner) << OWNER_SHIFT | again | state
    }

    /// The word with these bits; `None` if there is no such state or turn.
    #[expect(clippy::cast_possible_truncation, reason = "the owner is 16 bits")]
    pub fn unpack(bits: u64) -> Option<Self> {
        let owner = Owner::new((bits >> OWNER_SHIFT) as u16);
        let again = bits & AGAIN != 0;
        let state = match bits & STATE {
            0 => State::Free,
            1 => State::Wanted(owner),
            2 => State::Filling(owner),
            3 => State::Filled { again },
            4 => State::Taking { owner, again },
            _ => return None,
        };
        let turn = bits >> TURN_SHIFT;
        (turn >> TURNS == 0).then_some(Self { turn, state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_packed_and_unpacked() {
        let owner = Owner::new(0xABCD);
        let states = [
            State::Free,
            State::Wanted(owner),
            State::Filling(owner),
            State::Filled { again: false },
            State::Filled { again: true },
            State::Taking {
                owner,
                again: false,
            },
            State::Taking { owner, again: true },
        ];
        for state in states {
            let word = Word::<TURN_BITS>::after(u64::MAX).with(state);
            assert_eq!(Word::unpack(word.pack()), Some(word));
        }
        assert_eq!(Word::<TURN_BITS>::unpack(0), Some(Word::after(0)));
        assert_eq!(Word::<TURN_BITS>::unpack(STATE), None);
    }

    #[test]
    fn turns_wrap() {
        let last = Word::<2>::after(7);
        assert_eq!((last.turn, last.done().turn), (3, 0));
        assert_eq!(Word::<2>::unpack(Word::<3>::after(4).pack()), None);
        let last = Word::<TURN_BITS>::after(u64::MAX);
        assert_eq!(last.done(), Word::after(0));
    }
}
