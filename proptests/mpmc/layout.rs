//! The layout is a contract between processes: it is what docs/mpmc.md draws.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, Producer, Ring};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

/// What stands at this offset.
fn at(ring: &Ring<Native, u64>, offset: usize) -> u64 {
    let word = (&raw const *ring).cast::<u8>().wrapping_add(offset);
    // SAFETY: the offsets below lie in the ring, are aligned, and nobody else is at work.
    unsafe { AtomicU64::from_ptr(word.cast_mut().cast()) }.load(Relaxed)
}

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
    // The index has two bits, for three slots.
    assert_eq!((at(&ring, 0), at(&ring, 128)), (1 << 2, 1 << 2));
    assert_eq!(at(&ring, slot), word(1, 0, 0, 0));
    let claim = producer.claim().unwrap();
    assert_eq!((at(&ring, 0), at(&ring, 128)), (5, 4));
    assert_eq!(at(&ring, slot), word(1, 0, 1, 0xABC));
    claim.write(0x1111);
    assert_eq!(at(&ring, slot), word(1, 0, 2, 0));
    assert_eq!(at(&ring, slot + 8), 0x1111);
    mem::forget(consumer.take().unwrap());
    assert_eq!(at(&ring, slot), word(1, 0, 3, 0xABC));
    // SAFETY: its guard is forgotten.
    unsafe { ring.recover(owner) }.unwrap();
    assert_eq!((at(&ring, slot), at(&ring, 128)), (word(1, 1, 2, 0), 4));
    assert_eq!(consumer.pop(), Ok(0x1111));
    assert_eq!(at(&ring, slot), word(2, 0, 0, 0));
    assert_eq!(at(&ring, slot + 16), word(1, 0, 0, 0));
}
