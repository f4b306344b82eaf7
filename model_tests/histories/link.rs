//! Links against the bounded first-in-first-out buffer with two ends: waiting, goodbyes, deaths,
//! successors.

use super::{close, ended};
use crate::link::PATIENT;
use crate::memory::{ModelEnd, SURVIVOR, VICTIM, memory};
use aqueduct::link::{
    Receiver, RecvTimeoutError, Role, SendTimeoutError, Sender, TryRecvError, TrySendError,
};
use aqueduct::model::specification::{Answer, Call, Fifo, Side};
use aqueduct::model::{self, History, Model};
use std::sync::Arc;

type Calls = History<Fifo<u32>>;

pub fn models() -> Vec<Model> {
    let told = ["Message(1)", "Closed", "Empty"];
    vec![
        tries(1).outcomes(told).at_least(200),
        tries(2).outcomes(told).at_least(200),
        full_and_empty().at_least(300),
        waits().outcomes(["Closed"]).at_least(600),
        receiver_closes()
            .outcomes(["Done", "Full", "Closed"])
            .at_least(150),
    ]
}

/// With the processes that are killed in them.
pub fn killed() -> Vec<Model> {
    vec![
        sender_is_killed()
            .outcomes(["Dead", "Closed"])
            .at_least(700),
        receiver_is_killed()
            .outcomes(["Dead", "Closed", "Done"])
            .at_least(4_000),
    ]
}

fn try_send(history: &Calls, sender: &mut Sender<ModelEnd>, message: u32) -> Answer<u32> {
    history.call(Call::Push(message), || match sender.try_send(message) {
        Ok(()) => Answer::Done,
        Err(TrySendError::Full(_)) => Answer::Full,
        Err(TrySendError::Ended(error)) => ended(error.why),
    })
}

pub fn send(history: &Calls, sender: &mut Sender<ModelEnd>, message: u32) -> Answer<u32> {
    history.call(Call::Push(message), || {
        match sender.send_with_patience(message, PATIENT) {
            Ok(()) => Answer::Done,
            Err(SendTimeoutError::Ended(error)) => ended(error.why),
            Err(SendTimeoutError::TimedOut(_)) => unreachable!("there is no deadline"),
        }
    })
}

fn try_recv(history: &Calls, receiver: &mut Receiver<ModelEnd>) -> Answer<u32> {
    history.call(Call::Pop, || match receiver.try_recv() {
        Ok(message) => Answer::Message(message),
        Err(TryRecvError::Empty) => Answer::Empty,
        Err(TryRecvError::Ended(why)) => ended(why),
    })
}

pub fn recv(history: &Calls, receiver: &mut Receiver<ModelEnd>) -> Answer<u32> {
    history.call(Call::Pop, || match receiver.recv_with_patience(PATIENT) {
        Ok(message) => Answer::Message(message),
        Err(RecvTimeoutError::Ended(why)) => ended(why),
        Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
    })
}

/// Receives until the link has ended, and returns how.
fn recv_all(history: &Calls, receiver: &mut Receiver<ModelEnd>) -> Answer<u32> {
    loop {
        match recv(history, receiver) {
            Answer::Message(_) => {}
            why => return why,
        }
    }
}

/// One message and a goodbye, two tries to receive; the outcome is the second answer.
fn tries(capacity: usize) -> Model {
    let name = format!("link: tries and a goodbye, capacity {capacity}");
    Model::new(name, move || {
        let (mut sender, mut receiver) = memory(capacity, 1).threads();
        let history = History::new(Fifo::bounded(capacity));
        let sending = model::spawn({
            let history = history.clone();
            move || {
                try_send(&history, &mut sender, 1);
                close(&history, Side::Producer, sender);
            }
        });
        try_recv(&history, &mut receiver);
        let told = try_recv(&history, &mut receiver);
        sending.join().unwrap();
        while let Answer::Message(_) = try_recv(&history, &mut receiver) {}
        history.check();
        told
    })
    .bound(3)
}

/// Both sides try so often that one may find the link full and the other find it empty: glances, as
/// those of the ring, as who rings lightly passes no fence.
fn full_and_empty() -> Model {
    Model::new("link: full and empty are glances", || {
        let (mut sender, mut receiver) = memory(2, 0).threads();
        let history = History::new(Fifo::bounded(2).with_glances());
        let sending = model::spawn({
            let history = history.clone();
            move || {
                for message in 1..=3 {
                    try_send(&history, &mut sender, message);
                }
                sender
            }
        });
        let told = [(); 2].map(|()| try_recv(&history, &mut receiver));
        let _sender = sending.join().unwrap();
        while let Answer::Message(_) = try_recv(&history, &mut receiver) {}
        history.check();
        told
    })
    .bound(4)
}

/// Two messages through a link of one, both sides wait.
fn waits() -> Model {
    Model::new("link: waits, and a goodbye", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let history = History::new(Fifo::bounded(1));
        let sending = model::spawn({
            let history = history.clone();
            move || {
                send(&history, &mut sender, 1);
                send(&history, &mut sender, 2);
                close(&history, Side::Producer, sender);
            }
        });
        let why = recv_all(&history, &mut receiver);
        sending.join().unwrap();
        history.check();
        why
    })
    .bound(2)
}

/// The receiver takes one message and goes; the outcome is what the second send is told.
fn receiver_closes() -> Model {
    Model::new("link: the receiver says goodbye", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let history = History::new(Fifo::bounded(1));
        let receiving = model::spawn({
            let history = history.clone();
            move || {
                try_recv(&history, &mut receiver);
                close(&history, Side::Consumer, receiver);
            }
        });
        try_send(&history, &mut sender, 1);
        let told = try_send(&history, &mut sender, 2);
        receiving.join().unwrap();
        try_send(&history, &mut sender, 3);
        history.check();
        told
    })
    .bound(3)
}

/// A sender is killed anywhere; the receiver gets what was sent, and the rest from a successor.
fn sender_is_killed() -> Model {
    Model::new("link: the sender is killed", || {
        let memory = memory(1, 1);
        let mut sender = memory.doomed_sender();
        let mut receiver = memory.receiver(SURVIVOR);
        let history = History::new(Fifo::bounded(1));
        let first = model::process(VICTIM, {
            let (memory, history) = (Arc::clone(&memory), history.clone());
            move || {
                let _death = history.at_death(Call::Die(Side::Producer), Answer::Done);
                memory.doom(Role::Sender);
                send(&history, &mut sender, 1);
                send(&history, &mut sender, 2);
                close(&history, Side::Producer, sender);
            }
        });
        let why = recv_all(&history, &mut receiver);
        if why == Answer::Dead {
            let follow = Call::Follow(Side::Producer);
            let mut successor = None;
            history.call(follow, || {
                successor = Some(memory.sender(SURVIVOR));
                Answer::Done
            });
            let mut successor = successor.expect("it has sat down");
            try_send(&history, &mut successor, 3);
            try_recv(&history, &mut receiver);
            close(&history, Side::Producer, successor);
        }
        first.join();
        try_recv(&history, &mut receiver);
        history.check();
        why
    })
    .bound(1)
}

/// A receiver is killed anywhere; the sender is told, and a successor gets what was not released.
/// The outcome is what the last send was told.
fn receiver_is_killed() -> Model {
    Model::new("link: the receiver is killed", || {
        let memory = memory(1, 0);
        let mut receiver = memory.doomed_receiver();
        let mut sender = memory.sender(SURVIVOR);
        let history = History::new(Fifo::bounded(1));
        let first = model::process(VICTIM, {
            let (memory, history) = (Arc::clone(&memory), history.clone());
            move || {
                let _death = history.at_death(Call::Die(Side::Consumer), Answer::Done);
                memory.doom(Role::Receiver);
                recv(&history, &mut receiver);
                close(&history, Side::Consumer, receiver);
            }
        });
        send(&history, &mut sender, 1);
        let told = send(&history, &mut sender, 2);
        first.join();
        let mut successor = None;
        history.call(Call::Follow(Side::Consumer), || {
            successor = Some(memory.receiver(SURVIVOR));
            Answer::Done
        });
        close(&history, Side::Producer, sender);
        let mut successor = successor.expect("it has sat down");
        assert_eq!(recv_all(&history, &mut successor), Answer::Closed);
        history.check();
        told
    })
    .bound(2)
}
