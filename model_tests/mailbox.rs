//! Models of `src/link/mailbox.rs` and of `src/wait/event_count.rs`: several who sleep on each side,
//! whatever the mailbox holds.

mod expired;
mod killed;
pub mod memory;
mod owned;
mod passed;

use crate::crowd::{STOPPED, STOPPED_TOO};
use crate::link::PATIENT;
use crate::swept::MAILBOX;
use crate::{explore, kill, kill_twice, one_more, pause, suspect, sweep};
use aqueduct::buffer::unbounded::Shape;
use aqueduct::link::mailbox::local::{Local, channel, unbounded};
use aqueduct::link::mailbox::{self, Capacity, Hold};
use aqueduct::link::{Ended, RecvTimeoutError, SendError, SendTimeoutError};
use aqueduct::model::{self, Machine, Model, Sweep};
use aqueduct::position;
use aqueduct::wait::Patience;
use libtest_mimic::Trial;
use std::time::Duration;

type Sender = mailbox::Sender<Local<Machine, u32>>;
type Receiver = mailbox::Receiver<Local<Machine, u32>>;

/// As patient, until `model::expire` is called.
pub const UNTIL_EXPIRY: Patience = Patience {
    spins: 0,
    deadline: Some(Duration::from_secs(1)),
};

/// Every kind of mailbox; the bounded one has one slot, the unbounded one segments of two.
const KINDS: [Capacity; 3] = [Capacity::Zero, Capacity::Bounded(1), Capacity::Unbounded];

pub fn trials() -> Vec<Trial> {
    let explored = models().into_iter().map(|model| explore("mailbox", model));
    let [first, files @ ..] = MAILBOX;
    let all = files
        .into_iter()
        .fold(Sweep::new(first, to_sweep()), Sweep::and);
    let paused = paused().into_iter().chain(killed::paused());
    let paused = paused.map(|model| pause("mailbox", model, &[STOPPED]));
    let killed = killed::models().map(|model| kill("mailbox", model, &[STOPPED]));
    let suspected = killed::suspected().map(|model| suspect("mailbox", model, &[STOPPED]));
    let twice = kill_twice("mailbox", killed::told_one_dies(), [STOPPED, STOPPED_TOO]);
    let longer = killed::longer().map(|model| kill("mailbox::long", model, &[STOPPED]));
    explored
        .chain([sweep("mailbox", all)])
        .chain(paused)
        .chain(killed)
        .chain(suspected)
        .chain([twice])
        .chain(longer.map(|trial| trial.with_ignored_flag(true)))
        .chain(one_more("mailbox::long", models()))
        .chain([explore("mailbox::long", long()).with_ignored_flag(true)])
        .collect()
}

fn models() -> Vec<Model> {
    let mut models = Vec::new();
    for kind in KINDS {
        // Those who meet look often.
        let bound = usize::from(kind != Capacity::Zero);
        models.push(passed::passes(kind).bound(1));
        models.push(passed::passes_by_tries(kind).bound(1 + bound));
        models.extend(
            [passed::two_receive(kind), passed::two_send(kind)].map(|model| model.bound(bound)),
        );
        models.push(passed::two_and_two(kind).bound(0));
        models.extend(
            [passed::all_end(kind), passed::one_tries_to_receive(kind)]
                .map(|model| model.bound(bound)),
        );
    }
    for kind in [Capacity::Bounded(2), Capacity::Unbounded] {
        models.extend(
            [passed::all_send(kind), passed::all_receive(kind)].map(|model| model.bound(2)),
        );
    }
    models.extend([
        passed::two_receive(Capacity::Bounded(2)).bound(1),
        passed::one_tries().outcomes(["false", "true"]),
        expired::sending_expires().outcomes(["false", "true"]),
        expired::sending_expires_beside(),
        expired::receiving_expires().outcomes([
            "Err(Ended(SendError { message: 1, why: Closed })), Err(TimedOut)",
            "Err(Full(1)), Err(Ended(Closed))",
            "Err(Full(1)), Err(TimedOut)",
            "Ok(()), Ok(1)",
        ]),
        expired::receiving_expires_beside().outcomes(["false", "true"]),
        expired::waits_and_is_seen(),
        expired::both_expire().outcomes(["None", "Some(1)"]),
        owned::closes(),
        owned::closing_publishes(),
        owned::one_of_two_owns().outcomes(["[false, true]", "[true, false]"]),
        receivers_leave().outcomes(["[None, None]", "[None, Some(1)]", "[Some(1), None]"]),
        handles_come_and_go(),
    ]);
    models
}

/// What is added in the long form: two who send and two who receive, all with deadlines.
fn long() -> Model {
    expired::all_expire().at_least(200_000)
}

/// The small ones.
fn to_sweep() -> Vec<Model> {
    let ring = Capacity::Bounded(1);
    vec![
        passed::passes(ring).bound(1),
        passed::two_receive(ring).bound(1),
        handles_come_and_go(),
        expired::sending_expires_beside(),
        owned::one_of_two_owns(),
        owned::closing_publishes(),
        owned::closes(),
    ]
}

fn paused() -> [Model; 2] {
    [
        one_pauses().outcomes([
            "(false, None), (false, None)",
            "(true, None), (false, Some(1))",
        ]),
        last_pauses().outcomes(["[1, 2]", "[2, 1]"]),
    ]
}

/// A mailbox that nobody has used.
fn ends(kind: Capacity) -> (Sender, Receiver) {
    if kind != Capacity::Unbounded {
        return channel(kind).unwrap();
    }
    // Time goes on: who finds a gate closed looks again.
    model::expire();
    let [limit, segment] = [4, 2].map(|n| position::Capacity::new(n).unwrap());
    unbounded(Shape::with_segment(limit, segment).unwrap()).unwrap()
}

fn send(sender: &Sender, message: u32) {
    sender.send_with_patience(message, PATIENT).unwrap();
}

/// What comes next, whoever holds the mailbox.
fn receive<H>(receiver: &mailbox::Receiver<H>) -> Result<u32, Ended>
where
    H: Hold<Platform = Machine, Message = u32>,
{
    receiver
        .recv_with_patience(PATIENT)
        .map_err(|why| match why {
            RecvTimeoutError::Ended(why) => why,
            RecvTimeoutError::TimedOut => unreachable!("there is no deadline"),
        })
}

/// All that comes until the senders are gone.
fn receive_all(receiver: &Receiver) -> Vec<u32> {
    let mut received = Vec::new();
    loop {
        match receive(receiver) {
            Ok(message) => received.push(message),
            Err(Ended::Closed) => return received,
            Err(why) => panic!("{why}"),
        }
    }
}

/// Handles are cloned and dropped on two threads at once: the receiver learns when the last is gone.
fn handles_come_and_go() -> Model {
    Model::new("handles that are cloned and dropped", || {
        let (sender, receiver) = ends(Capacity::Bounded(2));
        let clones = [1, 2].map(|message| {
            let sender = sender.clone();
            model::spawn(move || send(&sender.clone(), message))
        });
        drop(sender);
        assert_eq!(receive_all(&receiver).len(), 2);
        for thread in clones {
            thread.join().unwrap();
        }
    })
    .bound(1)
}

/// The receivers go while a sender waits: its message comes back, or was received.
fn receivers_leave() -> Model {
    Model::new("receivers that leave", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let receiving = [(); 2].map(|()| {
            let receiver = receiver.clone();
            model::spawn(move || receiver.try_recv().ok())
        });
        drop(receiver);
        let sent = sender.send_with_patience(1, PATIENT);
        let received = receiving.map(|thread| thread.join().unwrap());
        let came = received.iter().flatten().count();
        match sent {
            Ok(()) => assert_eq!(came, 1),
            Err(SendTimeoutError::Ended(SendError {
                message: 1,
                why: Ended::Closed,
            })) => {
                assert_eq!(came, 0);
            }
            Err(why) => panic!("{why}"),
        }
        format!("{received:?}")
    })
    .bound(1)
}

/// One that sends and receives stands still: others go on, or wait until it does.
fn one_pauses() -> Model {
    Model::new("one of a mailbox that pauses", || {
        let (sender, receiver) = ends(Capacity::Zero);
        let stopping = model::process(STOPPED, {
            let (sender, receiver) = (sender.clone(), receiver.clone());
            move || {
                let sent = sender.send_with_patience(1, UNTIL_EXPIRY).is_ok();
                (sent, receiver.recv_with_patience(UNTIL_EXPIRY).ok())
            }
        });
        let other = model::spawn(move || {
            let received = receiver.recv_with_patience(UNTIL_EXPIRY).ok();
            (sender.send_with_patience(2, UNTIL_EXPIRY).is_ok(), received)
        });
        model::expire();
        let (one, two) = (stopping.join().unwrap(), other.join().unwrap());
        assert_eq!(one.0, two.1 == Some(1));
        assert_eq!(two.0, one.1 == Some(2));
        format!("{one:?}, {two:?}")
    })
    .bound(0)
}

/// One stands still that clones the only sender, sends and goes: the receiver waits for it.
fn last_pauses() -> Model {
    Model::new("the last sender of a mailbox pauses", || {
        let (sender, receiver) = ends(Capacity::Bounded(2));
        let stopping = model::process(STOPPED, move || {
            let clone = sender.clone();
            let other = model::spawn(move || send(&clone, 1));
            send(&sender, 2);
            other.join().unwrap();
        });
        let received = receive_all(&receiver);
        assert_eq!(stopping.join(), Some(()));
        received
    })
    .bound(1)
}
