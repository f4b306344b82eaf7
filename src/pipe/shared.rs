//! A pipe that processes share, any of which may be killed.
//!
//! ```text
//!     +----------------------------+----------------+-----------+
//!     | bells, owner (the reader), | whether one    | pieces of |
//!     | seats                      | came, and died | bytes     |
//!     +----------------------------+----------------+-----------+
//! ```
//!
//! The reader owns the pipe, and it is broken when that goes; all others who are attached write. When
//! none of them is left, and there was one, the reader has found the end.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | CAME | a writer that says that it came | the reader's load, before it looks who is there | the life word of that writer |

use super::BLOCK;
use crate::buffer::frames::Frames;
use crate::buffer::{Corrupt, Owner, Recover};
use crate::crowd::Locks;
use crate::life::Presence;
use crate::link::member::Others;
use crate::link::shared::{Office, SEATS};
use crate::link::tenure::Succession;
use crate::link::{self, Ended, Role};
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Futex, Platform};
use crate::wait::Watched;

/// A writer has come.
const CAME: u32 = 1;
/// A writer was killed.
const DIED: u32 = 2;

/// What became of those who wrote. Zero is nobody. Bits are set, by read-modify-write alone, and never
/// taken away.
#[repr(transparent)]
pub struct Past<P: Platform>(P::AtomicU32);

impl<P: Platform> Past<P> {
    /// Nobody has come.
    #[must_use]
    pub fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Whether a writer has ever come.
    pub fn was_written(&self) -> bool {
        self.0.load(Acquire) != 0 // CAME
    }

    fn came(&self) {
        self.0.fetch_or(CAME, Release); // CAME
    }

    fn died(&self) {
        // Relaxed: see `end`.
        self.0.fetch_or(DIED, Relaxed);
    }

    /// How the writers ended, who are gone.
    fn end(&self) -> Ended {
        // Relaxed: whoever settled for one said so before it let the seat go, which was looked at.
        match self.0.load(Relaxed) & DIED {
            0 => Ended::Closed,
            _ => Ended::Dead,
        }
    }
}

impl<P: Platform> Default for Past<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// A pipe as one attachment sees it.
pub struct Shared<'a, P: Platform, const COUNT: usize = SEATS, const SIZE: usize = BLOCK> {
    /// Who is attached, and whose it is: the reader's.
    pub office: &'a Office<P, COUNT>,
    /// Who wrote.
    pub past: &'a Past<P>,
    /// The buffer.
    pub frames: &'a Frames<P, SIZE>,
}

impl<P: Platform, const COUNT: usize, const SIZE: usize> Clone for Shared<'_, P, COUNT, SIZE> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Platform, const COUNT: usize, const SIZE: usize> Copy for Shared<'_, P, COUNT, SIZE> {}

impl<'a, P: Futex, const COUNT: usize, const SIZE: usize> Shared<'a, P, COUNT, SIZE> {
    /// For one that has sat down: who sleeps has to know it.
    pub fn welcome(self, owner: Owner, role: Role) {
        match role {
            Role::Sender => self.past.came(),
            Role::Receiver => self.office.claim(owner),
        }
        self.office.welcome();
    }

    /// This one goes: if it is the reader, the pipe is broken.
    pub fn resign(self, owner: Owner) {
        self.office.resign(owner, Succession::Closes);
    }

    /// What is known of the others, as one of `role`: see
    /// [`Member::look`](crate::link::member::Member::look). What the dead held is settled.
    ///
    /// # Safety
    /// As for [`Seats::take`](crate::crowd::Seats::take), with these seats and this as the buffer; and the caller has the lock of
    /// the seat of `owner`.
    pub unsafe fn look<L: Locks>(
        self,
        role: Role,
        locks: &L,
        owner: Owner,
        watched: &mut Watched<'a, P>,
    ) -> Others {
        // Before the look: who is missed there has come later, or is gone.
        let was_written = self.past.was_written();
        let before = watched.len();
        // SAFETY: by the caller's word.
        let others = unsafe { self.link().look(locks, owner, watched) };
        if role == Role::Sender || others.ended.is_some() {
            return others;
        }
        let alone = watched.len() == before && others.suspects.is_empty();
        Others {
            ended: (was_written && alone).then(|| self.past.end()),
            ..others
        }
    }

    fn link(self) -> link::shared::Shared<'a, P, Writers<'a, P, COUNT, SIZE>, COUNT> {
        link::shared::Shared {
            office: self.office,
            buffer: Writers(self),
            succession: Succession::Closes,
        }
    }
}

impl<P: Futex, const COUNT: usize, const SIZE: usize> Recover for Shared<'_, P, COUNT, SIZE> {
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { self.link().recover(dead, owner) }
    }
}

/// What writers leave behind.
struct Writers<'a, P: Platform, const COUNT: usize, const SIZE: usize>(Shared<'a, P, COUNT, SIZE>);

impl<P: Futex, const COUNT: usize, const SIZE: usize> Recover for Writers<'_, P, COUNT, SIZE> {
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        let Shared {
            office,
            past,
            frames,
        } = self.0;
        let seat = office.seats().seat(dead).ok_or(Corrupt)?;
        // Settled is also who said goodbye, by whoever takes the seat.
        if Presence::of(seat.look()) == Presence::Suspect {
            // Of the reader it says nothing to anybody.
            past.died();
        }
        // SAFETY: by the caller's word.
        unsafe { Recover::recover(frames, dead, owner) }
    }
}
