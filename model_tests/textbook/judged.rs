//! The buffer against the bounded first-in-first-out buffer, with glances: each side reads the
//! other's index without a fence after its own store, and no order need hold both what it and what
//! the other side found.

use super::buffer;
use aqueduct::buffer::{PopError, PushError};
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, History, Model};

pub fn models() -> Vec<Model> {
    vec![
        histories(2, 1, [2, 3]).at_least(1_000),
        histories(3, 2, [3, 2]).bound(3).at_least(500),
        histories(4, 3, [2, 2]).at_least(1_000),
    ]
}

/// So many slots hold one item less.
fn histories(slots: usize, start: u64, [pushes, pops]: [u32; 2]) -> Model {
    let name = format!("histories: {pushes} pushes, {pops} pops, {slots} slots");
    Model::new(name, move || {
        let (mut producer, mut consumer) = buffer(slots, start);
        let history = History::new(Fifo::bounded(slots - 1).with_glances());
        let producing = model::spawn({
            let history = history.clone();
            move || {
                for item in 1..=pushes {
                    history.call(Call::Push(item), || match producer.push(item) {
                        Ok(()) => Answer::Done,
                        Err(PushError::Full(_)) => Answer::Full,
                        Err(PushError::Corrupt(_)) => panic!("corrupt"),
                    });
                }
            }
        });
        let mut pop = || {
            history.call(Call::Pop, || match consumer.pop() {
                Ok(item) => Answer::Message(item),
                Err(PopError::Empty) => Answer::Empty,
                Err(PopError::Corrupt(_)) => panic!("corrupt"),
            })
        };
        (0..pops).for_each(|_| drop(pop()));
        producing.join().unwrap();
        // What is left, and that no more is.
        while pop() != Answer::Empty {}
        history.check();
    })
}
