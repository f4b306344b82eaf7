//! kanal: a bounded channel, which spins and yields a while before it sleeps.

use aqueduct::bench::ends::{Queue, RecvWord, SendWord};
use aqueduct::bench::{Contestant, Course, Made, made};
use kanal::{Receiver, Sender, bounded};

use super::{WORDS, threads};
use crate::courses;

pub fn all() -> Vec<Contestant> {
    let about = threads(
        "kanal",
        "65,536 words, its own wait: spins and yields, then sleeps",
    )
    .spins_first();
    let mut all = Vec::from(courses::words(Course::Asleep, &about, |_| words()));
    all.push(courses::uncontended(about.clone(), queue));
    all.extend(courses::contended(&about, queue));
    all
}

struct Sending(Sender<u64>);
struct Receiving(Receiver<u64>);

fn words() -> Made<Receiving, Sending> {
    let (sender, receiver) = bounded(WORDS);
    made(|| Receiving(receiver), || Sending(sender))
}

impl SendWord for Sending {
    #[inline]
    fn send(&mut self, word: u64) {
        self.0.send(word).expect("there is a receiver");
    }
}

impl RecvWord for Receiving {
    #[inline]
    fn recv(&mut self) -> u64 {
        self.0.recv().expect("there is a sender")
    }
}

/// Both ends.
#[derive(Clone)]
struct Both(Sender<u64>, Receiver<u64>);

fn queue() -> Both {
    let (sender, receiver) = bounded(WORDS);
    Both(sender, receiver)
}

impl Queue for Both {
    #[inline]
    fn push(&mut self, word: u64) {
        self.0.send(word).expect("there is a receiver");
    }

    #[inline]
    fn pop(&mut self) -> u64 {
        self.1.recv().expect("there is a sender")
    }
}
