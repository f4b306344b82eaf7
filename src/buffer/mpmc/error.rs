//! Why a try did nothing.

use crate::buffer::many::{Busy, PopError};
use crate::buffer::{Blocked, Blocker, Corrupt, Owner};

/// Why a message was not put into the buffer; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError<T> {
    /// Every slot is filled.
    #[error("the buffer is full")]
    Full(T),
    /// Another call is in the way.
    #[error("{1}")]
    Busy(T, Busy),
    /// A peer broke the buffer.
    #[error("{Corrupt}")]
    Corrupt(T),
}

impl<T> PushError<T> {
    /// The same with another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> PushError<U> {
        match self {
            Self::Full(message) => PushError::Full(f(message)),
            Self::Busy(message, busy) => PushError::Busy(f(message), busy),
            Self::Corrupt(message) => PushError::Corrupt(f(message)),
        }
    }
}

impl<T> Blocked for PushError<T> {
    fn by(&self) -> Blocker {
        match self {
            Self::Busy(_, busy) => (*busy).into(),
            Self::Full(_) => Blocker::Anybody,
            Self::Corrupt(_) => Blocker::Nobody,
        }
    }
}

/// Why a try did nothing, on either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Full, or empty.
    Nothing,
    /// Another call is in the way.
    Busy(Option<Owner>),
    /// A peer broke the buffer.
    Corrupt,
}

impl From<Corrupt> for Refusal {
    fn from(Corrupt: Corrupt) -> Self {
        Self::Corrupt
    }
}

impl From<Corrupt> for PushError<()> {
    fn from(Corrupt: Corrupt) -> Self {
        Self::Corrupt(())
    }
}

impl From<Refusal> for PushError<()> {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Nothing => Self::Full(()),
            Refusal::Busy(owner) => Self::Busy((), Busy { owner }),
            Refusal::Corrupt => Self::Corrupt(()),
        }
    }
}

impl From<Refusal> for PopError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Nothing => Self::Empty,
            Refusal::Busy(owner) => Self::Busy(Busy { owner }),
            Refusal::Corrupt => Self::Corrupt(Corrupt),
        }
    }
}
