//! The layout is a contract between processes: it is what docs/mpmc.md draws.

use std::mem;

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, Producer, Ring};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

use crate::layout::{assert_drawn, word_at};

const PAGE: &str = include_str!("../../docs/mpmc.md");

#[test]
#[cfg(target_arch = "x86_64")]
fn each_word_has_its_place() {
    let capacity = Capacity::new(3).unwrap();
    let layout = Ring::<Native, u64>::layout(capacity).unwrap();
    assert_eq!((layout.size(), layout.align()), (384, 128)); // 256 + 3 * 16, rounded up
    // The second lap of three begins.
    let ring = boxed::<Ring<Native, u64>>(capacity, Position::new(3)).unwrap();
    let owner = Owner::new(0xABC);
    // SAFETY: it is the only attachment.
    let producer = unsafe { Producer::attach(&*ring, owner) };
    // SAFETY: as above.
    let consumer = unsafe { Consumer::attach(&*ring, owner) };
    let word = |lap: u64, again: u64, state: u64, owner: u64| {
        lap << 19 | again << 18 | state << 16 | owner
    };
    let slot = 256;
    assert_drawn(PAGE, "byte 0 128 256 264 272");
    // The index has two bits, for three slots.
    assert_eq!((word_at(&*ring, 0), word_at(&*ring, 128)), (1 << 2, 1 << 2));
    assert_eq!(word_at(&*ring, slot), word(1, 0, 0, 0));
    let claim = producer.claim().unwrap();
    assert_eq!((word_at(&*ring, 0), word_at(&*ring, 128)), (5, 4));
    assert_eq!(word_at(&*ring, slot), word(1, 0, 1, 0xABC));
    claim.write(0x1111);
    assert_eq!(word_at(&*ring, slot), word(1, 0, 2, 0));
    assert_eq!(word_at(&*ring, slot + 8), 0x1111);
    mem::forget(consumer.pop_ref().unwrap());
    assert_eq!(word_at(&*ring, slot), word(1, 0, 3, 0xABC));
    // SAFETY: its guard is forgotten.
    unsafe { ring.recover(owner) }.unwrap();
    assert_eq!(
        (word_at(&*ring, slot), word_at(&*ring, 128)),
        (word(1, 1, 2, 0), 4)
    );
    assert_eq!(consumer.pop(), Ok(0x1111));
    assert_eq!(word_at(&*ring, slot), word(2, 0, 0, 0));
    assert_eq!(word_at(&*ring, slot + 16), word(1, 0, 0, 0));
}
