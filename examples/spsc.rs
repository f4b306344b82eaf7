//! Samples that are made, and read, where they lie in a ring between two threads; two rings that are
//! merged by a look ahead; and what a death leaves: `cargo run --example spsc`.

use std::mem;
use std::thread;

use aqueduct::buffer::spsc::{Consumer, Producer, Ring, split};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

/// What a sensor measured: when, and what.
type Sample = [u32; 16];
type Samples = Ring<Native, Sample>;
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Makes `count` samples, up to four at a time, and publishes those together.
fn measure(producer: &mut Producer<&Samples>, count: u32) {
    let mut time = 0;
    while time < count {
        let mut batch = producer.batch();
        while time < count && batch.len() < 4 {
            // SAFETY: it writes the whole sample.
            let made = unsafe {
                batch.push_with(|slot| {
                    let sample = slot.write([0; 16]);
                    sample[0] = time;
                    sample[1..].fill(time % 100);
                })
            };
            if made.is_err() {
                break; // It is full, for now.
            }
            time += 1;
        }
        if batch.is_empty() {
            thread::yield_now();
        }
        batch.commit();
    }
}

/// Reads `count` samples where they lie, as many at a time as there are; returns the sum of what was
/// measured.
fn evaluate(consumer: &mut Consumer<&Samples>, count: u32) -> Result<u64> {
    let (mut sum, mut next) = (0, 0);
    while next < count {
        let mut taken = consumer.take();
        let read = taken.read(usize::MAX, |samples| {
            for sample in samples {
                assert_eq!(sample[0], next);
                sum += sample[1..].iter().copied().map(u64::from).sum::<u64>();
                next += 1;
            }
            samples.len()
        })?;
        if read == 0 {
            thread::yield_now();
        }
        taken.release();
    }
    Ok(sum)
}

/// A thread that measures, and one that evaluates.
fn stream(capacity: usize, count: u32) -> Result<u64> {
    let capacity = Capacity::new(capacity)?;
    let ring = boxed::<Samples>(capacity, Position::new(0))?;
    // SAFETY: the ring is new, of this capacity, and has no other sides.
    let (mut producer, mut consumer) = unsafe { split(&*ring, capacity) }?;
    thread::scope(|scope| {
        scope.spawn(move || measure(&mut producer, count));
        evaluate(&mut consumer, count)
    })
}

/// The next message of the two rings by its number, which a look at both of them finds.
fn earlier(rings: &mut [Consumer<&Ring<Native, u32>>; 2]) -> Option<u32> {
    let next = rings.each_mut().map(|ring| ring.peek(|&time| time).ok());
    let first = match next {
        [Some(one), Some(other)] => usize::from(other < one),
        [None, None] => return None,
        [one, _] => usize::from(one.is_none()),
    };
    rings[first].pop().ok()
}

/// What two producers sent, each on a ring of its own and in order, in one order.
fn merge(sent: [&[u32]; 2]) -> Result<Vec<u32>> {
    let capacity = Capacity::new(10)?;
    let rings = [
        boxed::<Ring<Native, u32>>(capacity, Position::new(0))?,
        boxed::<Ring<Native, u32>>(capacity, Position::new(0))?,
    ];
    let [one, other] = rings.each_ref().map(|ring| {
        // SAFETY: the ring is new, of this capacity, and has no other sides.
        unsafe { split(&**ring, capacity) }
    });
    let ((mut one, first), (mut other, second)) = (one?, other?);
    one.push_slice(sent[0])?;
    other.push_slice(sent[1])?;
    let mut consumers = [first, second];
    Ok(std::iter::from_fn(|| earlier(&mut consumers)).collect())
}

/// Both sides die in the middle of their work; returns what their successors find.
fn die() -> Result<Vec<u32>> {
    let capacity = Capacity::new(10)?;
    let ring = boxed::<Ring<Native, u32>>(capacity, Position::new(0))?;
    // SAFETY: the ring is new, of this capacity, and has no other sides.
    let (mut producer, mut consumer) = unsafe { split(&*ring, capacity) }?;
    producer.push_slice(&[1, 2, 3])?;
    // A guard that is forgotten: a process that was killed there. This batch was not published,
    let mut batch = producer.batch();
    batch.push_slice(&[4, 5])?;
    mem::forget(batch);
    // and these messages were read, and not released.
    consumer.take().read(2, <[u32]>::len)?;
    // SAFETY: the sides before do nothing more.
    let (mut producer, mut consumer) = unsafe { split(&*ring, capacity) }?;
    producer.push(6)?;
    Ok(std::iter::from_fn(|| consumer.pop().ok()).collect())
}

fn main() -> Result<()> {
    let sum = stream(10, 1_000)?;
    println!("1,000 samples, made and read in place; their sum is {sum}");
    println!(
        "two rings in one order: {:?}",
        merge([&[1, 4, 5], &[2, 3, 6]])?
    );
    println!("what two dead ones left, and one more: {:?}", die()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new ring for three numbers.
    fn ring() -> (Box<Ring<Native, u32>>, Capacity) {
        let capacity = Capacity::new(3).unwrap();
        (boxed(capacity, Position::new(0)).unwrap(), capacity)
    }

    #[test]
    fn all_samples_arrive_in_order() {
        for capacity in [1, 2, 3, 10] {
            // Ten times 0 to 99, in each of 15 places.
            assert_eq!(stream(capacity, 1_000).unwrap(), 10 * 4_950 * 15);
        }
    }

    #[test]
    fn a_look_ahead_leaves_the_message() {
        assert_eq!(merge([&[1, 4, 5], &[2, 3, 6]]).unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(merge([&[], &[7, 8]]).unwrap(), [7, 8]);
    }

    #[test]
    fn the_dead_leave_nothing_to_repair() {
        assert_eq!(die().unwrap(), [1, 2, 3, 6]);
    }

    #[test]
    fn a_batch_is_visible_as_a_whole_or_never() {
        let (ring, capacity) = ring();
        // SAFETY: the ring is new, of this capacity, and has no other sides.
        let (mut producer, mut consumer) = unsafe { split(&*ring, capacity) }.unwrap();
        let mut batch = producer.batch();
        assert_eq!(batch.push_slice(&[1, 2, 3, 4]), Ok(3), "three fit");
        assert_eq!(consumer.filled(1), Ok(0));
        batch.commit();
        assert_eq!(consumer.filled(1), Ok(3));
        assert_eq!(consumer.pop_slice(&mut [0; 3]), Ok(3));
        let mut batch = producer.batch();
        batch.push(5).unwrap();
        drop(batch);
        assert_eq!((consumer.filled(1), producer.room(3)), (Ok(0), Ok(3)));
    }

    #[test]
    fn each_side_knows_what_it_last_saw() {
        let (ring, capacity) = ring();
        // SAFETY: the ring is new, of this capacity, and has no other sides.
        let (mut producer, mut consumer) = unsafe { split(&*ring, capacity) }.unwrap();
        producer.push(1).unwrap();
        assert_eq!(consumer.filled(1), Ok(1));
        producer.push(2).unwrap();
        // It has seen one, and one is enough.
        assert_eq!((consumer.filled(1), consumer.filled(2)), (Ok(1), Ok(2)));
        consumer.pop().unwrap();
        assert_eq!((producer.room(1), producer.room(2)), (Ok(1), Ok(2)));
    }
}
