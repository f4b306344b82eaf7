//! Slots that are held for a while: claims that are given up, messages that are put back.

use super::{consumer, pop, producer, push, rest, ring};
use aqueduct::buffer::Owner;
use aqueduct::model::{self, Model};
use std::mem;

pub fn models() -> Vec<Model> {
    vec![
        given_up().outcomes(["None", "Some(1)"]).at_least(50),
        alive().outcomes(["1 settled"]).at_least(20),
        given_up_to_another()
            .outcomes(["busy, true", "pushed, false", "pushed, true"])
            .at_least(500),
        put_back()
            .outcomes([
                "1 put back, Some(1), then [2]",
                "1 put back, Some(2), then [1]",
                "2 put back, Some(1), then [2]",
            ])
            .at_least(1_000),
        put_back_twice()
            .outcomes([
                "None, false, put back",
                "Some(1), true, nothing",
                "Some(1), true, put back",
                "Some(1), true, taken",
            ])
            .at_least(2_000),
        both_put_back()
            .outcomes(["[]", "[1]", "[1, 2]"])
            .at_least(2_000),
    ]
}

/// The small ones.
pub fn to_sweep() -> Vec<Model> {
    let models = [
        given_up(),
        given_up_to_another(),
        put_back(),
        put_back_twice(),
        both_put_back(),
    ];
    models.map(|model| model.bound(1)).into()
}

/// A claim that is given up is skipped, by whoever comes.
fn given_up() -> Model {
    Model::new("a claim that is given up, capacity 2", || {
        let ring = ring(2, 1);
        let producing = model::spawn({
            let producer = producer(&ring, 1);
            move || {
                drop(producer.claim().unwrap());
                push(&producer, 1)
            }
        });
        let early = pop(&consumer(&ring, 2));
        assert_eq!(producing.join().unwrap(), "pushed");
        let late = rest(&ring);
        assert_eq!(early.into_iter().chain(late).collect::<Vec<_>>(), [1]);
        early
    })
}

/// While what a dead consumer held is settled, a producer that lives keeps its claim.
fn alive() -> Model {
    Model::new("a claim beside one of the dead, capacity 2", || {
        let ring = ring(2, 1);
        assert_eq!(push(&producer(&ring, 3), 1), "pushed");
        // A guard that is forgotten: a process that died there.
        mem::forget(consumer(&ring, 2).pop_ref());
        let producing = model::spawn({
            let producer = producer(&ring, 1);
            move || push(&producer, 2)
        });
        // SAFETY: nobody else has its number.
        let settled = unsafe { ring.recover(Owner::new(2)) }.unwrap();
        assert_eq!(producing.join().unwrap(), "pushed");
        assert_eq!(rest(&ring), [1, 2]);
        format!("{settled} settled")
    })
}

/// A claim is given up, and its only slot is another producer's.
fn given_up_to_another() -> Model {
    Model::new("a claim that is given up, capacity 1", || {
        let ring = ring(1, 1);
        let giving = model::spawn({
            let producer = producer(&ring, 1);
            move || producer.claim().is_ok()
        });
        let second = push(&producer(&ring, 2), 2);
        let claimed = giving.join().unwrap();
        assert_eq!(rest(&ring), vec![2; usize::from(second == "pushed")]);
        format!("{second}, {claimed}")
    })
    .bound(2)
}

/// Two messages are put back, the first one first, while another consumer takes two.
fn both_put_back() -> Model {
    Model::new("two messages that are put back, capacity 2", || {
        let ring = ring(2, 1);
        let producer = producer(&ring, 1);
        assert_eq!([1, 2].map(|n| push(&producer, n)), ["pushed"; 2]);
        let holding = consumer(&ring, 2);
        let taken = [holding.pop_ref(), holding.pop_ref()];
        let popping = model::spawn({
            let consumer = consumer(&ring, 3);
            move || [pop(&consumer), pop(&consumer)]
        });
        for taken in taken.into_iter().flatten() {
            taken.put_back().unwrap();
        }
        let early: Vec<u32> = popping.join().unwrap().into_iter().flatten().collect();
        let mut all = [early.clone(), rest(&ring)].concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        early
    })
    .bound(3)
}

/// A message is put back while another consumer passes by; a third call finds it.
fn put_back() -> Model {
    Model::new("a message that is put back, capacity 2", || {
        let ring = ring(2, 1);
        let producer = producer(&ring, 1);
        assert_eq!([1, 2].map(|n| push(&producer, n)), ["pushed"; 2]);
        let taking = model::spawn({
            let consumer = consumer(&ring, 2);
            move || {
                let taken = consumer.pop_ref().unwrap();
                let message = taken.read(|&message| message);
                taken.put_back().unwrap();
                message
            }
        });
        let early = pop(&consumer(&ring, 3));
        let touched = taking.join().unwrap();
        let late = rest(&ring);
        let mut all: Vec<u32> = early.into_iter().chain(late.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
        format!("{touched} put back, {early:?}, then {late:?}")
    })
    .bound(2)
}

/// A message that is taken and put back again and again is one message.
fn put_back_twice() -> Model {
    Model::new("a message that is put back twice, capacity 1", || {
        let ring = ring(1, 1);
        assert_eq!(push(&producer(&ring, 1), 1), "pushed");
        consumer(&ring, 2).pop_ref().unwrap().put_back().unwrap();
        let taking = model::spawn({
            let consumer = consumer(&ring, 2);
            move || match consumer.pop_ref() {
                Ok(taken) if taken.maybe_redelivered() => {
                    taken.put_back().unwrap();
                    "put back"
                }
                Ok(taken) => {
                    assert_eq!(taken.into_inner(), 2);
                    "taken"
                }
                Err(_) => "nothing",
            }
        });
        let early = pop(&consumer(&ring, 3));
        let refilled = early.is_some() && push(&producer(&ring, 3), 2) == "pushed";
        let met = taking.join().unwrap();
        let late = rest(&ring);
        let left = match (early, refilled) {
            (None, _) => vec![1],
            (Some(1), true) if met != "taken" => vec![2],
            _ => vec![],
        };
        assert_eq!(late, left);
        format!("{early:?}, {refilled}, {met}")
    })
    .bound(2)
}
