//! Two are killed, at each pair of accesses: a victim and its successor, or both ends. Nothing that
//! was sent is lost, and others go on.

use super::{PATIENT, receive_all, send_from_wrap, send_up_to};
use crate::memory::{SECOND_VICTIM, SURVIVOR, VICTIM, memory};
use aqueduct::link::{Ended, Role};
use aqueduct::model::{self, Model};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// Each with all its outcomes, and about half of the executions that it has; so many preemptions
/// `more` than `cargo test` has time for.
pub fn models(more: usize) -> [Model; 3] {
    // With them the sender can also learn of both deaths before it sends anything.
    let nothing_sent = (more > 0).then_some("[0, 0, 0]");
    let receivers = [
        "[0, 0, 1]",
        "[0, 1, 0]", // the second made room and died before it rang
        "[0, 1, 1]",
        "[1, 0, 0]", // the sender learns of the second death before it sends
        "[1, 0, 1]",
        "[1, 1, 0]", // again no ring
        "[1, 1, 1]",
    ];
    let models = [
        senders_are_killed()
            .outcomes([
                "[0, 0, 2]",
                "[0, 1, 1]",
                "[0, 2, 0]",
                "[1, 0, 1]",
                "[1, 1, 0]",
                "[2, 0, 0]",
            ])
            .at_least(9_000),
        receivers_are_killed()
            .outcomes(receivers.into_iter().chain(nothing_sent))
            .at_least(3_800),
        both_ends_are_killed()
            .outcomes([
                "0 sent, 0 taken",
                "1 sent, 0 taken",
                "1 sent, 1 taken",
                "2 sent, 1 taken",
                "2 sent, 2 taken",
            ])
            .at_least(400),
    ];
    models.map(|model| super::with_more(model, more))
}

/// How many messages came from the first sender, its successor, and the one after that.
fn senders_are_killed() -> Model {
    Model::new("the sender is killed, and its successor", || {
        let memory = memory(1, 1);
        let mut receiver = memory.receiver(SURVIVOR);
        let mut received = Vec::new();
        let mut counts = Vec::new();
        for victim in [VICTIM, SECOND_VICTIM] {
            let mut sender = memory.doomed_sender();
            let sending = model::process(victim, {
                let memory = Arc::clone(&memory);
                move || {
                    memory.doom(Role::Sender);
                    send_from_wrap(&mut sender, 2).unwrap();
                    std::mem::forget(sender); // and so it dies, at the latest here
                }
            });
            let (more, why) = receive_all(&mut receiver);
            sending.join();
            assert_eq!(why, Ended::Dead);
            counts.push(more.len());
            received.extend(more);
        }
        let mut last = memory.sender(SURVIVOR);
        counts.push(2 - received.len());
        while received.len() < 2 {
            send_from_wrap(&mut last, received.len() as u64 + 1).unwrap();
            received.push(receiver.try_recv().unwrap());
        }
        assert_eq!(received, [0, 1]);
        counts
    })
    .bound(1)
}

/// How many messages went with the first receiver, with its successor, and to the one after that.
fn receivers_are_killed() -> Model {
    Model::new("the receiver is killed, and its successor", || {
        let memory = memory(1, 0);
        let mut sender = memory.sender(SURVIVOR);
        let mut counts = Vec::new();
        for (victim, end) in [(VICTIM, 2), (SECOND_VICTIM, 3)] {
            let before = sender.position().count() - memory.unread();
            let mut receiver = memory.doomed_receiver();
            let receiving = model::process(victim, {
                let memory = Arc::clone(&memory);
                move || {
                    memory.doom(Role::Receiver);
                    receiver.try_recv().ok();
                    std::mem::forget(receiver); // and so it dies, at the latest here
                }
            });
            let why = send_up_to(&mut sender, end);
            receiving.join();
            assert!(why.is_ok() || why == Err(Ended::Dead), "{why:?}");
            counts.push(sender.position().count() - memory.unread() - before);
        }
        let sent = u32::try_from(sender.position().count()).unwrap();
        drop(sender);
        let (received, why) = receive_all(&mut memory.receiver(SURVIVOR));
        assert_eq!(why, Ended::Closed);
        let taken = sent - u32::try_from(received.len()).unwrap();
        assert_eq!(received, (taken..sent).collect::<Vec<_>>());
        counts.push(received.len() as u64);
        counts
    })
    .bound(1)
}

/// How many messages were sent and how many taken by two ends that are both killed; successors of
/// both go on.
fn both_ends_are_killed() -> Model {
    Model::new("the sender is killed, and the receiver", || {
        let memory = memory(1, 1);
        let mut sender = memory.doomed_sender();
        let mut receiver = memory.doomed_receiver();
        let returned = Rc::new(Cell::new(0));
        let sending = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || {
                memory.doom(Role::Sender);
                let _ = send_from_wrap(&mut sender, 2);
                std::mem::forget(sender); // and so it dies, at the latest here
            }
        });
        let receiving = model::process(SECOND_VICTIM, {
            let (memory, returned) = (Arc::clone(&memory), Rc::clone(&returned));
            move || {
                memory.doom(Role::Receiver);
                while let Ok(message) = receiver.recv_with_patience(PATIENT) {
                    assert_eq!(message, returned.get());
                    returned.set(message + 1);
                }
                std::mem::forget(receiver); // likewise
            }
        });
        sending.join();
        receiving.join();
        let mut sender = memory.sender(SURVIVOR);
        let sent = sender.position().plus(1).count();
        let taken = sent - memory.unread();
        let mut receiver = memory.receiver(SURVIVOR);
        for message in taken..2 {
            send_from_wrap(&mut sender, sent.max(message + 1)).unwrap();
            assert_eq!(receiver.try_recv().map(u64::from), Ok(message));
        }
        // What was released and not yet returned went with the victim.
        assert!((taken.saturating_sub(1)..=taken).contains(&u64::from(returned.get())));
        format!("{sent} sent, {taken} taken")
    })
    .bound(0)
}
