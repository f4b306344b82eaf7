//! What the dead left under a name, and its removal.
//!
//! An object whose every lock is free has no user: the kernel frees a lock after the last access of
//! its holder, and nobody attaches without the gate, which whoever looks here holds. That is not
//! yet a reason to remove it: a stream that was sent whole, by a sender that then left, waits for its
//! receiver. So what may go is what the next sender to begin on the name would clear away
//! ([`judge`]), and nothing else.

use std::io;
use std::time::Duration;

use super::judge::{Found, Verdict, judge};
use super::{Status, mailbox, read_header, status};
use crate::life::Presence;
use crate::link::Role;
use crate::place::header::{Header, HeaderError, Kind};
use crate::shm::{Gate, Object};

/// An object, as who holds its gate found it. Nobody attaches while this lives.
#[derive(Debug)]
#[must_use = "nothing is removed until it is asked for"]
pub struct Remains<'object> {
    state: State,
    /// `None` if somebody else holds it.
    gate: Option<Gate<'object>>,
}

/// What became of those who used an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Somebody attaches to it or removes it, or was stopped in the middle of that.
    Gated,
    /// Somebody is attached: holds a seat, or the lock of another byte.
    Attached {
        /// Whether the sender's seat is held.
        sender: bool,
        /// Whether the receiver's is.
        receiver: bool,
    },
    /// Nobody is attached, and whoever begins to send, or makes a mailbox or a pipe anew, clears it away.
    Dead {
        /// What it carries.
        kind: Kind,
        /// Where its sender died, in bytes, or in messages of one type: two who resume the stream
        /// could go on there. `None` if there is no stream that has not ended.
        unfinished: Option<u64>,
        /// How much was sent and not received.
        unread: u64,
    },
    /// Nobody is attached. All of a stream was sent, and a part of it waits to be received; or a
    /// mailbox waits for its next owner.
    Waiting {
        /// What it carries.
        kind: Kind,
        /// How much waits, in bytes, or in messages of one type.
        unread: u64,
    },
    /// It is none of ours, or not as this library makes them, so nothing is known of its users.
    Unfit(HeaderError),
    /// This library does not know what it carries.
    Unknown,
    /// Nobody is attached, and its positions cannot be.
    Corrupt {
        /// How many were sent: messages, or bytes.
        sent: u64,
        /// How many were received.
        received: u64,
        /// How many it holds.
        capacity: u64,
    },
    /// The name leads elsewhere by now, or nowhere.
    Renamed,
}

impl<'object> Remains<'object> {
    /// Looks at an object through its gate, for which it waits `limit` at the most. What is none of
    /// ours is not locked.
    ///
    /// # Errors
    /// The kernel's.
    pub fn of(object: &'object Object, limit: Duration) -> io::Result<Self> {
        // A header never changes, so it may be read before.
        let header = match read_header(object)? {
            Ok(header) => header,
            Err(error) => {
                let (state, gate) = (State::Unfit(error), None);
                return Ok(Self { state, gate });
            }
        };
        let gate = match object.lock_gate_within(Some(limit)) {
            Ok(gate) => gate,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let (state, gate) = (State::Gated, None);
                return Ok(Self { state, gate });
            }
            Err(error) => return Err(error),
        };
        let (state, gate) = (look(object, &header)?, Some(gate));
        Ok(Self { state, gate })
    }

    /// What was found.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Removes the name of what is [`Dead`](State::Dead), and of nothing else; says whether it did.
    ///
    /// # Errors
    /// The kernel's; the name is still there then.
    pub fn remove(&self) -> io::Result<bool> {
        match (&self.gate, &self.state) {
            (Some(gate), State::Dead { .. }) => gate.unlink_if_ours(),
            _ => Ok(false),
        }
    }
}

/// Looks at an object whose gate is held.
fn look(object: &Object, header: &Header) -> io::Result<State> {
    if !object.still_named()? {
        return Ok(State::Renamed);
    }
    // Before the words are read: once nobody is attached, they stand still.
    let in_use = object.is_in_use()?;
    match header.carries() {
        Some(kind) if kind.is_shared() && in_use => Ok(State::Attached {
            sender: false,
            receiver: false,
        }),
        Some(Kind::Mailbox) => mailbox_left(object, header),
        Some(Kind::Pipe) => Ok(dead(Kind::Pipe)),
        _ => link_left(object, in_use),
    }
}

/// Nobody can use it any more.
fn dead(kind: Kind) -> State {
    State::Dead {
        kind,
        unfinished: None,
        unread: 0,
    }
}

/// What there is of a mailbox that nobody is attached to.
fn mailbox_left(object: &Object, header: &Header) -> io::Result<State> {
    let (kind, unread) = (Kind::Mailbox, 0);
    Ok(match mailbox::status(object, header)? {
        status if status.is_closed() => dead(kind),
        _ => State::Waiting { kind, unread },
    })
}

/// What there is of a link.
fn link_left(object: &Object, in_use: bool) -> io::Result<State> {
    Ok(match status(object)? {
        Err(error) => State::Unfit(error),
        Ok(status) if in_use => State::Attached {
            sender: status.sender.held,
            receiver: status.receiver.held,
        },
        Ok(status) => left(&status),
    })
}

/// What there is of a link that nobody is attached to.
fn left(status: &Status) -> State {
    let Some(kind) = status.header.carries() else {
        return State::Unknown;
    };
    let (sent, received) = (status.sent, status.received);
    let unread = sent.wrapping_sub(received);
    let capacity = status.header.capacity();
    if unread > capacity {
        return State::Corrupt {
            sent,
            received,
            capacity,
        };
    }
    let found = Found {
        role: Role::Sender,
        own: status.sender.presence,
        peer_lives: false,
        unread: unread > 0,
    };
    let died = matches!(found.own, Presence::Present | Presence::Suspect);
    match judge(found) {
        Verdict::Clear => State::Dead {
            kind,
            unfinished: died.then_some(status.sent),
            unread,
        },
        Verdict::Join | Verdict::Refuse => State::Waiting { kind, unread },
    }
}
