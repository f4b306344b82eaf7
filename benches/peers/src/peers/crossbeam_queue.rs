//! crossbeam-queue: the `ArrayQueue`, which only tries: whoever cannot go on spins, and where many meet
//! yields as well.

use std::sync::Arc;

use aqueduct::bench::ends::{Queue, RecvWord, SendWord};
use aqueduct::bench::{Contestant, Course, Made, made};
use crossbeam_queue::ArrayQueue;

use super::{WORDS, threads};
use crate::courses;
use crate::spin::{spin, spin_and_yield};

const NAME: &str = "crossbeam ArrayQueue";

pub fn all() -> Vec<Contestant> {
    let spinning = threads(NAME, "65,536 words, spinning");
    let alone = threads(NAME, "65,536 words");
    let yielding = threads(NAME, "65,536 words, 64 spins, then a yield");
    let mut all = Vec::from(courses::words(Course::RoundTrip, &spinning, |_| words()));
    all.push(courses::uncontended(alone, || Trying(queue())));
    all.extend(courses::contended(&yielding, || Yielding(queue())));
    all
}

fn queue() -> Arc<ArrayQueue<u64>> {
    Arc::new(ArrayQueue::new(WORDS))
}

struct Sending(Arc<ArrayQueue<u64>>);
struct Receiving(Arc<ArrayQueue<u64>>);

fn words() -> Made<Receiving, Sending> {
    let queue = queue();
    let same = Arc::clone(&queue);
    made(|| Receiving(queue), || Sending(same))
}

impl SendWord for Sending {
    #[inline]
    fn send(&mut self, word: u64) {
        spin(|| self.0.push(word).ok());
    }
}

impl RecvWord for Receiving {
    #[inline]
    fn recv(&mut self) -> u64 {
        spin(|| self.0.pop())
    }
}

/// The queue as it is, for a thread that never meets a full or an empty one.
#[derive(Clone)]
struct Trying(Arc<ArrayQueue<u64>>);

impl Queue for Trying {
    #[inline]
    fn push(&mut self, word: u64) {
        self.0.push(word).expect("there is room");
    }

    #[inline]
    fn pop(&mut self) -> u64 {
        self.0.pop().expect("there is one")
    }
}

/// The queue for more threads than there are processors.
#[derive(Clone)]
struct Yielding(Arc<ArrayQueue<u64>>);

impl Queue for Yielding {
    #[inline]
    fn push(&mut self, word: u64) {
        spin_and_yield(|| self.0.push(word).ok());
    }

    #[inline]
    fn pop(&mut self) -> u64 {
        spin_and_yield(|| self.0.pop())
    }
}
