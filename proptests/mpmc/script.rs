//! Scripts of everything that producers and consumers can do, in one thread, with slots held
//! meanwhile and owners that die: each answer is the specification's.

use std::collections::BTreeMap;
use std::mem;

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Busy, Claim, Consumer, PopError, PopRef, Producer, PushError, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::elements::{Aligned, Element, FarAligned, Nothing, Wide};
use crate::placed::{Placed, WORLDS, World};
use crate::spec::{property, starts};

type View<T> = Placed<Ring<Native, T>>;

/// How many attachments there are.
const OWNERS: u16 = 3;

#[derive(Clone, Debug)]
enum Op {
    Push(u16),
    PushSlice(u16, usize),
    Claim(u16),
    /// The claim with this index, among those that are held, is filled or given up.
    Finish(usize, bool),
    Pop(u16),
    PopSlice(u16, usize),
    Take(u16),
    /// The message with this index, among those that are held, is received, moved out or put back.
    Release(usize, Release),
    /// The attachment dies, whatever it holds, and another one takes its place.
    Death(u16),
}

#[derive(Clone, Copy, Debug)]
enum Release {
    Drop,
    MoveOut,
    PutBack,
}

fn op() -> impl Strategy<Value = Op> {
    let owner = || 0..OWNERS;
    let release = prop_oneof![
        2 => Just(Release::Drop),
        2 => Just(Release::MoveOut),
        1 => Just(Release::PutBack)
    ];
    prop_oneof![
        4 => owner().prop_map(Op::Push),
        2 => (owner(), 0..20_usize).prop_map(|(owner, count)| Op::PushSlice(owner, count)),
        3 => owner().prop_map(Op::Claim),
        3 => (any::<usize>(), prop::bool::weighted(0.7)).prop_map(|(index, fill)| Op::Finish(index, fill)),
        4 => owner().prop_map(Op::Pop),
        2 => (owner(), 0..20_usize).prop_map(|(owner, count)| Op::PopSlice(owner, count)),
        3 => owner().prop_map(Op::Take),
        3 => (any::<usize>(), release).prop_map(|(index, how)| Op::Release(index, how)),
        1 => owner().prop_map(Op::Death),
    ]
}

/// A slot that is not free.
#[derive(Clone, Debug)]
enum Entry<T> {
    Filling(u16),
    Filled(T, bool),
    Taking(u16, T),
}

/// What the ring should be: the slots that are not free, by their places in the stream.
struct Spec<T> {
    capacity: u64,
    tail: u64,
    entries: BTreeMap<u64, Entry<T>>,
}

impl<T: Element> Spec<T> {
    /// The place of the next claim.
    fn claim(&self) -> Result<u64, PushError<()>> {
        let before = self.tail.checked_sub(self.capacity);
        match before.and_then(|before| self.entries.get(&before)) {
            None => Ok(self.tail),
            Some(Entry::Filled(..)) => Err(PushError::Full(())),
            Some(Entry::Filling(owner) | Entry::Taking(owner, _)) => {
                Err(PushError::Busy((), busy(*owner)))
            }
        }
    }

    /// The place of the next message to take, and whether that may have been received.
    fn take(&self) -> Result<(u64, T, bool), PopError> {
        let next = self.entries.iter().find_map(|(&place, entry)| match entry {
            Entry::Taking(..) => None,
            Entry::Filling(owner) => Some(Err(PopError::Busy(busy(*owner)))),
            Entry::Filled(message, again) => Some(Ok((place, *message, *again))),
        });
        next.unwrap_or(Err(PopError::Empty))
    }

    fn push(&mut self, message: T) -> Result<(), PushError<T>> {
        let place = self.claim().map_err(|why| why.map(|()| message))?;
        self.tail = place + 1;
        self.entries.insert(place, Entry::Filled(message, false));
        Ok(())
    }

    fn pop(&mut self) -> Result<T, PopError> {
        let (place, message, _) = self.take()?;
        self.entries.remove(&place);
        Ok(message)
    }

    /// What `owner` held is settled; returns how many slots that were.
    fn die(&mut self, dead: u16) -> usize {
        let mut settled = 0;
        self.entries.retain(|_, entry| match entry {
            Entry::Filling(owner) if *owner == dead => {
                settled += 1;
                false
            }
            Entry::Taking(owner, message) if *owner == dead => {
                settled += 1;
                *entry = Entry::Filled(*message, true);
                true
            }
            _ => true,
        });
        settled
    }
}

fn busy(owner: u16) -> Busy {
    Busy {
        owner: Some(Owner::new(owner)),
    }
}

/// What is held, by whom, and where in the stream.
struct Held<G> {
    owner: u16,
    place: u64,
    guard: G,
}

struct Run<'a, T: Element> {
    sides: &'a Sides<'a, T>,
    spec: Spec<T>,
    made: u64,
    claims: Vec<Held<Claim<'a, Native, T>>>,
    taken: Vec<Held<PopRef<'a, Native, T>>>,
}

/// The attachments; those with odd numbers use the other mapping.
struct Sides<'a, T> {
    producers: Vec<Producer<&'a Ring<Native, T>>>,
    consumers: Vec<Consumer<&'a Ring<Native, T>>>,
}

impl<T: Element> Run<'_, T> {
    fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Push(owner) => {
                let message = T::next(&mut self.made);
                let pushed = self.sides.producers[usize::from(owner)].push(message);
                prop_assert_eq!(pushed, self.spec.push(message));
            }
            Op::PushSlice(owner, count) => self.push_slice(owner, count)?,
            Op::Claim(owner) => self.claim(owner)?,
            Op::Finish(index, fill) => self.finish(index, fill),
            Op::Pop(owner) => {
                let popped = self.sides.consumers[usize::from(owner)].pop();
                prop_assert_eq!(popped, self.spec.pop());
            }
            Op::PopSlice(owner, count) => self.pop_slice(owner, count)?,
            Op::Take(owner) => self.take(owner)?,
            Op::Release(index, how) => self.release(index, how)?,
            Op::Death(owner) => self.die(owner)?,
        }
        Ok(())
    }

    fn push_slice(&mut self, owner: u16, count: usize) -> Result<(), TestCaseError> {
        let messages = T::several(&mut self.made, count);
        let pushed = self.sides.producers[usize::from(owner)].push_slice(&messages);
        let mut expected = Ok(0);
        for (before, &message) in messages.iter().enumerate() {
            match self.spec.push(message) {
                Ok(()) => expected = Ok(before + 1),
                Err(why) if before == 0 => expected = Err(why.map(|_| ())),
                Err(_) => break,
            }
            if expected.is_err() {
                break;
            }
        }
        prop_assert_eq!(pushed, expected);
        Ok(())
    }

    fn claim(&mut self, owner: u16) -> Result<(), TestCaseError> {
        let claim = self.sides.producers[usize::from(owner)].claim();
        match (claim, self.spec.claim()) {
            (Ok(guard), Ok(place)) => {
                self.spec.tail = place + 1;
                self.spec.entries.insert(place, Entry::Filling(owner));
                self.claims.push(Held {
                    owner,
                    place,
                    guard,
                });
            }
            (claim, expected) => prop_assert_eq!(claim.map(|_| 0), expected),
        }
        Ok(())
    }

    fn finish(&mut self, index: usize, fill: bool) {
        if self.claims.is_empty() {
            return;
        }
        let held = self.claims.swap_remove(index % self.claims.len());
        if fill {
            let message = T::next(&mut self.made);
            held.guard.write(message);
            let entry = Entry::Filled(message, false);
            self.spec.entries.insert(held.place, entry);
        } else {
            drop(held.guard);
            self.spec.entries.remove(&held.place);
        }
    }

    fn pop_slice(&mut self, owner: u16, count: usize) -> Result<(), TestCaseError> {
        let mut messages = vec![T::of(0); count];
        let popped = self.sides.consumers[usize::from(owner)].pop_slice(&mut messages);
        let mut expected = Vec::new();
        let mut stopped = None;
        while expected.len() < count && stopped.is_none() {
            match self.spec.pop() {
                Ok(message) => expected.push(message),
                Err(why) => stopped = Some(why),
            }
        }
        match stopped {
            Some(why) if expected.is_empty() => prop_assert_eq!(popped, Err(why)),
            _ => {
                prop_assert_eq!(popped, Ok(expected.len()));
                prop_assert_eq!(&messages[..expected.len()], expected);
            }
        }
        Ok(())
    }

    fn take(&mut self, owner: u16) -> Result<(), TestCaseError> {
        let taken = self.sides.consumers[usize::from(owner)].pop_ref();
        match (taken, self.spec.take()) {
            (Ok(guard), Ok((place, message, again))) => {
                prop_assert_eq!(guard.read(|message| *message), message);
                prop_assert_eq!(guard.maybe_redelivered(), again);
                let entry = Entry::Taking(owner, message);
                self.spec.entries.insert(place, entry);
                self.taken.push(Held {
                    owner,
                    place,
                    guard,
                });
            }
            (taken, expected) => {
                prop_assert_eq!(taken.map(|_| ()), expected.map(|_| ()));
            }
        }
        Ok(())
    }

    fn release(&mut self, index: usize, how: Release) -> Result<(), TestCaseError> {
        if self.taken.is_empty() {
            return Ok(());
        }
        let held = self.taken.swap_remove(index % self.taken.len());
        let Some(Entry::Taking(_, message)) = self.spec.entries.remove(&held.place) else {
            panic!("the specification has it");
        };
        match how {
            Release::Drop => drop(held.guard),
            Release::MoveOut => prop_assert_eq!(held.guard.into_inner(), message),
            Release::PutBack => {
                prop_assert_eq!(held.guard.put_back(), Ok(()));
                let entry = Entry::Filled(message, true);
                self.spec.entries.insert(held.place, entry);
            }
        }
        Ok(())
    }

    fn die(&mut self, dead: u16) -> Result<(), TestCaseError> {
        for held in self.claims.extract_if(.., |held| held.owner == dead) {
            mem::forget(held.guard);
        }
        for held in self.taken.extract_if(.., |held| held.owner == dead) {
            mem::forget(held.guard);
        }
        let ring = self.sides.consumers[0].ring();
        // SAFETY: its guards are gone, and its handles are used by its successor only.
        let settled = unsafe { ring.recover(Owner::new(dead)) };
        prop_assert_eq!(settled, Ok(self.spec.die(dead)));
        Ok(())
    }
}

/// Runs one script in every world.
fn follow<T: Element>(
    capacity: usize,
    start: u64,
    gap: usize,
    script: &[Op],
) -> Result<(), TestCaseError> {
    let capacity = Capacity::new(capacity)?;
    for world in WORLDS {
        let views = View::<T>::pair(world, capacity, Position::new(start), gap);
        let owners =
            || (0..OWNERS).map(|owner| (&*views[usize::from(owner) % 2], Owner::new(owner)));
        let sides = Sides {
            // SAFETY: each has a number of its own.
            producers: owners()
                .map(|(ring, owner)| unsafe { Producer::attach(ring, owner) })
                .collect(),
            // SAFETY: as above.
            consumers: owners()
                .map(|(ring, owner)| unsafe { Consumer::attach(ring, owner) })
                .collect(),
        };
        let spec = Spec {
            capacity: capacity.get() as u64,
            tail: 0,
            entries: BTreeMap::new(),
        };
        let mut run = Run {
            sides: &sides,
            spec,
            made: 0,
            claims: Vec::new(),
            taken: Vec::new(),
        };
        for op in script {
            run.apply(op)?;
        }
        drop(run);
        prop_assert!(world == World::Heap || views[0].is_intact());
    }
    Ok(())
}

/// A property for each type of message.
macro_rules! follows_the_specification {
    ($($name:ident: $message:ty),+ $(,)?) => {
        $(property! {
            fn $name(
                capacity in 1..=9_usize,
                start in starts(),
                gap in 0..1_000_usize,
                script in vec(op(), 0..60),
            ) {
                follow::<$message>(capacity, start, gap, &script)?;
            }
        })+
    };
}

follows_the_specification! {
    many_words_are_a_queue: u64,
    many_structures_are_a_queue: Wide,
    many_nothings_count: Nothing,
    many_aligned_messages_are_a_queue: Aligned,
    many_far_aligned_messages_are_a_queue: FarAligned,
}
