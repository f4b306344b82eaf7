//! A link that many processes share, any of which may be killed: a mailbox, or a pipe.
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
//! It does not end with its last sender, as others may come by its name: it ends with its
//! [owner](Succession).

use crossbeam_utils::CachePadded;

use super::Ended;
use super::member::{Bells, Others};
use super::tenure::{Succession, Tenancy, Tenure};
use crate::buffer::{Corrupt, Owner, Recover};
use crate::crowd::{Locks, Seats};
use crate::platform::{Futex, Platform};
use crate::wait::Watched;

/// How many attachments such a link has seats for: a sleeper watches the others, and the kernel lets it
/// watch so many.
pub const SEATS: usize = 120;

/// The words of a link beside its buffer. Zeros are one that nobody has used.
#[repr(C)]
pub struct Office<P: Platform, const COUNT: usize = SEATS> {
    bells: Bells<P>,
    tenure: CachePadded<Tenure<P>>,
    seats: Seats<P, COUNT>,
}

impl<P: Futex, const COUNT: usize> Office<P, COUNT> {
    /// The words of a link that nobody has used.
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

    /// If nobody is the owner, this one becomes it.
    pub fn claim(&self, owner: Owner) {
        self.tenure.claim(owner);
    }

    /// Whose the link is.
    #[must_use]
    pub fn tenancy(&self) -> Tenancy {
        self.tenure.tenancy()
    }

    /// What stands where the owner is named, if it can name nobody: who is no attachment can neither
    /// go nor die, so the link would never end.
    #[must_use]
    pub fn impossible_owner(&self) -> Option<u32> {
        self.tenure.impossible(COUNT)
    }

    /// Closes the link if this one is its owner; says whether it was.
    pub fn close(&self, owner: Owner) -> bool {
        let closed = self.tenure.close(owner);
        self.bells.rouse();
        closed
    }

    /// This one goes: if it is the owner, the link is closed, or another one becomes it.
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

/// A link as one attachment sees it.
pub struct Shared<'a, P: Platform, B, const COUNT: usize = SEATS> {
    /// The words beside the buffer.
    pub office: &'a Office<P, COUNT>,
    /// The buffer.
    pub buffer: B,
    /// What becomes of it when its owner goes.
    pub succession: Succession,
}

impl<'a, P: Futex, B: Recover, const COUNT: usize> Shared<'a, P, B, COUNT> {
    /// What is known of the others: see [`Member::look`](super::member::Member::look). What the dead
    /// held is settled.
    ///
    /// # Safety
    /// As for [`Seats::take`], with these seats and this as the buffer; and the caller has the lock of
    /// the seat of `owner`.
    pub unsafe fn look<L: Locks>(
        &self,
        locks: &L,
        owner: Owner,
        watched: &mut Watched<'a, P>,
    ) -> Others {
        // SAFETY: by the caller's word.
        let suspects = unsafe { self.office.seats.watch(locks, self, owner, watched) };
        match suspects {
            Ok(suspects) => Others {
                // Later, as the owner may have been settled just now.
                ended: self.office.tenure.look(owner, self.succession),
                suspects,
            },
            Err(Corrupt) => Others {
                ended: Some(Ended::Corrupt),
                ..Others::default()
            },
        }
    }
}

impl<P: Futex, B: Recover, const COUNT: usize> Recover for Shared<'_, P, B, COUNT> {
    /// The buffer first: whoever finds the link closed finds in it what was sent.
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        let held = unsafe { self.buffer.recover(dead, owner)? };
        self.office.tenure.settle(dead, self.succession);
        self.office.bells.rouse();
        Ok(held)
    }
}
