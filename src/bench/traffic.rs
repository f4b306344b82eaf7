//! What the two sides of each course do. Every message is compared with what was sent.

use std::hint::black_box;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::ends::{Queue, RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord};
use super::sides::Sides;

/// What comes after the last message.
const END: u64 = u64::MAX >> 1;

/// Numbers of a batch.
const BATCH: u64 = 256;

/// Round trips that are timed by themselves after each lap.
const SINGLES: usize = 4;

/// The numbers that come, in order.
#[derive(Default)]
struct Expected(u64);

impl Expected {
    /// Compares what came. Whether it was the end.
    #[inline]
    fn is_ended_by(&mut self, word: u64) -> bool {
        if word == self.0 {
            self.0 += 1;
            return false;
        }
        assert_eq!(word, END, "lost, or out of order, as {} was next", self.0);
        true
    }
}

/// The side that asks, and takes the time.
pub fn ask(sides: &Sides, end: &mut (impl SendWord + RecvWord)) -> Clock {
    let mut clock = Clock::start(sides.length);
    let mut number = 0;
    let mut trip = || {
        end.send(black_box(number));
        assert_eq!(end.recv(), number, "another answer");
        number += 1;
    };
    loop {
        let lap = clock.lap();
        (0..lap).for_each(|_| trip());
        if !clock.tick(lap) {
            break;
        }
        for _ in 0..SINGLES {
            trip();
            clock.single();
        }
    }
    end.send(END);
    clock
}

/// The side that answers.
pub fn answer(end: &mut (impl SendWord + RecvWord)) {
    loop {
        match end.recv() {
            END => break,
            number => end.send(black_box(number)),
        }
    }
}

/// Sends numbers one by one while there is time.
pub fn feed(sides: &Sides, end: &mut impl SendWord) {
    let mut clock = Clock::start(sides.length);
    let mut next = 0;
    loop {
        let lap = clock.lap();
        (next..next + lap).for_each(|number| end.send(black_box(number)));
        next += lap;
        if !clock.tick(lap) {
            break end.send(END);
        }
    }
}

/// Receives numbers one by one, and takes the time.
pub fn drain(sides: &Sides, end: &mut impl RecvWord) -> Clock {
    let mut clock = Clock::start(sides.length);
    let mut expected = Expected::default();
    loop {
        let lap = clock.lap();
        for _ in 0..lap {
            if expected.is_ended_by(end.recv()) {
                return clock;
            }
        }
        clock.tick(lap);
    }
}

/// Sends batches while there is time.
pub fn feed_batches(sides: &Sides, end: &mut impl SendBatch) {
    let mut clock = Clock::start(sides.length);
    let mut next = 0;
    loop {
        end.send_batch(black_box(next)..black_box(next + BATCH));
        next += BATCH;
        if !clock.tick(BATCH) {
            break end.send_batch(END..END + 1);
        }
    }
}

/// Receives batches, and takes the time.
pub fn drain_batches(sides: &Sides, end: &mut impl RecvBatch) -> Clock {
    let mut clock = Clock::start(sides.length);
    let mut expected = Expected::default();
    loop {
        let before = expected.0;
        let mut ended = false;
        while !ended && expected.0 - before < BATCH {
            end.recv_batch(|word| ended |= expected.is_ended_by(word));
        }
        if ended {
            return clock;
        }
        clock.tick(expected.0 - before);
    }
}

/// Writes a block: its number in front, and its lowest byte everywhere else.
fn fill(block: &mut [MaybeUninit<u8>], number: u64) {
    let (front, rest) = block.split_at_mut(size_of::<u64>());
    front.write_copy_of_slice(&number.to_ne_bytes());
    rest.fill(MaybeUninit::new(number.to_ne_bytes()[0]));
}

/// Reads all of a block; its number.
fn read(block: &[u8]) -> u64 {
    let words = block.as_chunks().0.iter().copied().map(u64::from_ne_bytes);
    black_box(words.fold(0, |sum: u64, word| sum ^ word));
    u64::from_ne_bytes(*block.first_chunk().expect("a block is larger"))
}

/// Sends blocks while there is time.
pub fn feed_blocks(sides: &Sides, end: &mut impl SendBlock) {
    let mut clock = Clock::start(sides.length);
    for number in 0.. {
        end.send_block(|block| fill(block, number));
        if !clock.tick(1) {
            break;
        }
    }
    end.send_block(|block| fill(block, END));
}

/// Receives blocks, and takes the time.
pub fn drain_blocks(sides: &Sides, end: &mut impl RecvBlock) -> Clock {
    let mut clock = Clock::start(sides.length);
    let mut expected = Expected::default();
    loop {
        let lap = clock.lap();
        for _ in 0..lap {
            if expected.is_ended_by(end.recv_block(read)) {
                return clock;
            }
        }
        clock.tick(lap);
    }
}

/// Writes `block` again and again while there is time, and says how many bytes that were. The end is
/// closed then.
pub fn write(sides: &Sides, mut end: impl Write, block: &[u8]) {
    let mut clock = Clock::start(sides.length);
    for written in 1.. {
        end.write_all(black_box(block)).expect("it is read");
        if !clock.tick(1) {
            return sides.board.set_sent(written * block.len() as u64);
        }
    }
}

/// Reads to the end, and takes the time of as many bytes as `buffer` has. What was read, too.
pub fn read_all(sides: &Sides, mut end: impl Read, buffer: &mut [u8]) -> (Clock, u64) {
    let mut clock = Clock::start(sides.length);
    let (mut all, mut part) = (0, 0);
    loop {
        let read = end.read(buffer).expect("it is written");
        black_box(&buffer[..read]);
        if read == 0 {
            return (clock, all);
        }
        all += read as u64;
        part += read;
        if part >= buffer.len() {
            part -= buffer.len();
            clock.tick(1);
        }
    }
}

/// A push and a pop in turns, on this thread.
pub fn pairs(length: Duration, queue: &mut impl Queue) -> Clock {
    let mut clock = Clock::start(length);
    let mut number = 0;
    loop {
        let lap = clock.lap();
        for _ in 0..lap {
            queue.push(black_box(number));
            assert_eq!(black_box(queue.pop()), number);
            number += 1;
        }
        if !clock.tick(lap) {
            return clock;
        }
    }
}

/// As many threads push as pop; how many messages that were, and the time.
///
/// The numbers of each thread that pushes are counted by their sum.
pub fn crowd<Q: Queue>(length: Duration, queue: &Q, threads: usize) -> (u64, Duration) {
    let start = &Barrier::new(2 * threads + 1);
    thread::scope(|scope| {
        let pushers: Vec<_> = (0..threads)
            .map(|_| {
                let mut queue = queue.clone();
                scope.spawn(move || {
                    start.wait();
                    push_all(length, &mut queue)
                })
            })
            .collect();
        let poppers: Vec<_> = (0..threads)
            .map(|_| {
                let mut queue = queue.clone();
                scope.spawn(move || {
                    start.wait();
                    pop_all(&mut queue)
                })
            })
            .collect();
        start.wait();
        let begin = Instant::now();
        let pushed = total(pushers.into_iter().map(ScopedJoinHandle::join));
        let mut last = queue.clone();
        (0..threads).for_each(|_| last.push(END));
        let popped = total(poppers.into_iter().map(ScopedJoinHandle::join));
        let lasted = begin.elapsed();
        assert_eq!(pushed, popped, "numbers of messages, and their sums");
        (popped.0, lasted)
    })
}

/// Numbers of messages, and the sums of what they hold.
fn total(threads: impl Iterator<Item = thread::Result<(u64, u64)>>) -> (u64, u64) {
    threads.fold((0, 0), |(count, sum), thread| {
        let (more, of_it) = thread.expect("nothing goes wrong");
        (count + more, sum.wrapping_add(of_it))
    })
}

fn push_all(length: Duration, queue: &mut impl Queue) -> (u64, u64) {
    let mut clock = Clock::start(length);
    let (mut count, mut sum) = (0, 0_u64);
    loop {
        let lap = clock.lap();
        for number in count..count + lap {
            queue.push(number);
            sum = sum.wrapping_add(number);
        }
        count += lap;
        if !clock.tick(lap) {
            return (count, sum);
        }
    }
}

fn pop_all(queue: &mut impl Queue) -> (u64, u64) {
    let (mut count, mut sum) = (0, 0_u64);
    loop {
        match queue.pop() {
            END => return (count, sum),
            number => {
                count += 1;
                sum = sum.wrapping_add(number);
            }
        }
    }
}
