//! The unbounded buffer against the first-in-first-out buffer, bounded by its limit, with glances:
//! as for the ring, no order need hold both what one side and what the other one found.

use crate::unbounded::{Buffer, Checked, sides};
use aqueduct::buffer::PopError;
use aqueduct::buffer::unbounded::{Consumer, Producer, PushError};
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, History, Model};

type Calls = History<Fifo<u32>>;

pub fn models() -> Vec<Model> {
    vec![
        one_by_one([1, 1], [2, 3]).at_least(3_000),
        one_by_one([2, 2], [3, 2]).at_least(3_000),
        one_by_one([9, 1], [3, 2]).at_least(1_500),
        slices([3, 2]).bound(3).at_least(200),
    ]
}

fn push(history: &Calls, producer: &mut Producer<Buffer>, message: u32) -> Answer<u32> {
    history.call(Call::Push(message), || match producer.push(message) {
        Ok(()) => Answer::Done,
        Err(PushError::Full(_)) => Answer::Full,
        Err(other) => panic!("{other}"),
    })
}

fn pop(history: &Calls, consumer: &mut Consumer<Buffer>) -> Answer<u32> {
    history.call(Call::Pop, || match consumer.pop() {
        Ok(message) => Answer::Message(message),
        Err(PopError::Empty) => Answer::Empty,
        Err(PopError::Corrupt(_)) => panic!("corrupt"),
    })
}

fn one_by_one(sizes: [usize; 2], [pushes, pops]: [u32; 2]) -> Model {
    let [limit, slots] = sizes;
    let name =
        format!("unbounded: {pushes} pushes, {pops} pops, limit {limit}, segments of {slots}");
    Model::new(name, move || {
        let (mut producer, mut consumer) = sides(&Checked::new(sizes, 1).buffer());
        let history = History::new(Fifo::bounded(limit).with_glances());
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

/// Slices within a segment, which are seen as a whole.
fn slices(sizes: [usize; 2]) -> Model {
    Model::new("unbounded: slices within a segment", move || {
        let (mut producer, mut consumer) = sides(&Checked::new(sizes, 2).buffer());
        let history = History::new(Fifo::bounded(sizes[0]).with_glances());
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
            history.call(Call::PopAll(2), || {
                let mut messages = vec![0; 2];
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
