//! Random runs whose histories are judged, by the specifications that judge explored ones.

use super::try_it;
use crate::histories::close;
use crate::histories::link::{recv, send};
use crate::histories::ring::{pop, push};
use crate::memory::memory;
use crate::spsc::ring;
use aqueduct::model::specification::{Fifo, Side};
use aqueduct::model::{self, History, Model, Random};
use libtest_mimic::Trial;

/// As many as a history of two sides has room for.
const MESSAGES: u32 = 7;

pub fn trials() -> Vec<Trial> {
    let any: fn(Random) -> Random = |how| how;
    let few: fn(Random) -> Random = |how| how.few_switches(4);
    let models = [tries(), waits()];
    let trials = models.iter().flat_map(|model| {
        [
            try_it(model, "any switch", 500, any),
            try_it(model, "few switches", 500, few),
        ]
    });
    trials.flatten().collect()
}

/// Both sides of a ring of 3 try.
fn tries() -> Model {
    Model::new("a ring of 3, judged", || {
        let (mut producer, mut consumer) = ring(3, 4);
        let history = History::new(Fifo::bounded(3));
        let producing = model::spawn({
            let history = history.clone();
            move || {
                for message in 0..MESSAGES {
                    push(&history, &mut producer, message);
                }
            }
        });
        for _ in 0..MESSAGES {
            pop(&history, &mut consumer);
        }
        producing.join().unwrap();
        history.check();
    })
    .branches(20_000)
}

/// Both ends of a link of 3 wait, and the sender says goodbye.
fn waits() -> Model {
    Model::new("a link of 3, judged", || {
        let (mut sender, mut receiver) = memory(3, 4).threads();
        let history = History::new(Fifo::bounded(3));
        let sending = model::spawn({
            let history = history.clone();
            move || {
                for message in 0..MESSAGES {
                    send(&history, &mut sender, message);
                }
                close(&history, Side::Producer, sender);
            }
        });
        for _ in 0..=MESSAGES {
            recv(&history, &mut receiver);
        }
        sending.join().unwrap();
        history.check();
    })
    .branches(20_000)
}
