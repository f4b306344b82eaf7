//! The unbounded buffer on the heap.

use aqueduct::buffer::unbounded::{Shape, on_heap};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

/// Sends `rounds` numbers through a buffer, all of them before the first is taken, and returns the
/// sum of what came out.
///
/// # Panics
/// If the buffer loses or reorders a number, or does not have just the memory that it needs.
pub fn carry(rounds: u32) -> u64 {
    let limit = Capacity::new(1 << 20).expect("a limit");
    let segment = Capacity::new(64).expect("a segment");
    let shape = Shape::with_segment(limit, segment).expect("a shape");
    let (mut producer, mut consumer) = on_heap::<Native, u32>(shape).expect("there is memory");
    for number in 0..rounds {
        producer.push(number).expect("there is memory");
    }
    let needed = usize::try_from(rounds).expect("it fits").div_ceil(64);
    assert_eq!(producer.buffer().memory().segments_there(), needed);
    let mut sum = 0;
    for number in 0..rounds {
        let received = consumer.pop().expect("there is a number");
        assert_eq!(received, number);
        sum += u64::from(received);
    }
    assert!(producer.buffer().memory().segments_there() <= 1);
    sum
}
