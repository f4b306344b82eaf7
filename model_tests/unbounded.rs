//! Models of `src/buffer/unbounded`: one producer and one consumer that only try, in segments of one
//! or two slots.

mod checked;
mod heap;
pub mod many;
mod stopped;

pub use self::checked::{Buffer, Checked};
use crate::swept::UNBOUNDED;
use crate::{explore, sweep};
use aqueduct::buffer::PopError;
use aqueduct::buffer::unbounded::{
    Consumer, Memory, Producer, PushError, Segments, Unbounded, split,
};
use aqueduct::model::{self, Model, Sweep};
use libtest_mimic::Trial;
use std::ops::Deref;
use std::rc::Rc;

pub fn trials() -> Vec<Trial> {
    let models = models().into_iter().chain(heap::models());
    let explored = models.map(|model| explore("unbounded", model));
    let [first, files @ ..] = UNBOUNDED;
    let models_to_sweep = [to_sweep(), heap::to_sweep(), many::to_sweep()];
    let models_to_sweep = models_to_sweep.into_iter().flatten();
    let all = Sweep::new(first, models_to_sweep);
    let all = files.into_iter().fold(all, Sweep::and);
    explored
        .chain([sweep("unbounded", all)])
        .chain(stopped::trials())
        .chain(many::trials())
        .collect()
}

fn models() -> Vec<Model> {
    let prefixes = ["[]", "[1]", "[1, 2]"];
    vec![
        one_by_one([1, 1], 1, [3, 2])
            .outcomes(prefixes)
            .at_least(2_000),
        one_by_one([1, 2], 1, [3, 2])
            .outcomes(prefixes)
            .at_least(2_000),
        one_by_one([2, 1], 1, [3, 2])
            .outcomes(prefixes)
            .at_least(2_000),
        one_by_one([2, 2], 2, [3, 2])
            .outcomes(prefixes)
            .at_least(2_000),
        slices([3, 1], 1)
            .outcomes([
                "2+1 pushed, 0 popped",
                "2+1 pushed, 1 popped",
                "2+1 pushed, 2 popped",
                "2+1 pushed, 3 popped",
                "2+2 pushed, 1 popped",
                "2+2 pushed, 2 popped",
            ])
            .at_least(300),
        slices([2, 2], 1)
            .outcomes([
                "2+0 pushed, 0 popped",
                "2+0 pushed, 1 popped",
                "2+0 pushed, 2 popped",
                "2+1 pushed, 1 popped",
                "2+1 pushed, 2 popped",
                "2+2 pushed, 2 popped",
            ])
            .at_least(300),
        full().outcomes(["Ok(())", "Err(Full(2))"]).at_least(4),
        no_memory().outcomes(["0", "1", "2"]).at_least(1_000),
        successors()
            .outcomes(["[]", "[1]", "[1, 2]"])
            .at_least(2_000),
    ]
}

/// What fails without one of the orderings.
fn to_sweep() -> Vec<Model> {
    vec![one_by_one([2, 1], 1, [3, 2]), full(), slices([2, 2], 1)]
}

/// Both sides of a buffer.
pub fn sides<M: Memory, R>(buffer: &R) -> (Producer<R>, Consumer<R>)
where
    R: Deref<Target = Unbounded<M>> + Clone,
{
    // SAFETY: the buffer is new.
    unsafe { split(buffer.clone()) }.unwrap()
}

/// Takes what is left, after the producer has ended.
pub fn rest<M: Memory, R: Deref<Target = Unbounded<M>>>(
    consumer: &mut Consumer<R>,
) -> Vec<M::Message> {
    std::iter::from_fn(|| consumer.pop().ok()).collect()
}

/// Drained, a buffer has the segment that the next message goes to, if it is begun.
fn is_small(buffer: &Buffer) {
    let (head, tail) = buffer.positions();
    assert_eq!(head, tail, "it is drained");
    let memory = buffer.memory();
    let begun = !memory.shape().begins(tail);
    assert_eq!(memory.there(), usize::from(begun), "segments that are left");
}

/// The producer tries to push 1, 2, ...; the consumer to pop. All that was pushed comes out in
/// order; the outcome is what came out while the producer was at work.
fn one_by_one(sizes: [usize; 2], before_wrap: usize, tries: [u32; 2]) -> Model {
    let [limit, slots] = sizes;
    let name =
        format!("one by one, limit {limit}, segments of {slots}, {before_wrap} before the wrap");
    Model::new(name, move || {
        let buffer = Checked::new(sizes, before_wrap).buffer();
        let early = push_and_pop(&buffer, tries);
        is_small(&buffer);
        early
    })
}

/// So many tries to push, and to pop; returns what came out before all was pushed.
fn push_and_pop<M: Memory<Message = u32> + 'static, R>(
    buffer: &R,
    [pushes, pops]: [u32; 2],
) -> String
where
    R: Deref<Target = Unbounded<M>> + Clone + 'static,
{
    let (mut producer, mut consumer) = sides(buffer);
    let producing = model::spawn(move || {
        let mut next = 1;
        for _ in 0..pushes {
            match producer.push(next) {
                Ok(()) => next += 1,
                Err(PushError::Full(message)) => assert_eq!(message, next),
                Err(other) => panic!("{other}"),
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
}

/// Slices that cross segments: those in one segment are seen as a whole.
fn slices(sizes: [usize; 2], before_wrap: usize) -> Model {
    let [limit, slots] = sizes;
    let name = format!("slices, limit {limit}, segments of {slots}");
    Model::new(name, move || {
        let buffer = Checked::new(sizes, before_wrap).buffer();
        let (mut producer, mut consumer) = sides(&buffer);
        let producing = model::spawn(move || {
            let first = producer.push_slice(&[1, 2]).unwrap();
            let second = producer.push_slice(&[3, 4]).unwrap();
            [first, second]
        });
        let mut seen = [0; 4];
        let early = consumer.pop_slice(&mut seen).unwrap();
        let [first, second] = producing.join().unwrap();
        let mut all = seen[..early].to_vec();
        all.extend(rest(&mut consumer));
        let sent = [&[1, 2][..first], &[3, 4][..second]].concat();
        assert_eq!(all, sent);
        is_small(&buffer);
        format!("{first}+{second} pushed, {early} popped")
    })
}

/// A message that does not fit comes back, and fits once there is room.
fn full() -> Model {
    Model::new("full, then room", || {
        let buffer = Checked::new([1, 1], 0).buffer();
        let (mut producer, mut consumer) = sides(&buffer);
        producer.push(1).unwrap();
        let producing = model::spawn(move || producer.push(2));
        assert_eq!(consumer.pop(), Ok(1));
        let pushed = producing.join().unwrap();
        let then = pushed.map(|()| 2).map_err(|_| PopError::Empty);
        assert_eq!(consumer.pop(), then);
        pushed
    })
}

/// There is no memory for the second segment at first; the message comes back, and goes in later.
fn no_memory() -> Model {
    Model::new("no memory, then some", || {
        let buffer = Checked::new([3, 1], 1).failing(&[1, 2]).buffer();
        let (mut producer, mut consumer) = sides(&buffer);
        let producing = model::spawn(move || {
            producer.push(1).unwrap();
            assert_eq!(producer.push(2), Err(PushError::NoMemory(2)));
            let refused = producer.push_slice(&[2, 3]);
            assert!(refused.is_err(), "{refused:?}");
            producer.push_slice(&[2, 3]).unwrap()
        });
        let mut popped: Vec<u32> = (0..2).filter_map(|_| consumer.pop().ok()).collect();
        let early = popped.len();
        assert_eq!(producing.join().unwrap(), 2);
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, [1, 2, 3]);
        is_small(&buffer);
        early
    })
}

/// Sides that follow others go on where those stopped, while the other side is at work.
fn successors() -> Model {
    Model::new("successors of both sides", || {
        let buffer = Checked::new([2, 1], 1).again().buffer();
        let (mut producer, mut consumer) = sides(&buffer);
        let others = Rc::clone(&buffer);
        let consuming = model::spawn(move || {
            let first = consumer.pop();
            // SAFETY: its predecessor is not used again.
            let mut successor = unsafe { Consumer::attach(others) }.unwrap();
            (first, successor.pop(), successor)
        });
        producer.push(1).unwrap();
        // SAFETY: its predecessor is not used again.
        let mut successor = unsafe { Producer::attach(Rc::clone(&buffer)) }.unwrap();
        successor.push(2).unwrap();
        let (first, second, mut consumer) = consuming.join().unwrap();
        let early = [first, second].into_iter().filter_map(Result::ok);
        let early: Vec<u32> = early.collect();
        let all = [early.clone(), rest(&mut consumer)].concat();
        assert_eq!(all, [1, 2]);
        is_small(&buffer);
        format!("{early:?}")
    })
}
