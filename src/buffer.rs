//! Buffers between a producer and a consumer. Each only *tries*: whoever wants to wait wraps a
//! try in [`wait`](crate::wait).

pub mod mpmc;
pub mod spsc;

use core::fmt;

/// A shared word holds a value that no correct peer writes. It stays an error for good: the
/// buffer is no longer used, and nothing was read or written outside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the buffer is corrupt: a position lies outside the capacity")]
pub struct Corrupt;

/// Why a message was not put into a buffer; it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError<T> {
    /// Every slot is filled.
    #[error("the buffer is full")]
    Full(T),
    /// A peer broke the buffer.
    #[error("{Corrupt}")]
    Corrupt(T),
}

/// Why no message was taken from a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PopError {
    /// No slot is filled.
    #[error("the buffer is empty")]
    Empty,
    /// A peer broke the buffer.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

/// The number of an attachment: of a process that uses a buffer, or of the threads of one that live
/// and die together. Whoever hands the numbers out gives no two living attachments the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner(u16);

impl Owner {
    /// The attachment with this number.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attachment {}", self.0)
    }
}

/// Drops each of `messages`, also if a drop panics.
fn drop_each<T>(messages: impl Iterator<Item = T>) {
    struct Rest<I: Iterator>(I);
    impl<I: Iterator> Drop for Rest<I> {
        fn drop(&mut self) {
            self.0.by_ref().for_each(drop);
        }
    }
    let mut rest = Rest(messages);
    rest.0.by_ref().for_each(drop);
}
