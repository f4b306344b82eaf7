//! What each specification accepts: ends and deaths, a rendezvous, a mailbox, a stream.

use super::{Row, died, judge, said};
use crate::Test;
use aqueduct::model::specification::Answer::{
    Closed, Count, Dead, Done, Empty, Full, Message, Messages,
};
use aqueduct::model::specification::Call::{Close, Die, Follow, Pop, PopAll, Push, PushAll};
use aqueduct::model::specification::{Answer, Fifo, Rendezvous, Side, Stream, mailbox};

pub fn tests() -> Vec<Test> {
    vec![
        ("by hand: goodbyes and deaths", ends),
        ("by hand: calls without an answer", unanswered),
        ("by hand: rendezvous", rendezvous),
        ("by hand: mailbox", mailboxes),
        ("by hand: streams of bytes", streams),
    ]
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
