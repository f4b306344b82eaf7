//! rtrb: a ring of one producer and one consumer, which only tries: whoever cannot go on spins.

use std::mem::MaybeUninit;
use std::ops::Range;

use aqueduct::bench::ends::{
    RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord, bytes_of,
};
use aqueduct::bench::{Contestant, Course, Made, made, words};
use rtrb::{Consumer, Producer, RingBuffer};

use super::{BLOCKS, KILOBYTE, LARGE, WORDS, threads};
use crate::courses;
use crate::spin::{spin, spin_until};

pub fn all() -> Vec<Contestant> {
    let one_by_one = threads("rtrb", "65,536 words, `push` and `pop`");
    let batches = threads("rtrb", "65,536 words, by chunks");
    let blocks = threads("rtrb", "64 blocks, each a chunk in place");
    let of_words = |_: &str| ring::<u64>(WORDS);
    let mut all = Vec::from(courses::words(Course::RoundTrip, &one_by_one, of_words));
    all.push(Contestant::batches(batches, of_words));
    all.extend(courses::blocks(
        &blocks,
        |_| ring::<[u8; KILOBYTE]>(BLOCKS),
        |_| ring::<[u8; LARGE]>(BLOCKS),
    ));
    all
}

struct Sending<T>(Producer<T>);
struct Receiving<T>(Consumer<T>);

fn ring<T: Send + 'static>(messages: usize) -> Made<Receiving<T>, Sending<T>> {
    let (producer, consumer) = RingBuffer::new(messages);
    made(|| Receiving(consumer), || Sending(producer))
}

impl SendWord for Sending<u64> {
    #[inline]
    fn send(&mut self, word: u64) {
        spin(|| self.0.push(word).ok());
    }
}

impl RecvWord for Receiving<u64> {
    #[inline]
    fn recv(&mut self) -> u64 {
        spin(|| self.0.pop().ok())
    }
}

impl SendBatch for Sending<u64> {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            let wanted = words::left(&words);
            // The consumer's position is read only if the one of before leaves too little room.
            let mut count = self.0.cached_slots();
            if count < wanted {
                count = spin(|| Some(self.0.slots()).filter(|&free| free > 0));
            }
            let chunk = self.0.write_chunk_uninit(count.min(wanted));
            let mut chunk = chunk.expect("so many are free");
            let (first, second) = chunk.as_mut_slices();
            words::fill(first, &mut words);
            words::fill(second, &mut words);
            // SAFETY: all of the chunk is written.
            unsafe { chunk.commit_all() };
        }
    }
}

impl RecvBatch for Receiving<u64> {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        let count = spin(|| Some(self.0.slots()).filter(|&there| there > 0));
        let chunk = self.0.read_chunk(count).expect("so many are there");
        let (first, second) = chunk.as_slices();
        read(first);
        read(second);
        chunk.commit_all();
    }
}

impl<const BYTES: usize> SendBlock for Sending<[u8; BYTES]> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        spin_until(|| !self.0.is_full());
        let mut chunk = self.0.write_chunk_uninit(1).expect("there is room");
        fill(bytes_of(&mut chunk.as_mut_slices().0[0]));
        // SAFETY: `fill` writes all of it.
        unsafe { chunk.commit_all() };
    }
}

impl<const BYTES: usize> RecvBlock for Receiving<[u8; BYTES]> {
    #[inline]
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        spin_until(|| !self.0.is_empty());
        let chunk = self.0.read_chunk(1).expect("one is there");
        let result = read(&chunk.as_slices().0[0]);
        chunk.commit_all();
        result
    }
}
