//! One name, the two ends that this process holds, and what there should be.

use std::panic::{self, AssertUnwindSafe};

use aqueduct::life::Presence;
use aqueduct::link::Role;
use aqueduct::open::{Options, Receiver, Remains, RemoveError, Sender, remove, status};
use aqueduct::position::Capacity;
use aqueduct::shm::{Object, OpenError, Uid};
use proptest::prelude::*;

use super::object::{Outcome, Spec, outcome};
use super::wire::{Refused, Wire};
use crate::running::LONG;
use crate::shm::Scratch;

/// What happens to the name or to one of the ends.
#[derive(Clone, Debug)]
pub enum Op {
    Attach {
        role: Role,
        resume: bool,
        capacity: Option<usize>,
    },
    Send,
    Receive,
    Leave(Role),
    /// The end unwinds, and so has not said goodbye.
    Die(Role),
    /// The end removes the name of its object.
    RemoveName(Role),
    /// Somebody removes the name unless an end is attached.
    Remove,
    /// Somebody removes what the dead have left.
    Clean,
    Status,
}

/// One name, the two ends, and the objects that the ends and the name lead to.
pub struct World<W: Wire> {
    scratch: Scratch,
    objects: Vec<Spec>,
    named: Option<usize>,
    sender: Option<(Sender<W::Message>, usize)>,
    receiver: Option<(Receiver<W::Message>, usize)>,
    made: u64,
}

impl<W: Wire> World<W> {
    pub fn new() -> Self {
        Self {
            scratch: Scratch::new(),
            objects: Vec::new(),
            named: None,
            sender: None,
            receiver: None,
            made: 0,
        }
    }

    pub fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Attach {
                role,
                resume,
                capacity,
            } => self.attach(role, resume, capacity),
            Op::Send => self.send(),
            Op::Receive => self.receive(),
            Op::Leave(role) => {
                self.end_of(role, Presence::Closed);
                Ok(())
            }
            Op::Die(role) => {
                self.end_of(role, Presence::Suspect);
                Ok(())
            }
            Op::RemoveName(role) => self.remove_name(role),
            Op::Remove => self.remove(),
            Op::Clean => self.clean(),
            Op::Status => self.status(),
        }
    }

    /// Both ends leave; then the name can be removed, if there is one.
    pub fn end(mut self) -> Result<(), TestCaseError> {
        self.status()?;
        self.end_of(Role::Sender, Presence::Closed);
        self.end_of(Role::Receiver, Presence::Closed);
        self.status()?;
        self.remove()?;
        prop_assert!(!self.scratch.name().path().exists());
        Ok(())
    }

    /// Which object the end of this role holds.
    fn held(&self, role: Role) -> Option<usize> {
        match role {
            Role::Sender => self.sender.as_ref().map(|&(_, object)| object),
            Role::Receiver => self.receiver.as_ref().map(|&(_, object)| object),
        }
    }

    /// The end of this role, if there is one, says goodbye, or dies.
    fn end_of(&mut self, role: Role, last: Presence) {
        let Some(object) = self.held(role) else {
            return;
        };
        self.objects[object].presence[role as usize] = last;
        let end: Box<dyn Send> = match role {
            Role::Sender => Box::new(self.sender.take().map(|(end, _)| end)),
            Role::Receiver => Box::new(self.receiver.take().map(|(end, _)| end)),
        };
        let unwound = panic::catch_unwind(AssertUnwindSafe(|| {
            let _end = end;
            if last == Presence::Suspect {
                panic::resume_unwind(Box::new("the end dies"));
            }
        }));
        assert_eq!(unwound.is_err(), last == Presence::Suspect);
    }

    fn expected(&self, role: Role, resume: bool, capacity: Option<usize>) -> Outcome {
        match self.named {
            Some(named) => self.objects[named].attach(role, resume, capacity),
            None => Outcome::Made,
        }
    }

    fn attach(
        &mut self,
        role: Role,
        resume: bool,
        capacity: Option<usize>,
    ) -> Result<(), TestCaseError> {
        let expected = self.expected(role, resume, capacity);
        let mut options = Options::new().resume(resume);
        if let Some(capacity) = capacity {
            options = options.capacity(Capacity::new(capacity)?);
        }
        let name = self.scratch.name();
        let refused = match role {
            Role::Sender => match W::sender(&options, &name) {
                Ok(end) => {
                    let object = self.sit(role, expected, capacity);
                    self.sender = Some((end, object));
                    None
                }
                Err(error) => Some(error),
            },
            Role::Receiver => match W::receiver(&options, &name) {
                Ok(end) => {
                    let object = self.sit(role, expected, capacity);
                    self.receiver = Some((end, object));
                    None
                }
                Err(error) => Some(error),
            },
        };
        match refused {
            None => prop_assert!(matches!(expected, Outcome::Made | Outcome::Joined)),
            Some(error) => prop_assert_eq!(outcome(error, role)?, expected),
        }
        Ok(())
    }

    /// An end has attached: which object it should have found or made.
    fn sit(&mut self, role: Role, outcome: Outcome, capacity: Option<usize>) -> usize {
        // Whom it replaces had another object, or it would have been refused.
        self.end_of(role, Presence::Closed);
        if outcome == Outcome::Made {
            let default = (1 << 20) / size_of::<W::Message>();
            self.objects.push(Spec::new(capacity.unwrap_or(default)));
            self.named = Some(self.objects.len() - 1);
        }
        let named = self.named.expect("an end has attached");
        self.objects[named].presence[role as usize] = Presence::Present;
        self.objects[named].epoch[role as usize] += 1;
        named
    }

    fn send(&mut self) -> Result<(), TestCaseError> {
        let Some((sender, object)) = &mut self.sender else {
            return Ok(());
        };
        let object = &mut self.objects[*object];
        self.made += 1;
        let (number, cost) = (self.made, W::cost(self.made));
        let expected = if cost > object.capacity {
            Err(Refused::TooLong)
        } else if let Some(why) = object.ended(Role::Receiver) {
            Err(Refused::Ended(why))
        } else if cost > object.room() {
            Err(Refused::NotNow)
        } else {
            object.messages.push_back(number);
            object.sent += cost as u64;
            Ok(())
        };
        prop_assert_eq!(W::send(sender, number), expected);
        prop_assert_eq!(sender.position().count(), object.sent);
        Ok(())
    }

    fn receive(&mut self) -> Result<(), TestCaseError> {
        let Some((receiver, object)) = &mut self.receiver else {
            return Ok(());
        };
        let object = &mut self.objects[*object];
        let ended = object.ended(Role::Sender);
        let expected = match object.messages.pop_front() {
            Some(number) => {
                object.received += W::cost(number) as u64;
                Ok(W::carried(number))
            }
            None => Err(ended.map_or(Refused::NotNow, Refused::Ended)),
        };
        prop_assert_eq!(W::receive(receiver), expected);
        prop_assert_eq!(receiver.position().count(), object.received);
        Ok(())
    }

    fn remove_name(&mut self, role: Role) -> Result<(), TestCaseError> {
        let removed = match role {
            Role::Sender => self.sender.as_ref().map(|(end, _)| end.end().remove_name()),
            Role::Receiver => self
                .receiver
                .as_ref()
                .map(|(end, _)| end.end().remove_name()),
        };
        if let Some(removed) = removed {
            let expected = self.held(role) == self.named;
            prop_assert_eq!(removed?, expected);
            self.named = self.named.filter(|_| !expected);
        }
        Ok(())
    }

    /// The object that the name leads to, and its specification; nothing if there should be none.
    fn named(&self) -> Result<Option<(Object, &Spec)>, TestCaseError> {
        let opened = Object::open(self.scratch.name(), Uid::effective());
        match (opened, self.named) {
            (Ok(object), Some(named)) => Ok(Some((object, &self.objects[named]))),
            (Err(OpenError::NotFound { .. }), None) => Ok(None),
            other => Err(TestCaseError::fail(format!("{other:?}"))),
        }
    }

    fn remove(&mut self) -> Result<(), TestCaseError> {
        let Some((object, spec)) = self.named()? else {
            return Ok(());
        };
        let mut roles = [Role::Sender, Role::Receiver].into_iter();
        match (remove(&object), roles.find(|&role| spec.is_held(role))) {
            (Ok(()), None) => self.named = None,
            (Err(RemoveError::InUse { role, .. }), Some(held)) => prop_assert_eq!(role, held),
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
        Ok(())
    }

    fn clean(&mut self) -> Result<(), TestCaseError> {
        let Some((object, spec)) = self.named()? else {
            return Ok(());
        };
        let held = spec.is_held(Role::Sender) || spec.is_held(Role::Receiver);
        let ended = spec.presence[Role::Sender as usize] == Presence::Closed;
        let expected = !held && (!ended || spec.sent == spec.received);
        prop_assert_eq!(Remains::of(&object, LONG)?.remove()?, expected);
        self.named = self.named.filter(|_| !expected);
        Ok(())
    }

    fn status(&mut self) -> Result<(), TestCaseError> {
        let Some((object, spec)) = self.named()? else {
            return Ok(());
        };
        let status = status(&object)??;
        prop_assert_eq!((status.sent, status.received), (spec.sent, spec.received));
        prop_assert_eq!(status.header.capacity(), spec.capacity as u64);
        prop_assert_eq!(status.header.size(), object.len()?);
        for (seat, role) in [
            (status.sender, Role::Sender),
            (status.receiver, Role::Receiver),
        ] {
            prop_assert_eq!(seat.presence, spec.presence[role as usize]);
            prop_assert_eq!(seat.epoch, spec.epoch[role as usize]);
            prop_assert_eq!(seat.held, spec.is_held(role));
        }
        Ok(())
    }
}
