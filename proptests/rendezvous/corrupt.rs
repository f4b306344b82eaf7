//! Somebody writes over the word: each side says so, or goes on. It never panics nor hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aqueduct::buffer::rendezvous::{PushError, Rendezvous, Withdraw};
use aqueduct::buffer::{Corrupt, Owner};
use aqueduct::platform::native::Native;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Point, consumer, producer};
use crate::spec::property;

#[derive(Clone, Debug)]
enum Op {
    Write(u64),
    /// A bit of it is turned.
    Flip(u32),
    Offer,
    /// The offer is asked for.
    Ask,
    Withdraw,
    Push,
    Pop,
    Wait,
    Recover(u16),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => any::<u64>().prop_map(Op::Write),
        2 => (0..64_u32).prop_map(Op::Flip),
        3 => Just(Op::Offer),
        1 => Just(Op::Ask),
        2 => Just(Op::Withdraw),
        2 => Just(Op::Push),
        2 => Just(Op::Pop),
        2 => Just(Op::Wait),
        1 => (0..3_u16).prop_map(Op::Recover),
    ]
}

property! {
    fn whatever_is_written_over_it_is_told(script in vec(op(), 0..60)) {
        let point: Point<u64> = Arc::new(Rendezvous::<Native, u64>::new(0));
        // SAFETY: the word is the first of the point, as its drawing says.
        let word = unsafe { AtomicU64::from_ptr(Arc::as_ptr(&point).cast_mut().cast()) };
        let (producer, consumer) = (producer(&point, 1), consumer(&point, 2));
        let mut offered = None;
        for op in &script {
            // Every state that there is can be told from every other.
            let no_state = word.load(Ordering::Relaxed) & 7 > 4;
            match *op {
                Op::Write(value) => word.store(value, Ordering::Relaxed),
                Op::Flip(bit) => word.store(word.load(Ordering::Relaxed) ^ 1 << bit, Ordering::Relaxed),
                Op::Offer => offered = producer.offer(7).ok().or(offered),
                Op::Ask => if let Some(offer) = &offered {
                    prop_assert_eq!(offer.is_taken().is_err(), no_state);
                },
                Op::Withdraw => if let Some(mut offer) = offered.take() {
                    match offer.withdraw() {
                        Ok(Withdraw::Back(message)) => prop_assert_eq!(message, 7),
                        Ok(Withdraw::Taken | Withdraw::Busy(_)) => prop_assert!(!no_state),
                        // SAFETY: it is a number.
                        Err(Corrupt) => prop_assert_eq!(unsafe { offer.salvage() }, 7),
                    }
                },
                Op::Push => prop_assert!(!no_state || producer.push(7) == Err(PushError::Corrupt(7))),
                Op::Pop => prop_assert_eq!(consumer.pop() == Err(Corrupt.into()), no_state),
                Op::Wait => {
                    let want = consumer.want();
                    prop_assert_eq!(want.is_err(), no_state);
                    if let Ok(Some(want)) = want {
                        prop_assert_eq!(consumer.give_up(&want), Ok(true));
                    }
                }
                Op::Recover(owner) => {
                    // SAFETY: no claim is held, and plain numbers do not mind.
                    let settled = unsafe { point.recover(Owner::new(owner)) };
                    prop_assert_eq!(settled.is_err(), no_state);
                }
            }
        }
    }
}
