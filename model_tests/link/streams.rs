//! Bytes and records: what is sent at once is received whole or not at all, whoever is killed.

use super::PATIENT;
use crate::memory::{ModelEnd, SECOND_VICTIM, SURVIVOR, VICTIM, memory_of};
use aqueduct::link::records::{self, SendRecordError};
use aqueduct::link::{Ended, Receiver, RecvTimeoutError, Role, SendTimeoutError, Sender};
use aqueduct::model::{self, Model};
use std::sync::Arc;

/// Two records that do not fit into the link together.
const RECORDS: [&[u8]; 2] = [&[1, 2], &[3]];

/// With its length the first fills the link.
const CAPACITY: usize = 6;

/// The link wraps within the length of a record.
const BEFORE_WRAP: usize = 2;

/// Nobody is killed; either side may be paused.
pub fn whole() -> Model {
    both_wait()
        .outcomes(["(Some(Ok(())), Closed)"])
        .at_least(80)
}

/// Each with all its outcomes, and about half of the executions that it has.
pub fn killed() -> [Model; 2] {
    [
        sender_is_killed()
            .outcomes([
                "0 received, then Dead",
                "1 received, then Dead",
                "2 received, then Dead",
                "2 received, then Closed", // it was not killed
            ])
            .at_least(700),
        receiver_is_killed()
            .outcomes([
                "sent 0, taken 0",
                "sent 1, taken 0",
                "sent 1, taken 1",
                "sent 2, taken 1",
                "sent 2, taken 2",
            ])
            .at_least(1_000),
    ]
}

fn both_wait() -> Model {
    Model::new("records and a goodbye", || {
        let memory = memory_of(CAPACITY, BEFORE_WRAP);
        let mut sender = memory.sender(SURVIVOR);
        let sending = model::process(SURVIVOR, move || send(&mut sender, &RECORDS));
        let receiving = model::process(SECOND_VICTIM, move || {
            receive_all(&mut memory.receiver(SECOND_VICTIM))
        });
        let (received, why) = receiving.join().unwrap();
        assert_eq!(received, RECORDS);
        (sending.join(), why)
    })
    .bound(1)
}

/// A sender is killed anywhere: the receiver gets what was sent, and the rest from a successor.
fn sender_is_killed() -> Model {
    Model::new("a sender of records is killed", || {
        let memory = memory_of(CAPACITY, BEFORE_WRAP);
        let mut sender = memory.doomed_sender();
        let mut receiver = memory.receiver(SURVIVOR);
        let first = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || {
                memory.doom(Role::Sender);
                send(&mut sender, &RECORDS).unwrap();
            }
        });
        let (mut received, why) = receive_all(&mut receiver);
        let early = received.len();
        first.join();
        if why == Ended::Dead {
            let mut successor = memory.sender(SURVIVOR);
            for record in &RECORDS[early..] {
                send(&mut successor, &[record]).unwrap();
                received.push(receive(&mut receiver).unwrap());
            }
        }
        assert_eq!(received, RECORDS);
        format!("{early} received, then {why:?}")
    })
    .bound(1)
}

/// A receiver is killed anywhere: a successor gets what it did not release, from a whole record on.
fn receiver_is_killed() -> Model {
    Model::new("a receiver of records is killed", || {
        let memory = memory_of(CAPACITY, BEFORE_WRAP);
        let mut receiver = memory.doomed_receiver();
        let mut sender = memory.sender(SURVIVOR);
        let first = model::process(VICTIM, {
            let memory = Arc::clone(&memory);
            move || {
                memory.doom(Role::Receiver);
                assert_eq!(receive_all(&mut receiver).1, Ended::Closed);
            }
        });
        let sent = RECORDS
            .iter()
            .take_while(|record| send(&mut sender, &[record]).is_ok());
        let sent = sent.count();
        drop(sender);
        first.join();
        let (received, why) = receive_all(&mut memory.receiver(SURVIVOR));
        assert_eq!(why, Ended::Closed);
        let taken = sent - received.len();
        assert_eq!(received, RECORDS[taken..sent]);
        format!("sent {sent}, taken {taken}")
    })
    .bound(1)
}

fn send(sender: &mut Sender<ModelEnd<u8>>, records: &[&[u8]]) -> Result<(), Ended> {
    for record in records {
        match records::send(sender, record, PATIENT) {
            Ok(()) => {}
            Err(SendRecordError::Link(SendTimeoutError::Ended(error))) => return Err(error.why),
            Err(error) => unreachable!("it fits, and there is no deadline: {error}"),
        }
    }
    Ok(())
}

fn receive(receiver: &mut Receiver<ModelEnd<u8>>) -> Result<Vec<u8>, Ended> {
    let mut record = Vec::new();
    match records::recv(receiver, &mut record, PATIENT) {
        Ok(()) => Ok(record),
        Err(RecvTimeoutError::Ended(why)) => Err(why),
        Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
    }
}

fn receive_all(receiver: &mut Receiver<ModelEnd<u8>>) -> (Vec<Vec<u8>>, Ended) {
    let mut received = Vec::new();
    loop {
        match receive(receiver) {
            Ok(record) => received.push(record),
            Err(why) => return (received, why),
        }
    }
}
