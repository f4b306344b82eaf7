//! What is not refused.

use aqueduct::place::{Plain, Schema, Unchecked};
use zerocopy::{FromBytes, IntoBytes, TryFromBytes};

#[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
#[repr(C)]
struct Sample {
    time: u64,
    value: f32,
    reserved: [u8; 4],
}

#[derive(Clone, Copy, TryFromBytes, IntoBytes, Schema)]
#[repr(u8)]
enum Light {
    Red,
    Green,
}

fn pass<T: Plain>() {}

fn main() {
    pass::<Sample>();
    pass::<[Sample; 3]>();
    pass::<Unchecked<Light>>();
    pass::<Unchecked<[bool; 4]>>();
    pass::<Unchecked<char>>();
}
