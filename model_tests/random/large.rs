//! Larger instances: more messages, more room, more threads.

use super::try_it;
use crate::link::{
    PATIENT, receive_all, receive_in_batches, send_from_wrap, send_in_batches, send_up_to,
};
use crate::memory::{SURVIVOR, VICTIM, memory};
use crate::spsc::ring;
use aqueduct::buffer::{PopError, PushError};
use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::model::{self, Model, Random};
use libtest_mimic::Trial;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// Each once with a choice at every access, and once with few switches. A ring of 3 has a slot to
/// spare, and one of 4 has none.
pub fn trials() -> Vec<Trial> {
    let nobody: fn(Random) -> Random = |how| how;
    let few: fn(Random) -> Random = |how| how.few_switches(6);
    let killed: fn(Random) -> Random = |how| how.killing(&[VICTIM]);
    let killed_few: fn(Random) -> Random = |how| how.killing(&[VICTIM]).few_switches(6);
    let paused: fn(Random) -> Random = |how| how.pausing(&[VICTIM]);
    let paused_few: fn(Random) -> Random = |how| how.pausing(&[VICTIM]).few_switches(6);
    let alive = [
        (one_by_one(3), 2_000),
        (one_by_one(4), 2_000),
        (batches(3), 2_000),
        (batches(4), 2_000),
        (hand_over(), 1_500),
        (in_batches(), 1_500),
        (relays(), 150),
    ];
    let alive = alive.into_iter().flat_map(|(model, runs)| {
        [
            try_it(&model, "any switch", runs, nobody),
            try_it(&model, "few switches", runs, few),
        ]
    });
    let doomed = [sender_is_followed(), receiver_is_followed()];
    let doomed = doomed.into_iter().flat_map(|model| {
        [
            try_it(&model, "killed", 1_500, killed),
            try_it(&model, "killed, few switches", 1_500, killed_few),
            try_it(&model, "paused", 500, paused),
            try_it(&model, "paused, few switches", 500, paused_few),
        ]
    });
    alive.chain(doomed).flatten().collect()
}

const MESSAGES: u32 = 20;

/// A model whose executions are long.
fn large<T: std::fmt::Debug + 'static>(
    name: &str,
    body: impl Fn() -> T + Send + Sync + 'static,
) -> Model {
    Model::new(format!("{MESSAGES} messages, {name}"), body).branches(50_000)
}

/// Both sides of a ring only try, so often; what was pushed comes out in order.
fn one_by_one(capacity: usize) -> Model {
    let name = format!("ring of {capacity}, one by one");
    large(&name, move || {
        let (mut producer, mut consumer) = ring(capacity, 7);
        let producing = model::spawn(move || {
            let mut next = 0;
            for _ in 0..2 * MESSAGES {
                match producer.push(next) {
                    Ok(()) => next += 1,
                    Err(PushError::Full(message)) => assert_eq!(message, next),
                    Err(PushError::Corrupt(_)) => panic!("corrupt"),
                }
            }
            next
        });
        let mut popped = Vec::new();
        for _ in 0..2 * MESSAGES {
            match consumer.pop() {
                Ok(message) => popped.push(message),
                Err(PopError::Empty) => {}
                Err(PopError::Corrupt(_)) => panic!("corrupt"),
            }
        }
        let next = producing.join().unwrap();
        popped.extend(std::iter::from_fn(|| consumer.pop().ok()));
        assert_eq!(popped, (0..next).collect::<Vec<_>>());
    })
    .outcomes(["()"])
}

/// The same in batches: a batch is seen as a whole.
fn batches(capacity: usize) -> Model {
    let name = format!("ring of {capacity}, in batches");
    large(&name, move || {
        let (mut producer, mut consumer) = ring(capacity, 7);
        let producing = model::spawn(move || {
            let mut next = 0;
            for _ in 0..MESSAGES {
                let batch = [next, next + 1];
                next += u32::try_from(producer.push_slice(&batch).unwrap()).unwrap();
            }
            next
        });
        let mut popped = Vec::new();
        for _ in 0..MESSAGES {
            let mut run = [0; 3];
            let count = consumer.pop_slice(&mut run).unwrap();
            popped.extend_from_slice(&run[..count]);
        }
        let next = producing.join().unwrap();
        popped.extend(std::iter::from_fn(|| consumer.pop().ok()));
        assert_eq!(popped, (0..next).collect::<Vec<_>>());
    })
    .outcomes(["()"])
}

/// Both sides wait for each other, and the sender says goodbye.
fn hand_over() -> Model {
    large("link of 3 and a goodbye", || {
        let (mut sender, mut receiver) = memory(3, 0).threads();
        let sending = model::spawn(move || send_up_to(&mut sender, MESSAGES.into()));
        let (received, why) = receive_all(&mut receiver);
        sending.join().unwrap().unwrap();
        assert_eq!((received, why), ((0..MESSAGES).collect(), Ended::Closed));
    })
    .outcomes(["()"])
}

/// The sender waits for room for two, and fills what there is.
fn in_batches() -> Model {
    large("link of 4, in batches", || {
        let (mut sender, mut receiver) = memory(4, 5).threads();
        let sending = model::spawn(move || {
            let messages: Vec<u32> = (0..MESSAGES).collect();
            send_in_batches(&mut sender, &messages, 2);
        });
        let (received, why) = receive_in_batches(&mut receiver, 3);
        sending.join().unwrap();
        assert_eq!((received, why), ((0..MESSAGES).collect(), Ended::Closed));
    })
    .outcomes(["()"])
}

/// Eight threads in a row, each a receiver of the one before and a sender to the next.
fn relays() -> Model {
    large("a row of 8 threads", || {
        let (mut first, mut received) = memory(2, 0).threads();
        let mut threads = vec![model::spawn(move || {
            send_up_to(&mut first, MESSAGES.into()).unwrap();
        })];
        for _ in 0..6 {
            let (mut sender, receiver) = memory(1, 1).threads();
            let mut before = std::mem::replace(&mut received, receiver);
            threads.push(model::spawn(move || {
                let why = loop {
                    match before.recv_with_patience(PATIENT) {
                        Ok(message) => sender.send_with_patience(message, PATIENT).unwrap(),
                        Err(why) => break why,
                    }
                };
                assert_eq!(why, RecvTimeoutError::Ended(Ended::Closed));
            }));
        }
        let (last, why) = receive_all(&mut received);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!((last, why), ((0..MESSAGES).collect(), Ended::Closed));
    })
    .outcomes(["()"])
}

/// A sender is killed anywhere and another one follows: all is received, once.
fn sender_is_followed() -> Model {
    large("the sender is followed, three threads", || {
        let memory = memory(3, 1);
        let mut receiver = memory.receiver(SURVIVOR);
        let first = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || send_from_wrap(&mut memory.sender(VICTIM), MESSAGES.into()).unwrap()
        });
        let second = model::spawn(move || {
            let killed = first.join().is_none();
            if killed {
                send_from_wrap(&mut memory.twin_sender(), MESSAGES.into()).unwrap();
            }
            killed
        });
        let (mut received, mut why) = receive_all(&mut receiver);
        let noticed = why == Ended::Dead;
        if noticed {
            // The successor may have gone already.
            let _ = receiver.wait_for_sender(PATIENT);
            let (more, then) = receive_all(&mut receiver);
            received.extend(more);
            why = then;
        }
        assert_eq!((received, why), ((0..MESSAGES).collect(), Ended::Closed));
        let killed = second.join().unwrap();
        format!("killed: {killed}, noticed: {noticed}")
    })
    .outcomes([
        "killed: false, noticed: false",
        "killed: true, noticed: false",
        "killed: true, noticed: true",
    ])
}

/// A receiver is killed anywhere and another one follows: of what was released and not yet
/// returned one message at the most went with the victim.
fn receiver_is_followed() -> Model {
    large("the receiver is followed, three threads", || {
        let memory = memory(3, 0);
        let mut sender = memory.sender(SURVIVOR);
        let returned = Rc::new(Cell::new(0));
        let first = model::process(VICTIM, {
            let (memory, returned) = (Arc::clone(&memory), Rc::clone(&returned));
            move || {
                let mut receiver = memory.receiver(VICTIM);
                while returned.get() < MESSAGES {
                    assert_eq!(receiver.recv_with_patience(PATIENT), Ok(returned.get()));
                    returned.set(returned.get() + 1);
                }
                std::mem::forget(receiver); // and so it dies, at the latest here
            }
        });
        let second = model::spawn(move || {
            first.join();
            receive_all(&mut memory.twin_receiver())
        });
        while let Err(why) = send_up_to(&mut sender, MESSAGES.into()) {
            assert_eq!(why, Ended::Dead);
            sender.wait_for_receiver(PATIENT).unwrap();
        }
        drop(sender);
        let (received, why) = second.join().unwrap();
        let taken = received.first().copied().unwrap_or(MESSAGES);
        assert_eq!(
            (received, why),
            ((taken..MESSAGES).collect(), Ended::Closed)
        );
        taken - returned.get()
    })
    .outcomes(["0", "1"])
}
