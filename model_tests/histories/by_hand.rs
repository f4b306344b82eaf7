//! Histories whose verdict is known by hand.

mod specifications;

use crate::Test;
use aqueduct::model::Calls;
use aqueduct::model::specification::Answer::{Busy, Count, Done, Empty, Full, Message, Messages};
use aqueduct::model::specification::Call::{Pop, PopAll, Push, PushAll};
use aqueduct::model::specification::{Answer, Call, Fifo, Specification};

pub fn tests() -> Vec<Test> {
    let judge: [Test; 5] = [
        ("by hand: order, loss, doubles", order),
        ("by hand: full and empty", full_and_empty),
        ("by hand: busy", busy),
        ("by hand: glances", glances),
        ("by hand: what a refusal says", account),
    ];
    judge.into_iter().chain(specifications::tests()).collect()
}

/// A thread, its call and the answer, and which calls this one comes after beside those of its
/// own thread.
type Line<C, A> = (usize, C, Option<A>, &'static [usize]);
type Row = Line<Call<u32>, Answer<u32>>;

/// A call and its answer.
fn said<C, A>(thread: usize, call: C, answer: A, after: &'static [usize]) -> Line<C, A> {
    (thread, call, Some(answer), after)
}

/// A call whose caller died.
fn died<C, A>(thread: usize, call: C, after: &'static [usize]) -> Line<C, A> {
    (thread, call, None, after)
}

fn calls<S: Specification>(
    initial: &S,
    lines: impl IntoIterator<Item = Line<S::Call, S::Answer>>,
) -> Calls<S> {
    let mut calls = Calls::new(initial.clone());
    for (thread, call, answer, after) in lines {
        let index = calls.begin(thread, call, after);
        if let Some(answer) = answer {
            calls.answer(index, answer);
        }
    }
    calls
}

/// Whether exactly the histories of the first kind have an order.
fn judge<S: Specification, const A: usize, const R: usize>(
    initial: &S,
    accepted: [Vec<Line<S::Call, S::Answer>>; A],
    refused: [Vec<Line<S::Call, S::Answer>>; R],
) -> Result<(), String> {
    for lines in accepted {
        let calls = calls(initial, lines);
        calls.order().map_err(|refusal| refusal.to_string())?;
    }
    for lines in refused {
        let calls = calls(initial, lines);
        if let Ok(order) = calls.order() {
            return Err(format!("{order:?} is right for {calls:?}"));
        }
    }
    Ok(())
}

fn order() -> Result<(), String> {
    let pushed = || vec![said(1, Push(1), Done, &[]), said(1, Push(2), Done, &[])];
    let with = |more: Vec<Row>| [pushed(), more].concat();
    judge(
        &Fifo::unbounded(),
        [
            with(vec![
                said(2, Pop, Message(1), &[]),
                said(2, Pop, Message(2), &[]),
            ]),
            // Two consumers that know nothing of each other.
            with(vec![
                said(2, Pop, Message(2), &[]),
                said(3, Pop, Message(1), &[]),
            ]),
            // Two producers that know nothing of each other.
            vec![
                said(1, Push(1), Done, &[]),
                said(2, Push(2), Done, &[]),
                said(3, Pop, Message(2), &[]),
            ],
        ],
        [
            // Received twice.
            with(vec![
                said(2, Pop, Message(1), &[]),
                said(3, Pop, Message(1), &[]),
            ]),
            // Out of order.
            with(vec![
                said(2, Pop, Message(2), &[]),
                said(2, Pop, Message(1), &[]),
            ]),
            // The first one is lost.
            with(vec![
                said(2, Pop, Message(2), &[1]),
                said(2, Pop, Empty, &[]),
            ]),
            // Never sent.
            with(vec![said(2, Pop, Message(3), &[])]),
            // Received before it was sent.
            vec![said(2, Pop, Message(1), &[]), said(1, Push(1), Done, &[0])],
        ],
    )
}

fn full_and_empty() -> Result<(), String> {
    judge(
        &Fifo::bounded(1),
        [
            vec![said(1, Push(1), Done, &[]), said(2, Pop, Empty, &[])],
            vec![
                said(1, Push(1), Done, &[]),
                said(1, Push(2), Full, &[]),
                said(2, Pop, Message(1), &[]),
            ],
            vec![
                said(1, PushAll(vec![1, 2]), Count(1), &[]),
                said(2, PopAll(9), Messages(vec![1]), &[]),
                said(1, PushAll(vec![2]), Count(1), &[]),
            ],
        ],
        [
            // Empty, although a push that happened before was never taken.
            vec![said(1, Push(1), Done, &[]), said(2, Pop, Empty, &[0])],
            // The same, known through a third thread's call.
            vec![
                said(1, Push(1), Done, &[]),
                said(2, Push(2), Full, &[0]),
                said(3, Pop, Empty, &[1]),
            ],
            // Full, although it was never filled, or has been emptied.
            vec![said(1, Push(1), Full, &[])],
            vec![
                said(1, Push(1), Done, &[]),
                said(2, Pop, Message(1), &[]),
                said(1, Push(2), Full, &[1]),
            ],
            // More than there is room for.
            vec![said(1, Push(1), Done, &[]), said(1, Push(2), Done, &[])],
            // Half a batch.
            vec![
                said(1, PushAll(vec![1]), Count(0), &[]),
                said(2, PopAll(9), Messages(vec![1]), &[]),
            ],
        ],
    )
}

fn busy() -> Result<(), String> {
    let tries = || vec![said(1, Push(1), Done, &[]), said(2, Pop, Busy, &[])];
    let twice = || [tries(), vec![said(2, Pop, Busy, &[])]].concat();
    let late = || vec![said(1, Push(1), Done, &[]), said(2, Pop, Busy, &[0])];
    let alone = || vec![said(1, Push(1), Done, &[]), said(1, Pop, Busy, &[])];
    // Both others are known to be over, one of them through the other.
    let over = || {
        vec![
            said(1, Push(1), Done, &[]),
            said(2, Pop, Message(1), &[0]),
            said(3, Pop, Busy, &[1]),
        ]
    };
    judge(
        &Fifo::bounded(1).may_be_busy(),
        [tries(), twice()],
        [late(), alone(), over(), vec![said(1, Pop, Busy, &[])]],
    )?;
    judge(&Fifo::bounded(1), [], [tries(), late(), alone()])
}

/// A producer does not see a pop, and the consumer does not see a push.
fn glances() -> Result<(), String> {
    let stale = || {
        vec![
            said(1, Push(1), Done, &[]),
            said(1, Push(2), Done, &[]),
            said(1, Push(3), Full, &[]),
            said(2, Pop, Message(1), &[]),
            said(2, Pop, Empty, &[]),
        ]
    };
    // The two of one thread have to fit one order.
    let alone = |thread| {
        vec![
            said(1, Push(1), Done, &[]),
            said(1, Push(2), Done, &[]),
            said(3, Push(3), Full, &[]),
            said(2, Pop, Message(1), &[]),
            said(thread, Pop, Empty, &[2]),
        ]
    };
    let known = || {
        let mut calls = stale();
        calls[4].3 = &[1];
        calls
    };
    let glances = Fifo::bounded(2).with_glances();
    // What is known through a glance is known.
    let through = vec![
        said(1, Push(1), Done, &[]),
        said(1, Push(2), Done, &[]),
        said(3, Push(3), Full, &[1]),
        said(2, Pop, Empty, &[2]),
    ];
    judge(&glances, [stale(), alone(2)], [known(), alone(3), through])?;
    judge(&Fifo::bounded(2), [], [stale(), alone(2), alone(3)])?;
    let short = || {
        vec![
            said(1, PushAll(vec![1, 2]), Count(1), &[]),
            said(2, PopAll(9), Messages(vec![]), &[0]),
            said(2, PopAll(9), Messages(vec![1]), &[]),
        ]
    };
    let torn = vec![
        said(1, PushAll(vec![1, 2]), Count(1), &[]),
        said(2, PopAll(9), Messages(vec![1, 2]), &[]),
    ];
    judge(&glances, [short()], [torn])?;
    judge(&Fifo::bounded(2), [], [short()])
}

fn account() -> Result<(), String> {
    let lines: [Row; 4] = [
        said(1, Push(1), Done, &[]),
        died(1, Push(2), &[]),
        said(3, Pop, Message(1), &[]),
        said(2, Pop, Empty, &[0, 1]),
    ];
    let refusal = calls(&Fifo::unbounded(), lines).order();
    assert!(refusal.is_ok(), "the pop may come first");
    let lines = [
        said(1, Push(1), Done, &[]),
        died(1, Push(2), &[]),
        said(2, Pop, Message(3), &[0, 1]),
    ];
    let refusal = calls(&Fifo::unbounded(), lines).order().unwrap_err();
    let said = refusal.to_string();
    let expected = [
        "no order of these calls is right, from Fifo",
        "\n  #0 thread 1: Push(1) -> Done\n",
        "\n  #1 thread 1: Push(2) -> no answer, after #0\n",
        "\n  #2 thread 2: Pop -> Message(3), after #1\n",
        "the furthest one comes: #0, #1; then Fifo",
    ];
    match expected.iter().find(|part| !said.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(format!("{part:?} is not in {said}")),
    }
}
