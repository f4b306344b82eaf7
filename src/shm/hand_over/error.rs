//! Why nothing was handed over.

use std::io;

use nix::unistd::Uid;
use thiserror::Error;

use crate::shm::{MemfdError, advice};

/// Why nothing was handed over.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HandOverError {
    /// The process at the other end is another user's.
    #[error(
        "the peer is user {found}'s, and {expected}'s was expected; name its user if that is right"
    )]
    User {
        /// Whose it is.
        found: Uid,
        /// Whose it should be.
        expected: Uid,
    },
    /// Not the same process has spoken all the time.
    #[error("process {expected} has spoken first, and then {found}: one has to speak to the end")]
    Process {
        /// The process that has spoken now.
        found: i32,
        /// The one that spoke before.
        expected: i32,
    },
    /// It does not want what it was offered; it knows why.
    #[error("the peer has refused: ask it why")]
    Refused,
    /// It has closed its end, or died.
    #[error("the peer has hung up before it was attached")]
    HungUp,
    /// It said nothing in time.
    #[error("timed out: the peer did not answer")]
    TimedOut,
    /// It said something else.
    #[error(
        "the peer said {found:?} where {expected:?} was expected: it is no aqueduct, or another version"
    )]
    Garbled {
        /// What it said, in part.
        found: [u8; 8],
        /// What it should have.
        expected: [u8; 8],
    },
    /// It sent more descriptors, or fewer; they were closed.
    #[error("the peer sent {found} descriptors, and {expected} were expected{}", lack(*.found, *.expected))]
    Descriptors {
        /// How many came.
        found: usize,
        /// How many should have.
        expected: usize,
    },
    /// What it handed over is not what it promised.
    #[error("what the peer handed over is not what it promised: {0}")]
    Memory(#[from] MemfdError),
    /// Another error of the kernel.
    #[error("cannot {action}: {source}{}", advice(.source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
}

const fn lack(found: usize, expected: usize) -> &'static str {
    if found < expected {
        "; if it sent them, this process has no room: close some, or raise `ulimit -n`"
    } else {
        ""
    }
}

impl HandOverError {
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
