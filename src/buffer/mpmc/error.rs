//! Why a try did nothing.

use core::fmt;

use crate::buffer::{Corrupt, Owner};

/// Another call is under way and in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Whose claim is not finished: if that attachment is dead, [`Ring::recover`] settles it. `None`
    /// if others were faster all the time.
    ///
    /// [`Ring::recover`]: super::Ring::recover
    pub owner: Option<Owner>,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Some(owner) => write!(
                f,
                "{owner} has not finished with its slot: try again, or recover it if it is dead"
            ),
            None => f.write_str("others were faster: try again"),
        }
    }
}

impl core::error::Error for Busy {}

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

/// Why no message was taken from the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PopError {
    /// No slot is filled.
    #[error("the buffer is empty")]
    Empty,
    /// Another call is in the way.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A peer broke the buffer.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
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
