//! What does not say what it consists of.

mod types;

use aqueduct::open::Options;
use aqueduct::place::{Schema, Unchecked};
use aqueduct::shm::Name;
use types::{Silent, SilentLight};

#[derive(Schema)]
#[allow(dead_code, reason = "it is only described")]
struct Holder {
    number: u64,
    silent: Silent,     // `Silent` does not say what it consists of
    address: *const u8, // `*const u8` does not say what it consists of
}

#[derive(Schema)]
#[allow(dead_code, reason = "it is only described")]
#[rustfmt::skip]
union Either { // a union does not say which of its fields is meant: send a structure of bytes
    number: u32,
    value: f32,
}

#[derive(Schema)]
#[allow(dead_code, reason = "it is only described")]
enum Listed {
    None,
    One(u8),
    Two { first: u8, second: [u16; 2] },
}

fn main() {
    let (name, options) = (&Name::parse("refused").unwrap(), Options::new());
    let _ = options.sender::<Silent>(name); // `Silent` is not plain data
    let _ = Unchecked::<SilentLight>::from_bytes(&[]); // `SilentLight` cannot be checked when it arrives
    assert!(!Listed::TYPE.to_string().is_empty());
}
