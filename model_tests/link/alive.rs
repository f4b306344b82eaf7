//! Nobody dies: sending and receiving that waits, closing, deadlines.

use super::{PATIENT, receive_all, receive_in_batches, send_in_batches, send_up_to};
use crate::memory::{SURVIVOR, VICTIM, memory};
use aqueduct::link::Role;
use aqueduct::model::{self, Model};
use aqueduct::wait::Patience;
use std::time::Duration;

/// As patient, until `model::expire` is called.
const TIMED: Patience = Patience {
    spins: 0,
    deadline: Some(Duration::from_secs(1)),
};

/// Each with all its outcomes, and about half of the executions that it has.
pub fn models() -> Vec<Model> {
    let whole = ["(Ok(()), ([0, 1], Closed))"];
    let in_time = ["Ok(0)", "Err(TimedOut)"];
    vec![
        hand_over(1, "sleeps").outcomes(whole).at_least(11_000),
        hand_over(2, "sleeps").outcomes(whole).at_least(11_000),
        receive_deadline().outcomes(in_time).at_least(4_000),
        send_deadline()
            .outcomes(["Ok(())", "Err(TimedOut(1))"])
            .at_least(4_000),
        receiver_closes()
            .outcomes(["Err(Ended(SendError { message: 1, why: Closed }))"])
            .at_least(190),
        wait_for_sender()
            .outcomes([
                "(Ok(()), ([0], Closed))",
                "(Err(Ended(Closed)), ([0], Closed))", // it came, and has gone already
            ])
            .at_least(12_000),
        until_received().outcomes(whole).at_least(11_000),
        batches().outcomes(["([0, 1, 2], Closed)"]).at_least(100),
        one_batch().outcomes(["Ok(())"]).at_least(90),
        keeper_says_goodbye()
            .outcomes(["([0], Closed)"])
            .at_least(100),
    ]
}

/// The hand-over again, where a wait returns at once and for no reason.
pub fn for_no_reason(bound: usize) -> [Model; 2] {
    let whole = ["(Ok(()), ([0, 1], Closed))"];
    [(1, "at first"), (2, "later")].map(|(nth, when)| {
        hand_over(1, &format!("is woken for no reason {when}"))
            .spurious(nth)
            .bound(bound)
            .outcomes(whole)
            .at_least(1_000)
    })
}

/// Two messages and the goodbye: no wake-up is lost, and nothing sent before the goodbye is.
pub fn hand_over(capacity: usize, how: &str) -> Model {
    let name = format!("two messages and a goodbye, capacity {capacity}, who waits {how}");
    Model::new(name, move || {
        let (mut sender, mut receiver) = memory(capacity, 0).threads();
        let sending = model::spawn(move || send_up_to(&mut sender, 2));
        let received = receive_all(&mut receiver);
        (sending.join().unwrap(), received)
    })
    .bound(3)
}

/// Three messages through a link of two, in batches, as a stream of bytes is carried.
pub fn batches() -> Model {
    Model::new("batches and a goodbye", || {
        let (mut sender, mut receiver) = memory(2, 1).threads();
        let sending = model::spawn(move || send_in_batches(&mut sender, &[0, 1, 2], 1));
        let (received, why) = receive_in_batches(&mut receiver, 2);
        sending.join().unwrap();
        (received, why)
    })
    .bound(2)
}

/// A sender waits for the room that one batch makes, of a receiver that does nothing else.
pub fn one_batch() -> Model {
    Model::new("one batch makes room", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        sender.try_send(0).unwrap();
        let receiving = model::spawn(move || {
            let read = receiver.recv_batch(PATIENT, |taken| taken.read(1, <[u32]>::len));
            assert_eq!(read, Ok(Ok(1)));
            receiver
        });
        let sent = sender.send_with_patience(1, PATIENT);
        let _receiver = receiving.join().unwrap();
        sent
    })
    .bound(3)
}

/// Between processes the keeper says goodbye, another thread than the one that sent.
pub fn keeper_says_goodbye() -> Model {
    Model::new("the keeper says goodbye", || {
        let memory = memory(1, 0);
        let mut receiver = memory.receiver(SURVIVOR);
        let mut sender = memory.sender(SURVIVOR);
        let sending = model::spawn(move || {
            sender.try_send(0).unwrap();
            let keeper = model::spawn(move || memory.leave(Role::Sender));
            keeper.join().unwrap();
            std::mem::forget(sender);
        });
        let received = receive_all(&mut receiver);
        sending.join().unwrap();
        received
    })
    .bound(2)
}

/// The deadline passes at every moment: a message is received or still there.
fn receive_deadline() -> Model {
    Model::new("a deadline while receiving", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let sending = model::spawn(move || {
            sender.try_send(0).unwrap();
            sender
        });
        let timer = model::spawn(model::expire);
        let received = receiver.recv_with_patience(TIMED);
        timer.join().unwrap();
        let _sender = sending.join().unwrap();
        assert_eq!(receiver.try_recv().is_ok(), received.is_err());
        received
    })
    .bound(3)
}

/// The deadline passes at every moment: a message is sent or comes back.
fn send_deadline() -> Model {
    Model::new("a deadline while sending", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        sender.try_send(0).unwrap();
        let receiving = model::spawn(move || {
            receiver.try_recv().unwrap();
            receiver
        });
        let timer = model::spawn(model::expire);
        let sent = sender.send_with_patience(1, TIMED);
        timer.join().unwrap();
        let mut receiver = receiving.join().unwrap();
        assert_eq!(receiver.try_recv().is_ok(), sent.is_ok());
        sent
    })
    .bound(3)
}

/// A receiver says goodbye while the sender waits for room: the message comes back.
pub fn receiver_closes() -> Model {
    Model::new("the receiver says goodbye", || {
        let (mut sender, receiver) = memory(1, 0).threads();
        let sending = model::spawn(move || {
            sender.try_send(0).ok();
            sender.send_with_patience(1, PATIENT)
        });
        drop(receiver);
        format!("{:?}", sending.join().unwrap())
    })
}

/// Somebody waits for the first sender.
pub fn wait_for_sender() -> Model {
    Model::new("waiting for the first sender", || {
        let memory = memory(1, 0);
        let mut receiver = memory.receiver(SURVIVOR);
        let sending = model::process(VICTIM, move || send_up_to(&mut memory.sender(VICTIM), 1));
        let waited = receiver.wait_for_sender(PATIENT);
        let received = receive_all(&mut receiver);
        sending.join();
        (waited, received)
    })
    .bound(3)
}

/// A sender waits until all is received.
fn until_received() -> Model {
    Model::new("waiting until all is received", || {
        let (mut sender, mut receiver) = memory(2, 0).threads();
        let receiving = model::spawn(move || receive_all(&mut receiver));
        sender.try_send(0).unwrap();
        sender.try_send(1).unwrap();
        let waited = sender.wait_until_received(PATIENT);
        drop(sender);
        (waited, receiving.join().unwrap())
    })
    .bound(3)
}
