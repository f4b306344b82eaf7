//! What goes from one to the other.

use crate::link::call;
use crate::link::mailbox::Capacity;
use crate::place::{Plain, Schema};
use crate::shm::Name;

/// How much a reply box holds: a client waits for one answer.
pub(super) const REPLY_BOX: Capacity = Capacity::Bounded(1);

/// The longest name of a reply box, in bytes.
pub(super) const NAME: usize = 120;

/// A message, the number of its call, and the name of the box that an answer goes to.
///
/// The head is made of bytes, and so long that no padding follows it.
#[derive(Clone, Copy, Schema)]
#[repr(C)]
pub(super) struct Letter<T> {
    /// Without the slash, and zeros behind it; of an answer all are.
    reply_to: [u8; NAME],
    number: [u8; 8],
    pub(super) message: T,
}

// SAFETY: bytes, and then plain data, in this order. There is no padding: the head is as long as a
// message may be aligned to (`FITS`), and a message as long as a multiple of that.
unsafe impl<T: Plain> Plain for Letter<T> {}

impl<T: Plain> Letter<T> {
    const FITS: () = assert!(
        128_usize.is_multiple_of(align_of::<T>()) && size_of::<Self>() == 128 + size_of::<T>(),
        "a message of a call aligns to at most 128 bytes"
    );

    /// A question, whose answer goes to this box.
    pub(super) fn question(reply_to: &Name, number: u64, message: T) -> Self {
        let mut letter = Self::answer(number, message);
        let name = reply_to.as_os_str().as_encoded_bytes();
        // Who makes a box sees to it that its name is not longer.
        letter.reply_to[..name.len()].copy_from_slice(name);
        letter
    }

    /// An answer.
    pub(super) fn answer(number: u64, message: T) -> Self {
        const { Self::FITS }
        Self {
            reply_to: [0; NAME],
            number: number.to_ne_bytes(),
            message,
        }
    }

    /// The box that an answer goes to, if the letter names one.
    pub(super) fn reply_to(&self) -> Option<Name> {
        use std::os::unix::ffi::OsStrExt as _;
        let name = self.reply_to.split(|&byte| byte == 0).next()?;
        Name::parse(std::ffi::OsStr::from_bytes(name)).ok()
    }
}

impl<T> call::Letter for Letter<T> {
    fn number(&self) -> u64 {
        u64::from_ne_bytes(self.number)
    }
}
