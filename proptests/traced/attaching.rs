//! A victim attaches to an object, makes one, or takes the seat of a dead one over.

use aqueduct::life::Presence;
use aqueduct::link::{Ended, RecvTimeoutError, SendTimeoutError, TrySendError};
use aqueduct::open::{AttachError, Receiver, Sender, Status};
use aqueduct::shm::Name;

use super::link::{
    CAPACITY, begin, brief, brief_options, finish, follow_as_receiver, follow_as_sender,
    is_refused, long, options, receive, receive_all,
};
use super::message::Message;
use super::operation::{Fate, Operation, Scene, end};
use super::streaming;
use super::tracer::{Victim, between_marks};
use crate::running::look_under;

fn look(name: &Name) -> Status {
    look_under(name).expect("it has a name and is ours")
}

/// The victim takes the receiver's seat of a link whose sender has sent 1.
pub fn attach() -> Operation {
    let run = |name: &Name| {
        let receiver = between_marks(|| options().receiver::<Message>(name));
        end(receiver.is_ok())
    };
    Operation::new("attach", |name, _| Box::new(Attaching::new(name)), run)
}

struct Attaching {
    name: Name,
    sender: Sender<Message>,
    next: u64,
}

impl Attaching {
    fn new(name: &Name) -> Self {
        let mut sender = options().sender(name).expect("the name is free");
        sender.try_send(Message::of(1)).expect("there is room");
        Self {
            name: name.clone(),
            sender,
            next: 2,
        }
    }

    /// A receiver that comes to begin. It may only if nobody has sat there.
    fn receiver(&self, seat: Presence) -> Receiver<Message> {
        match (options().receiver(&self.name), seat) {
            (Ok(receiver), Presence::Vacant) => receiver,
            (Err(AttachError::Interrupted { position, .. }), Presence::Suspect) => {
                assert_eq!(position, 0, "nothing was received");
                follow_as_receiver(&self.name)
            }
            (Ok(_), seat) => panic!("it is let in without a word, to a seat that is {seat:?}"),
            (Err(error), seat) => panic!("{error}, and the seat is {seat:?}"),
        }
    }
}

impl Scene for Attaching {
    fn go_round(&mut self) {
        let message = Message::of(self.next);
        match self.sender.send_with_patience(message, brief()) {
            Ok(()) => self.next += 1,
            Err(why) => assert_eq!(why, SendTimeoutError::TimedOut(message), "it lives"),
        }
        is_refused(brief_options().resume(true).sender::<Message>(&self.name));
        // For the seat that it wants only once it has it: one of the two would come too late.
        if look(&self.name).receiver.held {
            is_refused(brief_options().resume(true).receiver::<Message>(&self.name));
        }
    }

    fn look_at_the_end(&mut self) {
        let met = self.sender.wait_for_receiver(long());
        met.expect("it is there when it has attached");
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        let seat = look(&self.name).receiver;
        assert!(!seat.held, "the seat is free");
        fate.agrees(seat.presence == Presence::Suspect);
        let message = Message::of(self.next);
        match (self.sender.try_send(message), seat.presence) {
            (Ok(()), Presence::Vacant) => self.next += 1,
            (Err(TrySendError::Full(_)), Presence::Vacant) => {}
            (Err(TrySendError::Ended(error)), Presence::Suspect) => {
                assert_eq!(error.why, Ended::Dead);
            }
            (other, seat) => panic!("{other:?}, and the seat is {seat:?}"),
        }
        let mut receiver = self.receiver(seat.presence);
        receive(&mut receiver, 1..self.next);
        finish(self.sender, receiver, self.next);
        format!("{:?}", seat.presence).to_lowercase()
    }
}

/// The victim makes a link and sits down in it as its sender.
pub fn create() -> Operation {
    let run = |name: &Name| {
        let sender = between_marks(|| options().sender::<Message>(name));
        end(sender.is_ok())
    };
    Operation::new("create", |name, _| Box::new(Creating::new(name)), run)
}

struct Creating {
    name: Name,
    /// Somebody who came meanwhile, and perhaps has made the link.
    receiver: Option<Receiver<Message>>,
}

impl Creating {
    fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            receiver: None,
        }
    }

    /// It is whole, and known to be left.
    fn check(status: &Status) {
        let (sender, receiver) = (status.sender, status.receiver);
        assert_eq!(status.header.capacity(), CAPACITY);
        assert_eq!((status.sent, status.received), (0, 0));
        assert_eq!((sender.presence, sender.held), (Presence::Suspect, false));
        assert_eq!(sender.epoch, 1, "it sat down before the name was there");
        assert!(receiver.held || receiver.presence == Presence::Vacant);
    }
}

impl Scene for Creating {
    fn go_round(&mut self) {
        let receiver = self.receiver.get_or_insert_with(|| {
            let receiver = brief_options().receiver(&self.name);
            receiver.expect("a receiver comes or makes the link")
        });
        let received = receiver.recv_with_patience(brief());
        assert_eq!(received, Err(RecvTimeoutError::TimedOut), "nobody died");
    }

    fn look_at_the_end(&mut self) {
        let seat = look(&self.name).sender;
        assert_eq!((seat.presence, seat.held), (Presence::Present, true));
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let Some(status) = look_under(&self.name) else {
            assert!(!self.name.path().exists(), "there is a name of nothing");
            fate.agrees(false);
            let (sender, receiver) = begin(&self.name);
            finish(sender, receiver, 1);
            return "absent".into();
        };
        fate.agrees(true);
        Self::check(&status);
        let come = || options().receiver(&self.name).expect("its seat is free");
        let mut receiver = self.receiver.unwrap_or_else(come);
        let why = receive_all(&mut receiver, |number| panic!("{number} came"));
        assert_eq!(why, Ended::Dead);
        finish(follow_as_sender(&self.name), receiver, 1);
        "whole".into()
    }
}

/// The victim takes over from a sender that has sent 1 and was killed.
pub fn take_over() -> Operation {
    let run = |name: &Name| {
        let sender = between_marks(|| options().resume(true).sender::<Message>(name));
        end(sender.is_ok_and(|sender| {
            let position = sender.position().count();
            std::mem::forget(sender);
            position == 1
        }))
    };
    Operation::new("take over", |name, _| Box::new(TakingOver::new(name)), run)
}

struct TakingOver {
    name: Name,
    receiver: Receiver<Message>,
    /// Whether the receiver has seen that there is a sender again.
    followed: bool,
}

impl TakingOver {
    fn new(name: &Name) -> Self {
        let receiver = options().receiver(name).expect("the name is free");
        Victim::start(&streaming::send(), name).kill();
        let mut scene = Self {
            name: name.clone(),
            receiver,
            followed: false,
        };
        let mut received = Vec::new();
        let why = receive_all(&mut scene.receiver, |number| received.push(number));
        assert_eq!((why, received), (Ended::Dead, vec![1]));
        scene
    }
}

impl Scene for TakingOver {
    fn go_round(&mut self) {
        match self.receiver.recv_with_patience(brief()) {
            Err(RecvTimeoutError::TimedOut) => self.followed = true,
            // Of the one before.
            Err(RecvTimeoutError::Ended(Ended::Dead)) if !self.followed => {}
            other => panic!("{other:?}, and it lives"),
        }
        is_refused(brief_options().resume(true).receiver::<Message>(&self.name));
        if look(&self.name).sender.held {
            is_refused(brief_options().resume(true).sender::<Message>(&self.name));
        }
    }

    fn look_at_the_end(&mut self) {
        self.followed = true;
        self.go_round();
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        let received = self.receiver.recv_with_patience(long());
        assert_eq!(received, Err(Ended::Dead.into()));
        let seat = look(&self.name).sender;
        assert_eq!((seat.presence, seat.held), (Presence::Suspect, false));
        let holders = seat.epoch;
        assert!((1..=2).contains(&holders), "{holders} had the seat");
        fate.agrees(holders == 2);
        let sender = follow_as_sender(&self.name);
        assert_eq!(sender.position().count(), 1);
        finish(sender, self.receiver, 2);
        String::from(if holders == 2 { "sat" } else { "not sat" })
    }
}
