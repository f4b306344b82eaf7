//! The victim is killed at each of its accesses: the survivor learns of it, and a successor goes on.

use super::{PATIENT, receive_all, send_from_wrap, send_up_to};
use crate::memory::{SURVIVOR, VICTIM, memory};
use aqueduct::link::{Ended, Role};
use aqueduct::model::{self, Model};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

/// Each with all its outcomes, and about half of the executions that it has.
pub fn models() -> Vec<Model> {
    vec![
        sender_is_killed()
            .outcomes([
                "0 received, then Dead",
                "1 received, then Dead",
                "2 received, then Dead",
                "2 received, then Closed", // it was not killed
            ])
            .at_least(13_000),
        receiver_is_killed()
            .outcomes([
                "sent 0, taken 0, returned 0",
                "sent 1, taken 0, returned 0",
                "sent 1, taken 1, returned 0",
                "sent 1, taken 1, returned 1",
                "sent 2, taken 1, returned 0",
                "sent 2, taken 1, returned 1",
            ])
            .at_least(3_500),
        dies_slowly().outcomes(["[]", "[0]"]).at_least(10_000),
    ]
}

/// Those whose victim goes on for a while after it is suspected.
pub fn suspected() -> [Model; 2] {
    [
        dies_slowly().outcomes(["[]", "[0]"]).bound(1),
        receiver_dies_slowly()
            .outcomes([
                "sent 0, left 0",
                "sent 1, left 0",
                "sent 1, left 1",
                "sent 2, left 1",
            ])
            .bound(1),
    ]
}

/// The first sender comes, and dies before it has sent anything, while one waits for it: that one goes
/// on, and is told.
pub fn first_comes_and_dies() -> Model {
    Model::new("the first sender comes and dies", || {
        let memory = memory(1, 0);
        let mut receiver = memory.receiver(SURVIVOR);
        let first = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || std::mem::forget(memory.sender(VICTIM))
        });
        receiver.wait_for_first_sender(PATIENT).unwrap();
        assert_eq!(receive_all(&mut receiver), (vec![], Ended::Dead));
        first.join();
    })
    .bound(2)
}

/// A sender is killed anywhere: the receiver gets what was sent, learns of the end, and gets the
/// rest from a successor.
fn sender_is_killed() -> Model {
    Model::new("the sender is killed", || {
        let memory = memory(1, 1);
        let mut sender = memory.doomed_sender();
        let mut receiver = memory.receiver(SURVIVOR);
        let first = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || {
                memory.doom(Role::Sender);
                send_from_wrap(&mut sender, 2).unwrap();
            }
        });
        let (mut received, why) = receive_all(&mut receiver);
        let early = received.len();
        if why == Ended::Dead {
            let mut successor = memory.sender(SURVIVOR);
            while received.len() < 2 {
                send_from_wrap(&mut successor, received.len() as u64 + 1).unwrap();
                received.push(receiver.try_recv().unwrap());
            }
        }
        assert_eq!(received, [0, 1]);
        first.join();
        format!("{early} received, then {why:?}")
    })
    .bound(2)
}

/// A receiver is killed anywhere: the sender learns of it, and a successor gets what the victim
/// did not release.
fn receiver_is_killed() -> Model {
    Model::new("the receiver is killed", || {
        let memory = memory(1, 0);
        let mut receiver = memory.doomed_receiver();
        let mut sender = memory.sender(SURVIVOR);
        let returned = Rc::new(Cell::new(0));
        let first = model::process(VICTIM, {
            let (memory, returned) = (Arc::clone(&memory), Rc::clone(&returned));
            move || {
                memory.doom(Role::Receiver);
                assert_eq!(receiver.recv_with_patience(PATIENT), Ok(0));
                returned.set(1);
                std::mem::forget(receiver); // and so it dies, at the latest here
            }
        });
        // There is room for two only if the first was received, so the death is noticed.
        assert_eq!(send_up_to(&mut sender, 3), Err(Ended::Dead));
        first.join();
        let sent = u32::try_from(sender.position().count()).unwrap();
        drop(sender);
        let (received, why) = receive_all(&mut memory.receiver(SURVIVOR));
        assert_eq!(why, Ended::Closed);
        // What was released and not yet returned went with the victim.
        let taken = received.first().map_or(sent, |&first| first);
        assert_eq!(received, (taken..sent).collect::<Vec<_>>());
        assert!(returned.get() <= taken && taken <= 1);
        format!("sent {sent}, taken {taken}, returned {}", returned.get())
    })
    .bound(2)
}

/// Time passes while the dead one is cleared away.
fn time_passes_behind(dying: model::Process<()>) -> model::JoinHandle<()> {
    model::spawn(move || {
        dying.join();
        model::expire();
    })
}

/// A sender is suspected before it is certainly dead: nothing that it still sends is lost.
fn dies_slowly() -> Model {
    Model::new("the sender is suspected, then certainly dead", || {
        let memory = memory(1, 0);
        let mut sender = memory.doomed_sender();
        let mut receiver = memory.receiver(SURVIVOR);
        let dying = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || {
                memory.doom_slowly(Role::Sender);
                send_up_to(&mut sender, 1).unwrap();
                std::mem::forget(sender); // and so it dies, at the latest here
            }
        });
        let timer = time_passes_behind(dying);
        let (received, why) = receive_all(&mut receiver);
        timer.join().unwrap();
        assert_eq!((why, memory.unread()), (Ended::Dead, 0));
        received
    })
    .bound(2)
}

/// A receiver is suspected before it is certainly dead: nothing that it leaves is lost.
fn receiver_dies_slowly() -> Model {
    Model::new("the receiver is suspected, then certainly dead", || {
        let memory = memory(1, 0);
        let mut receiver = memory.doomed_receiver();
        let mut sender = memory.sender(SURVIVOR);
        let dying = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || {
                memory.doom_slowly(Role::Receiver);
                assert_eq!(receiver.recv_with_patience(PATIENT), Ok(0));
                std::mem::forget(receiver); // and so it dies, at the latest here
            }
        });
        let timer = time_passes_behind(dying);
        assert_eq!(send_up_to(&mut sender, 3), Err(Ended::Dead));
        let (left, sent) = (memory.unread(), sender.position().count());
        timer.join().unwrap();
        assert_eq!(memory.unread(), left, "it goes on after it is called dead");
        format!("sent {sent}, left {left}")
    })
    .bound(2)
}
