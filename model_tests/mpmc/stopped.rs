//! A producer or a consumer is killed, or stands still, at each of its accesses.

use super::{consumer, pop, producer, push, rest, ring};
use crate::{kill, pause};
use aqueduct::buffer::Owner;
use aqueduct::model::{self, Model, attempt};
use libtest_mimic::Trial;

/// The process that is killed or paused, and its attachment.
const STOPPED: u32 = 1;

pub fn trials() -> Vec<Trial> {
    let killed = [producer_dies(), consumer_dies()];
    let killed = killed.map(|model| kill("mpmc", model, &[STOPPED]));
    let paused = [producer_pauses(), consumer_pauses()];
    let paused = paused.map(|model| pause("mpmc", model, &[STOPPED]));
    killed.into_iter().chain(paused).collect()
}

/// Settles what the victim held, which is known to be dead.
fn recover(ring: &super::Words) -> usize {
    // SAFETY: it was joined, and nobody else has its number.
    unsafe { ring.recover(Owner::new(1)) }.unwrap()
}

/// A producer dies: its message is received whole or not at all, and those of others are not lost.
fn producer_dies() -> Model {
    Model::new("a producer that dies, capacity 2", || {
        let ring = ring(2, 1);
        let producing = model::process(STOPPED, {
            let producer = producer(&ring, 1);
            move || push(&producer, 1)
        });
        let survivor = producer(&ring, 2);
        let second = push(&survivor, 2);
        let early = pop(&consumer(&ring, 3));
        let returned = producing.join();
        let settled = recover(&ring);
        let third = push(&survivor, 3);
        let late = rest(&ring);
        let all: Vec<u32> = early.into_iter().chain(late).collect();
        assert_eq!(second, "pushed");
        assert!(returned.is_none() || all.contains(&1));
        let others: Vec<u32> = all.iter().copied().filter(|&n| n != 1).collect();
        assert_eq!(
            others,
            if third == "pushed" {
                vec![2, 3]
            } else {
                vec![2]
            }
        );
        format!("{settled} settled, {third}, {all:?}")
    })
    .bound(2)
}

/// A consumer dies: what it had not received is there for another one.
fn consumer_dies() -> Model {
    Model::new("a consumer that dies, capacity 2", || {
        let ring = ring(2, 1);
        let filling = producer(&ring, 2);
        assert_eq!([1, 2].map(|n| push(&filling, n)), ["pushed"; 2]);
        let consuming = model::process(STOPPED, {
            let consumer = consumer(&ring, 1);
            move || pop(&consumer)
        });
        let early = pop(&consumer(&ring, 3));
        let third = push(&filling, 3);
        let returned = consuming.join();
        let settled = recover(&ring);
        let late = rest(&ring);
        let mut all: Vec<u32> = early.into_iter().chain(late).collect();
        all.extend(returned.flatten());
        all.sort_unstable();
        let third = third == "pushed";
        let sent = if third { vec![1, 2, 3] } else { vec![1, 2] };
        // What was received and not returned went with the victim.
        let gone = sent.len() - all.len();
        assert!(gone == 0 || gone == 1 && returned.is_none() && settled == 0);
        all.dedup();
        assert_eq!(all.len(), sent.len() - gone);
        format!("{settled} settled, {gone} gone, {early:?}, {third}")
    })
    .bound(2)
}

/// A producer stands still: nobody waits for it; its claim is said to be busy.
fn producer_pauses() -> Model {
    Model::new("a producer that pauses, capacity 2", || {
        let ring = ring(2, 1);
        let producing = model::process(STOPPED, {
            let producer = producer(&ring, 1);
            move || push(&producer, 1)
        });
        let survivor = producer(&ring, 2);
        let second = attempt(30, || push(&survivor, 2));
        let early = attempt(30, || pop(&consumer(&ring, 3)));
        let first = producing.join();
        let mut all: Vec<u32> = early.into_iter().chain(rest(&ring)).collect();
        assert_eq!((first, second), (Some("pushed"), "pushed"));
        let order = format!("{all:?}");
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        format!("{early:?} early, {order}")
    })
    .bound(2)
}

/// A consumer stands still: others take the next message, and fill the other slot.
fn consumer_pauses() -> Model {
    Model::new("a consumer that pauses, capacity 2", || {
        let ring = ring(2, 1);
        let filling = producer(&ring, 2);
        assert_eq!([1, 2].map(|n| push(&filling, n)), ["pushed"; 2]);
        let consuming = model::process(STOPPED, {
            let consumer = consumer(&ring, 1);
            move || pop(&consumer)
        });
        let early = attempt(30, || pop(&consumer(&ring, 3)));
        let third = attempt(30, || push(&filling, 3));
        let one = consuming.join().flatten();
        let late = rest(&ring);
        let mut all: Vec<u32> = early.into_iter().chain(one).chain(late).collect();
        all.sort_unstable();
        let pushed = third == "pushed";
        assert_eq!(all, if pushed { vec![1, 2, 3] } else { vec![1, 2] });
        format!("{early:?}, {one:?}, {third}")
    })
    .bound(2)
}
