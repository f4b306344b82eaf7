//! disruptor: a ring of events, which are written and read in place, with one producer and one poller.
//! Both spin.
//!
//! A poller, as the thread that consumes is the bench's; the other way, by a function that is called for
//! each event, starts a thread of its own.

use std::hint::spin_loop;
use std::mem::MaybeUninit;
use std::ops::Range;

use aqueduct::bench::ends::{
    RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord, bytes_of,
};
use aqueduct::bench::{Contestant, Course, Made, made, words};
use arrayvec::ArrayVec;
use disruptor::{
    BusySpin, EventPoller, Polling, Producer, SingleConsumerBarrier, SingleProducer,
    SingleProducerBarrier, build_single_producer,
};

use super::{BLOCKS, KILOBYTE, LARGE, WORDS, threads};
use crate::courses;

pub fn all() -> Vec<Contestant> {
    let one_by_one = threads("disruptor", "65,536 events, `publish` and `take(1)`");
    let batches = threads("disruptor", "65,536 events, `batch_publish` and `take` all");
    let blocks = threads("disruptor", "64 blocks, each an event");
    let of_words = |_: &str| ring(WORDS, || 0_u64);
    let mut all = Vec::from(courses::words(Course::RoundTrip, &one_by_one, of_words));
    all.push(Contestant::batches(batches, of_words));
    all.extend(courses::blocks(
        &blocks,
        |_| ring(BLOCKS, Block::<KILOBYTE>::new),
        |_| ring(BLOCKS, Block::<LARGE>::new),
    ));
    all
}

struct Sending<E>(SingleProducer<E, SingleConsumerBarrier>);
struct Receiving<E>(EventPoller<E, SingleProducerBarrier>);

/// A ring of so many events, which `empty` makes.
fn ring<E: Send + Sync + 'static>(
    events: usize,
    empty: impl FnMut() -> E,
) -> Made<Receiving<E>, Sending<E>> {
    let (poller, builder) = build_single_producer(events, empty, BusySpin).new_event_poller();
    let producer = builder.build();
    made(|| Receiving(poller), || Sending(producer))
}

/// A block, of which nothing is read before it is written.
struct Block<const BYTES: usize>(MaybeUninit<[u8; BYTES]>);

impl<const BYTES: usize> Block<BYTES> {
    fn new() -> Self {
        Self(MaybeUninit::uninit())
    }
}

impl SendWord for Sending<u64> {
    #[inline]
    fn send(&mut self, word: u64) {
        self.0.publish(|event| *event = word);
    }
}

impl<E> Receiving<E> {
    /// Waits for one event at least, and calls `each` for all that are there, `most` at the most. What it
    /// returned last.
    #[inline]
    fn take<R>(&mut self, most: u64, mut each: impl FnMut(&E) -> R) -> R {
        loop {
            match self.0.take(most) {
                Ok(mut events) => {
                    if let Some(result) = (&mut events).map(&mut each).last() {
                        return result;
                    }
                }
                Err(Polling::NoEvents) => spin_loop(),
                Err(Polling::Shutdown) => panic!("there is no sender"),
            }
        }
    }
}

impl RecvWord for Receiving<u64> {
    #[inline]
    fn recv(&mut self) -> u64 {
        self.take(1, |&event| event)
    }
}

impl SendBatch for Sending<u64> {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            // It waits for room for all of it, and half a ring lets both sides work.
            let count = words::left(&words).min(WORDS / 2);
            let first = words.start;
            self.0.batch_publish(count, |events| {
                for (event, word) in events.zip(first..) {
                    *event = word;
                }
            });
            words.start = first + count as u64;
        }
    }
}

/// Events come one by one, and are read together: so many at the most.
const RUN: usize = 256;

impl RecvBatch for Receiving<u64> {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        let mut run = ArrayVec::<u64, RUN>::new();
        self.take(RUN as u64, |&event| run.push(event));
        read(&run);
    }
}

impl<const BYTES: usize> SendBlock for Sending<Block<BYTES>> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        self.0.publish(|event| fill(bytes_of(&mut event.0)));
    }
}

impl<const BYTES: usize> RecvBlock for Receiving<Block<BYTES>> {
    #[inline]
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        let mut read = Some(read);
        let result = self.take(1, |event| {
            // SAFETY: the sender has written all of it before it was published.
            let block = unsafe { event.0.assume_init_ref() };
            read.take().map(|read| read(block))
        });
        result.expect("it is called once")
    }
}
