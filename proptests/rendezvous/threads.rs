//! Producers and consumers in threads of their own, who wait for each other for a while: each message
//! is received once, or comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use aqueduct::buffer::rendezvous::{Rendezvous, Withdraw};
use aqueduct::platform::native::Native;
use proptest::prelude::*;

use super::{Point, consumer, producer};
use crate::crowd::{Message, in_order, message};
use crate::spec::property;

/// Offers so many messages, each for so many looks, or pushes every other one; returns those that
/// went.
fn give(point: &Point<Message>, owner: u16, count: u32, looks: u32) -> Vec<Message> {
    let producer = producer(point, owner);
    let all = (0..count).map(|number| message(owner, number));
    let went = all.filter(|&message| {
        if message % 2 == 1 {
            return producer.push(message).is_ok();
        }
        let Ok(mut offer) = producer.offer(message) else {
            return false;
        };
        for _ in 0..looks {
            if offer.is_taken().unwrap() {
                return true;
            }
            thread::yield_now();
        }
        loop {
            match offer.withdraw().unwrap() {
                Withdraw::Back(back) => {
                    assert_eq!(back, message);
                    return false;
                }
                Withdraw::Taken => return true,
                Withdraw::Busy(_) => thread::yield_now(),
            }
        }
    });
    went.collect()
}

/// Waits for messages, each time for so many looks, until no producer is left.
fn take(point: &Point<Message>, owner: u16, giving: &AtomicUsize, looks: u32) -> Vec<Message> {
    let consumer = consumer(point, owner);
    let mut received = Vec::new();
    while giving.load(Ordering::Acquire) > 0 {
        let want = consumer.want().unwrap();
        let gone = || {
            want.as_ref()
                .is_none_or(|want| consumer.give_up(want).unwrap())
        };
        let mut looked = 0;
        loop {
            if let Ok(popped) = consumer.pop() {
                assert!(!popped.maybe_redelivered);
                received.push(popped.message);
                break;
            }
            looked += 1;
            if looked > looks && gone() {
                break;
            }
            thread::yield_now();
        }
    }
    received
}

property! {
    fn every_message_is_received_once_or_comes_back(
        counts in [0..40_u32, 0..40_u32],
        giving_looks in 0..50_u32,
        taking_looks in 0..50_u32,
    ) {
        let point: Point<Message> = Arc::new(Rendezvous::<Native, _>::new(0));
        let giving = AtomicUsize::new(2);
        let (went, received) = thread::scope(|scope| {
            let taking = [10, 11].map(|owner| {
                let (point, giving) = (&point, &giving);
                scope.spawn(move || take(point, owner, giving, taking_looks))
            });
            let going = [0, 1].map(|owner| {
                let (point, giving) = (&point, &giving);
                scope.spawn(move || {
                    let went = give(point, owner, counts[usize::from(owner)], giving_looks);
                    giving.fetch_sub(1, Ordering::Release);
                    went
                })
            });
            let went = going.map(|thread| thread.join().unwrap());
            (went, taking.map(|thread| thread.join().unwrap()))
        });
        prop_assert_eq!(in_order(&received)?, went.concat());
    }
}
