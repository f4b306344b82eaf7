//! The layout is a contract between processes: it is what docs/spsc.md draws.

use aqueduct::buffer::spsc::{Ring, split};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

use crate::layout::{assert_drawn, word_at};

const PAGE: &str = include_str!("../../docs/spsc.md");

#[test]
#[cfg(target_arch = "x86_64")]
fn each_word_has_its_place() {
    let capacity = Capacity::new(3).unwrap();
    let layout = Ring::<Native, u64>::layout(capacity).unwrap();
    assert_eq!((layout.size(), layout.align()), (16_448, 64)); // 2 * 128 * 64 + 4 * 8, rounded up
    let (tail, head, slot) = (0, 8192, 16_384);
    assert_drawn(PAGE, "byte 0 8192 16384 16392 16400 16408");
    assert_drawn(PAGE, "| tail | head | slot 0 | slot 1 | slot 2 | slot 3 |");
    // The position wraps behind the second message: it moves from the last of its words to the first.
    let (tail, head) = (tail + 127 * 64, head + 127 * 64);
    let ring = boxed::<Ring<Native, u64>>(capacity, Position::new(0).minus(2)).unwrap();
    let before = 0_u64.wrapping_sub(2);
    assert_eq!(
        (word_at(&*ring, tail), word_at(&*ring, head)),
        (before, before)
    );
    // SAFETY: the ring is new, of this capacity, and has no other sides.
    let (mut producer, mut consumer) = unsafe { split(&*ring, capacity) }.unwrap();
    let mut batch = producer.batch();
    assert_eq!(batch.push_slice(&[0x11, 0x22, 0x33, 0x44]), Ok(3));
    assert_eq!(word_at(&*ring, tail), before, "it is not published yet");
    batch.commit();
    assert_eq!((word_at(&*ring, tail), word_at(&*ring, head)), (1, before));
    // The two low bits of a position are the index of its slot, also across the wrap.
    let slots = [0, 1, 2, 3].map(|index| word_at(&*ring, slot + 8 * index));
    assert_eq!(slots, [0x33, 0, 0x11, 0x22]);
    assert_eq!(consumer.take().read(2, <[u64]>::len), Ok(2));
    assert_eq!(word_at(&*ring, head), before, "nothing is released yet");
    assert_eq!(consumer.pop(), Ok(0x11));
    assert_eq!(
        (word_at(&*ring, tail), word_at(&*ring, head)),
        (1, before + 1)
    );
    assert_eq!(consumer.pop(), Ok(0x22));
    assert_eq!(producer.push(0x44), Ok(()));
    assert_eq!(word_at(&*ring, head), 0, "it moved on to here");
    assert_eq!(word_at(&*ring, 0), 2, "and the tail went on from 1");
    assert_eq!(word_at(&*ring, tail), 1, "which is left behind");
}
