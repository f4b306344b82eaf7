//! Why there is no sealed link.

use thiserror::Error;

use crate::link::Role;
use crate::place::header::{HeaderError, SizeError};
use crate::shm::{HandOverError, MemfdError};

/// Why there is no sealed link.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SealedError {
    /// The two sides did not come to terms, or the memory is not what was promised.
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    /// The link asked for would be too large.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// Another link is offered.
    #[error("the peer offers another link than asked for: {0}; ask for what it offers")]
    Mismatch(#[from] HeaderError),
    /// The other end is offered.
    #[error(
        "the peer offers the {offered}, and the {expected} was asked for: one side has to change"
    )]
    Role {
        /// The end that is offered.
        offered: Role,
        /// The end asked for.
        expected: Role,
    },
    /// Its capacity is another than the one asked for.
    #[error(
        "the peer offers a link of {found} messages, and {expected} were asked for: ask for as many, or for none"
    )]
    Capacity {
        /// Its capacity, in messages.
        found: usize,
        /// The capacity asked for, in messages.
        expected: usize,
    },
    /// It would take more memory than it may.
    #[error(
        "the peer offers a link of {found} bytes, and at most {most} are accepted (`Options::max_bytes`)"
    )]
    TooLarge {
        /// Its bytes.
        found: u64,
        /// The most that is accepted, in bytes.
        most: u64,
    },
    /// A sender cannot write to memory that can only be read.
    #[error(
        "who accepts a sender has to write: messages in read-only memory are the maker's; let the sender offer the link"
    )]
    ReadOnlySender,
    /// The memory was used before.
    #[error(
        "{sent} messages were sent in this memory before, and {received} received: it is no new link; let the peer make another one"
    )]
    Used {
        /// The position of its sender.
        sent: u64,
        /// The position of its receiver.
        received: u64,
    },
    /// The positions in the link cannot be.
    #[error(
        "the link is corrupt: the peer has written a position that cannot be; make another link"
    )]
    Corrupt,
    /// The kernel lacks a call.
    #[error(
        "this kernel has no futex_waitv (Linux 5.16), or a filter forbids it: who waits would not learn of a death"
    )]
    Kernel,
}

impl From<MemfdError> for SealedError {
    fn from(error: MemfdError) -> Self {
        Self::HandOver(error.into())
    }
}
