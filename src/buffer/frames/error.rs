//! Why a try did nothing.

use crate::buffer::{Blocked, Blocker, Corrupt, Owner};

/// Why no memory was claimed for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// There is no room: the consumer has to release something first.
    #[error("the buffer is full")]
    Full,
    /// It would never fit.
    #[error("a record of {length} bytes does not fit: this buffer takes up to {longest}")]
    TooLong {
        /// The bytes of the record.
        length: usize,
        /// The bytes of the longest record.
        longest: usize,
    },
    /// A peer broke the buffer.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

/// Why no record was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// Nobody has claimed the next one.
    #[error("the buffer is empty")]
    Empty,
    /// The next one is claimed and not ready. If this owner is dead,
    /// [`Frames::recover`](super::Frames::recover) settles it.
    #[error(
        "the next record is not ready: {0} has claimed it; wait, or recover it if that one is dead"
    )]
    Busy(Owner),
    /// A peer broke the buffer.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

impl Blocked for TakeError {
    fn by(&self) -> Blocker {
        match self {
            Self::Busy(owner) => Blocker::Owner(*owner),
            Self::Empty => Blocker::Anybody,
            Self::Corrupt(_) => Blocker::Nobody,
        }
    }
}

impl Blocked for ClaimError {
    fn by(&self) -> Blocker {
        match self {
            Self::Full => Blocker::Anybody,
            Self::TooLong { .. } | Self::Corrupt(_) => Blocker::Nobody,
        }
    }
}
