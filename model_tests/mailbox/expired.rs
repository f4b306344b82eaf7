//! Deadlines, which pass at every moment, at a capacity of zero.

use super::{Capacity, STOPPED, UNTIL_EXPIRY, ends, receive, receive_all, send};
use aqueduct::link::{Ended, RecvTimeoutError, SendError, SendTimeoutError, TrySendError};
use aqueduct::model::{self, Machine, Model};
use aqueduct::platform::Platform as _;

/// One waits, beside one that goes when its time is up: who gives finds in the end that it waits.
pub fn waits_and_is_seen() -> Model {
    Model::new("one that waits is seen by one that gives", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let hurried = model::process(STOPPED, {
            let receiver = receiver.clone();
            move || receiver.recv_with_patience(UNTIL_EXPIRY).is_ok()
        });
        let patient = model::spawn(move || receive(&receiver).unwrap());
        model::expire();
        assert_eq!(hurried.join(), Some(false));
        while sender.try_send(1).is_err() {
            Machine::spin();
        }
        assert_eq!(patient.join().unwrap(), 1);
    })
    .bound(1)
}

/// The time of a sender that meets is up at every moment: its message is received, or comes back.
pub fn sending_expires() -> Model {
    Model::new("a deadline of one that meets", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let sending = model::spawn(move || sender.send_with_patience(1, UNTIL_EXPIRY));
        let timer = model::spawn(model::expire);
        let received = receive_all(&receiver);
        let sent = sending.join().unwrap();
        timer.join().unwrap();
        let found = (&sent, received.as_slice());
        let right = matches!(
            found,
            (Ok(()), [1]) | (Err(SendTimeoutError::TimedOut(1)), [])
        );
        assert!(right, "{found:?}");
        sent.is_ok()
    })
    .bound(1)
}

/// The time of a receiver that meets is up at every moment: what was given to one that waits is
/// received.
pub fn receiving_expires() -> Model {
    Model::new("a deadline of one that waits for who gives", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let receiving = model::spawn(move || receiver.recv_with_patience(UNTIL_EXPIRY));
        let timer = model::spawn(model::expire);
        let given = sender.try_send(1);
        timer.join().unwrap();
        drop(sender);
        let received = receiving.join().unwrap();
        let found = (&given, &received);
        let right = matches!(
            found,
            (Ok(()), Ok(1))
                | (
                    Err(TrySendError::Full(1)),
                    Err(RecvTimeoutError::TimedOut | RecvTimeoutError::Ended(Ended::Closed)),
                )
                | (
                    Err(TrySendError::Ended(SendError {
                        message: 1,
                        why: Ended::Closed,
                    })),
                    Err(RecvTimeoutError::TimedOut),
                )
        );
        assert!(right, "{found:?}");
        format!("{given:?}, {received:?}")
    })
    .bound(2)
}

/// The time of one of two receivers is up: the other one still gets the message, and one that gives
/// finds that it waits.
pub fn receiving_expires_beside() -> Model {
    Model::new("a deadline beside one that waits", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let hurried = model::spawn({
            let receiver = receiver.clone();
            move || receiver.recv_with_patience(UNTIL_EXPIRY)
        });
        let patient = model::spawn(move || receive(&receiver));
        model::expire();
        send(&sender, 1);
        drop(sender);
        let received = (hurried.join().unwrap(), patient.join().unwrap());
        let found = received;
        let right = matches!(found, (Ok(1), Err(Ended::Closed)) | (Err(_), Ok(1)));
        assert!(right, "{found:?}");
        received.0.is_ok()
    })
    .bound(1)
}

/// One sends and one receives, both with a deadline that passes at every moment: they agree whether
/// they have met.
pub fn both_expire() -> Model {
    Model::new("deadlines of both who meet", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let sending = model::spawn(move || sender.send_with_patience(1, UNTIL_EXPIRY).is_ok());
        let timer = model::spawn(model::expire);
        let received = receiver.recv_with_patience(UNTIL_EXPIRY).ok();
        drop(receiver);
        assert_eq!(sending.join().unwrap(), received == Some(1));
        timer.join().unwrap();
        received
    })
    .bound(1)
}

/// The time of one of two senders is up: the other one gets the place.
pub fn sending_expires_beside() -> Model {
    Model::new("a deadline beside one that sends", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let hurried = model::spawn({
            let sender = sender.clone();
            move || sender.send_with_patience(1, UNTIL_EXPIRY).is_ok()
        });
        let patient = model::spawn(move || send(&sender, 2));
        model::expire();
        assert!(!hurried.join().unwrap());
        assert_eq!(receive_all(&receiver), [2]);
        patient.join().unwrap();
    })
    .bound(1)
}

/// Two send and one receives, all with a deadline that passes at every moment.
pub fn all_expire() -> Model {
    Model::new("deadlines of all who meet", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let sending = [1, 2].map(|message| {
            let sender = sender.clone();
            model::spawn(move || sender.send_with_patience(message, UNTIL_EXPIRY).is_ok())
        });
        let timer = model::spawn(model::expire);
        let received = receiver.recv_with_patience(UNTIL_EXPIRY).ok();
        drop(receiver);
        let sent = sending.map(|thread| thread.join().unwrap());
        timer.join().unwrap();
        let expected = match received {
            None => [false, false],
            Some(message) => [message == 1, message == 2],
        };
        assert_eq!(sent, expected);
        format!("{received:?}")
    })
    .bound(1)
}
