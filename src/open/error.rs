//! Why a name could not be used.

use std::io;

use thiserror::Error;

use crate::link::{Ended, Role};
use crate::place::header::{HeaderError, SizeError};
use crate::position::CapacityError;
use crate::shm::{CreateError, Name, NameError, OpenError, advice};

/// Why there is no end of a link for a name.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AttachError {
    /// The object could not be made.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The object could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The link asked for would be too large.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// What lies there is no object of ours.
    #[error("{name} is not an aqueduct object: {source}; take another name, or remove it yourself")]
    NotOurs {
        /// The name asked for.
        name: Name,
        /// The first thing that is wrong.
        source: HeaderError,
    },
    /// It is an object of ours, but not the one asked for.
    #[error(
        "{name} is another link than asked for: {source}; \
         ask for what is there, take another name, or `aqueduct remove {name}`"
    )]
    Mismatch {
        /// The name asked for.
        name: Name,
        /// The field that differs.
        source: HeaderError,
    },
    /// It is an object of ours, whose header has changed since it was made.
    #[error("{name} is damaged: {source}; end those who use it, and `aqueduct remove {name}`")]
    Damaged {
        /// The name asked for.
        name: Name,
        /// The first thing that is wrong.
        source: HeaderError,
    },
    /// The positions in the link cannot be.
    #[error(
        "{name} is corrupt: {sent} sent and {received} received cannot be, as it holds {capacity}; \
         `aqueduct remove {name}`"
    )]
    Positions {
        /// The name asked for.
        name: Name,
        /// How many were sent: messages, or bytes.
        sent: u64,
        /// How many were received.
        received: u64,
        /// How many it holds.
        capacity: usize,
    },
    /// What those who use it have left in it cannot be.
    #[error(
        "{name} is corrupt: its buffer is in no state that its users leave it in; \
         `aqueduct remove {name}`"
    )]
    Corrupt {
        /// The name asked for.
        name: Name,
    },
    /// The owner of the mailbox, or the reader of the pipe, cannot be.
    #[error(
        "{name} is corrupt: its owner is {found:#x}, and it has seats from 1 to {seats}; \
         `aqueduct remove {name}`"
    )]
    NoOwner {
        /// The name asked for.
        name: Name,
        /// What stands where the owner is named.
        found: u32,
        /// The number of seats.
        seats: usize,
    },
    /// Somebody holds the seat.
    #[error(
        "{name} has a {} already; wait until it is done, or take another name",
        .role
    )]
    SeatTaken {
        /// The name asked for.
        name: Name,
        /// The seat.
        role: Role,
    },
    /// Nobody has opened the other end of a pipe in time.
    #[error(
        "timed out: nobody has opened {name} to {}; open it there first, or wait longer",
        match .role { Role::Sender => "read", Role::Receiver => "write" }
    )]
    Alone {
        /// The name asked for.
        name: Name,
        /// The end that was opened.
        role: Role,
    },
    /// There is a mailbox already, and it is not closed.
    #[error("{name} exists already: open it, take another name, or `aqueduct remove {name}`")]
    Exists {
        /// The name asked for.
        name: Name,
    },
    /// The mailbox was closed when its owner went.
    #[error(
        "the owner of {name} {}, and the mailbox is closed: nothing more can be sent; \
         who makes it anew clears it away",
        if *.why == Ended::Dead { "died" } else { "is gone" }
    )]
    OwnerGone {
        /// The name asked for.
        name: Name,
        /// How its owner went.
        why: Ended,
    },
    /// The name of the server leaves no room for those of the boxes that its answers go to.
    #[error(
        "{name} is too long for a server, as the boxes of its clients are named after it: {source}"
    )]
    ReplyBox {
        /// The name of the server.
        name: Name,
        /// What is wrong with the name of the box.
        source: NameError,
    },
    /// Every seat is held.
    #[error(
        "all {count} seats of {name} are taken: wait until somebody leaves, or take another name"
    )]
    SeatsTaken {
        /// The name asked for.
        name: Name,
        /// The number of seats.
        count: usize,
    },
    /// Somebody held the seat, and the stream is not at its end.
    #[error(
        "{name} holds a stream that another {} left at byte or message {position}; {}",
        .role, way_out(name, *.role, *.peer_lives)
    )]
    Interrupted {
        /// The name asked for.
        name: Name,
        /// The seat.
        role: Role,
        /// Where it left: how much was sent by a sender, or received by a receiver.
        position: u64,
        /// Whether the other seat is held.
        peer_lives: bool,
    },
    /// Somebody else was attaching or removing the name all the time.
    #[error(
        "timed out: another process holds the gate of {name}, stopped perhaps; \
         `fuser {}` shows who has it open: continue or end that one",
        .name.path().display()
    )]
    Gate {
        /// The name asked for.
        name: Name,
    },
    /// The kernel lacks what a sleeper needs to learn of a death.
    #[error("this kernel has no futex_waitv: links between processes need Linux 5.16 or newer")]
    Kernel,
    /// Another error of the kernel.
    #[error("cannot {action} {name}: {source}{}", advice(.source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The name asked for.
        name: Name,
        /// The kernel's answer.
        source: io::Error,
    },
}

impl From<CapacityError> for AttachError {
    fn from(error: CapacityError) -> Self {
        Self::Size(error.into())
    }
}

impl AttachError {
    /// Says what was tried when the kernel refused.
    pub(super) fn io(action: &'static str, name: &Name) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            name: name.clone(),
            source,
        }
    }

    pub(super) fn corrupt(name: &Name) -> Self {
        Self::Corrupt { name: name.clone() }
    }

    /// Whether the same may be there later: somebody was in the way, or something was used up.
    pub(super) fn is_for_now(&self) -> bool {
        matches!(
            self,
            Self::Gate { .. }
                | Self::SeatsTaken { .. }
                | Self::Io { .. }
                | Self::Open(OpenError::Io { .. })
        )
    }

    /// Whether something else lies there than was asked for, or nothing that can be used.
    pub(super) fn is_of_what_lies_there(&self) -> bool {
        match self {
            Self::Open(error) => {
                !matches!(error, OpenError::Io { .. } | OpenError::NotFound { .. })
            }
            Self::NotOurs { .. }
            | Self::Mismatch { .. }
            | Self::Damaged { .. }
            | Self::Positions { .. }
            | Self::Corrupt { .. }
            | Self::NoOwner { .. }
            | Self::Exists { .. } => true,
            _ => false,
        }
    }

    /// Says what it means that the gate was not opened.
    pub(super) fn gate(name: &Name) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::TimedOut => Self::Gate { name: name.clone() },
            _ => Self::io("lock", name)(source),
        }
    }

    /// Tells what is no object of ours from a damaged one, and from another one.
    pub(super) fn unfit(name: &Name, source: HeaderError) -> Self {
        let name = name.clone();
        if source.is_foreign() {
            Self::NotOurs { name, source }
        } else if source.is_damage() {
            Self::Damaged { name, source }
        } else {
            Self::Mismatch { name, source }
        }
    }
}

/// Why a name was not removed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// It could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What lies there is no object of ours.
    #[error(
        "{name} is not an aqueduct object, and is not removed: {source}; \
         if it is yours, remove it from /dev/shm yourself"
    )]
    NotOurs {
        /// The name asked for.
        name: Name,
        /// The first thing that is wrong.
        source: HeaderError,
    },
    /// Somebody is attached to the mailbox, to the pipe, or to what is damaged.
    #[error(
        "{name} is in use: somebody is attached to it; `fuser {}` shows who; end that first",
        .name.path().display()
    )]
    Attached {
        /// The name asked for.
        name: Name,
    },
    /// Somebody is attached.
    #[error("{name} is in use: its {} is attached; end that first", .role)]
    InUse {
        /// The name asked for.
        name: Name,
        /// A seat that is held.
        role: Role,
    },
    /// Another error of the kernel.
    #[error("cannot remove {name}: {source}{}", advice(.source))]
    Io {
        /// The name asked for.
        name: Name,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// What can be done about a stream that was left.
fn way_out(name: &Name, role: Role, peer_lives: bool) -> String {
    if peer_lives {
        let peer = role.peer();
        format!("resume it, or end its {peer} and then `aqueduct remove {name}`")
    } else {
        format!("resume it, or `aqueduct remove {name}`")
    }
}
