//! What an unbounded buffer answers.

use super::NoMemory;
use crate::buffer::Corrupt;

/// Why a message was not put into a buffer; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError<T> {
    /// The limit is reached.
    #[error(
        "the buffer holds as many messages as it may: take some out, or ask for a higher limit"
    )]
    Full(T),
    /// There is no memory for the message.
    #[error("{NoMemory}")]
    NoMemory(T),
    /// A peer broke the buffer.
    #[error("{Corrupt}")]
    Corrupt(T),
}

/// Why none of several messages was put into a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushSliceError {
    /// There is no memory for the first of them.
    #[error(transparent)]
    NoMemory(#[from] NoMemory),
    /// A peer broke the buffer.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}
