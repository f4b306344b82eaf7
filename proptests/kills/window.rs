//! A kill in a moment that random ones seldom meet.

use aqueduct::life::Presence;
use aqueduct::link::Role;
use nix::sys::signal::Signal;

use super::Place;
use crate::running::{Random, look, object, until};

/// The sender knows that all was received and takes the name away: its stream has ended for the
/// receiver, whatever becomes of the sender.
#[test]
fn a_sender_killed_while_it_removes_the_name_has_ended_the_stream() {
    for resume in [true, false] {
        let (mut random, _) = Random::from_environment();
        let place = Place::new(&mut random, 1 << 20, resume);
        let mut receiver = place.start(Role::Receiver);
        let object = until("the receiver", || {
            object(&place.name()).filter(|object| look(object).receiver.held)
        });
        // Paused, it keeps the sender from its end until the gate is ours: nobody attaches to a
        // name, or removes one, without it.
        receiver.signal(Signal::SIGSTOP);
        let mut sender = place.start(Role::Sender);
        until("the sender", || look(&object).sender.held.then_some(()));
        let gate = object.lock_gate().expect("the gate");
        receiver.signal(Signal::SIGCONT);
        until("the sender's goodbye", || {
            (look(&object).sender.presence == Presence::Closed).then_some(())
        });
        sender.kill().killed().expect("it waits at the gate");
        drop(gate);
        receiver.wait().expect(0);
        place.expect_all();
    }
}
