//! A mailbox between processes that die, whatever it holds.

use super::memory::{Attached, Post, Receiver, Sender, post};
use super::{Capacity, KINDS, PATIENT, receive};
use crate::crowd::{STOPPED, STOPPED_TOO};
use aqueduct::link::mailbox::Succession::{Closes, HandedOver};
use aqueduct::link::{Ended, SendTimeoutError};
use aqueduct::model::{self, Model, Process};
use std::sync::Arc;

/// Those in which one is killed.
pub fn models() -> [Model; 12] {
    let told = ["[1]", "[]", "never made"];
    let [zero, ring, segments] = KINDS;
    [
        owner_sends(zero).bound(0).outcomes(told),
        owner_sends(ring).bound(0).outcomes(told),
        owner_sends(segments).bound(0).outcomes(told),
        owner_receives(zero).bound(0).outcomes([
            "[Err(Dead), Err(Dead)]",
            "[Ok(()), Err(Dead)]",
            "never made",
        ]),
        owner_receives(ring).bound(1).outcomes(RECEIVED),
        owner_receives(segments).bound(1).outcomes(RECEIVED),
        receiver_dies(ring).bound(0).outcomes(TAKEN),
        receiver_dies(segments).bound(0).outcomes(TAKEN),
        owner_is_followed()
            .bound(1)
            .outcomes(["followed", "never made"]),
        owner_dies_between().bound(0),
        newcomer_dies().bound(1).outcomes(["false", "true"]),
        owner_closes()
            .bound(1)
            .outcomes(["Closed", "Dead", "never made"]),
    ]
}

/// Those in which the kernel marks the dead one before it has done its last.
pub fn suspected() -> [Model; 3] {
    let [_, ring, _] = KINDS;
    [
        owner_sends(ring).bound(0),
        owner_receives(ring).bound(0),
        owner_is_followed().bound(0),
    ]
}

/// Those in which one is paused, and dies when it is done.
pub fn paused() -> [Model; 4] {
    let [zero, ring, _] = KINDS;
    [
        owner_sends(ring).bound(0),
        owner_receives(zero).bound(0),
        owner_is_followed().bound(0),
        owner_closes().bound(0),
    ]
}

/// What is added in the long form.
pub fn longer() -> [Model; 6] {
    let [zero, ring, segments] = KINDS;
    [
        receiver_dies(zero).bound(0).outcomes(TAKEN),
        owner_sends(zero).bound(1),
        owner_sends(ring).bound(1),
        owner_sends(segments).bound(1),
        owner_receives(zero).bound(1),
        owner_dies_between().bound(1).outcomes([
            "Err(Dead), Err(Dead)",
            "Err(Dead), Ok(())",
            "Ok(1), Err(Dead)",
            "Ok(1), Ok(())",
            "Ok(2), Ok(())",
            "never made",
        ]),
    ]
}

/// What became of two messages that are sent to an owner that dies.
const RECEIVED: [&str; 4] = [
    "[Err(Dead), Err(Dead)]",
    "[Ok(()), Err(Dead)]",
    "[Ok(()), Ok(())]",
    "never made",
];

/// What the one receives that does not die.
const TAKEN: [&str; 2] = ["[1, 2]", "[2]"];

/// The one that does not die.
const SURVIVOR: u32 = 9;

/// All that comes, and why no more does.
pub fn receive_all(receiver: &Receiver) -> (Vec<u32>, Ended) {
    let mut received = Vec::new();
    loop {
        match receive(receiver) {
            Ok(message) => received.push(message),
            Err(why) => return (received, why),
        }
    }
}

/// What became of a message.
pub fn send(sender: &Sender, message: u32) -> Result<(), Ended> {
    match sender.send_with_patience(message, PATIENT) {
        Ok(()) => Ok(()),
        Err(SendTimeoutError::Ended(error)) => {
            assert_eq!(error.message, message);
            Err(error.why)
        }
        Err(SendTimeoutError::TimedOut(_)) => unreachable!("there is no deadline"),
    }
}

/// A process that makes the mailbox, does something with it when others are ready, and dies, at the
/// latest after that.
fn dying_owner<T: 'static>(
    post: &Arc<Post>,
    act: impl FnOnce(&Attached) -> T + 'static,
) -> Process<T> {
    let post = Arc::clone(post);
    model::process(STOPPED, move || {
        let owner = post.make(STOPPED);
        post.until_ready();
        act(&owner)
    })
}

/// The owner sends a message and dies: two wait, one for a message and one until it is told. The
/// kernel may have woken the one that goes away.
pub fn owner_sends(kind: Capacity) -> Model {
    Model::new(format!("{kind:?}: the owner sends and dies"), move || {
        let post = post(kind, Closes, STOPPED);
        let dying = dying_owner(&post, |owner| send(&owner.sender(), 1));
        let Some(here) = post.come(SURVIVOR) else {
            return "never made".to_string();
        };
        let other = model::spawn({
            let receiver = here.receiver();
            move || receive(&receiver)
        });
        post.is_ready();
        let (mut received, why) = receive_all(&here.receiver());
        assert_eq!(why, Ended::Dead);
        match other.join().unwrap() {
            Ok(message) => received.push(message),
            Err(why) => assert_eq!(why, Ended::Dead),
        }
        match (dying.join(), received.as_slice()) {
            (None, [] | [1]) | (Some(Ok(())), [1]) => {}
            other => panic!("{other:?}"),
        }
        format!("{received:?}")
    })
}

/// The owner receives a message and dies: one that sends is told, and has back what was not sent.
pub fn owner_receives(kind: Capacity) -> Model {
    Model::new(
        format!("{kind:?}: the owner receives and dies"),
        move || {
            let post = post(kind, Closes, STOPPED);
            let dying = dying_owner(&post, |owner| receive(&owner.receiver()).ok());
            let Some(here) = post.come(SURVIVOR) else {
                return "never made".to_string();
            };
            let sender = here.sender();
            post.is_ready();
            let sent = [1, 2].map(|message| send(&sender, message));
            let received = dying.join();
            let late = send(&sender, 3);
            assert_eq!(late, Err(Ended::Dead));
            assert!(matches!(received, None | Some(Some(1))), "{received:?}");
            format!("{sent:?}")
        },
    )
}

/// The owner sends a message and dies, while others wait on both sides: one
/// sends and one receives, and neither sleeps on.
pub fn owner_dies_between() -> Model {
    Model::new("the owner dies while others wait on both sides", || {
        let post = post(Capacity::Bounded(1), Closes, STOPPED);
        let dying = dying_owner(&post, |owner| send(&owner.sender(), 1));
        let Some(here) = post.come(SURVIVOR) else {
            return "never made".to_string();
        };
        let other = model::spawn({
            let sender = here.sender();
            move || send(&sender, 2)
        });
        post.is_ready();
        let first = receive(&here.receiver());
        let sent = other.join().unwrap();
        if dying.join() == Some(Ok(())) {
            assert!(first.is_ok(), "it was sent before the owner died");
        }
        format!("{first:?}, {sent:?}")
    })
}

/// One comes, and dies at it, while a message is sent to one that sleeps and has not seen it come.
pub fn newcomer_dies() -> Model {
    Model::new("one that comes dies, beside one that sends", || {
        let post = post(Capacity::Bounded(1), Closes, SURVIVOR);
        let here = post.make(SURVIVOR);
        let dying = model::process(STOPPED, {
            let post = Arc::clone(&post);
            move || {
                post.until_ready();
                drop(post.come(STOPPED));
            }
        });
        let sending = model::spawn({
            let (post, sender) = (Arc::clone(&post), here.sender());
            move || {
                post.until_ready();
                send(&sender, 1)
            }
        });
        post.is_ready();
        assert_eq!(receive(&here.receiver()), Ok(1));
        assert_eq!(sending.join().unwrap(), Ok(()));
        dying.join().is_some()
    })
}

/// The owner closes the mailbox, and dies at it: one that waits is told, either way.
pub fn owner_closes() -> Model {
    Model::new("the owner closes and dies", || {
        let post = post(Capacity::Bounded(1), Closes, STOPPED);
        let dying = dying_owner(&post, |owner| owner.is_owner() && owner.close());
        let Some(here) = post.come(SURVIVOR) else {
            return "never made".to_string();
        };
        post.is_ready();
        let (received, why) = receive_all(&here.receiver());
        assert!(received.is_empty());
        let closed = dying.join();
        assert!(closed.is_none() || (closed, why) == (Some(true), Ended::Closed));
        format!("{why:?}")
    })
}

/// One that receives dies, beside another one; the owner closes the mailbox in the end.
pub fn receiver_dies(kind: Capacity) -> Model {
    Model::new(format!("{kind:?}: one that receives dies"), move || {
        let post = post(kind, Closes, SURVIVOR);
        let here = post.make(SURVIVOR);
        let dying = model::process(STOPPED, {
            let post = Arc::clone(&post);
            move || {
                let there = post.come(STOPPED).expect("it is made");
                post.is_ready();
                there.receiver().recv_with_patience(PATIENT).ok()
            }
        });
        let other = model::spawn({
            let receiver = here.receiver();
            move || receive_all(&receiver)
        });
        let sender = here.sender();
        for message in [1, 2] {
            assert_eq!(send(&sender, message), Ok(()));
        }
        assert!(here.close());
        let (received, why) = other.join().unwrap();
        let died_with = dying.join();
        assert_eq!(why, Ended::Closed);
        match (died_with, received.as_slice()) {
            (Some(None), [1, 2])
            | (Some(Some(1)) | None, [2])
            | (Some(Some(2)) | None, [1])
            // It may have received one before it was killed; of what was taken and came back the order
            // is another one.
            | (None, [1, 2] | [2, 1]) => {}
            other => panic!("{other:?}"),
        }
        format!("{received:?}")
    })
}

/// The owner dies, and another one becomes it, which closes the mailbox for one that waits.
pub fn owner_is_followed() -> Model {
    Model::new("the owner dies and is followed", || {
        let post = post(Capacity::Bounded(1), HandedOver, STOPPED);
        let dying = model::process(STOPPED, {
            let post = Arc::clone(&post);
            move || drop(post.make(STOPPED))
        });
        let Some(here) = post.come(SURVIVOR) else {
            return "never made";
        };
        let waiting = model::spawn({
            let receiver = here.receiver();
            move || receive_all(&receiver)
        });
        dying.join();
        // It may not have looked since.
        let sent = here.sender().try_send(1);
        assert_eq!(sent, Ok(()));
        assert!(here.is_owner() && here.close());
        assert_eq!(waiting.join().unwrap(), (vec![1], Ended::Closed));
        "followed"
    })
}

/// The owner dies while two wait, one of which dies as well: the other one is told.
pub fn told_one_dies() -> Model {
    let model = Model::new("the owner dies, and one that is told", || {
        let post = post(Capacity::Bounded(1), Closes, STOPPED);
        let dying = dying_owner(&post, |owner| send(&owner.sender(), 1));
        let told = model::process(STOPPED_TOO, {
            let post = Arc::clone(&post);
            move || {
                let there = post.come(STOPPED_TOO)?;
                there.receiver().recv_with_patience(PATIENT).ok()
            }
        });
        let Some(here) = post.come(SURVIVOR) else {
            return "never made".to_string();
        };
        post.is_ready();
        let (received, why) = receive_all(&here.receiver());
        assert_eq!(why, Ended::Dead);
        let (sent, told) = (dying.join(), told.join());
        match (sent, told, received.as_slice()) {
            (_, None, [] | [1])
            | (_, Some(Some(1)), [])
            | (None, Some(None), [] | [1])
            | (Some(Ok(())), Some(None), [1]) => {}
            other => panic!("{other:?}"),
        }
        format!("{received:?}")
    });
    model.bound(0).outcomes(["[1]", "[]", "never made"])
}
