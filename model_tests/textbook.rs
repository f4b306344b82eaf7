//! Models of `src/buffer/textbook.rs`: the book's producer and consumer, which only try. The loops
//! around the tries spin, and are not explored.

mod judged;
mod stopped;

use crate::swept::TEXTBOOK;
use crate::{explore, sweep, without_bound};
use aqueduct::buffer::PushError;
use aqueduct::buffer::textbook::{Buffer, BufferSize, Consumer, Producer, split};
use aqueduct::model::{self, Machine, Model, Sweep};
use aqueduct::place::boxed;
use aqueduct::position::Position;
use libtest_mimic::Trial;
use std::sync::Arc;

type Words = Arc<Buffer<Machine, u32>>;

pub fn trials() -> Vec<Trial> {
    let all = || models().into_iter().chain(judged::models());
    let explored = all().map(|model| explore("textbook", model));
    let sweeping = Sweep::new(TEXTBOOK, to_sweep());
    explored
        .chain([sweep("textbook", sweeping)])
        .chain(stopped::trials())
        .chain(without_bound("textbook::long", all()))
        .collect()
}

fn models() -> Vec<Model> {
    let prefixes = ["[]", "[1]", "[1, 2]", "[1, 2, 3]"];
    vec![
        one_by_one(2, 1, [3, 2])
            .outcomes(prefixes[..3].to_vec())
            .at_least(1_000),
        one_by_one(3, 2, [3, 2])
            .bound(3)
            .outcomes(prefixes[..3].to_vec())
            .at_least(500),
        one_by_one(4, 3, [3, 3])
            .bound(3)
            .outcomes(prefixes)
            .at_least(500),
        full()
            .outcomes(["Ok(())", "Err(Full(2))", "Err(Full(3))"])
            .at_least(20),
        producer_follows()
            .outcomes(["[], false", "[1], false", "[1], true", "[1, 2], true"])
            .at_least(100),
        consumer_follows()
            .outcomes(["[], []", "[], [1]", "[1], []", "[1], [2]"])
            .at_least(100),
    ]
}

/// What fails without one of the orderings: the small ones are enough.
fn to_sweep() -> [Model; 2] {
    [one_by_one(2, 1, [2, 2]), full()]
}

/// Both sides of an empty buffer of so many slots whose indices stand at `start`; it is drawn where
/// a model fails.
fn buffer(slots: usize, start: u64) -> (Producer<Words>, Consumer<Words>) {
    let size = BufferSize::new(slots).unwrap();
    let start = Position::new(start);
    let buffer: Words = Arc::from(boxed::<Buffer<Machine, u32>>(size.capacity(), start).unwrap());
    let drawn = Arc::clone(&buffer);
    model::watch(move || {
        let (r#in, out) = drawn.indices();
        format!("in {in}, out {out}")
    });
    // SAFETY: the buffer is new and of this size.
    unsafe { split(buffer, size) }.unwrap()
}

/// Takes what is left, after the producer has ended.
fn rest(consumer: &mut Consumer<Words>) -> Vec<u32> {
    std::iter::from_fn(|| consumer.pop().ok()).collect()
}

/// The producer tries to push 1, 2, ...; the consumer to pop. All that was pushed comes out in
/// order; the outcome is what came out while the producer was at work.
fn one_by_one(slots: usize, start: u64, [pushes, pops]: [u32; 2]) -> Model {
    let name = format!("one by one: {pushes} pushes, {pops} pops, {slots} slots, from {start}");
    Model::new(name, move || {
        let (mut producer, mut consumer) = buffer(slots, start);
        let producing = model::spawn(move || {
            let mut next = 1;
            for _ in 0..pushes {
                match producer.push(next) {
                    Ok(()) => next += 1,
                    Err(PushError::Full(item)) => assert_eq!(item, next),
                    Err(PushError::Corrupt(_)) => panic!("corrupt"),
                }
            }
            next
        });
        let mut popped: Vec<u32> = (0..pops).filter_map(|_| consumer.pop().ok()).collect();
        let early = format!("{popped:?}");
        let next = producing.join().unwrap();
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, (1..next).collect::<Vec<_>>());
        early
    })
}

/// An item that does not fit comes back, and fits once there is room: one slot stays empty. The
/// third item would stand where the first one stood.
fn full() -> Model {
    Model::new("full, then room", || {
        let (mut producer, mut consumer) = buffer(2, 0);
        producer.push(1).unwrap();
        let producing = model::spawn(move || {
            producer.push(2)?;
            producer.push(3)
        });
        assert_eq!(consumer.pop(), Ok(1));
        let second = consumer.pop();
        let pushed = producing.join().unwrap();
        let popped = second.into_iter().chain(rest(&mut consumer));
        let expected = match pushed {
            Ok(()) => &[2, 3][..],
            Err(PushError::Full(item)) => &[2, 3][..usize::try_from(item - 2).unwrap()],
            Err(PushError::Corrupt(_)) => panic!("corrupt"),
        };
        assert_eq!(popped.collect::<Vec<_>>(), expected);
        pushed
    })
}

/// A producer that follows another goes on where that one stopped, while the consumer is at work.
fn producer_follows() -> Model {
    Model::new("a successor of the producer", || {
        let (mut producer, mut consumer) = buffer(2, 1);
        let consuming = model::spawn(move || {
            let early: Vec<u32> = (0..2).filter_map(|_| consumer.pop().ok()).collect();
            (early, consumer)
        });
        producer.push(1).unwrap();
        let words = Arc::clone(producer.buffer());
        drop(producer);
        // SAFETY: the buffer is of this size, and its producer is gone.
        let successor = unsafe { Producer::attach(words, BufferSize::new(2).unwrap()) };
        let second = successor.unwrap().push(2).is_ok();
        let (early, mut consumer) = consuming.join().unwrap();
        let all = [early.clone(), rest(&mut consumer)].concat();
        assert_eq!(all, if second { vec![1, 2] } else { vec![1] });
        format!("{early:?}, {second}")
    })
}

/// A consumer that follows another goes on where that one stopped, while the producer is at work.
fn consumer_follows() -> Model {
    Model::new("a successor of the consumer", || {
        let (mut producer, mut consumer) = buffer(2, 1);
        let producing = model::spawn(move || {
            (1..=2)
                .take_while(|&item| producer.push(item).is_ok())
                .count()
        });
        let first: Vec<u32> = consumer.pop().into_iter().collect();
        let words = Arc::clone(consumer.buffer());
        drop(consumer);
        // SAFETY: the buffer is of this size, and its consumer is gone.
        let successor = unsafe { Consumer::attach(words, BufferSize::new(2).unwrap()) };
        let mut successor = successor.unwrap();
        let second: Vec<u32> = successor.pop().into_iter().collect();
        let pushed = producing.join().unwrap();
        let all = [first.clone(), second.clone(), rest(&mut successor)].concat();
        assert_eq!(all, [1, 2][..pushed]);
        format!("{first:?}, {second:?}")
    })
}
