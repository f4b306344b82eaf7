//! What a shared producer answers.

use crate::buffer::many::Busy;
use crate::buffer::unbounded::{self, NoMemory, PushSliceError};
use crate::buffer::{Blocked, Blocker, Corrupt, mpmc};

/// Why a message was not put into a buffer; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError<T> {
    /// The limit is reached.
    #[error("{}", unbounded::PushError::Full(()))]
    Full(T),
    /// There is no memory for the message.
    #[error("{NoMemory}")]
    NoMemory(T),
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
            Self::NoMemory(message) => PushError::NoMemory(f(message)),
            Self::Busy(message, busy) => PushError::Busy(f(message), busy),
            Self::Corrupt(message) => PushError::Corrupt(f(message)),
        }
    }
}

impl<T> Blocked for PushError<T> {
    fn by(&self) -> Blocker {
        match self {
            Self::Busy(_, busy) => (*busy).into(),
            Self::Full(_) | Self::NoMemory(_) => Blocker::Anybody,
            Self::Corrupt(_) => Blocker::Nobody,
        }
    }
}

impl<T> From<unbounded::PushError<T>> for PushError<T> {
    fn from(error: unbounded::PushError<T>) -> Self {
        match error {
            unbounded::PushError::Full(message) => Self::Full(message),
            unbounded::PushError::NoMemory(message) => Self::NoMemory(message),
            unbounded::PushError::Corrupt(message) => Self::Corrupt(message),
        }
    }
}

impl From<PushSliceError> for PushError<()> {
    fn from(error: PushSliceError) -> Self {
        match error {
            PushSliceError::NoMemory(NoMemory) => Self::NoMemory(()),
            PushSliceError::Corrupt(Corrupt) => Self::Corrupt(()),
        }
    }
}

/// What the ring of many says, in these words.
impl<T> From<mpmc::PushError<T>> for PushError<T> {
    fn from(error: mpmc::PushError<T>) -> Self {
        match error {
            mpmc::PushError::Full(message) => Self::Full(message),
            mpmc::PushError::Busy(message, busy) => Self::Busy(message, busy),
            mpmc::PushError::Corrupt(message) => Self::Corrupt(message),
        }
    }
}

impl From<Busy> for PushError<()> {
    fn from(busy: Busy) -> Self {
        Self::Busy((), busy)
    }
}

impl From<Corrupt> for PushError<()> {
    fn from(Corrupt: Corrupt) -> Self {
        Self::Corrupt(())
    }
}
