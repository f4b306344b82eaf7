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
//! | CAME | a writer that says that it came | the reader's load, before it looks who is there, and after | the life word of that writer |

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

/// A writer was killed.
const DIED: u32 = 1;
/// One writer that came.
const CAME: u32 = 2;

/// What became of those who wrote. Zero is nobody.
///
/// ```text
///      31                                  1    0
///     +-------------------------------------+------+
///     | writers who came                    | died |
///     +-------------------------------------+------+
/// ```
///
/// Changed by read-modify-write alone; the lowest bit is never taken away. The count wraps at 2^31: a
/// reader that looks takes no notice of so many who come meanwhile, to the writer, and one that looks
/// just then, when all have gone, waits for the next.
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
        self.look() != 0
    }

    fn look(&self) -> u32 {
        self.0.load(Acquire) // CAME
    }

    fn came(&self) {
        self.0.fetch_add(CAME, Release); // CAME
    }

    fn died(&self) {
        // Relaxed: whoever settles for one says so before it lets the seat go, which is looked at.
        self.0.fetch_or(DIED, Relaxed);
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
        let before = watched.len();
        loop {
            // Who is missed below has come later, or is gone.
            let past = self.past.look();
            // SAFETY: by the caller's word.
            let others = unsafe { self.link().look(locks, owner, watched) };
            if role == Role::Sender || others.ended.is_some() {
                return others;
            }
            let is_alone = watched.len() == before && others.suspects.is_empty();
            if past == 0 || !is_alone {
                return others;
            }
            // The seats are looked at one after the other: one may have come to a seat that was found
            // empty, before another one left that was not looked at yet. Each turn follows somebody.
            let now = self.past.look();
            if now / CAME == past / CAME {
                let ended = if now & DIED == 0 {
                    Ended::Closed
                } else {
                    Ended::Dead
                };
                return Others {
                    ended: Some(ended),
                    ..others
                };
            }
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
