//! A victim removes a name.

use std::io::ErrorKind;
use std::sync::Arc;

use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::open::{self, Receiver, RemoveError};
use aqueduct::shm::{Identity, Name, Object, Uid};

use super::link::{
    BRIEF, LONG, begin, brief, brief_options, finish, follow_as_sender, is_refused, options,
    receive_all, remove,
};
use super::message::Message;
use super::operation::{Fate, Operation, Scene, end};
use super::tracer::between_marks;

/// The victim is a sender and removes the name of its link; the receiver stays.
pub fn remove_name() -> Operation {
    let run = |name: &Name| {
        let sender = options().sender::<Message>(name);
        let sender = sender.expect("the parent made it");
        let removed = between_marks(|| sender.end().remove_name());
        end(removed.is_ok())
    };
    let set = |name: &Name, _| {
        let receiver = options().receiver(name).expect("the name is free");
        let object = Arc::clone(receiver.end().object());
        Box::new(Unlinking::new(object, Some(receiver))) as _
    };
    Operation::new("remove_name", set, run)
}

/// The victim removes the name of an object that nobody is attached to.
pub fn remove_unused() -> Operation {
    let run = |name: &Name| {
        let object = Object::open(name.clone(), Uid::effective());
        let object = object.expect("the parent made it");
        let removed = between_marks(|| open::remove(&object));
        // Somebody else may have been faster.
        end(matches!(removed, Ok(()) | Err(RemoveError::Open(_))))
    };
    let set = |name: &Name, _| {
        drop(begin(name));
        let object = Object::open(name.clone(), Uid::effective());
        let object = Arc::new(object.expect("it has its name"));
        Box::new(Unlinking::new(object, None)) as _
    };
    Operation::new("remove", set, run)
}

struct Unlinking {
    object: Arc<Object>,
    /// Somebody who is attached.
    receiver: Option<Receiver<Message>>,
    /// What others have given the name to meanwhile.
    successor: Option<Identity>,
}

impl Unlinking {
    fn new(object: Arc<Object>, receiver: Option<Receiver<Message>>) -> Self {
        Self {
            object,
            receiver,
            successor: None,
        }
    }

    fn name(&self) -> &Name {
        self.object.name()
    }

    /// The object that has the name now.
    fn named(&self) -> Option<Object> {
        if !self.name().path().exists() {
            return None;
        }
        let object = Object::open(self.name().clone(), Uid::effective());
        Some(object.expect("what has the name is whole"))
    }

    /// Gives the name to another object, which is nothing to the victim.
    fn replace(&mut self) {
        let object = Object::create(self.name().clone(), 4096, 0o600, |_| ());
        let object = object.expect("the name is free");
        self.successor = Some(object.identity());
    }
}

impl Scene for Unlinking {
    fn go_round(&mut self) {
        let object = Arc::clone(&self.object);
        match object.lock_gate_within(Some(BRIEF)) {
            Ok(gate) if self.successor.is_none() => {
                gate.unlink_if_ours().expect("it can be removed");
                drop(gate);
                self.replace();
            }
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                if self.receiver.is_some() && self.name().path().exists() {
                    is_refused(brief_options().resume(true).sender::<Message>(self.name()));
                }
            }
        }
        if let Some(receiver) = &mut self.receiver {
            let received = receiver.recv_with_patience(brief());
            assert_eq!(received, Err(RecvTimeoutError::TimedOut));
        }
    }

    fn look_at_the_end(&mut self) {
        let named = self.named().map(|object| object.identity());
        assert_eq!(named, self.successor, "it has removed the name");
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        let gate = self.object.lock_gate_within(Some(LONG));
        drop(gate.expect("nobody holds the gate"));
        let named = self.named().map(|object| object.identity());
        if let Some(successor) = self.successor {
            assert_eq!(named, Some(successor), "it has removed another's name");
            let successor = self.named().expect("it is there");
            remove(&successor);
        } else {
            let own = self.object.identity();
            assert!(named.is_none_or(|named| named == own), "another's name");
            fate.agrees(named.is_none());
        }
        let receiver = self.receiver.take();
        let attached = receiver.map(|mut receiver| {
            let why = receive_all(&mut receiver, |number| panic!("{number} came"));
            assert_eq!(why, Ended::Dead, "who is attached stays so");
            receiver
        });
        match (named.filter(|_| self.successor.is_none()), attached) {
            (Some(_), Some(receiver)) => finish(follow_as_sender(self.name()), receiver, 1),
            (Some(_), None) => remove(&self.object),
            (None, _) => {}
        }
        let (sender, receiver) = begin(self.name());
        finish(sender, receiver, 1);
        String::from(if named.is_some() { "named" } else { "removed" })
    }
}
