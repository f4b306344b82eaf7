//! Buffers between producers and consumers. Each only *tries*: whoever wants to wait wraps a try in
//! [`wait`](crate::wait).
//!
//! # How a side holds its buffer
//! As any `R` that can be dereferenced to it: a reference, an `Arc`, a [placed](crate::shm::Placed)
//! object. It has to lead to the same buffer each time for as long as the side lives, which is part
//! of the contract of every `attach`.

pub mod frames;
mod gate;
mod many;
pub mod mpmc;
pub mod rendezvous;
pub mod spsc;
pub mod textbook;
pub mod unbounded;

pub use self::many::{Blocked, Blocker, Busy, Owner, Recover};

/// A shared word holds a value that no correct peer writes. Nothing was read or written outside the
/// buffer. For a side it stays an error for good, and the buffer is no longer used; but the sides of
/// [`mpmc`], of which there may be any number, remember nothing: there it is an error for as long as
/// the word is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the buffer is corrupt: a shared word holds what no correct peer writes; use another buffer"
)]
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

impl<T> PushError<T> {
    /// The same with another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> PushError<U> {
        match self {
            Self::Full(message) => PushError::Full(f(message)),
            Self::Corrupt(message) => PushError::Corrupt(f(message)),
        }
    }
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
