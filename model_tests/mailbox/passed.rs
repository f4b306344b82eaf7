//! Messages that pass, whatever the mailbox holds, while all wait for each other.

use super::{Capacity, ends, receive, receive_all, send};
use crate::link::PATIENT;
use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::model::{self, Model};
use aqueduct::wait::Patience;

/// In which order the two messages came, each once.
fn both(received: &[u32]) -> String {
    let mut sorted = received.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, [1, 2]);
    format!("{received:?}")
}

/// Two messages, then the sender goes.
pub fn passes(kind: Capacity) -> Model {
    passes_with(PATIENT, format!("{kind:?}: one sends, one receives"), kind)
}

/// The same, where each call tries before it asks to be woken.
pub fn passes_by_tries(kind: Capacity) -> Model {
    let trying = Patience {
        spins: 1,
        ..PATIENT
    };
    passes_with(
        trying,
        format!("{kind:?}: one sends, one receives, who try"),
        kind,
    )
}

fn passes_with(patience: Patience, name: String, kind: Capacity) -> Model {
    Model::new(name, move || {
        let (sender, receiver) = ends(kind);
        let sending = model::spawn(move || {
            for message in [1, 2] {
                sender.send_with_patience(message, patience).unwrap();
            }
        });
        let received = [(); 3].map(|()| receiver.recv_with_patience(patience));
        let closed = RecvTimeoutError::Ended(Ended::Closed);
        assert_eq!(received, [Ok(1), Ok(2), Err(closed)]);
        sending.join().unwrap();
    })
}

/// Two wait for one message each: each gets one, and nobody sleeps on.
pub fn two_receive(kind: Capacity) -> Model {
    Model::new(format!("{kind:?}: one sends, two receive"), move || {
        let (sender, receiver) = ends(kind);
        let sending = model::spawn(move || [1, 2].map(|message| send(&sender, message)));
        let receiving = model::spawn({
            let receiver = receiver.clone();
            move || receive(&receiver).unwrap()
        });
        let received = [receive(&receiver).unwrap(), receiving.join().unwrap()];
        sending.join().unwrap();
        both(&received)
    })
}

/// Two send one message each.
pub fn two_send(kind: Capacity) -> Model {
    Model::new(format!("{kind:?}: two send, one receives"), move || {
        let (sender, receiver) = ends(kind);
        let sending = [1, 2].map(|message| {
            let sender = sender.clone();
            model::spawn(move || send(&sender, message))
        });
        drop(sender);
        let received = receive_all(&receiver);
        for thread in sending {
            thread.join().unwrap();
        }
        both(&received)
    })
}

/// Two send one message each, two receive one each.
pub fn two_and_two(kind: Capacity) -> Model {
    Model::new(format!("{kind:?}: two send, two receive"), move || {
        let (sender, receiver) = ends(kind);
        let sending = [1, 2].map(|message| {
            let sender = sender.clone();
            model::spawn(move || send(&sender, message))
        });
        let receiving = model::spawn({
            let receiver = receiver.clone();
            move || receive(&receiver).unwrap()
        });
        let received = [receive(&receiver).unwrap(), receiving.join().unwrap()];
        for thread in sending {
            thread.join().unwrap();
        }
        both(&received)
    })
}

/// Two send while nobody receives: there is room, so neither waits for long.
pub fn all_send(kind: Capacity) -> Model {
    Model::new(
        format!("{kind:?}: two send, and nobody receives"),
        move || {
            let (sender, receiver) = ends(kind);
            let sending = model::spawn({
                let sender = sender.clone();
                move || send(&sender, 1)
            });
            send(&sender, 2);
            sending.join().unwrap();
            drop(sender);
            receive_all(&receiver)
        },
    )
}

/// One tries to send while another one does: that one has not to wait for long, whatever the first is
/// told.
pub fn one_tries() -> Model {
    Model::new("one sends, and one tries to", || {
        let (sender, receiver) = ends(Capacity::Unbounded);
        let trying = model::spawn({
            let sender = sender.clone();
            move || sender.try_send(1).is_ok()
        });
        send(&sender, 2);
        let sent = trying.join().unwrap();
        drop(sender);
        assert_eq!(receive_all(&receiver).len(), 1 + usize::from(sent));
        sent
    })
    .bound(2)
}

/// Two receive while nobody sends: the messages are there, so neither waits for long.
pub fn all_receive(kind: Capacity) -> Model {
    Model::new(
        format!("{kind:?}: two receive, and nobody sends"),
        move || {
            let (sender, receiver) = ends(kind);
            for message in [1, 2] {
                send(&sender, message);
            }
            let receiving = model::spawn({
                let receiver = receiver.clone();
                move || receive(&receiver).unwrap()
            });
            [receive(&receiver).unwrap(), receiving.join().unwrap()]
        },
    )
}

/// Two receive until the only sender, which sends one message, is gone: both are told.
pub fn all_end(kind: Capacity) -> Model {
    Model::new(format!("{kind:?}: two receive until the end"), move || {
        let (sender, receiver) = ends(kind);
        let sending = model::spawn(move || send(&sender, 1));
        let receiving = model::spawn({
            let receiver = receiver.clone();
            move || receive_all(&receiver)
        });
        let received = [receive_all(&receiver), receiving.join().unwrap()];
        sending.join().unwrap();
        assert_eq!(received.concat(), [1]);
        received
    })
}

/// One tries to receive while another one waits for the only message: one of the two has it.
pub fn one_tries_to_receive(kind: Capacity) -> Model {
    Model::new(
        format!("{kind:?}: one receives, and one tries to"),
        move || {
            let (sender, receiver) = ends(kind);
            let sending = model::spawn(move || send(&sender, 1));
            let trying = model::spawn({
                let receiver = receiver.clone();
                move || receiver.try_recv().ok()
            });
            let received = receive(&receiver).ok();
            let tried = trying.join().unwrap();
            sending.join().unwrap();
            assert_eq!(received.xor(tried), Some(1));
            received.is_some()
        },
    )
}
