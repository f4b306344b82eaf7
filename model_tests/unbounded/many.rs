//! Sides that several share, and that go through a gate one by one.

mod stopped;

use super::{Buffer, Checked, is_small};
use crate::{explore, histories, one_more};
use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::many::{Busy, Consumer, PopError, Producer, PushError};
use aqueduct::model::{self, Model};
use libtest_mimic::Trial;
use std::rc::Rc;

pub fn trials() -> impl Iterator<Item = Trial> {
    let explored = models()
        .into_iter()
        .map(|model| explore("unbounded", model));
    let judged = histories::many::models();
    let long = one_more("unbounded::long", models().into_iter().chain(judged));
    explored.chain(stopped::trials()).chain(long)
}

fn models() -> Vec<Model> {
    let of_two = |pushed: usize| (0..=pushed).map(move |popped| seen(pushed, popped));
    let two = || of_two(1).chain(of_two(2));
    let in_one = || [seen(1, 0), seen(1, 1), seen(2, 1), seen(2, 2)];
    vec![
        crowd([(1, 3), (1, 2)], [2, 1])
            .outcomes([seen(2, 0), seen(2, 1), seen(2, 2), seen(3, 1), seen(3, 2)])
            .at_least(5_000),
        crowd([(2, 1), (1, 2)], [3, 2])
            .bound(2)
            .outcomes(two())
            .at_least(500),
        crowd([(2, 1), (1, 2)], [2, 1])
            .bound(2)
            .outcomes(two())
            .at_least(500),
        crowd([(2, 1), (1, 2)], [1, 1])
            .bound(2)
            .outcomes(in_one())
            .at_least(500),
        crowd([(1, 2), (2, 1)], [1, 1])
            .bound(2)
            .outcomes(in_one())
            .at_least(500),
        crowd([(1, 2), (2, 1)], [2, 1])
            .bound(2)
            .outcomes(of_two(2))
            .at_least(500),
        crowd([(1, 2), (2, 1)], [3, 2])
            .bound(2)
            .outcomes(of_two(2))
            .at_least(500),
        crowd([(2, 1), (2, 1)], [1, 1])
            .bound(2)
            .outcomes(in_one())
            .at_least(10_000),
        crowd([(2, 1), (2, 1)], [2, 2])
            .bound(2)
            .outcomes(two())
            .at_least(10_000),
        crowd([(2, 1), (2, 1)], [3, 1])
            .bound(2)
            .outcomes(two())
            .at_least(10_000),
        slices()
            .bound(2)
            .outcomes(
                (0..=2)
                    .map(|popped| seen(2, popped))
                    .chain((0..=3).map(|popped| seen(4, popped))),
            )
            .at_least(800),
    ]
}

/// The outcome of a crowd.
fn seen(pushed: usize, popped: usize) -> String {
    format!("{pushed} pushed, {popped} popped")
}

/// Two push slices that cross a segment, one pops one: each slice comes out in one piece.
fn slices() -> Model {
    Model::new("many: slices, limit 4, segments of 2", || {
        let buffer = Checked::new([4, 2], 1).buffer();
        let [mut first, mut second] = [1, 2].map(|owner| producer(&buffer, owner));
        let pushing = model::spawn(move || first.push_slice(&[10, 11]));
        let mut taker = consumer(&buffer, 3);
        let popping = model::spawn(move || {
            let mut messages = [0; 3];
            let popped = taker.pop_slice(&mut messages).unwrap_or(0);
            messages[..popped].to_vec()
        });
        let second = second.push_slice(&[20, 21]);
        let first = pushing.join().unwrap();
        let early = popping.join().unwrap();
        let all = [early.clone(), rest(&buffer)].concat();
        let slices = [(first, [10, 11]), (second, [20, 21])];
        let pushed = slices.iter().filter(|(answer, _)| answer.is_ok());
        let pushed: Vec<[u32; 2]> = pushed.map(|(_, slice)| *slice).collect();
        let reversed: Vec<[u32; 2]> = pushed.iter().rev().copied().collect();
        assert!(
            all == pushed.concat() || all == reversed.concat(),
            "{all:?}"
        );
        is_small(&buffer);
        seen(all.len(), early.len())
    })
}

/// What fails without one of the orderings of the gate.
pub fn to_sweep() -> Vec<Model> {
    vec![
        crowd([(2, 1), (1, 1)], [3, 1]).bound(2),
        crowd([(1, 2), (2, 1)], [1, 1]).bound(2),
        stopped::to_sweep(),
    ]
}

/// A producer of the attachment with this number.
pub fn producer(buffer: &Buffer, owner: u16) -> Producer<Buffer> {
    // SAFETY: each model gives every process or thread a number of its own, or recovers first.
    unsafe { Producer::attach(Rc::clone(buffer), Owner::new(owner)) }
}

/// A consumer of the attachment with this number.
pub fn consumer(buffer: &Buffer, owner: u16) -> Consumer<Buffer> {
    // SAFETY: as above; all messages are numbers.
    unsafe { Consumer::attach(Rc::clone(buffer), Owner::new(owner)) }
}

/// Pushes; says whether it was put in, was refused, or met another call.
pub fn push(producer: &mut Producer<Buffer>, message: u32) -> &'static str {
    match producer.push(message) {
        Ok(()) => "pushed",
        Err(PushError::Full(back)) => {
            assert_eq!(back, message);
            "full"
        }
        Err(PushError::Busy(back, Busy { owner })) => {
            assert_eq!(back, message);
            assert!(owner.is_some(), "somebody is inside");
            "busy"
        }
        Err(other) => panic!("{other}"),
    }
}

/// Pops; `None` also if it met another call.
pub fn pop(consumer: &mut Consumer<Buffer>) -> Option<u32> {
    match consumer.pop() {
        Ok(message) => Some(message),
        Err(PopError::Empty | PopError::Busy(_)) => None,
        Err(PopError::Corrupt(_)) => panic!("corrupt"),
    }
}

/// Tries to pop so many times.
fn pop_often(mut consumer: Consumer<Buffer>, tries: u32) -> Vec<u32> {
    (0..tries).filter_map(|_| pop(&mut consumer)).collect()
}

/// Takes what is left, when nobody else is at work.
pub fn rest(buffer: &Buffer) -> Vec<u32> {
    let mut consumer = consumer(buffer, 99);
    let rest = std::iter::from_fn(|| match consumer.pop() {
        Ok(message) => Some(message),
        Err(PopError::Empty) => None,
        Err(error) => panic!("{error}"),
    });
    rest.collect()
}

/// Threads on each side, and how often each of a side tries.
type Crowd = [(u16, u32); 2];

/// Producers push as often as they are told, each numbers of its own; consumers pop. Whoever meets
/// another at the gate leaves it at that. What was pushed comes out once, and in the order of each
/// producer. The outcome is how many messages were pushed, and how many popped at once.
fn crowd([(producers, pushes), (consumers, pops)]: Crowd, sizes: [usize; 2]) -> Model {
    let [limit, slots] = sizes;
    let name = format!("many: {producers} and {consumers}, limit {limit}, segments of {slots}");
    Model::new(name, move || {
        let buffer = Checked::new(sizes, 1).buffer();
        let producing = (1..=producers).map(|owner| {
            let mut producer = producer(&buffer, owner);
            let own = (0..pushes).map(move |n| 10 * u32::from(owner) + n);
            model::spawn(move || -> Vec<u32> {
                own.filter(|&n| push(&mut producer, n) == "pushed")
                    .collect()
            })
        });
        let producing: Vec<_> = producing.collect();
        let consuming = (1..consumers).map(|number| {
            let consumer = consumer(&buffer, 10 + number);
            model::spawn(move || pop_often(consumer, pops))
        });
        let consuming: Vec<_> = consuming.collect();
        let mut popped = vec![pop_often(consumer(&buffer, 10), pops)];
        popped.extend(consuming.into_iter().map(|thread| thread.join().unwrap()));
        let pushed = producing.into_iter().map(|thread| thread.join().unwrap());
        let pushed: Vec<u32> = pushed.flatten().collect();
        let early = popped.concat().len();
        popped.push(rest(&buffer));
        for one in &popped {
            assert!(in_order(one), "{popped:?}");
        }
        let mut all = popped.concat();
        all.sort_unstable();
        assert_eq!(all, pushed);
        is_small(&buffer);
        seen(all.len(), early)
    })
}

/// Whether the messages of each producer rise.
fn in_order(popped: &[u32]) -> bool {
    let of = |producer: u32| popped.iter().filter(move |&n| n / 10 == producer);
    (1..=2).all(|producer| of(producer).is_sorted())
}
