//! gil: a ring of one producer and one consumer, which spins, and yields now and then; and a queue of
//! many, which sleeps after a while.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ops::Range;

use aqueduct::bench::ends::{
    Queue, RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord, bytes_of,
};
use aqueduct::bench::{Contestant, Course, Made, made, words};
use gil::{mpmc, spsc};

use super::{BLOCKS, KILOBYTE, LARGE, WORDS, threads};
use crate::courses;
use crate::spin::spin_until;

pub fn all() -> Vec<Contestant> {
    let one_by_one = threads("gil", "65,536 words, its own wait: 128 spins, then a yield");
    let batches = threads("gil", "65,536 words, by slices, spinning");
    let blocks = threads("gil", "64 blocks, each in place, spinning");
    let many = threads(
        "gil",
        "65,536 words, its own wait: spins, yields and sleeps",
    )
    .spins_first();
    let of_words = |_: &str| ring::<u64>(WORDS);
    let mut all = Vec::from(courses::words(Course::RoundTrip, &one_by_one, of_words));
    all.push(Contestant::batches(batches, of_words));
    all.extend(courses::blocks(
        &blocks,
        |_| ring::<[u8; KILOBYTE]>(BLOCKS),
        |_| ring::<[u8; LARGE]>(BLOCKS),
    ));
    all.push(courses::uncontended(many.clone(), queue));
    all.extend(courses::contended(&many, queue));
    all
}

fn capacity(messages: usize) -> NonZeroUsize {
    NonZeroUsize::new(messages).expect("a channel holds something")
}

struct Sending<T>(spsc::Sender<T>);
struct Receiving<T>(spsc::Receiver<T>);

fn ring<T: Send + 'static>(messages: usize) -> Made<Receiving<T>, Sending<T>> {
    let (sender, receiver) = spsc::channel(capacity(messages));
    made(|| Receiving(receiver), || Sending(sender))
}

impl SendWord for Sending<u64> {
    #[inline]
    fn send(&mut self, word: u64) {
        self.0.send(word);
    }
}

impl RecvWord for Receiving<u64> {
    #[inline]
    fn recv(&mut self) -> u64 {
        self.0.recv()
    }
}

impl SendBatch for Sending<u64> {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            spin_until(|| !self.0.write_buffer().is_empty());
            let slots = self.0.write_buffer();
            let count = slots.len().min(words::left(&words));
            words::fill(&mut slots[..count], &mut words);
            // SAFETY: so many are written, the first ones.
            unsafe { self.0.commit(count) };
        }
    }
}

impl RecvBatch for Receiving<u64> {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        spin_until(|| !self.0.read_guard().is_empty());
        let mut guard = self.0.read_guard();
        read(guard.as_slice());
        guard.advance(guard.len());
    }
}

impl<const BYTES: usize> SendBlock for Sending<[u8; BYTES]> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        spin_until(|| !self.0.write_buffer().is_empty());
        fill(bytes_of(&mut self.0.write_buffer()[0]));
        // SAFETY: `fill` writes all of it, the first one.
        unsafe { self.0.commit(1) };
    }
}

impl<const BYTES: usize> RecvBlock for Receiving<[u8; BYTES]> {
    #[inline]
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        spin_until(|| !self.0.read_guard().is_empty());
        let mut guard = self.0.read_guard();
        let result = read(&guard.as_slice()[0]);
        guard.advance(1);
        result
    }
}

/// Both ends.
#[derive(Clone)]
struct Both(mpmc::Sender<u64>, mpmc::Receiver<u64>);

fn queue() -> Both {
    let (sender, receiver) = mpmc::channel(capacity(WORDS));
    Both(sender, receiver)
}

impl Queue for Both {
    #[inline]
    fn push(&mut self, word: u64) {
        self.0.send(word);
    }

    #[inline]
    fn pop(&mut self) -> u64 {
        self.1.recv()
    }
}
