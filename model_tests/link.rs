//! Models of `src/wait.rs`, `src/life.rs` and `src/link`, in six groups, and what these share.

mod alive;
mod followed;
mod killed;
mod paused;
mod streams;
mod twice;

use crate::memory::{ModelEnd, SECOND_VICTIM, SURVIVOR, VICTIM};
use crate::swept::LINK;
use crate::{explore, kill, kill_twice, pause, suspect, sweep, without_order};
use aqueduct::link::{Ended, Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use aqueduct::model::{Model, Sweep};
use aqueduct::position::Position;
use aqueduct::wait::Patience;
use libtest_mimic::Trial;

/// Sleeps at once: a model does not spin.
pub const PATIENT: Patience = Patience {
    spins: 0,
    deadline: None,
};

pub fn trials() -> Vec<Trial> {
    let explored = alive::models().into_iter().chain(alive::for_no_reason(2));
    let explored = explored.chain([streams::whole().at_least(130)]);
    let explored = explored.chain([killed::first_comes_and_dies()]);
    let explored = explored.map(|model| explore("link", model));
    let killed = killed::models().into_iter().chain(followed::models());
    let killed = killed.chain(streams::killed());
    let unordered = killed.clone().map(|model| {
        let needed = NEED_ORDER.contains(&model.name());
        without_order("link", model, needed, &[VICTIM])
    });
    let killed = killed.map(|model| kill("link", model, &[VICTIM]));
    let suspected = killed::suspected().map(|model| suspect("link", model, &[VICTIM]));
    let records = pause(
        "link",
        streams::whole().bound(0),
        &[SURVIVOR, SECOND_VICTIM],
    );
    let paused = paused::models().into_iter();
    let paused = paused.map(|model| pause("link", model, &[VICTIM]));
    let paused = paused.chain([records]);
    let twice = twice::models(0).map(|model| kill_twice("link", model, [VICTIM, SECOND_VICTIM]));
    let [first, files @ ..] = LINK;
    let all = files
        .into_iter()
        .fold(Sweep::new(first, to_sweep()), Sweep::and);
    explored
        .chain(killed)
        .chain(unordered)
        .chain(suspected)
        .chain(paused)
        .chain(twice)
        .chain([sweep("links", all)])
        .chain(long())
        .collect()
}

/// The same with one preemption more.
fn long() -> impl Iterator<Item = Trial> {
    let one_more = |model| with_more(model, 1);
    let explored = alive::for_no_reason(2).into_iter().map(one_more);
    let explored = explored.map(|model| explore("link::long", model));
    let killed = killed::models().into_iter().chain(followed::models());
    let killed = killed.chain(streams::killed()).map(one_more);
    let killed = killed.map(|model| kill("link::long", model, &[VICTIM]));
    let paused = paused::models().into_iter().map(one_more);
    let paused = paused.map(|model| pause("link::long", model, &[VICTIM]));
    let twice = twice::models(1).into_iter();
    let twice = twice.map(|model| kill_twice("link::long", model, [VICTIM, SECOND_VICTIM]));
    let long = explored.chain(killed).chain(paused).chain(twice);
    long.map(|trial| trial.with_ignored_flag(true))
}

/// The model with so many preemptions more.
fn with_more(model: Model, more: usize) -> Model {
    let bound = model.preemptions().expect("it is bounded");
    model.bound(bound + more)
}

/// What fails without one of the orderings, the small ones first.
fn to_sweep() -> Vec<Model> {
    let mut models = vec![
        alive::receiver_closes(),
        alive::hand_over(1, "sleeps").bound(2),
        alive::wait_for_sender().bound(2),
        alive::keeper_says_goodbye().outcomes(["([0], Closed)"]),
        alive::batches().outcomes(["([0, 1, 2], Closed)"]),
        alive::one_batch(),
    ];
    // A successor rings for what somebody published who died before it rang: a receiver whose
    // successor waits, a sender whose successor has nothing to add and says goodbye.
    models.extend((10..=14).map(|access| followed::receiver_is_followed().killed(VICTIM, access)));
    models.extend((13..=15).map(|access| followed::sender_is_followed().killed(VICTIM, access)));
    models
}

/// The models of deaths that rest on an edge from the dead: on that whoever learns of a death for
/// certain has all that was done before it. The kernel's lock is one.
const NEED_ORDER: [&str; 3] = [
    "a sender of records is killed",
    "the sender is killed",
    "the sender is suspected, then certainly dead",
];

pub fn receive_all(receiver: &mut Receiver<ModelEnd>) -> (Vec<u32>, Ended) {
    let mut received = Vec::new();
    loop {
        match receiver.recv_with_patience(PATIENT) {
            Ok(message) => received.push(message),
            Err(RecvTimeoutError::Ended(why)) => return (received, why),
            Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
        }
    }
}

/// Sends `messages`, waiting each time for room for so many, or for the rest, and filling what
/// there is.
pub fn send_in_batches(sender: &mut Sender<ModelEnd>, messages: &[u32], room: usize) {
    let mut rest = messages;
    while !rest.is_empty() {
        let room = rest.len().min(room);
        let push = sender.send_batch(room, PATIENT, |batch| batch.push_slice(rest));
        rest = &rest[push.unwrap().unwrap()..];
    }
}

/// Receives all, so many at the most at once.
pub fn receive_in_batches(receiver: &mut Receiver<ModelEnd>, most: usize) -> (Vec<u32>, Ended) {
    let mut received = Vec::new();
    loop {
        let copy = |run: &[u32]| {
            received.extend_from_slice(run);
            run.len()
        };
        match receiver.recv_batch(PATIENT, |taken| taken.read(most, copy)) {
            Ok(read) => assert!(read.unwrap() > 0),
            Err(RecvTimeoutError::Ended(why)) => return (received, why),
            Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
        }
    }
}

/// Sends 0, 1, ..., the numbers of the stream's positions, up to `end`.
pub fn send_up_to(sender: &mut Sender<ModelEnd>, end: u64) -> Result<(), Ended> {
    send(sender, Position::new(0), end)
}

/// The same in a stream that starts just before its position wraps.
pub fn send_from_wrap(sender: &mut Sender<ModelEnd>, end: u64) -> Result<(), Ended> {
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
