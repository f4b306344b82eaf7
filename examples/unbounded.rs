//! A buffer that grows with a burst and gives its memory back: on the heap, and in shared memory,
//! where a second mapping joins in mid-stream; then one that four threads share.
//! `docs/unbounded.md` tells how.
//!
//!     cargo run --example unbounded

use std::error::Error;
use std::sync::Arc;
use std::thread;

use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::many::{self, PopError, PushError};
use aqueduct::buffer::unbounded::{
    Consumer, Heap, OnHeap, Positions, Producer, Shape, Unbounded, on_heap,
};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Name, Object, SparseBuffer, Uid};

const BURST: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", heap()?);
    print!("{}", shared_memory()?);
    let [one, two] = four_threads()?;
    println!("four threads: the sums are {one} + {two} = {}", one + two);
    Ok(())
}

/// A burst between the two sides of a buffer on the heap, for values of any type.
fn heap() -> Result<String, Box<dyn Error>> {
    let shape = Shape::new(Capacity::new(10_000_000)?)?;
    let (mut producer, mut consumer) = on_heap::<Native, String>(shape)?;
    for number in 0..BURST {
        producer.push(number.to_string())?;
    }
    let segments = || producer.buffer().memory().segments_there();
    let full = segments();
    while consumer.pop().is_ok() {}
    let drained = segments();
    Ok(format!(
        "heap: {full} segments of {} messages, drained {drained}\n",
        shape.slots()
    ))
}

/// Where the buffer begins in its object; what is before is for a header of the caller's.
const FRONT: usize = 128;

/// A burst through an object; a second mapping of it joins in mid-stream, as another process would.
fn shared_memory() -> Result<String, Box<dyn Error>> {
    let shape = Shape::new(Capacity::new(10_000_000)?)?;
    let name = Name::parse(format!("aqueduct-example-{}", std::process::id()))?;
    let words = Positions::new(Position::new(0));
    let memory = SparseBuffer::<u64>::create(name.clone(), 0o600, FRONT, shape, words)?;
    memory.object().publish()?;
    let buffer = Arc::new(Unbounded::new(memory));
    // SAFETY: the buffer is new.
    let mut producer = unsafe { Producer::attach(Arc::clone(&buffer)) }?;
    for number in 0..BURST {
        producer.push(number)?;
    }
    let kib = || {
        buffer
            .memory()
            .object()
            .allocated()
            .map(|bytes| bytes / 1024)
    };
    let full = kib()?;

    let object = Object::open(name.clone(), Uid::effective())?;
    let memory = SparseBuffer::<u64>::attach(object, FRONT, shape)?;
    // SAFETY: the buffer was created with this shape, and has no other consumer.
    let mut consumer = unsafe { Consumer::attach(Arc::new(Unbounded::new(memory))) }?;
    let sum = std::iter::from_fn(|| consumer.pop().ok()).sum::<u64>();
    let drained = kib()?;
    std::fs::remove_file(name.path())?;
    let of = buffer.memory().object().len()? / 1024;
    Ok(format!(
        "shared memory: {full} KiB of {of}, drained {drained}; the sum is {sum}\n"
    ))
}

type Shared = OnHeap<Native, u64>;

/// The numbers below this come through the buffer that is shared.
const NUMBERS: u64 = 100_000;

/// Pushes every second number, from `first` on.
fn push(buffer: &Shared, first: u16) {
    // SAFETY: no other thread has this number.
    let mut producer = unsafe { many::Producer::attach(buffer, Owner::new(first)) };
    for number in (u64::from(first)..NUMBERS).step_by(2) {
        while let Err(error) = producer.push(number) {
            match error {
                // No room, or the other one is at it.
                PushError::Full(_) | PushError::Busy(..) => thread::yield_now(),
                PushError::NoMemory(_) | PushError::Corrupt(_) => panic!("{error}"),
            }
        }
    }
}

/// Takes as many numbers as one of the two pushes; returns their sum.
fn take(buffer: &Shared, owner: u16) -> u64 {
    // SAFETY: no other thread has this number; all messages are numbers.
    let mut consumer = unsafe { many::Consumer::attach(buffer, Owner::new(owner)) };
    let mut sum = 0;
    for _ in 0..NUMBERS / 2 {
        sum += loop {
            match consumer.pop() {
                Ok(number) => break number,
                Err(PopError::Empty | PopError::Busy(_)) => thread::yield_now(),
                Err(error) => panic!("{error}"),
            }
        };
    }
    sum
}

/// Two threads push, two take; the sums of what these got.
fn four_threads() -> Result<[u64; 2], Box<dyn Error>> {
    let shape = Shape::new(Capacity::new(10_000_000)?)?;
    let memory = Heap::new(Positions::new(Position::new(0)), shape)?;
    let buffer = Shared::new(memory);
    Ok(thread::scope(|scope| {
        let buffer = &buffer;
        let takers = [2, 3].map(|owner| scope.spawn(move || take(buffer, owner)));
        for first in [0, 1] {
            scope.spawn(move || push(buffer, first));
        }
        takers.map(|taker| taker.join().expect("it does not panic"))
    }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn four_threads_pass_each_number_once() {
        let sums = super::four_threads().expect("there is memory");
        let all = super::NUMBERS * (super::NUMBERS - 1) / 2;
        assert_eq!(sums.iter().sum::<u64>(), all);
    }

    /// Between two words of the text.
    fn number(text: &str, after: &str) -> u64 {
        let (_, rest) = text.split_once(after).expect("it says so");
        let digits = rest.trim_start().split(|end: char| !end.is_ascii_digit());
        digits
            .into_iter()
            .next()
            .unwrap()
            .parse()
            .expect("a number")
    }

    #[test]
    fn memory_on_the_heap_goes_back() {
        let said = super::heap().expect("there is memory");
        assert!(number(&said, "heap:") > 100, "{said}");
        assert!(number(&said, "drained") <= 1, "{said}");
    }

    #[test]
    fn shared_memory_goes_back() {
        let said = super::shared_memory().expect("there is shared memory");
        assert!(
            number(&said, "memory:") >= 8 * super::BURST / 1024,
            "{said}"
        );
        assert!(number(&said, "drained") <= 128, "{said}");
        let sum = super::BURST * (super::BURST - 1) / 2;
        assert_eq!(number(&said, "sum is"), sum, "{said}");
    }
}
