//! What can be said of a pipe without attaching to it.

use std::io;
use std::ptr::NonNull;

use super::contents::{WORDS, Words};
use crate::link::tenure::Tenancy;
use crate::open::status::attached;
use crate::place::header::Header;
use crate::shm::{Byte, Object};

/// What an object says of the pipe in it, read without mapping it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many bytes it holds.
    pub capacity: u64,
    /// How many have it open to write, as the locks of their seats say.
    pub writers: usize,
    /// Whether somebody has it open to read, as the lock of its seat says.
    pub is_read: bool,
}

/// Whether somebody has it open to read.
pub(super) fn is_read(object: &Object) -> io::Result<bool> {
    let mut bytes = Aligned([0; SIZE]);
    object.read_at(&mut bytes.0, WORDS as u64)?;
    let words: NonNull<Words> = NonNull::from(&mut bytes.0).cast();
    // SAFETY: `bytes` are as many and as aligned as the words, and any bytes are some.
    match unsafe { words.as_ref() }.office.tenancy() {
        Tenancy::Owned(reader) => object.is_locked(Byte::Attachment(reader)),
        Tenancy::Nobody | Tenancy::Ended(_) => Ok(false),
    }
}

/// Reads the state of a pipe with this header. It may be in use, so the parts need not fit together.
///
/// # Errors
/// The kernel's.
pub fn status(object: &Object, header: &Header) -> io::Result<Status> {
    let is_read = is_read(object)?;
    Ok(Status {
        capacity: header.capacity(),
        writers: attached(object)?.saturating_sub(usize::from(is_read)),
        is_read,
    })
}

const SIZE: usize = size_of::<Words>();

/// Enough bytes for the words, aligned as they have to be.
#[repr(C, align(128))]
struct Aligned([u8; SIZE]);

const _: () = assert!(align_of::<Words>() <= align_of::<Aligned>());
