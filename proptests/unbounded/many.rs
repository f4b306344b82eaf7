//! The unbounded buffer that several share: scripts of all that they can do, with owners that die
//! behind a gate; and threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::many::{Busy, Consumer, PopError, Producer, PushError};
use aqueduct::buffer::unbounded::{Memory, Unbounded};
use aqueduct::position::Position;
use aqueduct::shm::Mapping;
use proptest::collection::vec;
use proptest::prelude::*;

use super::memory::{
    Account, Accounted, attached, begun, in_object, memory_for, needed, on_heap, shape,
};
use crate::crowd::{Crowded, Message, popped, pushed_of_many, two_and_two};
use crate::elements::{Element, FarAligned, Nothing};
use crate::shm::Scratch;
use crate::spec::{Queue, property, starts};

/// How many attachments there are.
const OWNERS: u16 = 3;
/// Who settles what a dead one held.
const SETTLER: Owner = Owner::new(9);

#[derive(Clone, Debug)]
enum Op {
    Push(u16),
    PushSlice(u16, usize),
    Pop(u16),
    PopSlice(u16, usize),
    /// The attachment has other sides from now on.
    Again(u16),
    /// There is no memory from now on, or there is again.
    Refuse(bool),
    /// The attachment dies behind the gate of this side, if that is open.
    Dies(u16, usize),
    /// What the attachment held is settled, if it is dead.
    Recover(u16),
}

fn op() -> impl Strategy<Value = Op> {
    let owner = || 0..OWNERS;
    prop_oneof![
        4 => owner().prop_map(Op::Push),
        4 => owner().prop_map(Op::Pop),
        3 => (owner(), 0..20_usize).prop_map(|(owner, count)| Op::PushSlice(owner, count)),
        3 => (owner(), 0..20_usize).prop_map(|(owner, count)| Op::PopSlice(owner, count)),
        1 => owner().prop_map(Op::Again),
        1 => any::<bool>().prop_map(Op::Refuse),
        1 => (owner(), 0..2_usize).prop_map(|(owner, side)| Op::Dies(owner, side)),
        2 => owner().prop_map(Op::Recover),
    ]
}

type View<M> = Arc<Unbounded<M>>;

/// The sides of one attachment.
struct Attachment<M: Memory> {
    producer: Producer<View<M>>,
    consumer: Consumer<View<M>>,
}

impl<M: Memory> Attachment<M> {
    fn new(view: &View<M>, number: u16) -> Self {
        let owner = Owner::new(number);
        Self {
            // SAFETY: whoever had this number is recovered, or is this one.
            producer: unsafe { Producer::attach(Arc::clone(view), owner) },
            // SAFETY: as above; all messages are of this type.
            consumer: unsafe { Consumer::attach(Arc::clone(view), owner) },
        }
    }
}

/// The words of the two gates, where a test can close them for somebody who died there; none on the
/// heap.
type Gates = Option<Mapping>;

/// Where the gates are: a test of the page compares them with a buffer at work.
pub const GATES: [usize; 2] = [136, 264];
/// A gate that is closed, and behind nobody in particular.
pub const CLOSED: u32 = 1 << 16;

/// Three attachments of one buffer, and what it should be.
struct Three<M: Memory> {
    views: [View<M>; 2],
    attachments: Vec<Attachment<M>>,
    gates: Gates,
    /// Who died behind which gate.
    behind: [Option<u16>; 2],
    account: Account,
    spec: Queue<M::Message>,
    /// Numbers the messages.
    made: u64,
}

impl<M: Memory<Message: Element>> Three<M> {
    fn new(views: [View<M>; 2], gates: Gates, account: Account, start: u64) -> Self {
        let limit = views[0].memory().shape().limit();
        let each = 0..OWNERS;
        Self {
            attachments: each
                .map(|number| Attachment::new(&views[usize::from(number) % 2], number))
                .collect(),
            views,
            gates,
            behind: [None; 2],
            account,
            spec: Queue::new(limit.get(), start),
            made: 0,
        }
    }

    /// What is said at the gate of a side, unless it is open.
    fn busy(&self, side: usize) -> Option<Busy> {
        let owner = self.behind[side].map(Owner::new)?;
        Some(Busy { owner: Some(owner) })
    }

    /// How many of so many messages go in, and why not even one.
    fn expected(&self, count: usize) -> Result<usize, PushError<()>> {
        if let Some(busy) = self.busy(0) {
            return Err(PushError::Busy((), busy));
        }
        let fitting = count.min(self.spec.room());
        let shape = self.views[0].memory().shape();
        let there = memory_for(shape, &self.account, &self.spec, fitting);
        match (fitting, there) {
            (0, _) if count > 0 => Err(PushError::Full(())),
            (1.., 0) => Err(PushError::NoMemory(())),
            _ => Ok(there),
        }
    }

    fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Push(who) => {
                let message = Element::next(&mut self.made);
                let expected = self.expected(1);
                let answer = self.attachments[usize::from(who)].producer.push(message);
                let told = expected.map(|_| ()).map_err(|why| why.map(|()| message));
                prop_assert_eq!(answer, told);
                answer.is_ok().then(|| self.spec.push(message));
            }
            Op::PushSlice(who, count) => {
                let messages = Element::several(&mut self.made, count);
                let expected = self.expected(count);
                let producer = &mut self.attachments[usize::from(who)].producer;
                prop_assert_eq!(producer.push_slice(&messages), expected);
                self.spec.push_all(&messages[..expected.unwrap_or(0)]);
            }
            Op::Pop(who) => {
                let answer = self.attachments[usize::from(who)].consumer.pop();
                let expected = match self.busy(1) {
                    Some(busy) => Err(busy.into()),
                    None => self.spec.pop().ok_or(PopError::Empty),
                };
                prop_assert_eq!(answer, expected);
            }
            Op::PopSlice(who, count) => {
                let mut messages = vec![Element::of(0); count];
                let consumer = &mut self.attachments[usize::from(who)].consumer;
                let answer = consumer.pop_slice(&mut messages);
                match (self.busy(1), self.spec.filled()) {
                    (Some(busy), _) => prop_assert_eq!(answer, Err(PopError::Busy(busy))),
                    (None, 0) if count > 0 => prop_assert_eq!(answer, Err(PopError::Empty)),
                    _ => {
                        let all = self.spec.pop_all(count);
                        prop_assert_eq!(answer, Ok(all.len()));
                        prop_assert_eq!(&messages[..all.len()], all);
                    }
                }
            }
            Op::Again(who) => self.attach(who),
            Op::Refuse(refuses) => self.account.refuses.store(refuses, Relaxed),
            Op::Dies(who, side) => self.close(who, side),
            Op::Recover(who) => self.recover(who)?,
        }
        self.compare()
    }

    fn attach(&mut self, who: u16) {
        let view = &self.views[usize::from(who) % 2];
        self.attachments[usize::from(who)] = Attachment::new(view, who);
    }

    /// Closes a gate as one does that dies there.
    fn close(&mut self, who: u16, side: usize) {
        let Some(mapping) = &self.gates else { return };
        if self.behind[side].is_none() {
            self.behind[side] = Some(who);
            let address = mapping.as_ptr().wrapping_add(GATES[side]);
            // SAFETY: it lies in the mapping, aligned, and everybody uses it as an atomic word.
            let gate = unsafe { AtomicU32::from_ptr(address.cast()) };
            assert_eq!(
                gate.swap(CLOSED | u32::from(who), Relaxed),
                0,
                "it was open"
            );
        }
    }

    /// Settles what an attachment held, and starts it again.
    fn recover(&mut self, who: u16) -> Result<(), TestCaseError> {
        let held = self.behind.iter().filter(|&&behind| behind == Some(who));
        let held = held.count();
        // SAFETY: it does nothing more, and starts again after this.
        let settled = unsafe { self.views[0].recover(Owner::new(who), SETTLER) };
        prop_assert_eq!(settled, held);
        for behind in &mut self.behind {
            behind.take_if(|behind| *behind == who);
        }
        self.attach(who);
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let expected = [self.spec.head(), self.spec.tail()];
        for view in &self.views {
            let shared: [Position; 2] = view.positions().into();
            prop_assert_eq!(shared.map(Position::count), expected);
        }
        let shape = self.views[0].memory().shape();
        let needed = needed(shape, &self.spec);
        prop_assert_eq!(self.account.there(), needed);
        Ok(())
    }
}

/// Runs one script on the heap, where nobody dies.
fn on_the_heap<T: Element>(sizes: [usize; 2], start: u64, ops: &[Op]) -> Result<(), TestCaseError> {
    let (account, shape) = (Account::default(), shape(sizes[0], sizes[1]));
    let view = on_heap::<T>(shape, Position::new(start), &account);
    let mut three = Three::new([Arc::clone(&view), view], None, account, start);
    ops.iter().try_for_each(|op| three.apply(op))
}

/// Runs one script in an object that two mappings show.
fn in_an_object<T: Element>(
    sizes: [usize; 2],
    start: u64,
    ops: &[Op],
) -> Result<(), TestCaseError> {
    let (account, shape) = (Account::default(), shape(sizes[0], sizes[1]));
    let scratch = Scratch::new();
    let one = in_object::<T>(&scratch, shape, Position::new(start));
    let gates = Some(one.object().map(4096)?);
    let other = attached::<T>(scratch.name(), shape);
    let one = begun(Accounted::of(one, &account));
    let other = Arc::new(Unbounded::new(Accounted::of(other, &account)));
    let mut three = Three::new([one, other], gates, account, start);
    ops.iter().try_for_each(|op| three.apply(op))
}

each! {
    words_on_the_heap: u64, on_the_heap;
    nothing_on_the_heap: Nothing, on_the_heap;
    words_in_an_object: u64, in_an_object;
    far_aligned_messages_in_an_object: FarAligned, in_an_object;
}

property! {
    fn a_segment_is_asked_for_once_whoever_fills_it(
        sizes in (1..=17_usize, 1..=8_usize),
        start in starts(),
        count in 0..17_usize,
    ) {
        let (account, shape) = (Account::default(), shape(sizes.0, sizes.1));
        let start = Position::new(start);
        let view = on_heap::<u64>(shape, start, &account);
        let first = usize::from(!shape.begins(start));
        prop_assert_eq!(account.asked(), first);
        for count in 0..count.min(sizes.0) {
            // SAFETY: those before it are gone.
            let mut producer = unsafe { Producer::attach(Arc::clone(&view), Owner::new(1)) };
            prop_assert_eq!(producer.push(7), Ok(()));
            let begun = (0..=count).filter(|&count| shape.begins(start.plus(count)));
            prop_assert_eq!(account.asked(), first + begun.count());
        }
    }
}

impl<M: Memory<Message = Message>> Crowded for View<M>
where
    Self: Send,
{
    fn producer(&self, owner: Owner) -> impl FnMut(&[Message]) -> usize {
        // SAFETY: nobody else has this number.
        let mut producer = unsafe { Producer::attach(Arc::clone(self), owner) };
        move |messages| pushed_of_many(producer.push_slice(messages))
    }

    fn consumer(&self, owner: Owner) -> impl FnMut() -> Option<Message> {
        // SAFETY: nobody else has this number; all messages are numbers.
        let mut consumer = unsafe { Consumer::attach(Arc::clone(self), owner) };
        move || popped(consumer.pop())
    }
}

property! {
    fn every_message_comes_to_one_consumer(
        sizes in (1..=17_usize, 1..=8_usize),
        start in starts(),
        counts in [0..60_u32, 0..60_u32],
        slice in 1..5_usize,
        in_object_too in prop::bool::weighted(0.1),
    ) {
        let (shape, start) = (shape(sizes.0, sizes.1), Position::new(start));
        let heap = on_heap::<Message>(shape, start, &Account::default());
        two_and_two([heap.clone(), heap], counts, slice)?;
        if in_object_too {
            let scratch = Scratch::new();
            let one = begun(in_object::<Message>(&scratch, shape, start));
            let other = Arc::new(Unbounded::new(attached::<Message>(scratch.name(), shape)));
            two_and_two([one, other], counts, slice)?;
        }
    }
}
