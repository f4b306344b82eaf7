//! Models of `src/wait.rs`, `src/life.rs` and `src/link`: sending and receiving that waits, closing,
//! deadlines, deaths and take-over.

use crate::memory::{ModelEnd, SURVIVOR, memory};
use crate::{explore, kill, sweep};
use aqueduct::link::{Ended, Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use aqueduct::model::{self, Model, Sweep};
use aqueduct::position::Position;
use aqueduct::wait::Patience;
use libtest_mimic::Trial;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Sleeps at once: a model does not spin.
const PATIENT: Patience = Patience {
    spins: 0,
    deadline: None,
};
/// The same, until `model::expire` is called.
const TIMED: Patience = Patience {
    spins: 0,
    deadline: Some(Duration::from_secs(1)),
};

pub fn trials() -> Vec<Trial> {
    let explored = alive().into_iter().map(|model| explore("link", model));
    let killed = dying().into_iter().map(|model| kill("link", model, &[1]));
    let files = ["src/wait.rs", "src/life.rs"];
    let sweeps = files.map(|file| sweep(file, Sweep::new(file, alive())));
    explored.chain(killed).chain(sweeps).collect()
}

/// Nobody dies.
fn alive() -> Vec<Model> {
    vec![
        hand_over(1, "sleeps"),
        hand_over(1, "is woken for no reason once").spurious(1),
        hand_over(1, "is woken for no reason later").spurious(2),
        hand_over(2, "sleeps"),
        receive_deadline(),
        send_deadline(),
        receiver_closes(),
        wait_for_sender(),
        until_received(),
    ]
}

/// Process 1 is killed at each of its accesses.
fn dying() -> Vec<Model> {
    vec![sender_is_followed(), receiver_is_followed()]
}

fn receive_all(receiver: &mut Receiver<ModelEnd>) -> (Vec<u32>, Ended) {
    let mut received = Vec::new();
    loop {
        match receiver.recv_with_patience(PATIENT) {
            Ok(message) => received.push(message),
            Err(RecvTimeoutError::Ended(why)) => return (received, why),
            Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
        }
    }
}

/// Sends 0, 1, ..., the numbers of the stream's positions, up to `end`.
fn send_up_to(sender: &mut Sender<ModelEnd>, end: u64) -> Result<(), Ended> {
    send(sender, Position::new(0), end)
}

/// The same in a stream that starts just before its position wraps.
fn send_from_wrap(sender: &mut Sender<ModelEnd>, end: u64) -> Result<(), Ended> {
    send(sender, Position::new(0).minus(1), end)
}

fn send(sender: &mut Sender<ModelEnd>, start: Position, end: u64) -> Result<(), Ended> {
    loop {
        let number = sender.position().since(start);
        if number == end {
            return Ok(());
        }
        let number = u32::try_from(number).unwrap();
        match sender.send_with_patience(number, PATIENT) {
            Ok(()) => {}
            Err(SendTimeoutError::Ended(error)) => return Err(error.why),
            Err(SendTimeoutError::TimedOut(_)) => unreachable!("there is no deadline"),
        }
    }
}

/// Two messages and the goodbye: no wake-up is lost, and nothing sent before the goodbye is.
fn hand_over(capacity: usize, how: &str) -> Model {
    let name = format!("two messages and a goodbye, capacity {capacity}, who waits {how}");
    Model::new(name, move || {
        let (mut sender, mut receiver) = memory(capacity, 0).threads();
        let sending = model::spawn(move || send_up_to(&mut sender, 2));
        let received = receive_all(&mut receiver);
        (sending.join().unwrap(), received)
    })
    .bound(3)
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
fn receiver_closes() -> Model {
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
fn wait_for_sender() -> Model {
    Model::new("waiting for the first sender", || {
        let memory = memory(1, 0);
        let mut receiver = memory.receiver(SURVIVOR);
        let sending = model::process(1, move || send_up_to(&mut memory.sender(1), 1));
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

/// A sender is killed anywhere, and another one follows: the receiver gets the whole stream once.
fn sender_is_followed() -> Model {
    Model::new("the sender is killed, and followed", || {
        let memory = memory(1, 1);
        let mut receiver = memory.receiver(SURVIVOR);
        let first = model::process(1, {
            let memory = Arc::clone(&memory);
            move || send_from_wrap(&mut memory.sender(1), 2).unwrap()
        });
        let second = model::spawn(move || {
            let died = first.join().is_none();
            model::expire(); // what is suspected is certain now
            if died {
                send_from_wrap(&mut memory.sender(SURVIVOR), 2).unwrap();
            }
            died
        });
        let mut received = Vec::new();
        let mut deaths = 0;
        loop {
            match receive_all(&mut receiver) {
                (more, Ended::Closed) => break received.extend(more),
                (more, Ended::Dead) => received.extend(more),
                (_, Ended::Corrupt) => panic!("corrupt"),
            }
            deaths += 1;
            if receiver.wait_for_sender(PATIENT).is_err() {
                break; // it came, and has gone already
            }
        }
        received.extend(receive_all(&mut receiver).0);
        assert_eq!(received, [0, 1]);
        let died = second.join().unwrap();
        assert!(died || deaths == 0, "nobody died");
        format!("killed: {died}, noticed: {}", deaths > 0)
    })
    .bound(2)
}

/// A receiver is killed anywhere, and another one follows: what the first did not release is there
/// for the second.
fn receiver_is_followed() -> Model {
    Model::new("the receiver is killed, and followed", || {
        let memory = memory(1, 0);
        let mut sender = memory.sender(SURVIVOR);
        let log = Rc::new(RefCell::new(Vec::new()));
        let first = model::process(1, {
            let (memory, log) = (Arc::clone(&memory), Rc::clone(&log));
            move || {
                let mut receiver = memory.receiver(1);
                log.borrow_mut()
                    .push(receiver.recv_with_patience(PATIENT).unwrap());
                std::mem::forget(receiver); // and so it dies, at the latest here
            }
        });
        let second = model::spawn(move || {
            first.join();
            model::expire();
            receive_all(&mut memory.receiver(SURVIVOR))
        });
        let mut noticed = false;
        while let Err(why) = send_up_to(&mut sender, 2) {
            assert_eq!(why, Ended::Dead);
            noticed = true;
            sender.wait_for_receiver(PATIENT).unwrap();
        }
        drop(sender);
        let (received, why) = second.join().unwrap();
        assert_eq!(why, Ended::Closed);
        let taken = 2 - received.len();
        assert_eq!(received, [0, 1][taken..]);
        // What was released and not yet returned went with the first.
        let returned = log.borrow().len();
        assert!(returned <= taken && taken <= 1);
        format!("the first took {taken} and returned {returned}, noticed: {noticed}")
    })
    .bound(2)
}
