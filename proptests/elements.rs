//! The types of message that scripts run with.

use aqueduct::place::{Plain, Schema};
use zerocopy::{FromBytes, IntoBytes};

/// Plain data that is made of a number.
pub trait Element: Plain + PartialEq + std::fmt::Debug {
    /// The message with this number, or one of those that cannot be told from it.
    fn of(number: u64) -> Self;

    /// The next message, when `made` were made before.
    fn next(made: &mut u64) -> Self {
        *made += 1;
        Self::of(*made)
    }

    /// The next `count` messages.
    fn several(made: &mut u64, count: usize) -> Vec<Self> {
        (0..count).map(|_| Self::next(made)).collect()
    }
}

impl Element for u8 {
    #[expect(clippy::cast_possible_truncation, reason = "the low byte is enough")]
    fn of(number: u64) -> Self {
        number as u8
    }
}

impl Element for u64 {
    fn of(number: u64) -> Self {
        number
    }
}

/// A message that is no power of two long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Schema)]
#[repr(C)]
pub struct Wide([u64; 3]);

impl Element for Wide {
    fn of(number: u64) -> Self {
        Self([number, !number, number.rotate_left(32)])
    }
}

/// A message of no bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Schema)]
#[repr(C)]
pub struct Nothing;

impl Element for Nothing {
    fn of(_: u64) -> Self {
        Self
    }
}

/// A message that is alone on its cache lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Schema)]
#[repr(C, align(128))]
pub struct Aligned([u64; 16]);

impl Element for Aligned {
    fn of(number: u64) -> Self {
        Self([number; 16])
    }
}

/// A message that asks for more alignment than the shared words have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Schema)]
#[repr(C, align(512))]
pub struct FarAligned([u64; 64]);

impl Element for FarAligned {
    fn of(number: u64) -> Self {
        Self([number; 64])
    }
}
