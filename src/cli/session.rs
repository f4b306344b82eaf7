//! What sending and receiving have in common: the name, the peer, and how to part from them.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use aqueduct::link::{Ended, Role};
use aqueduct::open::status;
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::shm::{Name, Object};
use aqueduct::wait::Patience;

use super::failure::Failure;
use super::progress::Progress;

/// How many bytes pass at most in one go: a part of the ring, so that both sides are busy at the
/// same time, and no more than half of what a pipe holds, so that both of its sides are, too. Pieces
/// that fill a pipe pass at a third of the speed.
pub(super) fn chunk(capacity: Capacity) -> usize {
    (capacity.get() / 4).clamp(4 << 10, 32 << 10)
}

/// One side of a stream, apart from its end of the link.
#[derive(Clone, Debug)]
pub(super) struct Session {
    role: Role,
    object: Arc<Object>,
    pub(super) resume: bool,
    timeout: Option<Duration>,
    pub(super) progress: Progress,
}

impl Session {
    pub(super) fn new(
        role: Role,
        object: &Arc<Object>,
        resume: bool,
        timeout: Option<Duration>,
        progress: Progress,
    ) -> Self {
        Self {
            role,
            object: Arc::clone(object),
            resume,
            timeout,
            progress,
        }
    }

    pub(super) fn name(&self) -> &Name {
        self.object.name()
    }

    /// How long to wait for the peer, from now on.
    pub(super) fn patience(&self) -> Patience {
        match self.timeout {
            Some(timeout) => Patience::until(Native::now().saturating_add(timeout)),
            None => Patience::FOREVER,
        }
    }

    pub(super) fn timed_out(&self) -> Failure {
        Failure::TimedOut {
            name: self.name().clone(),
            role: self.role.peer(),
        }
    }

    /// What to do when the link has ended at `position`: nothing, if a successor of the dead peer
    /// is to be waited for.
    pub(super) fn ended(&self, why: Ended, position: u64) -> Result<(), Failure> {
        let (name, role) = (self.name().clone(), self.role.peer());
        match why {
            Ended::Closed => Err(Failure::PeerClosed {
                name,
                role,
                position,
            }),
            Ended::Corrupt => Err(Failure::Corrupt { name }),
            Ended::Forked => unreachable!("the program does not fork"),
            Ended::NoMemory => unreachable!("the link is bounded"),
            // A peer that gives a stream up takes the name away before it goes.
            Ended::Dead if self.resume && self.object.still_named().unwrap_or(true) => {
                let peer = role;
                let verb = match role {
                    Role::Sender => "send",
                    Role::Receiver => "recv",
                };
                self.progress.say(format_args!(
                    "the {peer} of {name} died at byte {position}; waiting for another: \
                     aqueduct {verb} --resume {name} FILE"
                ));
                Ok(())
            }
            Ended::Dead => Err(Failure::PeerDied {
                name,
                role,
                position,
            }),
        }
    }

    /// Parts from the stream before its end: leaves it to a successor, or removes its name.
    ///
    /// The end itself is not let go: to the peer it is a death, and no goodbye.
    pub(super) fn give_up(&self) {
        self.give_up_within(self.timeout);
    }

    /// The same; waits no longer than `limit` for who is at the name's gate.
    pub(super) fn give_up_within(&self, limit: Option<Duration>) {
        self.progress.clear();
        if self.resume && self.is_worth_resuming() {
            let Ok(Ok(status)) = status(&self.object) else {
                return;
            };
            let position = match self.role {
                Role::Sender => status.sent,
                Role::Receiver => status.received,
            };
            let name = self.name();
            self.progress.say(format_args!(
                "{name} is left at byte {position}; go on with --resume, or `aqueduct remove {name}`"
            ));
        } else {
            self.remove_name_within(limit);
        }
    }

    /// Whether a name is there, and somebody else has come or something was sent.
    fn is_worth_resuming(&self) -> bool {
        let Ok(Ok(status)) = status(&self.object) else {
            return false;
        };
        let peer = match self.role {
            Role::Sender => status.receiver,
            Role::Receiver => status.sender,
        };
        let begun = peer.epoch > 0 || status.sent > 0;
        begun && self.object.still_named().unwrap_or(true)
    }

    /// Removes the name, if it still leads to this stream.
    pub(super) fn remove_name(&self) {
        self.remove_name_within(self.timeout);
    }

    fn remove_name_within(&self, limit: Option<Duration>) {
        let removed = self
            .object
            .lock_gate_within(limit)
            .and_then(|gate| gate.unlink_if_ours());
        if let Err(error) = removed {
            let name = self.name();
            let why = match error.kind() {
                ErrorKind::TimedOut => "another process holds its gate, stopped perhaps".into(),
                _ => error.to_string(),
            };
            self.progress.say(format_args!(
                "cannot remove {name}: {why}; try `aqueduct remove {name}`"
            ));
        }
    }
}
