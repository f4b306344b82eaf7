//! The word is a contract between processes: it is what docs/mailbox.md draws.

use std::sync::Arc;

use aqueduct::buffer::rendezvous::{Rendezvous, TURN_BITS};
use aqueduct::platform::native::Native;

use super::{Point, consumer, producer};
use crate::layout::{assert_drawn, word_at};

const PAGE: &str = include_str!("../../docs/mailbox.md");

#[test]
fn the_word_is_as_drawn() {
    let point: Point<u64> = Arc::new(Rendezvous::<Native, u64>::new(5));
    let word = |turn: u64, owner: u64, state: u64| turn << 20 | owner << 4 | state;
    assert_drawn(PAGE, "63 20 19 4 3 2 0");
    assert_drawn(PAGE, "| turn, 44 bits | owner | again | state |");
    assert_drawn(
        PAGE,
        "state 0 free 1 wanted by owner 2 being filled by owner 3 filled 4 being taken by owner",
    );
    assert_eq!(TURN_BITS, 44);
    assert_eq!(word_at(&*point, 0), word(5, 0, 0));
    let (producer, consumer) = (producer(&point, 0xABC), consumer(&point, 0xDEF));
    let want = consumer.want().unwrap().expect("nobody is there");
    assert_eq!(word_at(&*point, 0), word(5, 0xDEF, 1));
    producer.push(0x1111).unwrap();
    assert_eq!(word_at(&*point, 0), word(5, 0, 3));
    assert_eq!(consumer.give_up(&want), Ok(false));
    assert_eq!(consumer.pop().unwrap().message, 0x1111);
    assert_eq!(word_at(&*point, 0), word(6, 0, 0));
}
