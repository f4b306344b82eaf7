//! What docs/unbounded.md says of the layout is what stands in an object.

use std::sync::Arc;

use aqueduct::buffer::unbounded::Unbounded;
use aqueduct::position::Position;

use super::many::GATES;
use super::memory::{consumer, in_object, producer, shape};
use crate::layout::assert_drawn;
use crate::shm::Scratch;

const PAGE: &str = include_str!("../../docs/unbounded.md");

/// Marks that stand nowhere by chance.
const START: u64 = 0xA55A_1234_5678_0000;
const FIRST: u64 = 0xF00D_F00D_F00D_F00D;
const SECOND: u64 = 0xBEEF_BEEF_BEEF_BEEF;

#[test]
fn the_offsets_are_those_of_the_page() {
    let scratch = Scratch::new();
    let memory = in_object::<u64>(&scratch, shape(10_000, 1_024), Position::new(START));
    let buffer = Arc::new(Unbounded::new(memory));
    let (mut producer, mut consumer) = (producer(&buffer), consumer(&buffer));
    producer
        .push_slice(&[FIRST; 1_024])
        .expect("there is memory");
    producer.push_slice(&[SECOND]).expect("there is memory");
    consumer.pop().expect("there are messages");
    let mut bytes = vec![0; 100_000];
    let object = buffer.memory().object();
    let read = object.read_at(&mut bytes, 0).expect("it can be read");
    let find = |mark: u64| {
        let mut words = bytes[..read].chunks_exact(8);
        let word = words.position(|word| word == mark.to_ne_bytes());
        8 * word.expect("it stands there")
    };
    let (tail, head) = (find(START + 1_025), find(START + 1));
    let (first, second) = (find(FIRST), find(SECOND));
    for row in [
        format!("| {tail} | `tail` |"),
        format!("| {} | the producers' gate |", GATES[0]),
        format!("| {head} | `head` |"),
        format!("| {} | the consumers' gate |", GATES[1]),
        format!("| {first} | segment 0 |"),
        format!("| {second} | segment 1 |"),
    ] {
        assert!(PAGE.contains(&row), "the page has no row {row:?}");
    }
    let [pushing, popping] = GATES;
    let drawn = format!("byte 0 {tail} {pushing} {head} {popping} {first} {second}");
    assert_drawn(PAGE, &drawn);
}
