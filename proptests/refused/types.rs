//! Types that do not pass between processes as they are.

use zerocopy::{FromBytes, TryFromBytes};

/// A byte, seven bytes that are nobody's, and a number.
#[derive(Clone, Copy, FromBytes)]
#[repr(C)]
pub struct Padded(u8, u64);

/// Any bytes are one, but nobody has said so.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Underived(u64);

/// It may be copied and looked at; only two bit patterns are values of it.
#[derive(Clone, Copy, TryFromBytes)]
#[repr(u8)]
pub enum Light {
    Red,
    Green,
}
