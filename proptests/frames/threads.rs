//! Two producers and a consumer at once, in two mappings: each record comes whole, once, and in the
//! order of its producer.

use std::thread;

use aqueduct::buffer::frames::{ClaimError, Producer, TakeError};
use aqueduct::position::{Capacity, Position};
use proptest::prelude::*;

use super::memory::View;
use crate::placed::World;
use crate::spec::{config, starts};

/// The records of one producer: their number, and whose they are, again and again.
const RECORDS: u32 = 50;

/// Tells by each of its bytes whose it is, and which.
fn record(number: u16, count: u32, longest: usize) -> Vec<u8> {
    let [mark, ..] = (2 * count + u32::from(number)).to_le_bytes();
    vec![mark; 1 + count as usize * 7 % longest]
}

fn produce(producer: &Producer<View>) {
    let number = producer.owner().number();
    for count in 0..RECORDS {
        let record = record(number, count, producer.longest());
        // Every tenth is first begun and given up.
        if count % 10 == 9 {
            drop(producer.claim(record.len()));
        }
        loop {
            match producer.push(&record) {
                Ok(()) => break,
                Err(ClaimError::Full) => thread::yield_now(),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn records_of_two_threads_come_in_order(capacity in 4..=64_usize, start in starts()) {
        let capacity = Capacity::new(capacity)?;
        let views = View::pair(World::TwoMappings, capacity, Position::new(start), 0);
        // SAFETY: the buffer is new, and each number is given once.
        let producers = [0, 1].map(|number| unsafe { views[0].producer(number) });
        // SAFETY: the buffer is new.
        let mut consumer = unsafe { views[1].consumer() };
        let longest = producers[0].longest();
        let mut counts = [0; 2];
        thread::scope(|scope| {
            for producer in producers {
                scope.spawn(move || produce(&producer));
            }
            let mut bytes = Vec::new();
            while counts.iter().sum::<u32>() < 2 * RECORDS {
                match consumer.pop(&mut bytes) {
                    Ok(()) => {
                        let next = |number: u16| record(number, counts[usize::from(number)], longest);
                        let whose = [0, 1].into_iter().find(|&number| {
                            counts[usize::from(number)] < RECORDS && bytes == next(number)
                        });
                        match whose {
                            Some(number) => counts[usize::from(number)] += 1,
                            None => panic!("{bytes:?} is nobody's next record"),
                        }
                    }
                    Err(TakeError::Corrupt(why)) => panic!("{why}"),
                    Err(_) => thread::yield_now(),
                }
            }
        });
        prop_assert_eq!(counts, [RECORDS; 2]);
    }
}
