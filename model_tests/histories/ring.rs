//! The ring against the bounded first-in-first-out buffer, with glances: each side reads the other's
//! position without a fence after its own store, and no order need hold both what it and what the
//! other side found.

use crate::spsc::{Words, ring};
use aqueduct::buffer::spsc::{Consumer, Producer};
use aqueduct::buffer::{PopError, PushError};
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, History, Model};

type Calls = History<Fifo<u32>>;

pub fn models() -> Vec<Model> {
    vec![
        one_by_one(1, 1, [2, 3]).at_least(1_600),
        one_by_one(2, 1, [3, 2]).at_least(600),
        batches(2, 0).at_least(300),
        batches(3, 2).bound(3).at_least(300),
    ]
}

pub fn push(history: &Calls, producer: &mut Producer<Words>, message: u32) -> Answer<u32> {
    history.call(Call::Push(message), || match producer.push(message) {
        Ok(()) => Answer::Done,
        Err(PushError::Full(_)) => Answer::Full,
        Err(PushError::Corrupt(_)) => panic!("corrupt"),
    })
}

pub fn pop(history: &Calls, consumer: &mut Consumer<Words>) -> Answer<u32> {
    history.call(Call::Pop, || match consumer.pop() {
        Ok(message) => Answer::Message(message),
        Err(PopError::Empty) => Answer::Empty,
        Err(PopError::Corrupt(_)) => panic!("corrupt"),
    })
}

fn one_by_one(capacity: usize, before_wrap: usize, [pushes, pops]: [u32; 2]) -> Model {
    let name = format!("ring: {pushes} pushes, {pops} pops, capacity {capacity}");
    Model::new(name, move || {
        let (mut producer, mut consumer) = ring(capacity, before_wrap);
        let history = History::new(Fifo::bounded(capacity).with_glances());
        let producing = model::spawn({
            let history = history.clone();
            move || {
                for message in 1..=pushes {
                    push(&history, &mut producer, message);
                }
            }
        });
        for _ in 0..pops {
            pop(&history, &mut consumer);
        }
        producing.join().unwrap();
        // What is left, and that no more is.
        while pop(&history, &mut consumer) != Answer::Empty {}
        history.check();
    })
}

fn batches(capacity: usize, before_wrap: usize) -> Model {
    let name = format!("ring: batches, capacity {capacity}");
    Model::new(name, move || {
        let (mut producer, mut consumer) = ring(capacity, before_wrap);
        let history = History::new(Fifo::bounded(capacity).with_glances());
        let producing = model::spawn({
            let history = history.clone();
            move || {
                for messages in [[1, 2], [3, 4]] {
                    history.call(Call::PushAll(messages.into()), || {
                        Answer::Count(producer.push_slice(&messages).unwrap())
                    });
                }
            }
        });
        let mut pop_all = || {
            history.call(Call::PopAll(4), || {
                let mut messages = vec![0; 4];
                let count = consumer.pop_slice(&mut messages).unwrap();
                messages.truncate(count);
                Answer::Messages(messages)
            })
        };
        pop_all();
        pop_all();
        producing.join().unwrap();
        while pop_all() != Answer::Messages(Vec::new()) {}
        history.check();
    })
}
