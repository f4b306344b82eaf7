//! The layout is a contract between processes: it is what docs/frames.md draws.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{Consumer, Frames, Producer};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

const BLOCKS: usize = 8;

/// What stands at this offset.
fn at(frames: &Frames<Native>, offset: usize) -> u64 {
    // SAFETY: the offsets below lie in the buffer.
    let word = unsafe { (&raw const *frames).cast::<u8>().cast_mut().add(offset) };
    // SAFETY: they are aligned, and nobody else is at work.
    unsafe { AtomicU64::from_ptr(word.cast()) }.load(Relaxed)
}

#[test]
#[cfg(target_arch = "x86_64")]
fn each_word_has_its_place() {
    let capacity = Capacity::new(BLOCKS).expect("not 0");
    let layout = Frames::<Native>::layout(capacity).expect("it is small");
    assert_eq!((layout.size(), layout.align()), (768, 128)); // 128 + 8 * (8 + 64), rounded up
    assert_eq!(Frames::<Native>::longest(capacity), 256);
    let start = Position::new(3 * BLOCKS as u64);
    let frames = boxed::<Frames<Native>>(capacity, start).expect("it is small");
    let frames: Arc<Frames<Native>> = frames.into();
    let owner = Owner::new(0xABCD);
    // SAFETY: there is no other one.
    let producer = unsafe { Producer::attach(Arc::clone(&frames), owner) };
    // SAFETY: as above.
    let mut consumer = unsafe { Consumer::attach(Arc::clone(&frames)) };

    let word = |block: usize| 128 + 8 * block;
    let record = |state: u64| (3 << 50) | (70 << 18) | (0xABCD << 2) | state;
    assert_eq!((at(&frames, 0), at(&frames, word(0))), (24, 24));
    let mut claim = producer.claim(70).expect("there is room");
    claim.fill(0x11);
    assert_eq!(at(&frames, word(0)), record(1));
    claim.commit();
    assert_eq!(at(&frames, word(0)), record(2));
    assert_eq!(at(&frames, 128 + 8 * BLOCKS), 0x1111_1111_1111_1111);
    assert_eq!(at(&frames, 192 + 8 * BLOCKS) >> 48, 0, "it has 70 bytes");
    consumer.peek().expect("there is one").release();
    assert_eq!((at(&frames, 0), at(&frames, word(0))), (26, 32));
    assert_eq!(at(&frames, word(1)), 24, "it is as it was");
    drop(producer.claim(0));
    assert_eq!(at(&frames, word(2)), (3 << 50) | (0xABCD << 2) | 3);
}
