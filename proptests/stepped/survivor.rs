//! The other processes: the one that survives, and the one that follows the victim.

use std::sync::Arc;

use aqueduct::life::Presence;
use aqueduct::link::{Receiver, Role, Sender};

use super::ring;
use super::script::{EXPIRED, Meanwhile, On, Script, TOTAL};
use super::world::{Chair, Who, World};

/// How the victim ended.
pub struct Fate {
    /// Where it was killed, if it was.
    pub killed_before: Option<String>,
    /// How many messages it had sent or received, by what it was told.
    pub returned: u32,
}

impl Fate {
    /// In words, the place first.
    pub fn words(&self) -> String {
        let killed = match &self.killed_before {
            Some(site) => format!("killed before {site}"),
            None => END.into(),
        };
        format!("{killed}; {} returned", self.returned)
    }

    /// Whether the outcome is that of a victim that came to its end.
    pub fn is_an_end(outcome: &str) -> bool {
        outcome.starts_with(END)
    }
}

const END: &str = "not killed";

/// Lets the victim live and die, and goes on without it; returns what was seen.
///
/// `start` starts the victim, and `end` waits until the kernel has cleared it away.
pub fn survive<W: World, V>(
    world: &Arc<W>,
    script: &Script,
    start: impl FnOnce() -> V,
    end: impl FnOnce(V) -> Fate,
) -> String {
    match (script.on, script.victim) {
        (On::Link, Role::Sender) => receives(world, script, start, end),
        (On::Link, Role::Receiver) => sends(world, script, start, end),
        (On::Ring, Role::Sender) => ring::pops(world, script, start, end),
        (On::Ring, Role::Receiver) => ring::pushes(world, script, start, end),
    }
}

/// The victim sends.
fn receives<W: World, V>(
    world: &Arc<W>,
    script: &Script,
    start: impl FnOnce() -> V,
    end: impl FnOnce(V) -> Fate,
) -> String {
    world.sit(Role::Receiver, Who::Survivor);
    let mut receiver = Receiver::new(Chair::new(world, Role::Receiver)).expect("a sound link");
    if script.raised {
        let _ = receiver.recv_with_patience(EXPIRED);
    }
    let victim = start();
    let mut all = Vec::new();
    let meanwhile = match script.meanwhile {
        Meanwhile::Ask | Meanwhile::Look => look(world, script),
        Meanwhile::Sleep => loop {
            match receiver.recv_with_patience(W::patience()) {
                Ok(message) => all.push(message),
                Err(why) => break format!("{why:?}"),
            }
        },
    };
    let fate = end(victim);
    let why = loop {
        match receiver.try_recv() {
            Ok(message) => all.push(message),
            Err(why) => break why,
        }
    };
    let state = state(world, script);
    assert!(
        fate.returned <= count(&all),
        "what was sent is there: {all:?}"
    );
    let early = all.len();
    let mut successor = follow_as_sender(world);
    while all.len() < TOTAL as usize {
        let next = script.message(successor.position());
        successor.try_send(next).expect("all was received");
        all.push(receiver.try_recv().expect("it was sent"));
    }
    drop(successor);
    let closed = receiver.try_recv();
    assert!(all.iter().copied().eq(1..=TOTAL), "in order: {all:?}");
    let fate = fate.words();
    format!("{fate}; {meanwhile}; {early} received, then {why:?}; {state}; at last {closed:?}")
}

/// The victim receives.
fn sends<W: World, V>(
    world: &Arc<W>,
    script: &Script,
    start: impl FnOnce() -> V,
    end: impl FnOnce(V) -> Fate,
) -> String {
    world.sit(Role::Sender, Who::Survivor);
    let mut sender = Sender::new(Chair::new(world, Role::Sender)).expect("a sound link");
    (1..=script.filled).for_each(|next| sender.try_send(next).expect("there is room"));
    if script.raised {
        let _ = sender.wait_until_received(EXPIRED);
    }
    let victim = start();
    let next = script.filled + 1;
    let meanwhile = match script.meanwhile {
        Meanwhile::Ask | Meanwhile::Look => look(world, script),
        Meanwhile::Sleep => {
            let sent = sender.send_with_patience(next, W::patience());
            format!("{sent:?}, {:?}", sender.wait_until_received(W::patience()))
        }
    };
    let fate = end(victim);
    let sent = script.number(sender.position());
    let why = sender.wait_until_received(EXPIRED);
    let state = state(world, script);
    let mut successor = follow_as_receiver(world);
    let first = script.number(successor.position());
    assert!(fate.returned <= first, "what was received is gone");
    let mut rest = Vec::new();
    while rest.len() < (TOTAL - first) as usize {
        let next = script.message(sender.position());
        if next <= TOTAL {
            let _ = sender.try_send(next);
        }
        rest.push(successor.try_recv().expect("it was sent"));
    }
    drop(sender);
    let closed = successor.try_recv();
    assert!(
        rest.iter().copied().eq(first + 1..=TOTAL),
        "in order: {rest:?}"
    );
    let fate = fate.words();
    format!("{fate}; {meanwhile}; {sent} sent, then {why:?}; {state}; at last {closed:?}")
}

/// The successor of a victim that sent.
fn follow_as_sender<W: World>(world: &Arc<W>) -> Sender<Chair<W>> {
    assert!(world.is_dead(), "the seat is not free");
    world.sit(Role::Sender, Who::Survivor);
    Sender::new(Chair::new(world, Role::Sender)).expect("a sound link")
}

/// The successor of a victim that received.
fn follow_as_receiver<W: World>(world: &Arc<W>) -> Receiver<Chair<W>> {
    assert!(world.is_dead(), "the seat is not free");
    world.sit(Role::Receiver, Who::Survivor);
    Receiver::new(Chair::new(world, Role::Receiver)).expect("a sound link")
}

/// What is to be seen of the victim at this moment.
fn look<W: World>(world: &Arc<W>, script: &Script) -> String {
    let known = world.is_dead();
    let seat = world.link().seat(script.victim);
    let life = (script.meanwhile == Meanwhile::Look).then(|| Presence::of(seat.look()));
    format!("dead: {known}, {life:?}")
}

/// What the victim left behind.
fn state<W: World>(world: &Arc<W>, script: &Script) -> String {
    let (head, tail) = world.link().positions();
    let positions = [head, tail].map(|position| script.number(position));
    let seat = world.link().seat(script.victim);
    let presence = Presence::of(seat.look());
    format!(
        "positions {positions:?}, {presence:?}, epoch {}",
        seat.epoch()
    )
}

fn count(messages: &[u32]) -> u32 {
    u32::try_from(messages.len()).expect("a short stream")
}
