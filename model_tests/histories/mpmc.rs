//! The ring of many producers and consumers against the bounded first-in-first-out buffer, with
//! glances, and busy where a call of another is under way.

use crate::mpmc::{consumer, producer, ring};
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, History, Machine, Model};
use std::sync::Arc;

type Calls = History<Fifo<u32>>;
type Words = Arc<Ring<Machine, u32, 3>>;

pub fn models() -> Vec<Model> {
    vec![
        push_and_pop().at_least(500),
        pop_and_push().at_least(500),
        two_and_one().at_least(2_000),
        one_and_two().at_least(2_000),
    ]
}

fn calls(capacity: usize) -> Calls {
    let fifo = Fifo::bounded(capacity).with_glances().may_be_busy();
    History::new(fifo)
}

fn push(history: &Calls, producer: &Producer<Words, 3>, message: u32) {
    history.call(Call::Push(message), || match producer.push(message) {
        Ok(()) => Answer::Done,
        Err(PushError::Full(_)) => Answer::Full,
        Err(PushError::Busy(..)) => Answer::Busy,
        Err(PushError::Corrupt(_)) => panic!("corrupt"),
    });
}

fn pop(history: &Calls, consumer: &Consumer<Words, 3>) -> bool {
    let answer = history.call(Call::Pop, || match consumer.pop() {
        Ok(message) => Answer::Message(message),
        Err(PopError::Empty) => Answer::Empty,
        Err(PopError::Busy(_)) => Answer::Busy,
        Err(PopError::Corrupt(_)) => panic!("corrupt"),
    });
    answer != Answer::Empty
}

/// Two threads, each of which pushes and then pops. Whoever finds a message gone knows what its
/// taker had pushed before.
fn push_and_pop() -> Model {
    Model::new("mpmc: two push and pop, capacity 2", || {
        let (ring, history) = (ring(2, 1), calls(2));
        let each = |ring: &Words, history: &Calls, owner: u16| {
            push(history, &producer(ring, owner), owner.into());
            pop(history, &consumer(ring, owner));
        };
        let thread = model::spawn({
            let (ring, history) = (Arc::clone(&ring), history.clone());
            move || each(&ring, &history, 1)
        });
        each(&ring, &history, 2);
        thread.join().unwrap();
        while pop(&history, &consumer(&ring, 2)) {}
        history.check();
    })
    .bound(1)
}

/// The same the other way round, in a full ring: whoever finds a slot filled knows what its filler
/// had popped before.
fn pop_and_push() -> Model {
    Model::new("mpmc: two pop and push, capacity 2", || {
        let (ring, history) = (ring(2, 1), calls(2));
        let each = |ring: &Words, history: &Calls, owner: u16| {
            pop(history, &consumer(ring, owner));
            push(history, &producer(ring, owner), owner.into());
        };
        for message in [8, 9] {
            push(&history, &producer(&ring, 2), message);
        }
        let thread = model::spawn({
            let (ring, history) = (Arc::clone(&ring), history.clone());
            move || each(&ring, &history, 1)
        });
        each(&ring, &history, 2);
        thread.join().unwrap();
        while pop(&history, &consumer(&ring, 2)) {}
        history.check();
    })
    .bound(1)
}

/// Two producers, one consumer.
fn two_and_one() -> Model {
    Model::new("mpmc: two push, one pops, capacity 1", || {
        let (ring, history) = (ring(1, 1), calls(1));
        let producing = [1, 2].map(|owner| {
            let (producer, history) = (producer(&ring, owner), history.clone());
            model::spawn(move || push(&history, &producer, owner.into()))
        });
        let consumer = consumer(&ring, 3);
        pop(&history, &consumer);
        for thread in producing {
            thread.join().unwrap();
        }
        while pop(&history, &consumer) {}
        history.check();
    })
    .bound(2)
}

/// One producer, two consumers.
fn one_and_two() -> Model {
    Model::new("mpmc: one pushes, two pop, capacity 1", || {
        let (ring, history) = (ring(1, 1), calls(1));
        let consuming = [1, 2].map(|owner| {
            let (consumer, history) = (consumer(&ring, owner), history.clone());
            model::spawn(move || pop(&history, &consumer))
        });
        push(&history, &producer(&ring, 3), 1);
        for thread in consuming {
            thread.join().unwrap();
        }
        while pop(&history, &consumer(&ring, 3)) {}
        history.check();
    })
    .bound(2)
}
