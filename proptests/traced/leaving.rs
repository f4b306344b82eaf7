//! A victim says goodbye.

use aqueduct::life::Presence;
use aqueduct::link::Ended;
use aqueduct::shm::Name;

use super::link::{brief, finish, follow_as_sender, options, receive_all};
use super::message::Message;
use super::operation::{Fate, Operation, Scene, end};
use super::streaming::Sending;
use super::tracer::between_marks;
use crate::running::look_under;

/// The victim has sent 1 and says goodbye.
pub fn goodbye() -> Operation {
    let set = |name: &Name, _| {
        let stream = Sending::new(name);
        Box::new(Leaving { stream }) as _
    };
    Operation::new("goodbye", set, |name| {
        let mut sender = options().sender(name).expect("the parent made it");
        sender.send(Message::of(1)).expect("there is room");
        between_marks(|| drop(sender));
        end(true)
    })
}

struct Leaving {
    stream: Sending,
}

impl Leaving {
    /// Until the sender is gone.
    fn wait(&mut self) -> Ended {
        let Sending {
            receiver, received, ..
        } = &mut self.stream;
        receive_all(receiver, |number| received.push(number))
    }
}

impl Scene for Leaving {
    fn go_round(&mut self) {
        match self.stream.receiver.recv_with_patience(brief()) {
            Ok(message) => self.stream.received.push(message.number()),
            Err(why) => assert_ne!(why, Ended::Dead.into(), "it lives"),
        }
        let seat = look_under(&self.stream.name).expect("it is there").sender;
        let closed = seat.presence == Presence::Closed;
        assert!(closed || seat.held, "its seat is free and does not say why");
    }

    fn look_at_the_end(&mut self) {
        assert_eq!(self.wait(), Ended::Closed);
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        let why = self.wait();
        let Sending {
            name,
            receiver,
            received,
            ..
        } = self.stream;
        assert_eq!(received, [1], "what was sent is there");
        assert!([Ended::Closed, Ended::Dead].contains(&why), "{why}");
        fate.agrees(why == Ended::Closed);
        let sender = follow_as_sender(&name);
        assert_eq!(sender.position().count(), 1);
        finish(sender, receiver, 2);
        why.to_string()
    }
}
