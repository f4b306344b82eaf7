//! Scripts of everything that producers and a consumer can do, in one thread: each answer is the
//! specification's.

use std::collections::VecDeque;
use std::mem;

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{Claim, ClaimError, Consumer, Producer, TakeError};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::{BLOCK, View};
use crate::placed::{WORLDS, World};
use crate::spec::{property, starts};

const PRODUCERS: usize = 2;

/// What is told to a side.
#[derive(Clone, Debug)]
pub enum Op {
    Push(usize, usize),
    /// A producer claims a record of so many bytes, and fills it.
    Claim(usize, usize),
    /// One of a producer's claims ends so.
    End(usize, usize, Fate),
    /// A producer dies with all its claims; somebody settles them; and it has a successor.
    Death(usize),
    Pop,
    /// The consumer looks at the next record, and leaves it there.
    Peek,
    /// Reads so many, and releases them or leaves them there.
    Take(usize, bool),
    NewConsumer,
}

#[derive(Clone, Copy, Debug)]
pub enum Fate {
    Commit,
    Abort,
}

fn op() -> impl Strategy<Value = Op> {
    let producer = || 0..PRODUCERS;
    let length = || prop_oneof![6 => 0..30_usize, 1 => 0..200_usize];
    let fate = prop_oneof![3 => Just(Fate::Commit), 1 => Just(Fate::Abort)];
    prop_oneof![
        4 => (producer(), length()).prop_map(|(producer, length)| Op::Push(producer, length)),
        3 => (producer(), length()).prop_map(|(producer, length)| Op::Claim(producer, length)),
        4 => (producer(), 0..4_usize, fate).prop_map(|(one, which, fate)| Op::End(one, which, fate)),
        1 => producer().prop_map(Op::Death),
        5 => Just(Op::Pop),
        1 => Just(Op::Peek),
        2 => (0..5_usize, any::<bool>()).prop_map(|(most, release)| Op::Take(most, release)),
        1 => Just(Op::NewConsumer),
    ]
}

/// A record as the specification has it.
#[derive(Clone, Debug, PartialEq)]
struct Frame {
    state: State,
    /// Identifies a claim.
    number: u64,
    blocks: usize,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Claimed(usize),
    Ready,
    Skip,
}

/// What the buffer is: records one after the other, some to be skipped, in so many blocks.
struct Spec {
    blocks: usize,
    head: Position,
    frames: VecDeque<Frame>,
    /// How many there have been.
    made: u64,
}

impl Spec {
    fn longest(&self) -> usize {
        (self.blocks / 2).max(1) * BLOCK
    }

    fn used(&self) -> usize {
        self.frames.iter().map(|frame| frame.blocks).sum()
    }

    /// Claims a record; the number of the claim.
    fn claim(&mut self, producer: usize, bytes: Vec<u8>) -> Result<u64, ClaimError> {
        let (length, longest) = (bytes.len(), self.longest());
        if length > longest {
            return Err(ClaimError::TooLong { length, longest });
        }
        let blocks = length.div_ceil(BLOCK).max(1);
        let to_end = self.blocks - self.head.plus(self.used()).index(self.blocks);
        let skipped = if blocks > to_end { to_end } else { 0 };
        if self.used() + skipped + blocks > self.blocks {
            return Err(ClaimError::Full);
        }
        if skipped > 0 {
            self.put(State::Skip, skipped, Vec::new());
        }
        Ok(self.put(State::Claimed(producer), blocks, bytes))
    }

    fn put(&mut self, state: State, blocks: usize, bytes: Vec<u8>) -> u64 {
        let number = self.made;
        self.made += 1;
        self.frames.push_back(Frame {
            state,
            number,
            blocks,
            bytes,
        });
        number
    }

    fn end(&mut self, number: u64, state: State) {
        let mut frames = self.frames.iter_mut();
        let frame = frames.find(|frame| frame.number == number);
        frame.expect("it is claimed").state = state;
    }

    /// The records to read from here on, and what is said behind them.
    fn next(&self) -> (Vec<&Frame>, TakeError) {
        let mut ready = Vec::new();
        for frame in &self.frames {
            match frame.state {
                State::Skip => {}
                State::Ready => ready.push(frame),
                State::Claimed(producer) => return (ready, TakeError::Busy(owner(producer))),
            }
        }
        (ready, TakeError::Empty)
    }

    /// Releases so many records and what is to be skipped before them, and also what is skipped
    /// behind them if the consumer has looked there.
    fn release(&mut self, records: usize, looked: bool) {
        let mut left = records;
        while let Some(frame) = self.frames.front() {
            match frame.state {
                State::Ready if left > 0 => left -= 1,
                State::Skip if left > 0 || looked => {}
                _ => break,
            }
            self.head = self.head.plus(frame.blocks);
            self.frames.pop_front();
        }
    }
}

fn owner(producer: usize) -> Owner {
    let number = u16::try_from(producer).expect("a small number");
    Owner::new(number)
}

/// The sides of one buffer, and what it should be. The claims borrow from the producers, which are
/// never dropped before them.
struct Sides<'a> {
    views: &'a [View; 2],
    claims: [Vec<(u64, Claim<'a, Native, View, BLOCK>)>; PRODUCERS],
    consumer: Consumer<View>,
    spec: Spec,
    made: u8,
}

/// Where producers stay, so that claims can borrow from them.
type Home = Vec<Producer<View>>;

impl<'a> Sides<'a> {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        self.made = self.made.wrapping_add(1);
        let first = self.made;
        (0..length)
            .map(|index| first.wrapping_mul(31) ^ index.to_le_bytes()[0])
            .collect()
    }

    fn claim(
        &mut self,
        who: usize,
        producer: &'a Producer<View>,
        length: usize,
    ) -> Result<(), TestCaseError> {
        let bytes = self.bytes(length);
        let expected = self.spec.claim(who, bytes.clone());
        match (producer.claim(length), expected) {
            (Ok(mut claim), Ok(number)) => {
                prop_assert_eq!(claim.len(), length);
                claim.copy_from_slice(&bytes);
                self.claims[who].push((number, claim));
            }
            (Err(why), expected) => prop_assert_eq!(Err(why), expected),
            (Ok(_), Err(why)) => prop_assert!(false, "claimed, and not {:?}", why),
        }
        Ok(())
    }

    fn end(&mut self, who: usize, which: usize, fate: Fate) {
        if which >= self.claims[who].len() {
            return;
        }
        let (number, claim) = self.claims[who].remove(which);
        match fate {
            Fate::Commit => claim.commit(),
            Fate::Abort => claim.abort(),
        }
        self.spec.end(
            number,
            match fate {
                Fate::Commit => State::Ready,
                Fate::Abort => State::Skip,
            },
        );
    }

    /// All claims of the producer stay where they are, and are settled.
    fn die(&mut self, who: usize) -> Result<(), TestCaseError> {
        let claims = mem::take(&mut self.claims[who]);
        for (number, claim) in &claims {
            prop_assert!(claim.len() <= self.spec.longest());
            self.spec.end(*number, State::Skip);
        }
        let count = claims.len();
        mem::forget(claims);
        // SAFETY: the claims are forgotten, and the producer does nothing meanwhile.
        let settled = unsafe { self.views[1].recover(owner(who)) };
        prop_assert_eq!(settled, count);
        Ok(())
    }

    fn pop(&mut self) -> Result<(), TestCaseError> {
        let mut record = vec![1; 3];
        let popped = self.consumer.pop(&mut record).map(|()| record);
        let (ready, why) = self.spec.next();
        let expected = ready.first().map(|frame| frame.bytes.clone());
        let found = usize::from(expected.is_some());
        prop_assert_eq!(popped, expected.ok_or(why));
        // What is to be skipped first goes at once; what comes behind stays.
        self.spec.release(0, true);
        self.spec.release(found, false);
        Ok(())
    }

    fn peek(&mut self) -> Result<(), TestCaseError> {
        let peeked = self.consumer.peek().map(|record| record.to_vec());
        let (ready, why) = self.spec.next();
        let expected = ready.first().map(|frame| frame.bytes.clone());
        prop_assert_eq!(peeked, expected.ok_or(why));
        self.spec.release(0, true);
        Ok(())
    }

    fn take(&mut self, most: usize, release: bool) -> Result<(), TestCaseError> {
        let (ready, why) = self.spec.next();
        let expected: Vec<_> = ready
            .iter()
            .take(most)
            .map(|one| one.bytes.clone())
            .collect();
        let looked = expected.len() < most;
        let mut taken = self.consumer.take();
        let mut seen = Vec::new();
        for _ in 0..most {
            match taken.read(<[u8]>::to_vec) {
                Ok(record) => seen.push(record),
                Err(found) => {
                    prop_assert_eq!(found, why);
                    break;
                }
            }
        }
        prop_assert_eq!(taken.len(), seen.len());
        prop_assert_eq!(&seen, &expected);
        if most > 0 {
            self.spec.release(0, true);
        }
        if release {
            taken.release();
            self.spec.release(seen.len(), looked && !seen.is_empty());
        }
        Ok(())
    }
}

/// Follows a script; the producers are at `home`, and are never replaced while claims borrow.
fn follow(
    world: World,
    capacity: usize,
    start: u64,
    gap: usize,
    script: &[Op],
) -> Result<(), TestCaseError> {
    let capacity = Capacity::new(capacity)?;
    let views = View::pair(world, capacity, Position::new(start), gap);
    // SAFETY: the buffer is new, and each number is given once.
    let home: Home = (0..2)
        .map(|number| unsafe { views[0].producer(number) })
        .collect();
    let mut sides = Sides {
        views: &views,
        claims: Default::default(),
        // SAFETY: the buffer is new.
        consumer: unsafe { views[1].consumer() },
        spec: Spec {
            blocks: capacity.slots(),
            head: Position::new(start),
            frames: VecDeque::new(),
            made: 0,
        },
        made: 0,
    };
    for op in script {
        match *op {
            Op::Push(who, length) => {
                sides.claim(who, &home[who], length)?;
                let last = sides.claims[who].len();
                let is_new =
                    |one: &(u64, Claim<'_, Native, View, BLOCK>)| one.0 + 1 == sides.spec.made;
                if sides.claims[who].last().is_some_and(is_new) {
                    sides.end(who, last - 1, Fate::Commit);
                }
            }
            Op::Claim(who, length) => sides.claim(who, &home[who], length)?,
            Op::End(who, which, fate) => sides.end(who, which, fate),
            Op::Death(who) => sides.die(who)?,
            Op::Pop => sides.pop()?,
            Op::Peek => sides.peek()?,
            Op::Take(most, release) => sides.take(most, release)?,
            Op::NewConsumer => {
                // SAFETY: its predecessor is not used again.
                sides.consumer = unsafe { views[1].consumer() };
            }
        }
        prop_assert_eq!(sides.consumer.position(), sides.spec.head);
        prop_assert_eq!(views[0].head(), sides.spec.head);
    }
    for (_, claim) in sides.claims.into_iter().flatten() {
        claim.abort();
    }
    prop_assert!(views[0].is_intact());
    Ok(())
}

property! {
    fn frames_are_a_queue_of_records(
        capacity in 1..=40_usize,
        start in starts(),
        gap in 0..1_000_usize,
        script in vec(op(), 0..60),
    ) {
        for world in WORLDS {
            follow(world, capacity, start, gap, &script)?;
        }
    }
}
