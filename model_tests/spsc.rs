//! Models of `src/buffer/spsc`: one producer and one consumer that only try.

mod stopped;

use crate::picture::picture;
use crate::swept::RING;
use crate::{explore, sweep};
use aqueduct::buffer::spsc::{Consumer, Producer, Ring, split};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::model::{self, Machine, Model, Sweep};
use aqueduct::place::boxed;
use aqueduct::position::{Capacity, Position};
use libtest_mimic::Trial;
use std::sync::Arc;

pub type Words = Arc<Ring<Machine, u32>>;

pub fn trials() -> Vec<Trial> {
    let explored = models().into_iter().map(|model| explore("spsc", model));
    let [first, files @ ..] = RING;
    let all = files
        .into_iter()
        .fold(Sweep::new(first, to_sweep()), Sweep::and);
    explored
        .chain([sweep("ring", all)])
        .chain(stopped::trials())
        .collect()
}

fn models() -> Vec<Model> {
    let prefixes = ["[]", "[1]", "[1, 2]", "[1, 2, 3]"];
    vec![
        one_by_one(1, 1, [3, 3]).outcomes(prefixes).at_least(20_000),
        one_by_one(2, 1, [3, 2])
            .outcomes(prefixes[..3].to_vec())
            .at_least(500),
        batches(1, 0).outcomes(one_at_a_time()).at_least(500),
        batches(2, 0).outcomes(two_at_a_time()).at_least(500),
        batches(2, 1).outcomes(two_at_a_time()).at_least(500),
        batches(3, 2).outcomes(two_and_what_fits()).at_least(20_000),
        in_place().outcomes(["0", "2"]).at_least(10),
        full().outcomes(["Ok(())", "Err(Full(2))"]).at_least(4),
        dropped_batch()
            .outcomes(["Err(Empty)", "Ok(2)"])
            .at_least(10),
        successor()
            .outcomes([
                "[], false",
                "[1], false",
                "[1], true",
                "[1, 2], false",
                "[1, 2], true",
            ])
            .at_least(1_000),
        consumers_successor()
            .outcomes(["[]", "[2]", "[2, 3]"])
            .at_least(10),
    ]
}

/// What fails without one of the orderings: the small ones are enough.
fn to_sweep() -> [Model; 7] {
    [
        one_by_one(2, 1, [3, 2]),
        batches(1, 0),
        in_place(),
        full(),
        dropped_batch(),
        successor(),
        consumers_successor(),
    ]
}

/// The second push finds room only after a pop; a pop finds a message or nothing.
fn one_at_a_time() -> [&'static str; 6] {
    [
        "1+0 pushed, 0+0 popped",
        "1+0 pushed, 0+1 popped",
        "1+0 pushed, 1+0 popped",
        "1+1 pushed, 0+1 popped",
        "1+1 pushed, 1+0 popped",
        "1+1 pushed, 1+1 popped",
    ]
}

/// Two at a time or none: a batch is never seen in part.
fn two_at_a_time() -> [&'static str; 6] {
    [
        "2+0 pushed, 0+0 popped",
        "2+0 pushed, 0+2 popped",
        "2+0 pushed, 2+0 popped",
        "2+2 pushed, 0+2 popped",
        "2+2 pushed, 2+0 popped",
        "2+2 pushed, 2+2 popped",
    ]
}

/// Of the second batch one message fits at once, and two after a pop.
fn two_and_what_fits() -> [&'static str; 9] {
    [
        "2+1 pushed, 0+0 popped",
        "2+1 pushed, 0+2 popped",
        "2+1 pushed, 0+3 popped",
        "2+1 pushed, 2+0 popped",
        "2+1 pushed, 2+1 popped",
        "2+1 pushed, 3+0 popped",
        "2+2 pushed, 0+2 popped",
        "2+2 pushed, 2+0 popped",
        "2+2 pushed, 2+2 popped",
    ]
}

/// Both sides of a ring whose stream starts so many messages before the position wraps; it is drawn
/// where a model fails.
pub fn ring(capacity: usize, before_wrap: usize) -> (Producer<Words>, Consumer<Words>) {
    let capacity = Capacity::new(capacity).unwrap();
    let start = Position::new(0).minus(before_wrap);
    let ring: Words = Arc::from(boxed::<Ring<Machine, u32>>(capacity, start).unwrap());
    let drawn = Arc::clone(&ring);
    model::watch(move || picture(&drawn, capacity));
    // SAFETY: the ring is new and of this capacity.
    unsafe { split(ring, capacity) }.unwrap()
}

/// Takes what is left, after the producer has ended.
fn rest(consumer: &mut Consumer<Words>) -> Vec<u32> {
    std::iter::from_fn(|| consumer.pop().ok()).collect()
}

/// The producer tries to push 1, 2, ...; the consumer to pop. All that was pushed comes
/// out in order; the outcome is what came out while the producer was at work.
fn one_by_one(capacity: usize, before_wrap: usize, [pushes, pops]: [u32; 2]) -> Model {
    let name = format!("one by one, capacity {capacity}, {before_wrap} before the wrap");
    Model::new(name, move || {
        let (mut producer, mut consumer) = ring(capacity, before_wrap);
        let producing = model::spawn(move || {
            let mut next = 1;
            for _ in 0..pushes {
                match producer.push(next) {
                    Ok(()) => next += 1,
                    Err(PushError::Full(message)) => assert_eq!(message, next),
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

/// A batch is seen as a whole: one of two, then one of what fits of two more.
fn batches(capacity: usize, before_wrap: usize) -> Model {
    let name = format!("batches, capacity {capacity}, {before_wrap} before the wrap");
    Model::new(name, move || {
        let (mut producer, mut consumer) = ring(capacity, before_wrap);
        let producing = model::spawn(move || {
            let first = producer.push_slice(&[1, 2]).unwrap();
            let second = producer.push_slice(&[3, 4]).unwrap();
            (first, second)
        });
        let mut seen = [0; 4];
        let one = consumer.pop_slice(&mut seen).unwrap();
        let two = consumer.pop_slice(&mut seen[one..]).unwrap();
        let (first, second) = producing.join().unwrap();
        let mut all = seen[..one + two].to_vec();
        all.extend(rest(&mut consumer));
        let sent = [&[1, 2][..first], &[3, 4][..second]].concat();
        assert_eq!(all, sent);
        format!("{first}+{second} pushed, {one}+{two} popped")
    })
}

/// Messages written and read where they lie, across the end of the slots.
fn in_place() -> Model {
    Model::new("in place, across the end of the slots", || {
        let (mut producer, mut consumer) = ring(2, 1);
        let producing = model::spawn(move || {
            let mut batch = producer.batch();
            for value in [1, 2] {
                let write = |slots: &mut [std::mem::MaybeUninit<u32>]| {
                    slots[0].write(value);
                    1
                };
                // SAFETY: the first slot is initialised.
                assert_eq!(unsafe { batch.fill(1, write) }, Ok(1));
            }
            batch.commit();
        });
        let mut seen = Vec::new();
        let mut taken = consumer.take();
        let copy = |seen: &mut Vec<u32>, run: &[u32]| {
            seen.extend_from_slice(run);
            run.len()
        };
        while taken.read(2, |run| copy(&mut seen, run)).unwrap() > 0 {}
        taken.release();
        producing.join().unwrap();
        let early = seen.len();
        seen.extend(rest(&mut consumer));
        assert_eq!(seen, [1, 2]);
        early
    })
}

/// A message that does not fit comes back, and fits once there is room.
fn full() -> Model {
    Model::new("full, then room", || {
        let (mut producer, mut consumer) = ring(1, 0);
        producer.push(1).unwrap();
        let producing = model::spawn(move || producer.push(2));
        let first = consumer.pop();
        let pushed = producing.join().unwrap();
        let then = consumer.pop();
        assert_eq!(first, Ok(1));
        assert_eq!(
            then,
            if pushed.is_ok() {
                Ok(2)
            } else {
                Err(PopError::Empty)
            }
        );
        pushed
    })
}

/// A batch that is dropped was never there.
fn dropped_batch() -> Model {
    Model::new("a batch that is dropped", || {
        let (mut producer, mut consumer) = ring(2, 0);
        let producing = model::spawn(move || {
            let mut batch = producer.batch();
            batch.push(1).unwrap();
            drop(batch);
            producer.push(2).unwrap();
        });
        let early = consumer.pop();
        producing.join().unwrap();
        let late = rest(&mut consumer);
        assert_eq!(early.into_iter().chain(late).collect::<Vec<_>>(), [2]);
        early
    })
}

/// A producer that follows another goes on where that one stopped, while the consumer is at work.
fn successor() -> Model {
    Model::new("a successor of the producer", || {
        let (mut producer, mut consumer) = ring(2, 1);
        let capacity = Capacity::new(2).unwrap();
        let consuming = model::spawn(move || {
            let early: Vec<u32> = (0..2).filter_map(|_| consumer.pop().ok()).collect();
            (early, consumer)
        });
        producer.push(1).unwrap();
        let words = Arc::clone(producer.ring());
        drop(producer);
        // SAFETY: the ring is of this capacity, and its producer is gone.
        let mut successor = unsafe { Producer::attach(words, capacity) }.unwrap();
        successor.push(2).unwrap();
        let third = successor.push(3).is_ok();
        let (early, mut consumer) = consuming.join().unwrap();
        let all = [early.clone(), rest(&mut consumer)].concat();
        assert_eq!(all, if third { vec![1, 2, 3] } else { vec![1, 2] });
        format!("{early:?}, {third}")
    })
}

/// A consumer that follows another goes on where that one stopped, while the producer is at work.
fn consumers_successor() -> Model {
    Model::new("a successor of the consumer", || {
        let (mut producer, mut consumer) = ring(3, 1);
        let capacity = Capacity::new(3).unwrap();
        producer.push(1).unwrap();
        let producing = model::spawn(move || [2, 3].map(|message| producer.push(message).unwrap()));
        let first = consumer.pop();
        let words = Arc::clone(consumer.ring());
        drop(consumer);
        // SAFETY: the ring is of this capacity, and its consumer is gone.
        let mut successor = unsafe { Consumer::attach(words, capacity) }.unwrap();
        let seen = successor.seen();
        let early: Vec<u32> = (0..seen).filter_map(|_| successor.pop().ok()).collect();
        assert_eq!(early.len(), seen, "what it has seen is there");
        producing.join().unwrap();
        let all = [early.clone(), rest(&mut successor)].concat();
        assert_eq!((first, &all[..]), (Ok(1), &[2, 3][..]));
        format!("{early:?}")
    })
}
