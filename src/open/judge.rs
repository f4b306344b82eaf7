//! What to do with an object that was found under a name, without taking over what others left.

use std::io;

use super::{AttachError, byte};
use crate::life::Presence;
use crate::link::{Link, Role};
use crate::platform::native::Native;
use crate::position::Capacity;
use crate::shm::{Name, Object};

/// What was found. The seat asked for is free.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// The seat asked for.
    pub(super) role: Role,
    /// What became of those who held it.
    pub(super) own: Presence,
    /// Whether somebody holds the other seat.
    pub(super) peer_lives: bool,
    /// Whether something was sent and not received.
    pub(super) unread: bool,
}

/// Refuses a link whose positions cannot be. Who looks has one of its seats, so one of them stands.
pub(super) fn check_positions<T: Send>(
    name: &Name,
    link: &Link<Native, T>,
    capacity: Capacity,
) -> Result<(), AttachError> {
    let (head, tail) = link.positions();
    match capacity.admits(tail.since(head)) {
        Some(_) => Ok(()),
        None => Err(AttachError::Positions {
            name: name.clone(),
            sent: tail.count(),
            received: head.count(),
            capacity: capacity.get(),
        }),
    }
}

/// What is to be seen of a link by who has locked the seat of `role`, and where the end of that
/// role stands.
pub(super) fn look<T: Send>(
    object: &Object,
    link: &Link<Native, T>,
    role: Role,
) -> io::Result<(Found, u64)> {
    let (head, tail) = link.positions();
    let found = Found {
        role,
        own: Presence::of(link.seat(role).look()),
        peer_lives: object.is_locked(byte(role.peer()))?,
        unread: head != tail,
    };
    let own = match role {
        Role::Sender => tail,
        Role::Receiver => head,
    };
    Ok((found, own.count()))
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Sit down.
    Join,
    /// Leave it alone: somebody may still want what is there.
    Refuse,
    /// Remove the name: its users are gone, and what they left is of no use.
    Clear,
}

/// Decides for somebody who begins a stream. Who resumes one always sits down.
pub(super) fn judge(found: Found) -> Verdict {
    let Found {
        role,
        own,
        peer_lives,
        unread,
    } = found;
    match (own, role) {
        // The seat is new; what was sent is there for the first receiver, whoever died.
        (Presence::Vacant, Role::Receiver) => Verdict::Join,
        (Presence::Vacant, Role::Sender) if peer_lives => Verdict::Join,
        (Presence::Vacant, Role::Sender) => Verdict::Clear,
        // Somebody had it before, and the peer counts on that stream.
        _ if peer_lives => Verdict::Refuse,
        // The whole stream was sent, or a part of it is still to be received.
        (Presence::Closed, Role::Sender) | (_, Role::Receiver) if unread => Verdict::Refuse,
        _ => Verdict::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_has_its_verdict() {
        use Presence::{Closed, Suspect, Vacant};
        use Role::{Receiver, Sender};
        use Verdict::{Clear, Join, Refuse};
        // role, own seat, verdict with: a living peer; none and unread; none and nothing unread.
        let table = [
            (Sender, Vacant, [Join, Clear, Clear]),
            (Sender, Closed, [Refuse, Refuse, Clear]),
            (Sender, Suspect, [Refuse, Clear, Clear]),
            (Receiver, Vacant, [Join, Join, Join]),
            (Receiver, Closed, [Refuse, Refuse, Clear]),
            (Receiver, Suspect, [Refuse, Refuse, Clear]),
        ];
        for (role, own, verdicts) in table {
            let cases = [(true, true), (false, true), (false, false)];
            for ((peer_lives, unread), verdict) in cases.into_iter().zip(verdicts) {
                let found = Found {
                    role,
                    own,
                    peer_lives,
                    unread,
                };
                assert_eq!(judge(found), verdict, "{found:?}");
            }
        }
    }
}
