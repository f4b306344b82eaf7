//! What can be said of a mailbox without attaching to it.

use std::io;
use std::ptr::NonNull;

use super::contents::{OFFICE, TERMS};
use crate::link::mailbox::Succession;
use crate::link::mailbox::{Capacity, Tenancy};
use crate::link::shared::Office;
use crate::open::status::attached;
use crate::place::header::Header;
use crate::platform::native::Native;
use crate::shm::{Byte, Object};

/// What an object says of the mailbox in it, read without mapping it.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// How much it holds; `None` if that cannot be.
    pub capacity: Option<Capacity>,
    /// How many processes are attached, as the locks of their seats say.
    pub attached: usize,
    /// Whose it is.
    pub tenancy: Tenancy,
    /// Whether the owner is attached, as the lock of its seat says.
    pub owner_lives: bool,
    /// What becomes of it when its owner goes.
    pub succession: Succession,
}

impl Status {
    /// Whether nothing can be sent any more: it was closed, or will be by whoever finds that its owner
    /// is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match self.tenancy {
            Tenancy::Ended(_) => true,
            Tenancy::Owned(_) => !self.owner_lives && self.succession == Succession::Closes,
            Tenancy::Nobody => false,
        }
    }
}

/// Reads the state of a mailbox with this header. It may be in use, so the parts need not fit
/// together.
///
/// # Errors
/// The kernel's.
pub fn status(object: &Object, header: &Header) -> io::Result<Status> {
    let mut words = Words([0; WORDS]);
    object.read_at(&mut words.0, OFFICE as u64)?;
    let office: NonNull<Office<Native>> = NonNull::from(&mut words.0).cast();
    // SAFETY: `words` is as large and as aligned as an office, and any bytes are one.
    let tenancy = unsafe { office.as_ref() }.tenancy();
    let lives = |owner| object.is_locked(Byte::Attachment(owner));
    let owner_lives = match tenancy {
        Tenancy::Owned(owner) => lives(owner)?,
        Tenancy::Nobody | Tenancy::Ended(_) => false,
    };
    let terms = TERMS.iter().find(|(_, number)| *number == header.terms());
    Ok(Status {
        capacity: super::contents::capacity(header.capacity()),
        attached: attached(object)?,
        tenancy,
        owner_lives,
        succession: terms.map_or(Succession::HandedOver, |(succession, _)| *succession),
    })
}

const WORDS: usize = size_of::<Office<Native>>();

/// Enough bytes for an office, aligned as it has to be.
#[repr(C, align(128))]
struct Words([u8; WORDS]);

const _: () = assert!(align_of::<Office<Native>>() <= align_of::<Words>());
