//! Scripts of everything that producers and consumers can do, in one thread: each answer is the
//! specification's.

use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::buffer::rendezvous::{Offer, PopError, PushError, Rendezvous, Want, Withdraw};
use aqueduct::platform::native::Native;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Point, consumer, producer};
use crate::elements::{Aligned, Element, FarAligned, Nothing, Wide};
use crate::spec::{property, starts};

/// How many attachments there are.
const OWNERS: u16 = 3;

#[derive(Clone, Debug)]
enum Op {
    Offer(u16),
    /// The offer with this index, among those that were made, is asked for, or withdrawn.
    Ask(usize),
    Withdraw(usize),
    Push(u16),
    Pop(u16),
    Want(u16),
    /// The one with this index, among those that wanted a message, gives that up.
    GiveUp(usize),
    /// The attachment dies, and another one takes its place.
    Death(u16),
}

fn op() -> impl Strategy<Value = Op> {
    let owner = || 0..OWNERS;
    prop_oneof![
        4 => owner().prop_map(Op::Offer),
        2 => any::<usize>().prop_map(Op::Ask),
        2 => any::<usize>().prop_map(Op::Withdraw),
        3 => owner().prop_map(Op::Push),
        4 => owner().prop_map(Op::Pop),
        4 => owner().prop_map(Op::Want),
        2 => any::<usize>().prop_map(Op::GiveUp),
        1 => owner().prop_map(Op::Death),
    ]
}

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State<T> {
    Free,
    Wanted(u16),
    Filled(T),
}

/// What the point should be.
struct Spec<T> {
    passed: u64,
    state: State<T>,
}

impl<T: Element> Spec<T> {
    fn put(&mut self, message: T, only_if_wanted: bool) -> Result<u64, PushError<T>> {
        match self.state {
            State::Free if !only_if_wanted => {}
            State::Wanted(_) => {}
            State::Free | State::Filled(_) => return Err(PushError::Full(message)),
        }
        self.state = State::Filled(message);
        Ok(self.passed)
    }

    fn take(&mut self) -> Option<T> {
        let State::Filled(message) = self.state else {
            return None;
        };
        (self.passed, self.state) = (self.passed + 1, State::Free);
        Some(message)
    }

    /// The message that was put down when so many had passed, if nobody has it.
    fn withdraw(&mut self, then: u64) -> Withdraw<T> {
        if self.passed != then {
            return Withdraw::Taken;
        }
        self.take().map_or(Withdraw::Taken, Withdraw::Back)
    }

    fn want(&mut self, owner: u16) -> bool {
        let free = self.state == State::Free;
        if free {
            self.state = State::Wanted(owner);
        }
        free
    }

    /// Whether one that has waited since then may go.
    fn give_up(&mut self, owner: u16, then: u64) -> bool {
        if self.passed == then && self.state == State::Wanted(owner) {
            self.state = State::Free;
        }
        self.passed != then || !matches!(self.state, State::Filled(_))
    }

    fn die(&mut self, owner: u16) -> usize {
        let wanted = self.state == State::Wanted(owner);
        if wanted {
            self.state = State::Free;
        }
        usize::from(wanted)
    }
}

/// One of `held`, and its place.
fn one_of<T>(held: &[T], index: usize) -> Option<usize> {
    (!held.is_empty()).then(|| index % held.len())
}

fn run<T: Element>(start: u64, script: &[Op]) -> Result<(), TestCaseError> {
    let point: Point<T> = Arc::new(Rendezvous::<Native, T>::new(start));
    let owners = || 0..OWNERS;
    let producers: Vec<_> = owners().map(|owner| producer(&point, owner)).collect();
    let consumers: Vec<_> = owners().map(|owner| consumer(&point, owner)).collect();
    let mut spec = Spec {
        passed: 0,
        state: State::Free,
    };
    let mut made = 0;
    let mut offers: Vec<(Offer<'_, Native, T>, u64)> = Vec::new();
    let mut wants: Vec<(Want, u16, u64)> = Vec::new();
    for op in script {
        match *op {
            Op::Offer(owner) => {
                let message = T::next(&mut made);
                let offered = producers[usize::from(owner)].offer(message);
                match (offered, spec.put(message, false)) {
                    (Ok(offer), Ok(then)) => offers.push((offer, then)),
                    (offered, expected) => prop_assert_eq!(offered.err(), expected.err()),
                }
            }
            Op::Ask(index) => {
                if let Some(index) = one_of(&offers, index) {
                    let (offer, then) = &offers[index];
                    prop_assert_eq!(offer.is_taken(), Ok(spec.passed != *then));
                }
            }
            Op::Withdraw(index) => {
                if let Some(index) = one_of(&offers, index) {
                    let (mut offer, then) = offers.swap_remove(index);
                    prop_assert_eq!(offer.withdraw(), Ok(spec.withdraw(then)));
                }
            }
            Op::Push(owner) => {
                let message = T::next(&mut made);
                let pushed = producers[usize::from(owner)].push(message);
                prop_assert_eq!(pushed, spec.put(message, true).map(|_| ()));
            }
            Op::Pop(owner) => match consumers[usize::from(owner)].pop() {
                Ok(popped) => {
                    prop_assert_eq!(Some(popped.message), spec.take());
                    prop_assert!(!popped.maybe_redelivered);
                }
                Err(why) => {
                    prop_assert_eq!(why, PopError::Empty);
                    prop_assert_eq!(spec.take(), None);
                }
            },
            Op::Want(owner) => {
                let want = consumers[usize::from(owner)].want().unwrap();
                prop_assert_eq!(want.is_some(), spec.want(owner));
                wants.extend(want.map(|want| (want, owner, spec.passed)));
            }
            Op::GiveUp(index) => {
                if let Some(index) = one_of(&wants, index) {
                    let (want, owner, then) = &wants[index];
                    let gone = consumers[usize::from(*owner)].give_up(want);
                    prop_assert_eq!(gone, Ok(spec.give_up(*owner, *then)));
                    drop(wants.swap_remove(index));
                }
            }
            Op::Death(owner) => {
                // SAFETY: it has claimed nothing that it will finish.
                let settled = unsafe { point.recover(Owner::new(owner)) };
                prop_assert_eq!(settled, Ok(spec.die(owner)));
                wants.retain(|(_, dead, _)| *dead != owner);
            }
        }
    }
    Ok(())
}

macro_rules! scripts {
    ($($name:ident: $message:ty;)*) => {$(
        property! {
            fn $name(start in starts(), script in vec(op(), 0..60)) {
                run::<$message>(start, &script)?;
            }
        }
    )*};
}

scripts! {
    numbers: u64;
    bytes: u8;
    wide: Wide;
    nothing: Nothing;
    aligned: Aligned;
    far_aligned: FarAligned;
}
