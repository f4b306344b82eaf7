//! Slots that are held for a while: claims that are given up, messages that are put back.

use super::{consumer, pop, producer, push, rest, ring};
use aqueduct::model::{self, Model};

pub fn models() -> Vec<Model> {
    vec![given_up(), put_back(), put_back_twice()]
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

/// A message is put back while another consumer passes by; a third call finds it.
fn put_back() -> Model {
    Model::new("a message that is put back, capacity 2", || {
        let ring = ring(2, 1);
        let producer = producer(&ring, 1);
        assert_eq!([1, 2].map(|n| push(&producer, n)), ["pushed"; 2]);
        let taking = model::spawn({
            let consumer = consumer(&ring, 2);
            move || {
                let taken = consumer.take().unwrap();
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
    .bound(3)
}

/// A message that is taken and put back again and again is one message.
fn put_back_twice() -> Model {
    Model::new("a message that is put back twice, capacity 1", || {
        let ring = ring(1, 1);
        assert_eq!(push(&producer(&ring, 1), 1), "pushed");
        consumer(&ring, 2).take().unwrap().put_back().unwrap();
        let taking = model::spawn({
            let consumer = consumer(&ring, 2);
            move || match consumer.take() {
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
}
