//! Threads that send to each other.

use crate::queues::{End, Queue, Role};
use std::hint::{black_box, spin_loop};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

/// A message that is made of a number.
pub trait Message: Copy + Send + 'static {
    fn of(number: u64) -> Self;
}

impl Message for u64 {
    fn of(number: u64) -> Self {
        number
    }
}

impl Message for [u64; 8] {
    fn of(number: u64) -> Self {
        [number; 8]
    }
}

/// Waiting for room or for a message: a short spin, then the processor goes to another thread. The
/// same for all.
#[derive(Default)]
struct Patience(u32);

impl Patience {
    fn wait(&mut self) {
        if self.0 < 6 {
            (0..1 << self.0).for_each(|_| spin_loop());
            self.0 += 1;
        } else {
            thread::yield_now();
        }
    }
}

/// Pushes and pops on one thread for `length`; nanoseconds a pair.
pub fn pairs<T: Message, Q: Queue<T>>(capacity: usize, length: Duration) -> f64 {
    let queue = Q::new(capacity, 1);
    let mut end = queue.end(0, Role::Both);
    let start = Instant::now();
    let mut number = 0;
    while start.elapsed() < length {
        for _ in 0..1000 {
            number += 1;
            assert!(end.push(black_box(T::of(number))));
            assert!(black_box(end.pop()).is_some());
        }
    }
    start.elapsed().as_nanos() as f64 / number as f64
}

/// How many messages each thread pushed, and popped, within `length`; `[pushed, popped]`.
pub fn stream<T: Message, Q: Queue<T>>(
    capacity: usize,
    sides: usize,
    length: Duration,
) -> ([Vec<u64>; 2], Duration) {
    let queue = Q::new(capacity, 2 * sides);
    let (stop, start) = (AtomicBool::new(false), Barrier::new(2 * sides + 1));
    thread::scope(|scope| {
        let (stop, start) = (&stop, &start);
        let begin = |number: usize, role| {
            let mut end = queue.end(number, role);
            scope.spawn(move || {
                start.wait();
                let (mut count, mut patience) = (0, Patience::default());
                while !stop.load(Relaxed) {
                    let done = match role {
                        Role::Pushes => end.push(T::of(count)),
                        _ => black_box(end.pop()).is_some(),
                    };
                    if done {
                        count += 1;
                        patience = Patience::default();
                    } else {
                        patience.wait();
                    }
                }
                count
            })
        };
        let pushing: Vec<_> = (0..sides)
            .map(|number| begin(number, Role::Pushes))
            .collect();
        let popping: Vec<_> = (sides..2 * sides)
            .map(|number| begin(number, Role::Pops))
            .collect();
        start.wait();
        let began = Instant::now();
        thread::sleep(length);
        stop.store(true, Relaxed);
        let lasted = began.elapsed();
        let counts = [pushing, popping].map(|threads| {
            let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
            joined.map(|count| count.expect("a thread ended")).collect()
        });
        (counts, lasted)
    })
}
