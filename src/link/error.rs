//! Why a message did not pass. What was not sent comes back.

use thiserror::Error;

/// Why nothing more passes, or not this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Ended {
    /// The peer said goodbye.
    #[error("the peer closed the link")]
    Closed,
    /// The peer was killed.
    #[error("the peer died")]
    Dead,
    /// This end was attached before a fork, by the parent of this process, whose it still is.
    #[error("this end belongs to the parent of this process: attach again in the child")]
    Forked,
    /// The machine has no memory for one message more in a link without a limit. What is there can
    /// be received, and may make room.
    #[error("there is no memory for another message: receive some, or free memory, and try again")]
    NoMemory,
    /// Somebody broke the buffer.
    #[error("the link is corrupt: it holds a position or a length that cannot be")]
    Corrupt,
}

/// A message that could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct SendError<T> {
    /// What was not sent.
    pub message: T,
    /// Why it was not.
    pub why: Ended,
}

/// A message that could not be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TrySendError<T> {
    /// There is no room at the moment.
    #[error("the link is full")]
    Full(T),
    /// There will be none, or no memory for the message.
    #[error(transparent)]
    Ended(#[from] SendError<T>),
}

/// A message that could not be sent in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendTimeoutError<T> {
    /// There was no room before the deadline.
    #[error("timed out: the link stayed full")]
    TimedOut(T),
    /// There will be none, or no memory for the message.
    #[error(transparent)]
    Ended(#[from] SendError<T>),
}

/// Why there is no message now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TryRecvError {
    /// None is there at the moment.
    #[error("the link is empty")]
    Empty,
    /// None will come.
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// Why no message came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecvTimeoutError {
    /// None came before the deadline.
    #[error("timed out: the link stayed empty")]
    TimedOut,
    /// None will come.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl<T> SendError<T> {
    /// The same with another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> SendError<U> {
        SendError {
            message: f(self.message),
            why: self.why,
        }
    }
}

impl<T> TrySendError<T> {
    /// The same with another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> TrySendError<U> {
        match self {
            Self::Full(message) => TrySendError::Full(f(message)),
            Self::Ended(error) => TrySendError::Ended(error.map(f)),
        }
    }
}

impl<T> SendTimeoutError<T> {
    /// The same with another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> SendTimeoutError<U> {
        match self {
            Self::TimedOut(message) => SendTimeoutError::TimedOut(f(message)),
            Self::Ended(error) => SendTimeoutError::Ended(error.map(f)),
        }
    }
}
