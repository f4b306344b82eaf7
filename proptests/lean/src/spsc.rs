//! The ring of one producer and one consumer.

use aqueduct::buffer::spsc::{Ring, split};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

/// Sends `rounds` numbers through a ring of `capacity`, and returns the sum of what came out.
///
/// # Panics
/// If the ring loses or reorders a number.
pub fn carry(capacity: usize, rounds: u32) -> u64 {
    let capacity = Capacity::new(capacity).expect("a capacity");
    let ring = boxed::<Ring<Native, u32>>(capacity, Position::new(0)).expect("it fits");
    let ring: &Ring<Native, u32> = &ring;
    // SAFETY: the ring is new, of this capacity, and has no other sides.
    let (mut producer, mut consumer) = unsafe { split(ring, capacity) }.expect("a new ring");
    let mut sum = 0;
    for number in 0..rounds {
        producer.push(number).expect("there is room");
        let received = consumer.pop().expect("there is a number");
        assert_eq!(received, number);
        sum += u64::from(received);
    }
    sum
}
