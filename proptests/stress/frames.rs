//! Records of any length: two that fill, one that takes, and claims that are given up between.

use std::thread;

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{ClaimError, Consumer, Frames, Producer, TakeError};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

use crate::{COUNT, Wait};

/// How many records each producer fills.
const EACH: u64 = COUNT / 2;

/// What the record of an owner with this number holds: both, and then as many bytes as its number
/// says, up to `longest`.
fn record(owner: u16, number: u64, longest: usize) -> Vec<u8> {
    let mut bytes = [&owner.to_le_bytes()[..], &number.to_le_bytes()].concat();
    let more = usize::try_from(number).unwrap() % (longest - bytes.len() + 1);
    bytes.resize(bytes.len() + more, number.to_le_bytes()[0]);
    bytes
}

fn fill(frames: &Frames<Native>, owner: u16, longest: usize) {
    // SAFETY: each thread has a number of its own.
    let producer = unsafe { Producer::attach(frames, Owner::new(owner)) };
    for number in 0..EACH {
        if number.is_multiple_of(10) {
            drop(producer.claim(longest));
        }
        let bytes = record(owner, number, longest);
        let mut wait = Wait::default();
        let mut claim = loop {
            match producer.claim(bytes.len()) {
                Ok(claim) => break claim,
                Err(ClaimError::Full) => wait.give_way(),
                Err(error) => panic!("{error}"),
            }
        };
        claim.copy_from_slice(&bytes);
        claim.commit();
    }
}

/// Takes all records but the last one, in turn one, and as many as there are; those of a producer come
/// in order.
fn take(frames: &Frames<Native>, longest: usize) {
    // SAFETY: there is no other consumer.
    let mut consumer = unsafe { Consumer::attach(frames) };
    let (mut next, mut left) = ([0, 0], 2 * EACH - 1);
    let mut wait = Wait::default();
    while left > 0 {
        let most = if left.is_multiple_of(2) { left } else { 1 };
        let mut taken = consumer.take();
        while (taken.len() as u64) < most {
            let read = taken.read(|bytes| {
                let owner = u16::from_le_bytes([bytes[0], bytes[1]]);
                let number = &mut next[usize::from(owner)];
                assert_eq!(bytes, record(owner, *number, longest));
                *number += 1;
            });
            match read {
                Ok(()) => {}
                Err(TakeError::Empty | TakeError::Busy(_)) => break,
                Err(error) => panic!("{error}"),
            }
        }
        if taken.is_empty() {
            wait.give_way();
        } else {
            wait = Wait::default();
        }
        left -= taken.len() as u64;
        taken.release();
    }
}

#[test]
fn two_and_one() {
    for blocks in [1, 2, 4, 16] {
        let blocks = Capacity::new(blocks).unwrap();
        let longest = Frames::<Native>::longest(blocks);
        // A lap before the position wraps.
        let start = Position::new(0).minus(blocks.get());
        let frames = boxed::<Frames<Native>>(blocks, start).unwrap();
        thread::scope(|scope| {
            let frames = &*frames;
            let threads = [
                scope.spawn(move || fill(frames, 0, longest)),
                scope.spawn(move || fill(frames, 1, longest)),
                scope.spawn(move || take(frames, longest)),
            ];
            for thread in threads {
                thread.join().unwrap();
            }
        });
        // SAFETY: its threads were joined.
        let mut consumer = unsafe { Consumer::attach(&*frames) };
        assert!(consumer.peek().is_ok(), "the last one is left");
    }
}
