//! A rendezvous of one sender and one receiver, and one that does not wait for its receiver.

use super::{accepted, refused};
use crate::Test;
use aqueduct::model::specification::{Answer, Call, Rendezvous};
use aqueduct::model::{self, AtomicU32, History, Machine, Model};
use aqueduct::platform::Ordering::{Acquire, Release};
use aqueduct::platform::{Atomic, Futex};
use std::sync::Arc;

/// 0 when nobody offers, else the message. The sender stores the one, the receiver the other.
struct Meeting(AtomicU32);

/// Whether the sender waits until the receiver has taken the message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    Waits,
    Leaves,
}

impl Meeting {
    fn send(&self, message: u32, sender: Sender) {
        self.wait(|word| word == 0);
        self.set(message);
        if sender == Sender::Waits {
            self.wait(|word| word == 0);
        }
    }

    fn recv(&self) -> u32 {
        let message = self.wait(|word| word != 0);
        self.set(0);
        message
    }

    fn set(&self, value: u32) {
        self.0.store(value, Release);
        Machine::wake(&self.0);
    }

    fn wait(&self, done: impl Fn(u32) -> bool) -> u32 {
        loop {
            let word = self.0.load(Acquire);
            if done(word) {
                return word;
            }
            Machine::wait_any(&[(&self.0, word)], None);
        }
    }
}

pub fn model() -> Model {
    two_messages(Sender::Waits).at_least(2_500)
}

pub fn tests() -> Vec<Test> {
    vec![(
        "a sender that does not wait for its receiver is refused",
        leaves,
    )]
}

/// Two messages pass. The sender tells when it has sent the first, by another way, and the receiver
/// looks there before it receives.
fn two_messages(sender: Sender) -> Model {
    Model::new("rendezvous: two messages", move || {
        let shared = Arc::new((Meeting(AtomicU32::new(0)), AtomicU32::new(0)));
        let history = History::new(Rendezvous::new());
        let sending = model::spawn({
            let (shared, history) = (Arc::clone(&shared), history.clone());
            move || {
                for message in [1, 2] {
                    history.call(Call::Push(message), || {
                        shared.0.send(message, sender);
                        Answer::Done
                    });
                    shared.1.store(message, Release);
                }
            }
        });
        for _ in 0..2 {
            shared.1.load(Acquire);
            history.call(Call::Pop, || Answer::Message(shared.0.recv()));
        }
        sending.join().unwrap();
        history.check();
    })
    .bound(3)
}

fn leaves() -> Result<(), String> {
    accepted(&two_messages(Sender::Waits))?;
    // The receiver knew that the message had been sent before it came.
    let words = ["thread 0: Pop -> Message(2), after #0, #2"];
    refused(two_messages(Sender::Leaves).explore(), &words)
}
