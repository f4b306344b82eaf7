//! The textbook's buffer against its specification, on the heap and in real mappings; with indices
//! that somebody writes over; and its layout, as docs/textbook.md draws it.

mod corrupt;
mod killed;
mod layout;
mod memory;
mod script;

use aqueduct::buffer::textbook::{BufferSize, SizeError, on_heap};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::platform::native::Native;

/// The book's.
const BUFFER_SIZE: usize = 10;

/// The book's `item`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Item {
    number: u32,
}

#[test]
fn ten_slots_hold_nine_items() {
    let size = BufferSize::new(BUFFER_SIZE).expect("two or more");
    let (mut producer, mut consumer) = on_heap::<Native, Item>(size).expect("a small buffer");
    // Twice, so that the indices come around.
    for round in 0..2_u32 {
        let item = |number| Item {
            number: 100 * round + number,
        };
        assert!((1..10).all(|number| producer.push(item(number)) == Ok(())));
        assert_eq!(producer.push(item(10)), Err(PushError::Full(item(10))));
        assert!((1..10).all(|number| consumer.pop() == Ok(item(number))));
        assert_eq!(consumer.pop(), Err(PopError::Empty));
    }
    assert_eq!(producer.buffer().indices(), (8, 8));
}

#[test]
fn a_size_that_cannot_be_is_refused() {
    let sizes = [0, 1, usize::MAX].map(BufferSize::new);
    let small = |slots| Err(SizeError::TooSmall(slots));
    let large = Err(SizeError::TooLarge(usize::MAX));
    assert_eq!(sizes, [small(0), small(1), large]);
    let most = BufferSize::new(1 << 62).expect("it can be counted");
    assert!(
        on_heap::<Native, Item>(most).is_err(),
        "it cannot be laid out"
    );
}
