//! What is too much to ask of a ring that acquires and releases: an order that extends real time;
//! and, when one side is told "full" and the other "empty", any one order at all.

use super::ring::{pop, push};
use crate::Test;
use crate::report;
use crate::spsc::ring;
use aqueduct::model::specification::{Answer, Call, Fifo};
use aqueduct::model::{self, Calls, History, Model};
use std::cell::RefCell;
use std::rc::Rc;

pub fn tests() -> Vec<Test> {
    vec![
        (
            "a ring is not linearizable against real time",
            against_real_time,
        ),
        ("full and empty need not fit one order", full_and_empty),
    ]
}

/// The calls in the order in which they really happen: one comes after all that have returned.
struct RealTime {
    calls: Calls<Fifo<u32>>,
    returned: Vec<usize>,
}

fn timed(
    time: &RefCell<RealTime>,
    thread: usize,
    call: Call<u32>,
    act: impl FnOnce() -> Answer<u32>,
) {
    let index = {
        let RealTime { calls, returned } = &mut *time.borrow_mut();
        calls.begin(thread, call, returned)
    };
    let answer = act();
    let mut time = time.borrow_mut();
    time.calls.answer(index, answer);
    time.returned.push(index);
}

/// Two pushes and two pops; the outcome is whether real time has an order too.
fn model() -> Model {
    Model::new("ring: happens-before and real time", || {
        let (mut producer, mut consumer) = ring(2, 0);
        let history = History::new(Fifo::bounded(2));
        let time = Rc::new(RefCell::new(RealTime {
            calls: Calls::new(Fifo::bounded(2)),
            returned: Vec::new(),
        }));
        let producing = model::spawn({
            let (history, time) = (history.clone(), Rc::clone(&time));
            move || {
                for message in [1, 2] {
                    timed(&time, 1, Call::Push(message), || {
                        push(&history, &mut producer, message)
                    });
                }
            }
        });
        for _ in 0..2 {
            timed(&time, 0, Call::Pop, || pop(&history, &mut consumer));
        }
        producing.join().unwrap();
        history.check();
        if time.borrow().calls.order().is_ok() {
            "both"
        } else {
            "happens-before only"
        }
    })
}

fn against_real_time() -> Result<(), String> {
    let report = model().explore().map_err(|failure| failure.to_string())?;
    let only = report.outcomes.get("happens-before only").copied();
    report::say(&format!("{report:?}"));
    match only {
        Some(1..) if report.outcomes.contains_key("both") => Ok(()),
        _ => Err(format!("{report:?}")),
    }
}

/// Three pushes and two pops; the outcome is whether all fit one order.
fn one_order(spec: &Fifo<u32>) -> Model {
    let spec = spec.clone();
    Model::new("ring: full and empty in one order", move || {
        let (mut producer, mut consumer) = ring(2, 0);
        let history = History::new(spec.clone());
        let producing = model::spawn({
            let history = history.clone();
            move || {
                for message in 1..=3 {
                    push(&history, &mut producer, message);
                }
            }
        });
        let told = [(); 2].map(|()| pop(&history, &mut consumer));
        producing.join().unwrap();
        match history.judge() {
            Ok(()) => "one order",
            // A refusal rests on both answers.
            Err(refusal) => {
                let said = refusal.to_string();
                assert!(
                    said.contains("-> Full") && told[1] == Answer::Empty,
                    "{said}"
                );
                "none"
            }
        }
    })
}

fn full_and_empty() -> Result<(), String> {
    let spec = Fifo::bounded(2);
    let strict = one_order(&spec).outcomes(["one order", "none"]).explore();
    let glances = one_order(&spec.with_glances())
        .outcomes(["one order"])
        .explore();
    for report in [strict, glances] {
        let report = report.map_err(|failure| failure.to_string())?;
        report::say(&format!("{report:?}"));
    }
    Ok(())
}
