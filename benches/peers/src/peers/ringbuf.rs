//! ringbuf: `HeapRb`, split into ends that remember where the other one was; it only tries: whoever
//! cannot go on spins.

use std::mem::MaybeUninit;
use std::ops::Range;

use aqueduct::bench::ends::{
    RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord, bytes_of,
};
use aqueduct::bench::{Contestant, Course, Made, made, words};
use ringbuf::traits::{Consumer, Observer, Producer, Raw, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use super::{BLOCKS, KILOBYTE, LARGE, WORDS, threads};
use crate::courses;
use crate::spin::{spin, spin_until};

pub fn all() -> Vec<Contestant> {
    let one_by_one = threads("ringbuf", "65,536 words, `try_push` and `try_pop`");
    let batches = threads("ringbuf", "65,536 words, by slices");
    let blocks = threads("ringbuf", "64 blocks, each in place");
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

struct Sending<T>(HeapProd<T>);
struct Receiving<T>(HeapCons<T>);

fn ring<T: Send + 'static>(messages: usize) -> Made<Receiving<T>, Sending<T>> {
    let (producer, consumer) = HeapRb::new(messages).split();
    made(|| Receiving(consumer), || Sending(producer))
}

impl SendWord for Sending<u64> {
    #[inline]
    fn send(&mut self, word: u64) {
        spin(|| self.0.try_push(word).ok());
    }
}

impl RecvWord for Receiving<u64> {
    #[inline]
    fn recv(&mut self) -> u64 {
        spin(|| self.0.try_pop())
    }
}

impl SendBatch for Sending<u64> {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            spin_until(|| !self.0.is_full());
            let wanted = words::left(&words);
            let (first, second) = self.0.vacant_slices_mut();
            let in_first = first.len().min(wanted);
            let in_second = second.len().min(wanted - in_first);
            words::fill(&mut first[..in_first], &mut words);
            words::fill(&mut second[..in_second], &mut words);
            // SAFETY: so many are written, the first ones of those that were vacant.
            unsafe { self.0.advance_write_index(in_first + in_second) };
        }
    }
}

impl RecvBatch for Receiving<u64> {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        spin_until(|| !self.0.is_empty());
        let (first, second) = self.0.as_slices();
        read(first);
        read(second);
        let count = first.len() + second.len();
        // SAFETY: so many are there, and nothing is left to drop in a number.
        unsafe { self.0.advance_read_index(count) };
    }
}

impl<const BYTES: usize> SendBlock for Sending<[u8; BYTES]> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        spin_until(|| !self.0.is_full());
        fill(bytes_of(&mut self.0.vacant_slices_mut().0[0]));
        // SAFETY: `fill` writes all of it, the first one that was vacant.
        unsafe { self.0.advance_write_index(1) };
    }
}

impl<const BYTES: usize> RecvBlock for Receiving<[u8; BYTES]> {
    #[inline]
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        spin_until(|| !self.0.is_empty());
        let result = read(self.0.first().expect("one is there"));
        // SAFETY: one is there, and nothing is left to drop in a block.
        unsafe { self.0.advance_read_index(1) };
        result
    }
}
