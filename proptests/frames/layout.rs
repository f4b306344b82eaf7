//! The layout is a contract between processes: it is what docs/frames.md draws.

use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{Consumer, Frames, Producer};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

use crate::layout::{assert_drawn, word_at};

const BLOCKS: usize = 8;

const PAGE: &str = include_str!("../../docs/frames.md");

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

    assert_drawn(PAGE, "byte 0 128 136 128 + 8 n 192 + 8 n");
    let word = |block: usize| 128 + 8 * block;
    let record = |state: u64| (3 << 50) | (70 << 18) | (0xABCD << 2) | state;
    assert_eq!((word_at(&*frames, 0), word_at(&*frames, word(0))), (24, 24));
    let mut claim = producer.claim(70).expect("there is room");
    claim.fill(0x11);
    assert_eq!(word_at(&*frames, word(0)), record(1));
    claim.commit();
    assert_eq!(word_at(&*frames, word(0)), record(2));
    assert_eq!(word_at(&*frames, 128 + 8 * BLOCKS), 0x1111_1111_1111_1111);
    assert_eq!(
        word_at(&*frames, 192 + 8 * BLOCKS) >> 48,
        0,
        "it has 70 bytes"
    );
    consumer.peek().expect("there is one").release();
    assert_eq!((word_at(&*frames, 0), word_at(&*frames, word(0))), (26, 32));
    assert_eq!(word_at(&*frames, word(1)), 24, "it is as it was");
    drop(producer.claim(0));
    assert_eq!(word_at(&*frames, word(2)), (3 << 50) | (0xABCD << 2) | 3);
}
