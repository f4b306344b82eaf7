//! Types that do not pass between processes as they are.

use aqueduct::place::Schema;
use zerocopy::{FromBytes, IntoBytes, TryFromBytes};

/// A byte, seven bytes that are nobody's, and a number.
#[derive(Clone, Copy, FromBytes, Schema)]
#[repr(C)]
pub struct Padded(u8, u64);

/// Any bytes are one, but nobody has said so.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Underived(u64);

/// Plain, and nobody has said what it consists of.
#[derive(Clone, Copy, FromBytes, IntoBytes)]
#[repr(C)]
pub struct Silent(u64);

/// It can be checked, and nobody has said what it consists of.
#[derive(Clone, Copy, TryFromBytes, IntoBytes)]
#[repr(u8)]
pub enum SilentLight {
    Red,
    Green,
}

/// It may be copied and looked at; only two bit patterns are values of it.
#[derive(Clone, Copy, TryFromBytes, Schema)]
#[repr(u8)]
pub enum Light {
    Red,
    Green,
}
