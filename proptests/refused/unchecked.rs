//! What is checked when it arrives.

mod types;

use aqueduct::place::Unchecked;
use types::{Light, Padded};

fn main() {
    let _ = Unchecked::<[bool; 2]>::from_bytes(&[]);
    let _ = Unchecked::<char>::from_bytes(&[]);
    let _ = Unchecked::<Padded>::from_bytes(&[]); // `Padded` cannot be checked when it arrives
    let _ = Unchecked::<&'static u64>::from_bytes(&[]); // `&'static u64` cannot be checked when it arrives
    let _ = Unchecked::<Box<u64>>::from_bytes(&[]); // `Box<u64>` cannot be checked when it arrives
    let _ = Unchecked::<fn()>::from_bytes(&[]); // `fn()` cannot be checked when it arrives
    let _ = Unchecked::<Light>::from_bytes(&[]); // `Light` cannot be checked when it arrives
}
