//! A mailbox that processes share, any of which may be killed.
//!
//! ```text
//!     +----------------+-------+-------+--------+
//!     | bells          | owner | seats | buffer |
//!     | senders sleep, |       |       |        |
//!     | receivers sleep|       |       |        |
//!     +----------------+-------+-------+--------+
//! ```
//!
//! Each attachment has one of the [`Seats`], and may have handles of both sides. Whoever waits watches
//! the life words of all others, so that a death wakes somebody: the dead one may have sent
//! something, or received it, and not have rung. The kernel wakes *one* of those who sleep on a life
//! word; so whoever finds one that seems dead rings for all, once, and all look again, less and less
//! often, until the kernel is certain. Then one of them settles what it held, and rings.
//!
//! A mailbox does not end with its last sender, as others may come by its name: it ends with its
//! [owner](Succession).

use crossbeam_utils::CachePadded;

use super::tenure::Tenure;
use super::{Bells, Buffer, Others, Succession, Tenancy};
use crate::buffer::unbounded::Memory;
use crate::buffer::{Corrupt, Owner, Recover};
use crate::crowd::{Locks, Seats};
use crate::link::Ended;
use crate::platform::{Futex, Platform};
use crate::wait::Watched;

/// How many attachments a mailbox has seats for: a sleeper watches the others, and the kernel lets it
/// watch so many.
pub const SEATS: usize = 120;

/// The words of a mailbox beside its buffer. Zeros are one that nobody has used.
#[repr(C)]
pub struct Office<P: Platform, const COUNT: usize = SEATS> {
    bells: Bells<P>,
    tenure: CachePadded<Tenure<P>>,
    seats: Seats<P, COUNT>,
}

impl<P: Futex, const COUNT: usize> Office<P, COUNT> {
    /// The words of a mailbox that nobody has used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            bells: Bells::new(),
            tenure: CachePadded::new(Tenure::new()),
            seats: Seats::new(),
        }
    }

    /// The seats of those who are attached.
    #[must_use]
    pub fn seats(&self) -> &Seats<P, COUNT> {
        &self.seats
    }

    /// What is slept on.
    #[must_use]
    pub fn bells(&self) -> &Bells<P> {
        &self.bells
    }

    /// Rings for one that has sat down: who sleeps has to watch it, too.
    pub fn welcome(&self) {
        self.bells.rouse();
    }

    /// Whether this one is the owner.
    #[must_use]
    pub fn is_owner(&self, owner: Owner) -> bool {
        self.tenure.is_held_by(owner)
    }

    /// Whose the mailbox is.
    #[must_use]
    pub fn tenancy(&self) -> Tenancy {
        self.tenure.tenancy()
    }

    /// Closes the mailbox if this one is its owner; says whether it was.
    pub fn close(&self, owner: Owner) -> bool {
        let closed = self.tenure.close(owner);
        self.bells.rouse();
        closed
    }

    /// This one goes: if it is the owner, the mailbox is closed, or another one becomes it.
    pub fn resign(&self, owner: Owner, succession: Succession) {
        self.tenure.resign(owner, succession);
        self.bells.rouse();
    }
}

impl<P: Futex, const COUNT: usize> Default for Office<P, COUNT> {
    fn default() -> Self {
        Self::new()
    }
}

/// A mailbox as one attachment sees it.
pub struct Shared<'a, M: Memory, const COUNT: usize = SEATS> {
    /// The words beside the buffer.
    pub office: &'a Office<M::Platform, COUNT>,
    /// The buffer.
    pub buffer: Buffer<'a, M>,
    /// What becomes of it when its owner goes.
    pub succession: Succession,
}

impl<'a, M: Memory<Platform: Futex>, const COUNT: usize> Shared<'a, M, COUNT> {
    /// What is known of the others: see [`Hold::look`](super::Hold::look). What the dead held is settled.
    ///
    /// # Safety
    /// As for [`Seats::take`], with these seats and this as the buffer; and the caller has the lock of
    /// the seat of `owner`.
    pub unsafe fn look<L: Locks>(
        &self,
        locks: &L,
        owner: Owner,
        watched: &mut Watched<'a, M::Platform>,
    ) -> Others {
        // SAFETY: by the caller's word.
        let suspects = unsafe { self.office.seats.watch(locks, self, owner, watched) };
        match suspects {
            Ok(suspects) => Others {
                // Later, as the owner may have been settled just now.
                ended: self.office.tenure.look(owner),
                suspects,
            },
            Err(Corrupt) => Others {
                ended: Some(Ended::Corrupt),
                ..Others::default()
            },
        }
    }
}

impl<M: Memory<Platform: Futex>, const COUNT: usize> Recover for Shared<'_, M, COUNT> {
    /// The buffer first: whoever finds the mailbox closed finds in it what was sent.
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        let held = unsafe { self.buffer.recover(dead, owner)? };
        self.office.tenure.settle(dead, self.succession);
        self.office.bells.rouse();
        Ok(held)
    }
}
