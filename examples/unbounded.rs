//! A buffer that grows with a burst and gives its memory back: on the heap, and in shared memory,
//! where a second mapping joins in mid-stream. `docs/unbounded.md` tells how.
//!
//!     cargo run --example unbounded

use std::error::Error;
use std::sync::Arc;

use aqueduct::buffer::unbounded::{Consumer, Positions, Producer, Shape, Unbounded, on_heap};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Name, Object, SparseBuffer, Uid};

const BURST: u64 = 1_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", heap()?);
    print!("{}", shared_memory()?);
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
    // SAFETY: numbers are plain data.
    let memory = unsafe { SparseBuffer::<u64>::create(name.clone(), 0o600, FRONT, shape, words) }?;
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
    // SAFETY: the object was created for numbers, and nobody makes it shorter.
    let memory = unsafe { SparseBuffer::<u64>::attach(object, FRONT, shape) }?;
    // SAFETY: the buffer has no other consumer.
    let mut consumer = unsafe { Consumer::attach(Arc::new(Unbounded::new(memory))) }?;
    let sum = std::iter::from_fn(|| consumer.pop().ok()).sum::<u64>();
    let drained = kib()?;
    std::fs::remove_file(name.path())?;
    let of = buffer.memory().object().len()? / 1024;
    Ok(format!(
        "shared memory: {full} KiB of {of}, drained {drained}; the sum is {sum}\n"
    ))
}

#[cfg(test)]
mod tests {
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
