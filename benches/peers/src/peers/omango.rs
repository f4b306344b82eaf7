//! omango: bounded queues, of one producer and one consumer and of many, which spin and yield a while
//! before they sleep.
//!
//! Both may miss that they are woken, so a sample may hang: then it is killed, and omango left out. Trips
//! there and back, which sleep for each message, are not asked for.

use aqueduct::bench::{Contestant, Made, made};
use omango::queue::{mpmc, spsc};

use super::channels::{Both, Receiving, Sending};
use super::threads;
use crate::courses;

/// As many as elsewhere, as it counts them.
const WORDS: u32 = 1 << 16;

pub fn all() -> Vec<Contestant> {
    let about = threads(
        "omango",
        "65,536 words, its own wait: spins and yields, then sleeps",
    )
    .spins_first();
    let mut all = vec![
        Contestant::one_by_one(about.clone(), |_| words()),
        courses::uncontended(about.clone(), queue),
    ];
    all.extend(courses::contended(&about, queue));
    all
}

fn words() -> Made<Receiving<spsc::BReceiver<u64>>, Sending<spsc::BSender<u64>>> {
    let (sender, receiver) = spsc::bounded(WORDS);
    made(|| Receiving(receiver), || Sending(sender))
}

fn queue() -> Both<mpmc::BSender<u64>, mpmc::BReceiver<u64>> {
    let (sender, receiver) = mpmc::bounded(WORDS);
    Both(sender, receiver)
}
