//! The bounded buffer of the operating-systems textbook at work: 9 items in 10 slots, then a
//! producer and a consumer in two threads, both waiting busily.
//!
//!     cargo run --example textbook

use aqueduct::buffer::textbook::{BufferSize, Sides, on_heap};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::platform::native::Native;
use std::error::Error;
use std::thread;

const BUFFER_SIZE: usize = 10;

/// The book's `item`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    number: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    fill(new()?);
    pass(new()?, 30);
    Ok(())
}

fn new() -> Result<Sides<Native, Item>, Box<dyn Error>> {
    Ok(on_heap(BufferSize::new(BUFFER_SIZE)?)?)
}

/// Fills the buffer until it is full, and drains it until it is empty; returns how many it held.
fn fill((mut producer, mut consumer): Sides<Native, Item>) -> u32 {
    println!("A buffer of {BUFFER_SIZE} slots, and nobody consumes:");
    let mut held = 0;
    let refused = loop {
        match producer.push(Item { number: held + 1 }) {
            Ok(()) => held += 1,
            Err(error) => break error,
        }
    };
    let (r#in, out) = producer.buffer().indices();
    println!("  it holds {held} items, with in = {in} and out = {out}");
    println!("  one more comes back: {refused:?}");
    assert!(matches!(refused, PushError::Full(item) if item.number == held + 1));

    for number in 1..=held {
        assert_eq!(consumer.pop(), Ok(Item { number }));
    }
    assert_eq!(consumer.pop(), Err(PopError::Empty));
    let (r#in, out) = consumer.buffer().indices();
    println!("  {held} items consumed, in order; empty again, with in = {in} and out = {out}\n");
    held
}

/// Passes `count` items from one thread to another; returns those that arrived.
fn pass((mut producer, mut consumer): Sides<Native, Item>, count: u32) -> Vec<Item> {
    println!("A producer and a consumer, each in a thread:");
    let producing = thread::spawn(move || {
        for number in 1..=count {
            producer
                .produce(Item { number })
                .expect("nobody breaks the buffer");
            println!("  produced {number}");
        }
    });
    let consume = |_| {
        let item = consumer.consume().expect("nobody breaks the buffer");
        println!("  {:20} consumed {}", "", item.number);
        item
    };
    let arrived = (0..count).map(consume).collect();
    producing.join().expect("it does not panic");
    println!("{count} items arrived, in order.");
    arrived
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_slots_hold_nine_items() {
        assert_eq!(fill(new().unwrap()), 9);
    }

    #[test]
    fn all_items_arrive_in_order() {
        let arrived = pass(new().unwrap(), 100);
        assert!(arrived.iter().map(|item| item.number).eq(1..=100));
    }
}
