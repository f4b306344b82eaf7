//! Models of `src/wait.rs`, `src/life.rs` and `src/link`: sending and receiving that waits, closing,
//! deadlines, deaths and take-over.

use crate::memory::{ModelEnd, SURVIVOR, VICTIM, memory};
use crate::{explore, kill, sweep};
use aqueduct::link::{Ended, Receiver, RecvTimeoutError, Role, SendTimeoutError, Sender};
use aqueduct::model::{self, Model, Sweep};
use aqueduct::position::Position;
use aqueduct::wait::Patience;
use libtest_mimic::Trial;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Sleeps at once: a model does not spin.
const PATIENT: Patience = Patience {
    spins: 0,
    deadline: None,
};
/// The same, until `model::expire` is called.
const TIMED: Patience = Patience {
    spins: 0,
    deadline: Some(Duration::from_secs(1)),
};

pub fn trials() -> Vec<Trial> {
    let explored = alive().into_iter().map(|model| explore("link", model));
    let killed = dying()
        .into_iter()
        .map(|model| kill("link", model, &[VICTIM]));
    let long = followed().map(|model| model.bound(2));
    let long = long.map(|model| kill("link::long", model, &[VICTIM]).with_ignored_flag(true));
    let files = ["src/wait.rs", "src/life.rs"];
    let sweeps = files.map(|file| sweep(file, Sweep::new(file, to_sweep())));
    explored.chain(killed).chain(long).chain(sweeps).collect()
}

/// Nobody dies.
fn alive() -> Vec<Model> {
    let whole = ["(Ok(()), ([0, 1], Closed))"];
    let in_time = ["Ok(0)", "Err(TimedOut)"];
    vec![
        hand_over(1, "sleeps").outcomes(whole),
        hand_over(1, "is woken for no reason at first")
            .spurious(1)
            .outcomes(whole),
        hand_over(1, "is woken for no reason later")
            .spurious(2)
            .outcomes(whole),
        hand_over(2, "sleeps").outcomes(whole),
        receive_deadline().outcomes(in_time),
        send_deadline().outcomes(["Ok(())", "Err(TimedOut(1))"]),
        receiver_closes().outcomes(["Err(Ended(SendError { message: 1, why: Closed }))"]),
        wait_for_sender().outcomes([
            "(Ok(()), ([0], Closed))",
            "(Err(Ended(Closed)), ([0], Closed))", // it came, and has gone already
        ]),
        until_received().outcomes(whole),
    ]
}

/// The victim is killed at each of its accesses.
fn dying() -> Vec<Model> {
    let alone = [
        sender_is_killed().outcomes([
            "0 received, then Dead",
            "1 received, then Dead",
            "2 received, then Dead",
            "2 received, then Closed", // it was not killed
        ]),
        receiver_is_killed().outcomes([
            "sent 0, taken 0, returned 0",
            "sent 1, taken 0, returned 0",
            "sent 1, taken 1, returned 0",
            "sent 1, taken 1, returned 1",
            "sent 2, taken 1, returned 0",
            "sent 2, taken 1, returned 1",
        ]),
    ];
    let slowly = dies_slowly().outcomes(["[]", "[0]"]);
    alone
        .into_iter()
        .chain([slowly])
        .chain(followed())
        .collect()
}

/// The same with a successor who comes while the survivor waits: three threads.
fn followed() -> [Model; 2] {
    [
        sender_is_followed().outcomes([
            "killed: false, noticed: false",
            "killed: true, noticed: false",
            "killed: true, noticed: true",
        ]),
        receiver_is_followed().outcomes([
            "taken 0, noticed: false",
            "taken 0, noticed: true",
            "taken 1, noticed: false",
            "taken 1, noticed: true",
        ]),
    ]
}

/// What fails without one of the orderings, the small ones first.
fn to_sweep() -> Vec<Model> {
    let mut models = vec![
        receiver_closes(),
        hand_over(1, "sleeps").bound(2),
        wait_for_sender().bound(2),
    ];
    // SEATED and GONE are for what somebody published who died before it rang: a receiver whose
    // successor waits, a sender whose successor has nothing to add and says goodbye.
    models.extend((10..=14).map(|access| receiver_is_followed().killed(VICTIM, access)));
    models.extend((13..=15).map(|access| sender_is_followed().killed(VICTIM, access)));
    models
}

fn receive_all(receiver: &mut Receiver<ModelEnd>) -> (Vec<u32>, Ended) {
    let mut received = Vec::new();
    loop {
        match receiver.recv_with_patience(PATIENT) {
            Ok(message) => received.push(message),
            Err(RecvTimeoutError::Ended(why)) => return (received, why),
            Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
        }
    }
}

/// Sends 0, 1, ..., the numbers of the stream's positions, up to `end`.
fn send_up_to(sender: &mut Sender<ModelEnd>, end: u64) -> Result<(), Ended> {
    send(sender, Position::new(0), end)
}

/// The same in a stream that starts just before its position wraps.
fn send_from_wrap(sender: &mut Sender<ModelEnd>, end: u64) -> Result<(), Ended> {
    send(sender, Position::new(0).minus(1), end)
}

fn send(sender: &mut Sender<ModelEnd>, start: Position, end: u64) -> Result<(), Ended> {
    loop {
        let number = sender.position().since(start);
        if number == end {
            return Ok(());
        }
        let number = u32::try_from(number).unwrap();
        match sender.send_with_patience(number, PATIENT) {
            Ok(()) => {}
            Err(SendTimeoutError::Ended(error)) => return Err(error.why),
            Err(SendTimeoutError::TimedOut(_)) => unreachable!("there is no deadline"),
        }
    }
}

/// Two messages and the goodbye: no wake-up is lost, and nothing sent before the goodbye is.
fn hand_over(capacity: usize, how: &str) -> Model {
    let name = format!("two messages and a goodbye, capacity {capacity}, who waits {how}");
    Model::new(name, move || {
        let (mut sender, mut receiver) = memory(capacity, 0).threads();
        let sending = model::spawn(move || send_up_to(&mut sender, 2));
        let received = receive_all(&mut receiver);
        (sending.join().unwrap(), received)
    })
    .bound(3)
}

/// The deadline passes at every moment: a message is received or still there.
fn receive_deadline() -> Model {
    Model::new("a deadline while receiving", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        let sending = model::spawn(move || {
            sender.try_send(0).unwrap();
            sender
        });
        let timer = model::spawn(model::expire);
        let received = receiver.recv_with_patience(TIMED);
        timer.join().unwrap();
        let _sender = sending.join().unwrap();
        assert_eq!(receiver.try_recv().is_ok(), received.is_err());
        received
    })
    .bound(3)
}

/// The deadline passes at every moment: a message is sent or comes back.
fn send_deadline() -> Model {
    Model::new("a deadline while sending", || {
        let (mut sender, mut receiver) = memory(1, 0).threads();
        sender.try_send(0).unwrap();
        let receiving = model::spawn(move || {
            receiver.try_recv().unwrap();
            receiver
        });
        let timer = model::spawn(model::expire);
        let sent = sender.send_with_patience(1, TIMED);
        timer.join().unwrap();
        let mut receiver = receiving.join().unwrap();
        assert_eq!(receiver.try_recv().is_ok(), sent.is_ok());
        sent
    })
    .bound(3)
}

/// A receiver says goodbye while the sender waits for room: the message comes back.
fn receiver_closes() -> Model {
    Model::new("the receiver says goodbye", || {
        let (mut sender, receiver) = memory(1, 0).threads();
        let sending = model::spawn(move || {
            sender.try_send(0).ok();
            sender.send_with_patience(1, PATIENT)
        });
        drop(receiver);
        format!("{:?}", sending.join().unwrap())
    })
}

/// Somebody waits for the first sender.
fn wait_for_sender() -> Model {
    Model::new("waiting for the first sender", || {
        let memory = memory(1, 0);
        let mut receiver = memory.receiver(SURVIVOR);
        let sending = model::process(VICTIM, move || send_up_to(&mut memory.sender(VICTIM), 1));
        let waited = receiver.wait_for_sender(PATIENT);
        let received = receive_all(&mut receiver);
        sending.join();
        (waited, received)
    })
    .bound(3)
}

/// A sender waits until all is received.
fn until_received() -> Model {
    Model::new("waiting until all is received", || {
        let (mut sender, mut receiver) = memory(2, 0).threads();
        let receiving = model::spawn(move || receive_all(&mut receiver));
        sender.try_send(0).unwrap();
        sender.try_send(1).unwrap();
        let waited = sender.wait_until_received(PATIENT);
        drop(sender);
        (waited, receiving.join().unwrap())
    })
    .bound(3)
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
        // Time passes while the dead are cleared away.
        let timer = model::spawn(move || {
            dying.join();
            model::expire();
        });
        let (received, why) = receive_all(&mut receiver);
        timer.join().unwrap();
        assert_eq!((why, memory.unread()), (Ended::Dead, 0));
        received
    })
    .bound(2)
}

/// A sender is killed anywhere, also while it sits down, and another one follows.
fn sender_is_followed() -> Model {
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
                send_from_wrap(&mut memory.sender(SURVIVOR), 1).unwrap();
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
fn receiver_is_followed() -> Model {
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
            receive_all(&mut memory.receiver(SURVIVOR))
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
