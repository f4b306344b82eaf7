//! What the victims send: messages that show whether they are whole.

use aqueduct::place::Schema;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A number, and what must belong to it: a message that is torn is not of this form. It is so long
/// that it is written in several instructions.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Schema,
)]
#[repr(C)]
pub struct Message {
    number: u64,
    rest: [u64; 5],
}

impl Message {
    pub fn of(number: u64) -> Self {
        let rest = [1, 2, 3, 4, 5].map(|place| !number.rotate_left(place));
        Self { number, rest }
    }

    /// Its number; it is whole.
    #[track_caller]
    pub fn number(self) -> u64 {
        assert_eq!(self, Self::of(self.number), "a message is torn");
        self.number
    }
}
