//! A link of bytes against the bounded stream with two ends: writes and reads cut as they like.

use super::{close, ended};
use crate::link::PATIENT;
use crate::memory::{ModelEnd, SURVIVOR, VICTIM, memory_of};
use aqueduct::link::bytes::{recv_with, send_with};
use aqueduct::link::{Receiver, RecvTimeoutError, Role, SendTimeoutError, Sender};
use aqueduct::model::specification::{Answer, Call, Side, Stream};
use aqueduct::model::{self, History, Model};
use std::convert::Infallible;
use std::sync::Arc;

type Calls = History<Stream>;

/// A link of so many bytes, and what is written to it.
const CAPACITY: usize = 2;
const BYTES: [u8; 3] = [1, 2, 3];

pub fn model() -> Model {
    passes().outcomes(["[1, 2, 3]"]).at_least(2_000)
}

/// With the processes that are killed in them.
pub fn killed() -> [Model; 2] {
    [
        sender_is_killed()
            .outcomes(["Dead", "Closed"])
            .at_least(1_900),
        receiver_is_killed()
            .outcomes(["Dead", "Done"])
            .at_least(2_200),
    ]
}

/// Three bytes through a link of two, both sides wait.
fn passes() -> Model {
    Model::new("bytes: waits, and a goodbye", || {
        let (mut sender, mut receiver) = memory_of(CAPACITY, 1).threads();
        let history = History::new(Stream::new(CAPACITY));
        let sending = model::spawn({
            let history = history.clone();
            move || {
                assert_eq!(write_all(&history, &mut sender), Answer::Done);
                close(&history, Side::Producer, sender);
            }
        });
        let (bytes, why) = read_all(&history, &mut receiver);
        assert_eq!(why, Answer::Closed);
        sending.join().unwrap();
        history.check();
        bytes
    })
    .bound(2)
}

/// A sender is killed anywhere; the outcome is what the receiver is told then.
fn sender_is_killed() -> Model {
    Model::new("bytes: the sender is killed", || {
        let memory = memory_of(CAPACITY, 1);
        let mut sender = memory.doomed_sender();
        let mut receiver = memory.receiver(SURVIVOR);
        let history = History::new(Stream::new(CAPACITY));
        let first = model::process(VICTIM, {
            let (memory, history) = (Arc::clone(&memory), history.clone());
            move || {
                let _death = history.at_death(Call::Die(Side::Producer), Answer::Done);
                memory.doom(Role::Sender);
                write_all(&history, &mut sender);
                close(&history, Side::Producer, sender);
            }
        });
        let (bytes, why) = read_all(&history, &mut receiver);
        first.join();
        assert!(BYTES.starts_with(&bytes));
        history.check();
        why
    })
    .bound(1)
}

/// A receiver is killed anywhere, and a successor reads the rest; the outcome is what the sender is
/// told.
fn receiver_is_killed() -> Model {
    Model::new("bytes: the receiver is killed", || {
        let memory = memory_of(CAPACITY, 1);
        let mut receiver = memory.doomed_receiver();
        let mut sender = memory.sender(SURVIVOR);
        let history = History::new(Stream::new(CAPACITY));
        let first = model::process(VICTIM, {
            let (memory, history) = (Arc::clone(&memory), history.clone());
            move || {
                let _death = history.at_death(Call::Die(Side::Consumer), Answer::Done);
                memory.doom(Role::Receiver);
                read_all(&history, &mut receiver);
                std::mem::forget(receiver); // and so it dies, at the latest here
            }
        });
        let told = write_all(&history, &mut sender);
        close(&history, Side::Producer, sender);
        first.join();
        let mut successor = None;
        history.call(Call::Follow(Side::Consumer), || {
            successor = Some(memory.receiver(SURVIVOR));
            Answer::Done
        });
        let mut successor = successor.expect("it has sat down");
        let (bytes, why) = read_all(&history, &mut successor);
        assert!(BYTES.ends_with(&bytes) || told == Answer::Dead);
        assert_eq!(why, Answer::Closed);
        history.check();
        told
    })
    .bound(1)
}

/// Writes until all is written or the link has ended, and returns how.
fn write_all(history: &Calls, sender: &mut Sender<ModelEnd<u8>>) -> Answer<u8> {
    let mut rest = &BYTES[..];
    while !rest.is_empty() {
        let bytes = rest.to_vec();
        let copy = |free: &mut [u8]| {
            let count = bytes.len().min(free.len());
            free[..count].copy_from_slice(&bytes[..count]);
            Ok::<_, Infallible>(count)
        };
        let answer = history.call(Call::PushAll(bytes.clone()), || {
            match send_with(sender, bytes.len(), PATIENT, copy) {
                Ok(Ok(count)) => Answer::Count(count),
                Err(SendTimeoutError::Ended(error)) => ended(error.why),
                Err(SendTimeoutError::TimedOut(())) => unreachable!("there is no deadline"),
            }
        });
        match answer {
            Answer::Count(count) => rest = &rest[count..],
            why => return why,
        }
    }
    Answer::Done
}

/// Reads until the link has ended; what came, and how it ended.
fn read_all(history: &Calls, receiver: &mut Receiver<ModelEnd<u8>>) -> (Vec<u8>, Answer<u8>) {
    let mut all = Vec::new();
    loop {
        let answer = history.call(Call::PopAll(CAPACITY), || {
            let mut bytes = Vec::new();
            let read = recv_with(receiver, CAPACITY, PATIENT, |there| {
                bytes.extend_from_slice(there);
                Ok::<_, Infallible>(there.len())
            });
            match read {
                Ok(Ok(_)) => Answer::Messages(bytes),
                Err(RecvTimeoutError::Ended(why)) => ended(why),
                Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
            }
        });
        match answer {
            Answer::Messages(bytes) => all.extend(bytes),
            why => return (all, why),
        }
    }
}
