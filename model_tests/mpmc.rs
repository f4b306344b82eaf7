//! Models of `src/buffer/mpmc`: producers and consumers that only try, on a ring whose laps have
//! three bits and wrap within the model.

mod batches;
mod guards;
mod late;
mod meeting;
mod stopped;

use crate::swept::MPMC;
use crate::{explore, histories, one_more, sweep};
use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::model::{self, Machine, Model, Sweep};
use aqueduct::place::boxed;
use aqueduct::position::{Capacity, Position};
use libtest_mimic::Trial;
use std::sync::Arc;

/// The bits of a lap.
pub const LAPS: u32 = 3;
pub type Words = Arc<Ring<Machine, u32, LAPS>>;

pub fn trials() -> Vec<Trial> {
    let explored = models().into_iter().map(|model| explore("mpmc", model));
    let [first, files @ ..] = MPMC;
    let all = files
        .into_iter()
        .fold(Sweep::new(first, to_sweep()), Sweep::and);
    explored
        .chain([sweep("mpmc", all)])
        .chain(stopped::trials())
        .chain(late::trials())
        .chain(long())
        .collect()
}

/// With one preemption more.
fn long() -> impl Iterator<Item = Trial> {
    let models = models().into_iter().chain(histories::mpmc::models());
    let stopped = stopped::long().into_iter();
    let stopped = stopped.map(|trial| trial.with_ignored_flag(true));
    one_more("mpmc::long", models).into_iter().chain(stopped)
}

fn models() -> Vec<Model> {
    let alone = [
        one_and_one(1, 1, [2, 2])
            .outcomes(["[] of 1", "[1] of 1", "[1] of 2", "[1, 2] of 2"])
            .at_least(1_000),
        one_and_one(2, 1, [2, 2])
            .outcomes(["[] of 2", "[1] of 2", "[1, 2] of 2"])
            .at_least(200),
        one_and_one(3, 2, [2, 1])
            .outcomes(["[] of 2", "[1] of 2"])
            .at_least(20),
    ];
    alone
        .into_iter()
        .chain(meeting::models())
        .chain(batches::models())
        .chain(guards::models())
        .collect()
}

/// What fails without one of the orderings: the small ones are enough.
fn to_sweep() -> Vec<Model> {
    let mut models = vec![one_and_one(1, 1, [2, 2])];
    models.extend(meeting::to_sweep());
    models.extend(guards::to_sweep());
    models.extend(stopped::to_sweep());
    models
}

/// A ring whose stream starts so many messages before its turns wrap; it is drawn where a model
/// fails.
pub fn ring(capacity: usize, before_wrap: usize) -> Words {
    let capacity = Capacity::new(capacity).unwrap();
    let start = Position::new(0).minus(before_wrap);
    let ring: Words = Arc::from(boxed::<Ring<Machine, u32, LAPS>>(capacity, start).unwrap());
    let drawn = Arc::clone(&ring);
    model::watch(move || format!("{drawn:?}"));
    ring
}

/// A producer of the attachment with this number.
pub fn producer(ring: &Words, owner: u16) -> Producer<Words, LAPS> {
    // SAFETY: each model gives every process or thread a number of its own, or recovers first.
    unsafe { Producer::attach(Arc::clone(ring), Owner::new(owner)) }
}

/// A consumer of the attachment with this number.
pub fn consumer(ring: &Words, owner: u16) -> Consumer<Words, LAPS> {
    // SAFETY: as above; all messages are numbers.
    unsafe { Consumer::attach(Arc::clone(ring), Owner::new(owner)) }
}

/// Pushes; says whether it was put in, was refused, or met another call.
pub fn push(producer: &Producer<Words, LAPS>, message: u32) -> &'static str {
    match producer.push(message) {
        Ok(()) => "pushed",
        Err(PushError::Full(back)) => {
            assert_eq!(back, message);
            "full"
        }
        Err(PushError::Busy(back, _)) => {
            assert_eq!(back, message);
            "busy"
        }
        Err(PushError::Corrupt(_)) => panic!("corrupt"),
    }
}

/// Pops; `None` also if it met another call.
pub fn pop(consumer: &Consumer<Words, LAPS>) -> Option<u32> {
    match consumer.pop() {
        Ok(message) => Some(message),
        Err(PopError::Empty | PopError::Busy(_)) => None,
        Err(PopError::Corrupt(_)) => panic!("corrupt"),
    }
}

/// Takes what is left, when nobody else is at work.
pub fn rest(ring: &Words) -> Vec<u32> {
    let consumer = consumer(ring, 99);
    let rest = std::iter::from_fn(|| match consumer.pop() {
        Ok(message) => Some(message),
        Err(PopError::Empty) => None,
        Err(error) => panic!("{error}"),
    });
    rest.collect()
}

/// One producer and one consumer: what was pushed comes out in order. The outcome is what came out
/// while the producer was at work, and how many were pushed.
fn one_and_one(capacity: usize, before_wrap: usize, [pushes, pops]: [u32; 2]) -> Model {
    let name = format!("one and one, capacity {capacity}, {before_wrap} before the wrap");
    Model::new(name, move || {
        let ring = ring(capacity, before_wrap);
        let producing = model::spawn({
            let producer = producer(&ring, 1);
            move || {
                (1..=pushes)
                    .take_while(|&n| push(&producer, n) == "pushed")
                    .count()
            }
        });
        let consumer = consumer(&ring, 2);
        let early: Vec<u32> = (0..pops).filter_map(|_| pop(&consumer)).collect();
        let pushed = u32::try_from(producing.join().unwrap()).unwrap();
        let all = [early.clone(), rest(&ring)].concat();
        assert_eq!(all, (1..=pushed).collect::<Vec<_>>());
        format!("{early:?} of {pushed}")
    })
}
