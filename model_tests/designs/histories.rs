//! Histories against the bounded first-in-first-out buffer.

use super::d::{Refused, Shape};
use super::{End, end, ring};
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, History, Model};

type Calls = History<Fifo<u32>>;
type Script = &'static [Option<u32>];

pub fn to_sweep() -> Vec<Model> {
    let scripts: &[&[Script]] = &[
        &[&[Some(1), None], &[Some(2), None]],
        &[&[Some(1), Some(3)], &[Some(2), None, None]],
        &[&[Some(1)], &[Some(2), None]],
    ];
    let models = scripts.iter().zip([2, 1, 1]);
    models
        .map(|(script, capacity)| calls(&format!("{script:?}"), capacity, script).bound(2))
        .collect()
}

pub fn models() -> Vec<Model> {
    vec![
        calls("1+1", 1, &[&[Some(1), Some(2)], &[None, None]]),
        calls("two push and pop", 1, &[&[Some(1), None], &[Some(2), None]]).bound(3),
        calls(
            "two push and pop, capacity 2",
            2,
            &[&[Some(1), None], &[Some(2), None]],
        )
        .bound(3),
        calls("2+1", 2, &[&[Some(1), Some(2)], &[Some(3)], &[None, None]]).bound(1),
        calls("1+2", 2, &[&[Some(1), Some(2)], &[None], &[None, None]]).bound(1),
        calls("2+2", 1, &[&[Some(1)], &[Some(2)], &[None], &[None]]).bound(1),
    ]
}

/// Each thread does its calls: pushes of some message, and pops.
fn calls(name: &str, capacity: usize, scripts: &'static [Script]) -> Model {
    Model::new(format!("d: history, {name}"), move || {
        let words = ring(Shape::new(capacity, scripts.len() + 1), 1);
        let history = History::new(Fifo::bounded(capacity).with_glances());
        let mut ends: Vec<End> = (0..scripts.len()).map(|owner| end(&words, owner)).collect();
        let mut last = ends.pop().unwrap();
        let (mine, others) = scripts.split_last().unwrap();
        let start = |(mut end, script): (End, &'static Script)| {
            let history = history.clone();
            model::spawn(move || act(&history, &mut end, script))
        };
        let threads: Vec<_> = ends.into_iter().zip(others).map(start).collect();
        act(&history, &mut last, mine);
        for thread in threads {
            thread.join().unwrap();
        }
        while pop(&history, &mut last) != Answer::Empty {}
        history.check();
    })
}

fn act(history: &Calls, end: &mut End, script: Script) {
    for step in script {
        let _ = match *step {
            Some(message) => push(history, end, message),
            None => pop(history, end),
        };
    }
}

fn push(history: &Calls, end: &mut End, message: u32) -> Answer<u32> {
    history.call(Call::Push(message), || match end.push(message) {
        Ok(()) => Answer::Done,
        Err(Refused::Full(_)) => Answer::Full,
        Err(Refused::Busy(_)) => panic!("no cell"),
    })
}

fn pop(history: &Calls, end: &mut End) -> Answer<u32> {
    history.call(Call::Pop, || match super::pop(end) {
        Some(message) => Answer::Message(message),
        None => Answer::Empty,
    })
}
