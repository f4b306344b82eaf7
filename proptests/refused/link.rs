//! Links on names.

mod types;

use std::os::unix::net::UnixStream;

use aqueduct::open::{Options, sealed};
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
    let (sealed, socket) = (sealed::Options::new(), || UnixStream::pair().unwrap().0);
    let _ = sealed.offer_receiver::<[u64; 3]>(socket());
    let _ = sealed.offer_receiver::<Padded>(socket()); // `Padded` is not plain data
    let _ = sealed.offer_sender::<&'static u64>(socket()); // `&'static u64` is not plain data
    let _ = sealed.accept_receiver::<bool>(socket()); // `bool` is not plain data
    let _ = sealed.accept_sender::<Light>(socket()); // `Light` is not plain data
}
