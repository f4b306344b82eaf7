//! Histories whose verdict is known by hand.

use crate::Test;
use aqueduct::model::Calls;
use aqueduct::model::specification::Answer::{
    Busy, Closed, Count, Dead, Done, Empty, Full, Message, Messages,
};
use aqueduct::model::specification::Call::{Close, Die, Follow, Pop, PopAll, Push, PushAll};
use aqueduct::model::specification::{
    Answer, Call, Fifo, Rendezvous, Side, Specification, Stream, mailbox,
};

pub fn tests() -> Vec<Test> {
    vec![
        ("by hand: order, loss, doubles", order),
        ("by hand: full and empty", full_and_empty),
        ("by hand: busy", busy),
        ("by hand: glances", glances),
        ("by hand: goodbyes and deaths", ends),
        ("by hand: calls without an answer", unanswered),
        ("by hand: rendezvous", rendezvous),
        ("by hand: mailbox", mailboxes),
        ("by hand: streams of bytes", streams),
        ("by hand: what a refusal says", account),
    ]
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
    judge(
        &Fifo::bounded(1).may_be_busy(),
        [tries(), twice()],
        [late(), alone(), vec![said(1, Pop, Busy, &[])]],
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
    judge(&glances, [stale(), alone(2)], [known(), alone(3)])?;
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

fn ends() -> Result<(), String> {
    let (producer, consumer) = (Side::Producer, Side::Consumer);
    let sent = |then| vec![said(1, Push(1), Done, &[]), said(1, then, Done, &[])];
    let with = |then, more: Vec<Row>| [sent(then), more].concat();
    let all = |answer: Answer<u32>| vec![said(2, Pop, Message(1), &[]), said(2, Pop, answer, &[])];
    judge(
        &Fifo::bounded(2),
        [
            with(Close(producer), all(Closed)),
            with(Close(producer), all(Empty)),
            with(Die(producer), all(Dead)),
            // A goodbye is a goodbye, also of one that dies then.
            with(
                Close(producer),
                [vec![said(1, Die(producer), Done, &[])], all(Closed)].concat(),
            ),
            // A successor goes on.
            with(
                Die(producer),
                vec![
                    said(3, Follow(producer), Done, &[1]),
                    said(2, Pop, Message(1), &[]),
                    said(2, Pop, Empty, &[2]),
                ],
            ),
            vec![
                said(2, Close(consumer), Done, &[]),
                said(1, Push(1), Done, &[]),
                said(1, Push(1), Closed, &[]),
            ],
        ],
        [
            // Closed before all that was sent is received.
            with(Close(producer), vec![said(2, Pop, Closed, &[])]),
            // Dead who closed, closed who died, ended who is there.
            with(Close(producer), all(Dead)),
            with(Die(producer), all(Closed)),
            vec![said(2, Pop, Closed, &[])],
            // Waiting for who is known to be gone, sending to who is known to be gone.
            with(
                Die(producer),
                vec![said(2, Pop, Message(1), &[]), said(2, Pop, Empty, &[1])],
            ),
            vec![
                said(2, Close(consumer), Done, &[]),
                said(1, Push(1), Done, &[0]),
            ],
        ],
    )
}

fn unanswered() -> Result<(), String> {
    let both = |first: Row, answer, after| vec![first, said(2, Pop, answer, after)];
    let push = || died(1, Push(1), &[]);
    let twice = || {
        vec![
            push(),
            said(2, Pop, Message(1), &[]),
            said(3, Pop, Message(1), &[]),
        ]
    };
    judge(
        &Fifo::bounded(2),
        [
            both(push(), Empty, &[]),
            both(push(), Empty, &[0]),
            both(push(), Message(1), &[]),
            // It took effect after somebody did not see it.
            vec![
                push(),
                said(2, Pop, Empty, &[]),
                said(2, Pop, Message(1), &[]),
            ],
            vec![
                said(1, Push(1), Done, &[]),
                died(2, Pop, &[]),
                said(3, Pop, Empty, &[0]),
            ],
        ],
        [
            both(push(), Message(2), &[]),
            twice(),
            // Who knows of the death knows that nothing more will come.
            vec![
                push(),
                said(2, Pop, Empty, &[0]),
                said(2, Pop, Message(1), &[]),
            ],
            // One who died took one message, not two.
            vec![
                said(1, Push(1), Done, &[]),
                said(1, Push(2), Done, &[]),
                died(2, Pop, &[]),
                said(3, Pop, Empty, &[1]),
            ],
        ],
    )
}

fn rendezvous() -> Result<(), String> {
    let meet = |after| vec![said(1, Push(1), Done, &[]), said(2, Pop, Message(1), after)];
    judge(
        &Rendezvous::new(),
        [
            meet(&[]),
            vec![said(1, Push(1), Full, &[]), said(2, Pop, Empty, &[0])],
            vec![died(1, Push(1), &[]), said(2, Pop, Message(1), &[])],
            vec![said(1, Push(1), Done, &[]), died(2, Pop, &[])],
            vec![
                said(1, Push(1), Done, &[]),
                said(1, Push(2), Done, &[]),
                said(2, Pop, Message(1), &[]),
                said(3, Pop, Message(2), &[]),
            ],
        ],
        [
            // The sender had left when the receiver came.
            meet(&[0]),
            // Nobody was there, nobody else sent it, nobody sent it twice.
            vec![said(1, Push(1), Done, &[])],
            vec![said(1, Push(1), Full, &[]), said(2, Pop, Message(1), &[])],
            vec![
                said(1, Push(1), Done, &[]),
                said(2, Pop, Message(1), &[]),
                said(3, Pop, Message(1), &[]),
            ],
            // One thread does not meet itself.
            vec![said(1, Push(1), Done, &[]), said(1, Pop, Message(1), &[])],
        ],
    )
}

fn mailboxes() -> Result<(), String> {
    use mailbox::{Answer as A, Call as C, Letter};
    let letter = |again| A::Letter(Letter { message: 1, again });
    let put = || said(1, C::Put(1), A::Done, &[]);
    let held = |more: Vec<_>| [vec![put(), said(2, C::Take(2), letter(false), &[])], more].concat();
    judge(
        &mailbox::Mailbox::new(1),
        [
            held(vec![
                said(2, C::Die(2), A::Done, &[]),
                said(3, C::Take(3), letter(true), &[]),
            ]),
            held(vec![
                said(3, C::Take(3), A::Empty, &[]),
                said(1, C::Put(2), A::Full, &[]),
                said(2, C::Release(2), A::Done, &[]),
            ]),
            // It died while it took the letter, or while it released it.
            vec![
                put(),
                died(2, C::Take(2), &[]),
                said(2, C::Die(2), A::Done, &[]),
                said(3, C::Take(3), letter(true), &[]),
            ],
            held(vec![
                died(2, C::Release(2), &[]),
                said(2, C::Die(2), A::Done, &[]),
                said(3, C::Take(3), A::Empty, &[3]),
            ]),
        ],
        [
            // Taken back from the living, unmarked, lost, or twice.
            held(vec![said(3, C::Take(3), letter(true), &[])]),
            held(vec![
                said(2, C::Die(2), A::Done, &[]),
                said(3, C::Take(3), letter(false), &[]),
            ]),
            held(vec![
                said(2, C::Die(2), A::Done, &[]),
                said(3, C::Take(3), A::Empty, &[2]),
            ]),
            held(vec![
                said(2, C::Release(2), A::Done, &[]),
                said(2, C::Die(2), A::Done, &[]),
                said(3, C::Take(3), letter(true), &[]),
            ]),
            // Released by who does not hold it.
            vec![put(), said(2, C::Release(2), A::Done, &[])],
        ],
    )
}

fn streams() -> Result<(), String> {
    let write = |bytes: &[u8], count| said(1, PushAll(bytes.to_vec()), Count(count), &[]);
    let read = |bytes: &[u8]| said(2, PopAll(9), Messages(bytes.to_vec()), &[]);
    judge(
        &Stream::new(3),
        [
            vec![write(b"abcd", 3), read(b"ab"), read(b"c")],
            vec![write(b"abcd", 1), write(b"bcd", 2), read(b"abc")],
            // Who died while writing may have written a part.
            vec![died(1, PushAll(b"abc".to_vec()), &[]), read(b"ab")],
        ],
        [
            vec![write(b"abcd", 4)],
            vec![write(b"abc", 2), read(b"abc")],
            vec![write(b"ab", 2), read(b"b")],
            vec![write(b"ab", 0)],
            vec![died(1, PushAll(b"abc".to_vec()), &[]), read(b"b")],
        ],
    )
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
