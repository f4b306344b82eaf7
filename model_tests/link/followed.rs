//! The victim is killed, and a successor comes while the survivor waits: three threads. The successor
//! has the victim's number, as the first process of a container that is started again has.

use super::{PATIENT, receive_all, send_from_wrap, send_up_to};
use crate::memory::{SURVIVOR, VICTIM, memory};
use aqueduct::link::Ended;
use aqueduct::model::{self, Model};
use std::sync::Arc;

/// Each with all its outcomes, and about half of the executions that it has.
pub fn models() -> [Model; 2] {
    [
        sender_is_followed()
            .outcomes([
                "killed: false, noticed: false",
                "killed: true, noticed: false",
                "killed: true, noticed: true",
            ])
            .at_least(5_500),
        receiver_is_followed()
            .outcomes([
                "taken 0, noticed: false",
                "taken 0, noticed: true",
                "taken 1, noticed: false",
                "taken 1, noticed: true",
            ])
            .at_least(10_000),
    ]
}

/// A sender is killed anywhere, also while it sits down, and another one follows.
pub fn sender_is_followed() -> Model {
    Model::new("the sender is killed, and followed", || {
        let memory = memory(1, 1);
        let mut receiver = memory.receiver(SURVIVOR);
        let first = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || send_from_wrap(&mut memory.sender(VICTIM), 1).unwrap()
        });
        let second = model::spawn(move || {
            let killed = first.join().is_none();
            if killed {
                send_from_wrap(&mut memory.twin_sender(), 1).unwrap();
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
        assert_eq!((received, why), (vec![0], Ended::Closed));
        let killed = second.join().unwrap();
        assert!(killed || !noticed, "nobody was killed");
        format!("killed: {killed}, noticed: {noticed}")
    })
    .bound(1)
}

/// A receiver is killed anywhere, also while it sits down, and another one follows.
pub fn receiver_is_followed() -> Model {
    Model::new("the receiver is killed, and followed", || {
        let memory = memory(1, 0);
        let mut sender = memory.sender(SURVIVOR);
        let first = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || {
                let mut receiver = memory.receiver(VICTIM);
                let received = receiver.try_recv().is_ok();
                std::mem::forget(receiver); // and so it dies, at the latest here
                received
            }
        });
        let second = model::spawn(move || {
            first.join();
            receive_all(&mut memory.twin_receiver())
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
        assert!(taken <= 1);
        format!("taken {taken}, noticed: {noticed}")
    })
    .bound(1)
}
