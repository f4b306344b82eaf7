//! The drawing of the buffer in docs/textbook.md, compared with the bytes of a buffer.

use std::ptr::NonNull;

use aqueduct::buffer::textbook::{Buffer, BufferSize, Consumer, Producer};
use aqueduct::place::Place;
use aqueduct::platform::native::Native;
use aqueduct::position::Position;

use super::{BUFFER_SIZE, Item};

const PAGE: &str = include_str!("../../docs/textbook.md");

/// The parts of the drawing, each with the byte at which it begins, and the byte after the last one.
fn drawing() -> (Vec<(String, usize)>, usize) {
    let lines: Vec<&str> = PAGE.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("byte "));
    let first = first.expect("the drawing begins with the bytes");
    let [bytes, edge, parts] = [0, 1, 2].map(|line| lines[first + line]);
    let columns: Vec<usize> = edge.match_indices('+').map(|(column, _)| column).collect();
    let offsets = columns.iter().map(|&column| {
        let number: String = bytes[column..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        number.parse().expect("a number above each edge")
    });
    let offsets: Vec<usize> = offsets.collect();
    let names = columns
        .windows(2)
        .map(|ends| parts[ends[0] + 1..ends[1]].trim());
    let names = names.map(ToOwned::to_owned);
    let end = *offsets.last().expect("it ends");
    (names.zip(offsets).collect(), end)
}

#[test]
fn the_bytes_are_where_the_page_draws_them() {
    let (parts, end) = drawing();
    let size = BufferSize::new(BUFFER_SIZE).expect("two or more");
    let layout = Buffer::<Native, Item>::layout(size.capacity()).expect("a small buffer");
    assert_eq!((layout.size(), layout.align()), (end, 8));

    let mut block = vec![0_u64; end / 8];
    let start = NonNull::new(block.as_mut_ptr()).expect("a vector that is not empty");
    let buffer = Buffer::<Native, Item>::at(start.cast(), size.capacity());
    // SAFETY: the block is zero, of the buffer's size and alignment, and nobody uses it.
    unsafe { Buffer::init(buffer, Position::new(3)) };
    // SAFETY: a buffer lies there.
    let shared = unsafe { buffer.as_ref() };
    // SAFETY: the buffer is of this size and new.
    let mut producer = unsafe { Producer::attach(shared, size) }.expect("a new buffer");
    // SAFETY: as above.
    let mut consumer = unsafe { Consumer::attach(shared, size) }.expect("a new buffer");
    for slot in 3..13 {
        let number = 100 + slot % 10;
        producer.push(Item { number }).expect("there is room");
        assert_eq!(consumer.pop(), Ok(Item { number }));
    }
    producer.push(Item { number: 103 }).expect("there is room");

    let bytes: Vec<u8> = block.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let word = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let item = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let mut seen = 0;
    for (name, at) in parts {
        match name.as_str() {
            "in u64" => assert_eq!(word(at), 4, "in"),
            "out u64" => assert_eq!(word(at), 3, "out"),
            "" => continue,
            slot => {
                let slot = slot
                    .strip_prefix("buffer[")
                    .and_then(|slot| slot.strip_suffix(']'));
                let slot: u32 = slot.expect("a slot").parse().expect("a number");
                assert_eq!(item(at), 100 + slot, "slot {slot}");
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 5, "in, out, and three of the slots are drawn");
}
