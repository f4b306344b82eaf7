//! What the buffers that several share have in common: who is who, and what is said of another.

use core::fmt;

use super::Corrupt;

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

/// Another call is under way and in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Who is not finished: if that attachment is dead, the buffer's `recover` settles what it held.
    /// `None` if others were faster all the time.
    pub owner: Option<Owner>,
}

impl Busy {
    /// It is this one who is not finished.
    pub(super) const fn by(owner: Owner) -> Self {
        let owner = Some(owner);
        Self { owner }
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Some(owner) => write!(
                f,
                "{owner} has not finished: try again, or recover what it held if it is dead"
            ),
            None => f.write_str("others were faster: try again"),
        }
    }
}

impl core::error::Error for Busy {}

/// Why no message was taken from a buffer that several take from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PopError {
    /// Nothing is there.
    #[error("the buffer is empty")]
    Empty,
    /// Another call is in the way.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A peer broke the buffer.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

impl From<super::PopError> for PopError {
    fn from(error: super::PopError) -> Self {
        match error {
            super::PopError::Empty => Self::Empty,
            super::PopError::Corrupt(Corrupt) => Self::Corrupt(Corrupt),
        }
    }
}

/// Who may be in the way of a try that did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// This attachment has not finished.
    Owner(Owner),
    /// There was no message, or no room; whoever died may have it in hand.
    Anybody,
    /// It has another reason.
    Nobody,
}

impl From<Busy> for Blocker {
    fn from(busy: Busy) -> Self {
        busy.owner.map_or(Self::Nobody, Self::Owner)
    }
}

/// Why a try did nothing.
pub trait Blocked {
    /// Who may be in the way.
    fn by(&self) -> Blocker;
}

impl Blocked for PopError {
    fn by(&self) -> Blocker {
        match self {
            Self::Busy(busy) => (*busy).into(),
            Self::Empty => Blocker::Anybody,
            Self::Corrupt(_) => Blocker::Nobody,
        }
    }
}

/// A buffer that goes on when one of those who share it dies.
pub trait Recover {
    /// Settles what `dead` held, on behalf of `owner`, and returns how much that was. Whoever dies
    /// at it is settled in turn.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the buffer.
    ///
    /// # Safety
    /// `dead` is dead and not followed by another one of the same number, and all that it did
    /// happened before this call; or it is `owner` itself, which has not claimed anything. And
    /// no other attachment is `owner`; threads of that one may settle for different dead at a time.
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt>;
}
