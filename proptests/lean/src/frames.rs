//! Records of any length, of two producers.

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{Consumer, Frames, Producer};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

/// Sends `rounds` numbers through a buffer of so many blocks by two producers in turn, in records
/// that are as long as they may be or as short, and returns the sum of what came out. Each claim
/// follows one that is given up.
///
/// # Panics
/// If the buffer loses or changes a record.
pub fn carry(blocks: usize, rounds: u32) -> u64 {
    let capacity = Capacity::new(blocks).expect("a capacity");
    let frames = boxed::<Frames<Native>>(capacity, Position::new(0)).expect("it fits");
    let frames: &Frames<Native> = &frames;
    // SAFETY: each number is given once.
    let producers = [0, 1].map(|owner| unsafe { Producer::attach(frames, Owner::new(owner)) });
    // SAFETY: there is no other one.
    let mut consumer = unsafe { Consumer::attach(frames) };
    let mut sum = 0;
    for number in 0..rounds {
        let bytes = number.to_le_bytes();
        let producer = &producers[usize::from(number % 2 == 0)];
        let length = [bytes.len(), producer.longest()][usize::from(number % 3 == 0)];
        drop(producer.claim(1).expect("there is room"));
        assert!(consumer.peek().is_err(), "it was given up, and is skipped");
        let mut claim = producer.claim(length).expect("there is room");
        claim.fill(0xFF);
        claim[..bytes.len()].copy_from_slice(&bytes);
        claim.commit();
        let record = consumer.peek().expect("there is a record");
        assert_eq!(record.len(), length);
        let (first, rest) = record.split_at(bytes.len());
        assert_eq!(first, bytes);
        assert!(rest.iter().all(|&byte| byte == 0xFF));
        record.release();
        sum += u64::from(number);
    }
    sum
}
