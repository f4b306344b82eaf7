//! Links on names.

mod types;

use aqueduct::open::Options;
use aqueduct::place::Unchecked;
use aqueduct::shm::Name;
use types::{Light, Padded, Underived};

fn main() {
    let (name, options) = (&Name::parse("refused").unwrap(), Options::new());
    let _ = options.sender::<[u64; 3]>(name);
    let _ = options.sender::<Unchecked<bool>>(name);
    let _ = options.sender::<Padded>(name); // `Padded` is not plain data
    let _ = options.sender::<Underived>(name); // `Underived` is not plain data
    let _ = options.sender::<&'static u64>(name); // `&'static u64` is not plain data
    let _ = options.sender::<Box<u64>>(name); // `Box<u64>` is not plain data
    let _ = options.receiver::<fn()>(name); // `fn()` is not plain data
    let _ = options.receiver::<bool>(name); // `bool` is not plain data
    let _ = options.receiver::<Light>(name); // `Light` is not plain data
    let _ = options.receiver::<Option<u8>>(name); // `Option<u8>` is not plain data
}
