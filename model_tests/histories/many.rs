//! The unbounded buffer that several share against the first-in-first-out buffer, bounded by its
//! limit, with glances, and busy where another is at the gate.

use crate::unbounded::many::{consumer, producer};
use crate::unbounded::{Buffer, Checked};
use aqueduct::buffer::unbounded::many::{Consumer, PopError, Producer, PushError};
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, History, Model};
use std::rc::Rc;

type Calls = History<Fifo<u32>>;

pub fn models() -> Vec<Model> {
    vec![
        push_and_pop().at_least(500),
        pop_and_push().at_least(500),
        two_and_one().at_least(500),
        one_and_two().at_least(500),
    ]
}

/// A buffer with this limit, in segments of one message, and its history.
fn buffer(limit: usize) -> (Buffer, Calls) {
    let fifo = Fifo::bounded(limit).with_glances().may_be_busy();
    (Checked::new([limit, 1], 1).buffer(), History::new(fifo))
}

fn push(history: &Calls, producer: &mut Producer<Buffer>, message: u32) {
    history.call(Call::Push(message), || match producer.push(message) {
        Ok(()) => Answer::Done,
        Err(PushError::Full(_)) => Answer::Full,
        Err(PushError::Busy(..)) => Answer::Busy,
        Err(other) => panic!("{other}"),
    });
}

fn pop(history: &Calls, consumer: &mut Consumer<Buffer>) -> bool {
    let answer = history.call(Call::Pop, || match consumer.pop() {
        Ok(message) => Answer::Message(message),
        Err(PopError::Empty) => Answer::Empty,
        Err(PopError::Busy(_)) => Answer::Busy,
        Err(PopError::Corrupt(_)) => panic!("corrupt"),
    });
    answer != Answer::Empty
}

/// What is left, and that no more is; then the history is judged.
fn judge(history: &Calls, buffer: &Buffer) {
    let mut last = consumer(buffer, 99);
    while pop(history, &mut last) {}
    history.check();
}

/// Two threads, each of which does both, one after the other. Whoever finds a message gone, or room,
/// knows what the other one had done before.
fn both(name: &str, each: fn(&Buffer, &Calls, u16)) -> Model {
    Model::new(name, move || {
        let (buffer, history) = buffer(2);
        push(&history, &mut producer(&buffer, 9), 9);
        let thread = model::spawn({
            let (buffer, history) = (Rc::clone(&buffer), history.clone());
            move || each(&buffer, &history, 1)
        });
        each(&buffer, &history, 2);
        thread.join().unwrap();
        judge(&history, &buffer);
    })
    .bound(2)
}

fn push_and_pop() -> Model {
    both(
        "many: two push and pop, limit 2",
        |buffer, history, owner| {
            push(history, &mut producer(buffer, owner), owner.into());
            pop(history, &mut consumer(buffer, owner));
        },
    )
}

fn pop_and_push() -> Model {
    both(
        "many: two pop and push, limit 2",
        |buffer, history, owner| {
            pop(history, &mut consumer(buffer, owner));
            push(history, &mut producer(buffer, owner), owner.into());
        },
    )
}

/// Two producers, one consumer.
fn two_and_one() -> Model {
    Model::new("many: two push, one pops, limit 1", || {
        let (buffer, history) = buffer(1);
        let producing = [1, 2].map(|owner| {
            let (mut producer, history) = (producer(&buffer, owner), history.clone());
            model::spawn(move || push(&history, &mut producer, owner.into()))
        });
        let mut consumer = consumer(&buffer, 3);
        pop(&history, &mut consumer);
        pop(&history, &mut consumer);
        for thread in producing {
            thread.join().unwrap();
        }
        judge(&history, &buffer);
    })
    .bound(2)
}

/// One producer, two consumers.
fn one_and_two() -> Model {
    Model::new("many: one pushes, two pop, limit 1", || {
        let (buffer, history) = buffer(1);
        let consuming = [1, 2].map(|owner| {
            let (mut consumer, history) = (consumer(&buffer, owner), history.clone());
            model::spawn(move || {
                pop(&history, &mut consumer);
            })
        });
        let mut producer = producer(&buffer, 3);
        push(&history, &mut producer, 1);
        push(&history, &mut producer, 2);
        for thread in consuming {
            thread.join().unwrap();
        }
        judge(&history, &buffer);
    })
    .bound(2)
}
