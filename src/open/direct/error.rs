//! Why two processes are not linked.

use std::time::Duration;

use thiserror::Error;

use super::name::{NameError, ProcessName};
use crate::link::{Ended, Role};
use crate::open::AttachError;

/// Why a process has no name, no end of a link, or no inbox.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DirectError {
    /// No process can be named so.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A living process has the name.
    #[error(
        "the name {process} is taken by a living process: end that one, or take another name; \
         `fuser {}` shows who has it",
        .process.claim().path().display()
    )]
    Taken {
        /// The name asked for.
        process: ProcessName,
    },
    /// The name was claimed before a fork.
    #[error(
        "the name {process} belongs to the parent of this process: claim another name in the child"
    )]
    NotHeld {
        /// The name.
        process: ProcessName,
    },
    /// One end of each kind is all that a link has.
    #[error("the link from {from} to {to} has a {role} already: use that one, or drop it first")]
    SeatTaken {
        /// Who sends.
        from: ProcessName,
        /// Who receives.
        to: ProcessName,
        /// The end asked for.
        role: Role,
    },
    /// An earlier process of this name was at this end, and what it left is still of use.
    #[error(
        "the link from {from} to {to} had another {role}, and {}; {}",
        if *.peer_lives { "the other end still holds it" } else { "it holds messages" },
        way_out(*.from, *.to, *.role, *.peer_lives)
    )]
    Left {
        /// Who sends.
        from: ProcessName,
        /// Who receives.
        to: ProcessName,
        /// The end asked for.
        role: Role,
        /// Whether somebody holds the other end.
        peer_lives: bool,
    },
    /// A process has one inbox.
    #[error("{process} has an inbox already: use that one, or drop it first")]
    InboxTaken {
        /// Whose.
        process: ProcessName,
    },
    /// Nobody of this name receives letters.
    #[error("{process} has no inbox: start it first, or wait for it (`sender_timeout`)")]
    NoInbox {
        /// The process asked for.
        process: ProcessName,
    },
    /// The inbox was closed when its owner went.
    #[error(
        "{process} {}, and its inbox is closed: start it again, or wait for it (`sender_timeout`)",
        if *.why == Ended::Dead { "died" } else { "is gone" }
    )]
    Gone {
        /// The process asked for.
        process: ProcessName,
        /// How it went.
        why: Ended,
    },
    /// There was no inbox in all that time.
    #[error("timed out: {process} had no inbox for {timeout:?}; start it, or wait longer")]
    TimedOut {
        /// The process asked for.
        process: ProcessName,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// What lies under the name of the object cannot be used.
    #[error(transparent)]
    Attach(#[from] AttachError),
}

/// What can be done about what an earlier process left.
fn way_out(from: ProcessName, to: ProcessName, role: Role, peer_lives: bool) -> String {
    let link = from.link_to(to);
    match (role, peer_lives) {
        (Role::Sender, true) => format!("let {to} drop its end first"),
        (Role::Receiver, true) => format!("let {from} drop its end first"),
        (Role::Sender, false) => {
            format!("let {to} receive them, or give them up with `aqueduct remove {link}`")
        }
        (Role::Receiver, false) => {
            format!("let {from} begin anew, or give them up with `aqueduct remove {link}`")
        }
    }
}
