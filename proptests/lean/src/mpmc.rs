//! The ring of many producers and many consumers.

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, Ring};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

/// Sends `rounds` numbers through a ring of `capacity` by two producers in turn, and returns the sum
/// of what came out. One of two consumers dies with each number in its hands, and the other gets it.
///
/// # Panics
/// If the ring loses or reorders a number, or does not say that somebody may have had it.
pub fn carry(capacity: usize, rounds: u32) -> u64 {
    let capacity = Capacity::new(capacity).expect("a capacity");
    let ring = boxed::<Ring<Native, u32>>(capacity, Position::new(0)).expect("it fits");
    let ring: &Ring<Native, u32> = &ring;
    // SAFETY: each number is given once.
    let producers = [0, 1].map(|owner| unsafe { Producer::attach(ring, Owner::new(owner)) });
    // SAFETY: as above, and what is sent are numbers.
    let [dying, other] = [2, 3].map(|owner| unsafe { Consumer::attach(ring, Owner::new(owner)) });
    let mut sum = 0;
    for number in 0..rounds {
        let producer = &producers[usize::from(number % 2 == 0)];
        producer.push(number).expect("there is room");
        core::mem::forget(dying.pop_ref().expect("there is a number"));
        assert_eq!(other.pop(), Err(PopError::Empty));
        // SAFETY: it does nothing before it is recovered.
        unsafe { ring.recover(Owner::new(2)) }.expect("nobody broke it");
        let received = other.pop_ref().expect("it is back");
        assert!(received.maybe_redelivered());
        let received = received.into_inner();
        assert_eq!(received, number);
        sum += u64::from(received);
    }
    sum
}
