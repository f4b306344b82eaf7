//! The ring of one producer and one consumer, which only tries: whoever cannot go on spins.

use std::mem::MaybeUninit;
use std::ops::{Deref, Range};
use std::sync::Arc;

use super::{BLOCKS, WORDS, about};
use crate::bench::contestant::{Contestant, Made, duplex, made};
use crate::bench::course::Course;
use crate::bench::ends::{
    RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord, bytes_of,
};
use crate::bench::sides::Between;
use crate::bench::words::{fill, left};
use crate::buffer::spsc::{self, Ring};
use crate::buffer::{PopError, PushError};
use crate::place::Plain;
use crate::platform::Platform;
use crate::platform::native::Native;
use crate::position::{Capacity, Position};
use crate::shm::{DEFAULT_MODE, Name, Placed};

pub fn all() -> Vec<Contestant> {
    let processes = || about(Between::Processes, "ring", "65,536 words");
    let threads = || about(Between::Threads, "ring, threads", "65,536 words");
    let mut all = vec![
        Contestant::round_trip(Course::RoundTrip, processes(), |name| {
            let there = shared::<u64>(&format!("{name}-there"), WORDS);
            duplex(there, shared(&format!("{name}-back"), WORDS))
        }),
        Contestant::round_trip(Course::RoundTrip, threads(), |_| {
            duplex(local::<u64>(WORDS), local(WORDS))
        }),
        Contestant::one_by_one(processes(), |name| shared::<u64>(name, WORDS)),
        Contestant::one_by_one(threads(), |_| local::<u64>(WORDS)),
        Contestant::batches(processes(), |name| shared::<u64>(name, WORDS)),
        Contestant::batches(threads(), |_| local::<u64>(WORDS)),
    ];
    all.extend(blocks::<{ 1 << 10 }>(Course::Kilobytes));
    all.extend(blocks::<{ 1 << 16 }>(Course::Blocks));
    all
}

fn blocks<const BYTES: usize>(course: Course) -> [Contestant; 2] {
    let processes = about(Between::Processes, "ring", "64 blocks");
    let threads = about(Between::Threads, "ring, threads", "64 blocks");
    [
        Contestant::blocks(course, processes, |name| {
            shared::<[u8; BYTES]>(name, BLOCKS)
        }),
        Contestant::blocks(course, threads, |_| local::<[u8; BYTES]>(BLOCKS)),
    ]
}

/// A ring in an object that nobody else finds.
pub(super) type Shared<T> = Placed<Ring<Native, T>>;

/// A side of a ring, which spins.
pub(super) struct Spinning<S>(S);

pub(super) type Producer<R> = Spinning<spsc::Producer<R>>;
pub(super) type Consumer<R> = Spinning<spsc::Consumer<R>>;

/// A ring between processes.
pub(super) fn shared<T: Plain + Send>(
    name: &str,
    messages: usize,
) -> Made<Consumer<Shared<T>>, Producer<Shared<T>>> {
    let (name, capacity) = (Name::parse(name)?, Capacity::new(messages)?);
    let ring = Shared::<T>::create(name, DEFAULT_MODE, 0, capacity, Position::new(0))?;
    let other = ring.clone();
    made(
        // SAFETY: the ring is of this capacity, and has no other consumer; it carries a `T`.
        move || Spinning(unsafe { spsc::Consumer::attach(ring, capacity) }.expect("it is new")),
        // SAFETY: the ring is of this capacity, and has no other producer.
        move || Spinning(unsafe { spsc::Producer::attach(other, capacity) }.expect("it is new")),
    )
}

/// A ring on the heap.
pub(super) type Local<T> = Arc<Ring<Native, T>>;

/// A ring between threads.
pub(super) fn local<T: Send + 'static>(
    messages: usize,
) -> Made<Consumer<Local<T>>, Producer<Local<T>>> {
    let (producer, consumer) = spsc::on_heap::<Native, T>(Capacity::new(messages)?)?;
    made(|| Spinning(consumer), || Spinning(producer))
}

impl<R: Deref<Target = Ring<Native, u64>>> SendWord for Producer<R> {
    #[inline]
    fn send(&mut self, word: u64) {
        while let Err(why) = self.0.push(word) {
            assert_eq!(why, PushError::Full(word));
            Native::spin();
        }
    }
}

impl<R: Deref<Target = Ring<Native, u64>>> RecvWord for Consumer<R> {
    #[inline]
    fn recv(&mut self) -> u64 {
        loop {
            match self.0.pop() {
                Ok(word) => return word,
                Err(why) => assert_eq!(why, PopError::Empty),
            }
            Native::spin();
        }
    }
}

impl<R: Deref<Target = Ring<Native, u64>>> SendBatch for Producer<R> {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            let mut batch = self.0.batch();
            let most = left(&words);
            let write = |slots: &mut [MaybeUninit<u64>]| {
                fill(slots, &mut words);
                slots.len()
            };
            // SAFETY: it writes all that it is given.
            let filled = unsafe { batch.fill(most, write) }.expect("it is sound");
            batch.commit();
            if filled == 0 {
                Native::spin();
            }
        }
    }
}

impl<R: Deref<Target = Ring<Native, u64>>> RecvBatch for Consumer<R> {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        loop {
            let mut taken = self.0.take();
            let read = taken.read(usize::MAX, |words| {
                read(words);
                words.len()
            });
            taken.release();
            if read.expect("it is sound") > 0 {
                return;
            }
            Native::spin();
        }
    }
}

impl<const BYTES: usize, R: Deref<Target = Ring<Native, [u8; BYTES]>>> SendBlock for Producer<R> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        while self.0.room(1).expect("it is sound") == 0 {
            Native::spin();
        }
        let mut batch = self.0.batch();
        // SAFETY: `fill` writes all of it.
        unsafe { batch.push_with(|block| fill(bytes_of(block))) }.expect("there is room");
        batch.commit();
    }
}

impl<const BYTES: usize, R: Deref<Target = Ring<Native, [u8; BYTES]>>> RecvBlock for Consumer<R> {
    #[inline]
    fn recv_block<X>(&mut self, read: impl FnOnce(&[u8]) -> X) -> X {
        while self.0.filled(1).expect("it is sound") == 0 {
            Native::spin();
        }
        let mut taken = self.0.take();
        let mut result = None;
        let there = taken.read(1, |blocks| {
            result = Some(read(&blocks[0]));
            1
        });
        there.expect("it is sound");
        taken.release();
        result.expect("a block was there")
    }
}
