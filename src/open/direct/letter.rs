//! What lies in an inbox: a message, and the name of who sent it.

use std::fmt;

use thiserror::Error;

use super::name::{LONGEST, ProcessName};
use crate::place::{Plain, Schema};

/// A message, and who sent it.
///
/// ```text
///     byte 0                 32
///     +----------------------+-------------+
///     | name, zeros behind   | message     |
///     +----------------------+-------------+
/// ```
///
/// Packed, so there is no padding between the two nor behind, whatever the type of the message.
#[derive(Clone, Copy, Schema)]
#[repr(C, packed)]
pub struct Letter<T: Copy> {
    sender: [u8; LONGEST],
    message: T,
}

// SAFETY: both parts are plain data, so any bytes are a value, and nothing in it is an address; and
// between the parts and behind them is no byte, for it is packed.
unsafe impl<T: Plain> Plain for Letter<T> {}

const _: () = assert!(size_of::<Letter<u64>>() == LONGEST + 8 && align_of::<Letter<u64>>() == 1);

impl<T: Plain> Letter<T> {
    pub(super) fn new(sender: ProcessName, message: T) -> Self {
        let sender = sender.to_bytes();
        Self { sender, message }
    }

    /// The name that its sender wrote on it. Who may write in the inbox, by the mode of its object
    /// this user's processes, may write any name.
    ///
    /// # Errors
    /// [`NoSender`] if what stands there is no name. The message was received all the same.
    pub fn sender(&self) -> Result<ProcessName, NoSender> {
        ProcessName::from_bytes(&self.sender).ok_or(NoSender)
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> T {
        self.message
    }
}

impl<T: Plain + fmt::Debug> fmt::Debug for Letter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter")
            .field("sender", &self.sender())
            .field("message", &self.message())
            .finish()
    }
}

/// The bytes on a letter that should name its sender are no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a letter does not say who sent it: the bytes for that are no name of a process; \
     its sender is broken, or does not use this library: leave the letter out"
)]
pub struct NoSender;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_checked_when_it_is_read() {
        let name = ProcessName::parse("P").expect("a good name");
        let mut letter = Letter::new(name, 0x0102_u16);
        assert_eq!((letter.sender(), letter.message()), (Ok(name), 0x0102));
        letter.sender[1] = b'/';
        assert_eq!((letter.sender(), letter.message()), (Err(NoSender), 0x0102));
    }
}
