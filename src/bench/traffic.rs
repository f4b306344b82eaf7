//! What the two sides of each course do. Numbers are compared one by one, blocks by the number in front, bytes
//! by how many they are, and those of many threads by how many they are and by their sum.

use std::hint::black_box;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::ends::{Queue, RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord};
use super::sample::Sample;
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
    /// Compares what came; it breaks at the end.
    #[inline]
    fn take(&mut self, word: u64) -> ControlFlow<()> {
        if word == self.0 {
            self.0 += 1;
            return ControlFlow::Continue(());
        }
        assert_eq!(word, END, "lost, or out of order, as {} was next", self.0);
        ControlFlow::Break(())
    }

    /// The same of a run, many at a time; not inlined, so that it takes the same time for everybody.
    #[inline(never)]
    fn take_run(&mut self, run: &[u64]) -> ControlFlow<()> {
        let pairs = run.iter().zip(self.0..);
        let differences = pairs.fold(0, |all, (&word, expected)| all | (word ^ expected));
        if differences != 0 {
            return run.iter().try_for_each(|&word| self.take(word));
        }
        self.0 += run.len() as u64;
        ControlFlow::Continue(())
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

/// Sends numbers one by one until the other side has seen enough.
pub fn feed(sides: &Sides, end: &mut impl SendWord) {
    let mut next = 0;
    while !sides.board.is_over() {
        (next..next + BATCH).for_each(|number| end.send(black_box(number)));
        next += BATCH;
    }
    end.send(END);
}

/// Receives numbers one by one, and takes the time.
pub fn drain(sides: &Sides, end: &mut impl RecvWord) -> Clock {
    let mut expected = Expected::default();
    count_until_it_ends(sides, |lap| {
        (0..lap).try_for_each(|_| expected.take(end.recv()))?;
        ControlFlow::Continue(lap)
    })
}

/// Sends batches until the other side has seen enough.
pub fn feed_batches(sides: &Sides, end: &mut impl SendBatch) {
    let mut next = 0;
    while !sides.board.is_over() {
        end.send_batch(black_box(next)..black_box(next + BATCH));
        next += BATCH;
    }
    end.send_batch(END..END + 1);
}

/// Receives batches, and takes the time.
pub fn drain_batches(sides: &Sides, end: &mut impl RecvBatch) -> Clock {
    let mut expected = Expected::default();
    count_until_it_ends(sides, |_| {
        let before = expected.0;
        let mut taken = ControlFlow::Continue(());
        while taken.is_continue() && expected.0 - before < BATCH {
            end.recv_batch(|run| {
                if taken.is_continue() {
                    taken = expected.take_run(run);
                }
            });
        }
        taken?;
        ControlFlow::Continue(expected.0 - before)
    })
}

/// Takes the time of laps, and says when that was enough; goes on to the end of the stream. `lap` receives
/// so many messages, or more, and says how many.
fn count_until_it_ends(sides: &Sides, mut lap: impl FnMut(u64) -> ControlFlow<(), u64>) -> Clock {
    let mut clock = Clock::start(sides.length);
    while let ControlFlow::Continue(messages) = lap(clock.lap()) {
        if !clock.tick(messages) {
            sides.board.set_over();
            while lap(1).is_continue() {}
            break;
        }
    }
    clock
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

/// Sends blocks until the other side has seen enough.
pub fn feed_blocks(sides: &Sides, end: &mut impl SendBlock) {
    let mut numbers = 0..END;
    while !sides.board.is_over() {
        let number = numbers.next().expect("there are enough");
        end.send_block(|block| fill(block, number));
    }
    end.send_block(|block| fill(block, END));
}

/// Receives blocks, and takes the time.
pub fn drain_blocks(sides: &Sides, end: &mut impl RecvBlock) -> Clock {
    let mut expected = Expected::default();
    count_until_it_ends(sides, |lap| {
        (0..lap).try_for_each(|_| expected.take(end.recv_block(read)))?;
        ControlFlow::Continue(lap)
    })
}

/// Writes `block` again and again until the other side has seen enough, and says how many bytes that were.
/// The end is closed then.
pub fn write(sides: &Sides, mut end: impl Write, block: &[u8]) {
    let mut written = 0;
    while !sides.board.is_over() {
        end.write_all(black_box(block)).expect("it is read");
        written += block.len() as u64;
    }
    sides.board.set_sent(written);
}

/// Reads to the end, and takes the time of as many bytes as `buffer` has. What was read, too.
pub fn read_all(sides: &Sides, mut end: impl Read, buffer: &mut [u8]) -> (Clock, u64) {
    let mut all = 0;
    let clock = count_until_it_ends(sides, |_| {
        let mut part = 0;
        while part < buffer.len() {
            match end.read(&mut buffer[part..]).expect("it is written") {
                0 => return ControlFlow::Break(()),
                read => part += read,
            }
        }
        black_box(&mut *buffer);
        all += part as u64;
        ControlFlow::Continue(1)
    });
    (clock, all)
}

/// So many numbers go before those that are counted. They touch all of the channel, and the two sides come to
/// where they stay: at first one has filled the channel, and the other has all of it before it.
const BEFORE: u64 = 1 << 22;

/// Receives `count` numbers one by one, and takes the time of all together; the other side sends more, until
/// that is enough.
pub fn drain_counted(count: u64, sides: &Sides, end: &mut impl RecvWord) -> Sample {
    let mut expected = Expected::default();
    let mut receive = |count| (0..count).try_for_each(|_| expected.take(end.recv()));
    assert!(receive(BEFORE).is_continue(), "it is not over");
    let begin = Instant::now();
    assert!(receive(count).is_continue(), "it is not over");
    let sample = Sample::of_many(count, begin.elapsed());
    sides.board.set_over();
    assert!(receive(u64::MAX).is_break(), "it ends");
    sample
}

/// A push and a pop, of a number.
pub fn pair(mut queue: impl Queue) -> impl FnMut(u64) {
    move |number| {
        queue.push(black_box(number));
        assert_eq!(black_box(queue.pop()), number);
    }
}

/// A step again and again on this thread, numbered.
pub fn alone(length: Duration, mut step: impl FnMut(u64)) -> Clock {
    let mut clock = Clock::start(length);
    let mut number = 0;
    loop {
        let lap = clock.lap();
        (number..number + lap).for_each(&mut step);
        number += lap;
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
        // Taken before any of them begins, as this thread may be the last to go on.
        let begin = Instant::now();
        start.wait();
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
