//! The buffer of records against the bounded first-in-first-out buffer, with glances, and busy where
//! the next record is claimed and not ready.

use crate::frames::{Start, Words, consumer, frames, producer};
use aqueduct::buffer::frames::{ClaimError, Consumer, Producer, TakeError};
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, History, Model};

type Calls = History<Fifo<u8>>;

pub fn models() -> Vec<Model> {
    vec![one_producer().bound(3), two_producers().bound(2)]
}

fn push(history: &Calls, producer: &Producer<Words>, byte: u8) {
    history.call(Call::Push(byte), || match producer.push(&[byte]) {
        Ok(()) => Answer::Done,
        Err(ClaimError::Full) => Answer::Full,
        Err(other) => panic!("{other}"),
    });
}

fn pop(history: &Calls, consumer: &mut Consumer<Words>) -> Answer<u8> {
    history.call(Call::Pop, || {
        let mut record = Vec::new();
        match consumer.pop(&mut record) {
            Ok(()) => Answer::Message(record[0]),
            Err(TakeError::Empty) => Answer::Empty,
            Err(TakeError::Busy(_)) => Answer::Busy,
            Err(other) => panic!("{other}"),
        }
    })
}

fn history() -> Calls {
    History::new(Fifo::bounded(2).with_glances().may_be_busy())
}

fn one_producer() -> Model {
    Model::new("frames: 3 pushes, 2 pops, 2 blocks", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let (producer, mut consumer) = (producer(&frames, 1), consumer(&frames));
        let history = history();
        let producing = model::spawn({
            let history = history.clone();
            move || [1, 2, 3].map(|byte| push(&history, &producer, byte))
        });
        pop(&history, &mut consumer);
        pop(&history, &mut consumer);
        producing.join().unwrap();
        while pop(&history, &mut consumer) != Answer::Empty {}
        history.check();
    })
}

fn two_producers() -> Model {
    Model::new("frames: two producers, 2 blocks", || {
        let frames = frames(2, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let history = history();
        let other = producer(&frames, 2);
        let producing = model::spawn({
            let (producer, history) = (producer(&frames, 1), history.clone());
            move || push(&history, &producer, 1)
        });
        let consuming = model::spawn({
            let history = history.clone();
            move || {
                pop(&history, &mut consumer);
                consumer
            }
        });
        push(&history, &other, 2);
        producing.join().unwrap();
        let mut consumer = consuming.join().unwrap();
        while pop(&history, &mut consumer) != Answer::Empty {}
        history.check();
    })
}
