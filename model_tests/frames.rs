//! Models of `src/buffer/frames`: producers and a consumer of records, which only try. Blocks are
//! of one byte, so a record takes as many blocks as it has bytes, or one.

mod meeting;
mod settled;
mod stopped;

use crate::swept::FRAMES;
use crate::{explore, histories, one_more, sweep, without_bound};
use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{ClaimError, Consumer, Frames, Producer, TakeError};
use aqueduct::model::{self, Machine, Model, Sweep};
use aqueduct::place::boxed;
use aqueduct::position::{Capacity, Position};
use libtest_mimic::Trial;
use std::sync::Arc;

pub type Words = Arc<Frames<Machine, 1>>;

/// Where a stream starts.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// So many blocks before the position wraps, and with it the laps of free words.
    BeforeWrap(u64),
    /// So many blocks before the laps of records wrap.
    BeforeLaps(u64),
}

pub fn trials() -> Vec<Trial> {
    let explored = models().into_iter().map(|model| explore("frames", model));
    let [first, files @ ..] = FRAMES;
    let all = files
        .into_iter()
        .fold(Sweep::new(first, to_sweep()), Sweep::and);
    explored
        .chain([sweep("frames", all)])
        .chain(stopped::trials())
        .chain(one_more(
            "frames::long",
            models().into_iter().chain(histories::frames::models()),
        ))
        .chain(without_bound("frames::long in full", in_full()))
        .collect()
}

fn models() -> Vec<Model> {
    alone()
        .into_iter()
        .chain(meeting::models())
        .chain(settled::models())
        .collect()
}

/// One producer.
fn alone() -> [Model; 8] {
    let prefixes = ["[]", "[1]", "[1, 2]"];
    [
        one_by_one(1, Start::BeforeWrap(1), [3, 3])
            .bound(3)
            .outcomes(prefixes)
            .at_least(450),
        one_by_one(1, Start::BeforeLaps(1), [2, 2])
            .bound(3)
            .outcomes(prefixes),
        one_by_one(2, Start::BeforeWrap(1), [3, 2])
            .bound(3)
            .outcomes(prefixes),
        across_the_end()
            .outcomes([
                "Empty, then false",
                "[1, 2], then false",
                "[1, 2], then true",
                "busy 1, then false",
            ])
            .at_least(60),
        out_of_order()
            .outcomes([
                "Empty, Empty",
                "Empty, [1]",
                "Empty, busy 1",
                "[1], [2]",
                "busy 1, [1]",
                "busy 1, busy 1",
            ])
            .at_least(190),
        // The last two pushes fill the block after it was skipped, or after it was never claimed.
        given_up()
            .outcomes([
                "Empty, false, false",
                "Empty, false, true",
                "Empty, true, false",
                "[2], true, true",
                "busy 1, false, false",
                "busy 1, true, false",
            ])
            .at_least(500),
        together()
            .outcomes(["2, false", "2, true", "3, false", "3, true"])
            .at_least(380),
        one_after_the_other()
            .outcomes(["false, 1", "true, 2"])
            .at_least(10),
    ]
}

/// The same without a bound, where a third record may be there in time as well.
fn in_full() -> Vec<Model> {
    let [_, rest @ ..] = alone();
    let all = ["[]", "[1]", "[1, 2]", "[1, 2, 3]"];
    let longest = one_by_one(1, Start::BeforeWrap(1), [3, 3]);
    [longest.bound(3).outcomes(all)]
        .into_iter()
        .chain(rest)
        .collect()
}

/// What fails without one of the orderings: the small ones are enough.
fn to_sweep() -> Vec<Model> {
    let mut models = vec![
        one_by_one(1, Start::BeforeWrap(1), [2, 2]).bound(3),
        across_the_end(),
        out_of_order(),
        given_up(),
        together(),
        one_after_the_other(),
    ];
    models.extend(settled::to_sweep());
    models
}

/// A new buffer; it is drawn where a model fails.
pub fn frames(blocks: usize, start: Start) -> Words {
    let capacity = Capacity::new(blocks).unwrap();
    let start = match start {
        Start::BeforeWrap(before) => 0_u64.wrapping_sub(before),
        Start::BeforeLaps(before) => ((blocks as u64) << 14) - before,
    };
    let frames = boxed::<Frames<Machine, 1>>(capacity, Position::new(start)).unwrap();
    let frames: Words = Arc::from(frames);
    let drawn = Arc::clone(&frames);
    model::watch(move || format!("{drawn:?}"));
    frames
}

/// The owner of this number.
pub fn owner(number: u16) -> Owner {
    Owner::new(number)
}

/// A producer whose claims carry this number.
pub fn producer(frames: &Words, number: u16) -> Producer<Words> {
    // SAFETY: whoever had the number before has ended.
    unsafe { Producer::attach(Arc::clone(frames), owner(number)) }
}

/// The consumer.
pub fn consumer(frames: &Words) -> Consumer<Words> {
    // SAFETY: whoever was the consumer before has ended.
    unsafe { Consumer::attach(Arc::clone(frames)) }
}

/// Puts a record into the buffer; says whether it fits.
pub fn push(producer: &Producer<Words>, record: &[u8]) -> bool {
    match producer.push(record) {
        Ok(()) => true,
        Err(ClaimError::Full) => false,
        Err(other) => panic!("{other}"),
    }
}

/// Takes a record out.
pub fn pop(consumer: &mut Consumer<Words>) -> Result<Vec<u8>, TakeError> {
    let mut record = Vec::new();
    match consumer.pop(&mut record) {
        Ok(()) => Ok(record),
        Err(why @ TakeError::Corrupt(_)) => panic!("{why}"),
        Err(why) => Err(why),
    }
}

/// Takes what is left, when nobody is at work.
pub fn rest(consumer: &mut Consumer<Words>) -> Vec<Vec<u8>> {
    let left = std::iter::from_fn(|| pop(consumer).ok()).collect();
    assert_eq!(pop(consumer), Err(TakeError::Empty));
    left
}

/// The producer tries to push [1], [2], ...; the consumer to pop. All that was pushed comes out in
/// order; the outcome is what came out while the producer was at work.
fn one_by_one(blocks: usize, start: Start, [pushes, pops]: [u8; 2]) -> Model {
    let name = format!("one by one, {blocks} blocks, {start:?}, {pushes} pushes");
    Model::new(name, move || {
        let frames = frames(blocks, start);
        let producer = producer(&frames, 1);
        let mut consumer = consumer(&frames);
        let producing = model::spawn(move || {
            let mut next = 1;
            for _ in 0..pushes {
                next += u8::from(push(&producer, &[next]));
            }
            next
        });
        let mut popped: Vec<u8> = (0..pops)
            .filter_map(|_| pop(&mut consumer).ok())
            .flatten()
            .collect();
        let early = format!("{popped:?}");
        let next = producing.join().unwrap();
        popped.extend(rest(&mut consumer).concat());
        assert_eq!(popped, (1..next).collect::<Vec<_>>());
        early
    })
}

/// A record of two does not fit into the last block; an empty one takes one block.
fn across_the_end() -> Model {
    Model::new("across the end", || {
        let frames = frames(4, Start::BeforeWrap(1));
        let producer = producer(&frames, 1);
        let mut consumer = consumer(&frames);
        let producing = model::spawn(move || {
            let records: [&[u8]; 3] = [&[1, 2], &[], &[3, 4]];
            records.map(|record| push(&producer, record))
        });
        let first = pop(&mut consumer);
        let fits = producing.join().unwrap();
        assert_eq!(fits[..2], [true, true]);
        let mut all: Vec<Vec<u8>> = first.clone().into_iter().collect();
        all.extend(rest(&mut consumer));
        let sent = [vec![1, 2], vec![], vec![3, 4]];
        assert_eq!(all, sent[..if fits[2] { 3 } else { 2 }]);
        format!("{}, then {}", seen(first), fits[2])
    })
    .bound(3)
}

/// Two claims at once, committed in the other order.
fn out_of_order() -> Model {
    Model::new("committed out of order", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let producer = producer(&frames, 1);
        let mut consumer = consumer(&frames);
        let producing = model::spawn(move || {
            let mut first = producer.claim(1).unwrap();
            let mut second = producer.claim(1).unwrap();
            second.write(|bytes| bytes[0] = 2);
            second.commit();
            first.write(|bytes| bytes[0] = 1);
            first.commit();
        });
        let early = [pop(&mut consumer), pop(&mut consumer)];
        producing.join().unwrap();
        let all = early.clone().into_iter().flatten();
        let all: Vec<_> = all.chain(rest(&mut consumer)).collect();
        assert_eq!(all, [[1], [2]]);
        early.map(seen).join(", ")
    })
}

/// A claim that is dropped is skipped, and its memory comes back.
fn given_up() -> Model {
    Model::new("given up", || {
        let frames = frames(1, Start::BeforeWrap(1));
        let producer = producer(&frames, 1);
        let mut consumer = consumer(&frames);
        let producing = model::spawn(move || {
            if let Ok(mut claim) = producer.claim(1) {
                claim.write(|bytes| bytes[0] = 1);
                claim.abort();
            }
            push(&producer, &[2])
        });
        let early = pop(&mut consumer);
        // Whoever has skipped it may fill the block.
        let other = self::producer(&frames, 2);
        let third = push(&other, &[3]);
        let second = producing.join().unwrap();
        let mut all: Vec<Vec<u8>> = early.clone().into_iter().collect();
        all.extend(rest(&mut consumer));
        let sent = [(second, vec![2]), (third, vec![3])].into_iter();
        let sent: Vec<_> = sent.filter(|one| one.0).map(|one| one.1).collect();
        assert_eq!(all, sent);
        format!("{}, {second}, {third}", seen(early))
    })
    .bound(3)
}

/// Records that are read one after the other and released together.
fn together() -> Model {
    Model::new("released together", || {
        let frames = frames(4, Start::BeforeWrap(2));
        let producer = producer(&frames, 1);
        let mut consumer = consumer(&frames);
        assert!(push(&producer, &[1]) && push(&producer, &[2]));
        let producing =
            model::spawn(move || [[3, 4], [5, 6]].map(|record| push(&producer, &record)));
        let mut taken = consumer.take();
        let mut all = Vec::new();
        while taken.read(|bytes| all.push(bytes.to_vec())).is_ok() {}
        taken.release();
        let early = all.len();
        let fits = producing.join().unwrap();
        all.extend(rest(&mut consumer));
        let sent = [vec![1], vec![2], vec![3, 4], vec![5, 6]];
        assert!(fits[0]);
        assert_eq!(all, sent[..if fits[1] { 4 } else { 3 }]);
        format!("{early}, {}", fits[1])
    })
}

/// A record takes the blocks of two, which were released one after the other.
fn one_after_the_other() -> Model {
    Model::new("released one after the other", || {
        let frames = frames(4, Start::BeforeWrap(4));
        let producer = producer(&frames, 1);
        let mut consumer = consumer(&frames);
        for record in [&[1][..], &[2], &[3, 4]] {
            assert!(push(&producer, record));
        }
        let producing = model::spawn(move || push(&producer, &[5, 6]));
        let early = [pop(&mut consumer), pop(&mut consumer)];
        assert_eq!(early.map(Result::unwrap), [[1], [2]]);
        let fits = producing.join().unwrap();
        let left = rest(&mut consumer);
        assert_eq!(left, [[3, 4], [5, 6]][..if fits { 2 } else { 1 }]);
        format!("{fits}, {}", left.len())
    })
}

/// What a pop was told, in short.
fn seen(popped: Result<Vec<u8>, TakeError>) -> String {
    match popped {
        Ok(record) => format!("{record:?}"),
        Err(TakeError::Busy(owner)) => format!("busy {}", owner.number()),
        Err(why) => format!("{why:?}"),
    }
}
