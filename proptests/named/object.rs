//! What should become of an object: what lies in it, who holds its seats, and who may sit down.

use std::collections::VecDeque;

use aqueduct::life::Presence;
use aqueduct::link::{Ended, Role};
use aqueduct::open::AttachError;
use aqueduct::place::header::HeaderError;
use proptest::prelude::*;

/// The specification of an object.
#[derive(Debug)]
pub struct Spec {
    pub capacity: usize,
    pub messages: VecDeque<u64>,
    pub sent: u64,
    pub received: u64,
    pub presence: [Presence; 2],
    pub epoch: [u32; 2],
}

impl Spec {
    /// A new object, whose first end has not sat down yet.
    pub fn new(capacity: usize) -> Self {
        Self {
            capacity,
            messages: VecDeque::new(),
            sent: 0,
            received: 0,
            presence: [Presence::Vacant; 2],
            epoch: [0; 2],
        }
    }

    /// Whether an end holds the seat.
    pub fn is_held(&self, role: Role) -> bool {
        self.presence[role as usize] == Presence::Present
    }

    /// Why nothing more comes from, or goes to, who holds this seat.
    pub fn ended(&self, role: Role) -> Option<Ended> {
        match self.presence[role as usize] {
            Presence::Vacant | Presence::Present => None,
            Presence::Closed => Some(Ended::Closed),
            Presence::Suspect => Some(Ended::Dead),
        }
    }

    /// How many slots are free.
    pub fn room(&self) -> usize {
        let filled = usize::try_from(self.sent - self.received).expect("at most the capacity");
        self.capacity - filled
    }

    /// What an end of this role that attaches comes to: the rules, as the documentation of
    /// `Options` and the design say them.
    pub fn attach(&self, role: Role, resume: bool, capacity: Option<usize>) -> Outcome {
        let (own, peer_lives) = (self.presence[role as usize], self.is_held(role.peer()));
        let unread = self.sent != self.received;
        let position = match role {
            Role::Sender => self.sent,
            Role::Receiver => self.received,
        };
        match (own, role) {
            (Presence::Present, _) => return Outcome::Taken,
            // Who resumes always sits down; who is the first to receive, too.
            _ if resume => {}
            (Presence::Vacant, Role::Receiver) => {}
            (Presence::Vacant, Role::Sender) if peer_lives => {}
            (Presence::Vacant, Role::Sender) => return Outcome::Made,
            _ if peer_lives => return Outcome::Interrupted { position },
            // Of a stream that was sent as a whole, or of which a part is to be received, the
            // rest is kept; what a dead sender had begun is not.
            (Presence::Suspect, Role::Sender) => return Outcome::Made,
            _ if unread => return Outcome::Interrupted { position },
            _ => return Outcome::Made,
        }
        match capacity {
            Some(asked) if asked != self.capacity => {
                let (found, expected) = (self.capacity as u64, asked as u64);
                Outcome::OtherCapacity { found, expected }
            }
            _ => Outcome::Joined,
        }
    }
}

/// What an attempt to attach should come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Made,
    Joined,
    Taken,
    Interrupted { position: u64 },
    OtherCapacity { found: u64, expected: u64 },
}

/// Why an end was refused, as the specification says it.
pub fn outcome(error: AttachError, asked: Role) -> Result<Outcome, TestCaseError> {
    match error {
        AttachError::SeatTaken { role, .. } if role == asked => Ok(Outcome::Taken),
        AttachError::Interrupted { role, position, .. } if role == asked => {
            Ok(Outcome::Interrupted { position })
        }
        AttachError::Mismatch {
            source: HeaderError::Capacity { found, expected },
            ..
        } => Ok(Outcome::OtherCapacity { found, expected }),
        other => Err(TestCaseError::fail(other.to_string())),
    }
}
