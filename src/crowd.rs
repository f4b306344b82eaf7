//! Those who share a buffer: who is there, and what is settled when one of them dies.
//!
//! Each attachment has a seat in a table in the shared memory; the number of the seat is the
//! [`Owner`] that its claims in the buffer name. Two things belong to a seat: its life word, and a
//! lock, which the kernel frees when the holder is gone.
//!
//! ```text
//!     seat   lock        life word
//!      0     held        present       an attachment
//!      1     free        vacant        nobody yet
//!      2     free        suspect       who meets a claim of 2 locks its seat, settles all that it
//!                                      held, says so in the life word, and lets the lock go
//!      3     free        closed        the next to come locks it, settles what may have been
//!                                      left, and sits down
//! ```
//!
//! Whoever has the lock of a seat speaks for it, and only they: a holder, or one that settles for a
//! dead one. So nobody settles for a number that is in use again; and whoever dies while it settles
//! loses the lock of the dead one's seat and of its own, and leaves both to the next.
//!
//! That the life word no longer says "present" is a hint, which may come late; the lock is the
//! truth.
//!
//! # Edges
//! The locks order those who speak for a seat, each behind the last access of the one before; and
//! [`GONE`](crate::life) whoever reads of a goodbye.

use core::iter;

use crossbeam_utils::CachePadded;

use crate::buffer::{Blocked, Blocker, Corrupt, Owner, Recover};
use crate::life::{Presence, Seat};
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Futex, Platform};
use crate::wait::{WATCHED, Watched};

/// How many attachments an object has seats for.
pub const SEATS: usize = 512;

/// The seats of those who share a buffer.
///
/// ```text
///     +--------------+---- - - ----+-----------+-----------+- - -
///     | groups   u32 | padding     | life u32, | life u32, |
///     |              |             | epoch     | epoch     |
///     +--------------+---- - - ----+-----------+-----------+- - -
///       a bit each                   seat 0      seat 1
/// ```
#[repr(C)]
pub struct Seats<P: Platform, const COUNT: usize = SEATS> {
    /// A bit for each group of seats of which one was ever held: the others need not be looked at.
    /// Changed by read-modify-write alone.
    groups: CachePadded<P::AtomicU32>,
    seats: [Seat<P>; COUNT],
}

/// The locks of the seats, as the kernel has them.
pub trait Locks {
    /// A locked seat, for as long as it lives.
    type Lock;
    /// Why it cannot be known.
    type Error;

    /// Locks the seat of `owner` if nobody has. What those did who had it before happened before.
    ///
    /// # Errors
    /// If it cannot be known whether somebody has it.
    fn try_lock(&self, owner: Owner) -> Result<Option<Self::Lock>, Self::Error>;
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeatError<E> {
    /// Every seat is held.
    #[error("all {count} seats are taken: wait until somebody leaves")]
    Taken {
        /// The number of seats.
        count: usize,
    },
    /// The locks cannot be had.
    #[error(transparent)]
    Locks(E),
    /// Somebody broke the buffer.
    #[error("{Corrupt}")]
    Corrupt,
}

/// Those that seem dead, which is not certain yet. The same again are the same holders: a seat that
/// is followed has had one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Suspects {
    /// A bit for the seat of each.
    seats: u128,
    /// How many holders those seats have had, added up.
    epochs: u32,
}

impl Suspects {
    fn add(&mut self, owner: Owner, epoch: u32) {
        self.seats |= 1 << owner.number();
        self.epochs = self.epochs.wrapping_add(epoch);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seats == 0
    }
}

impl<P: Futex, const COUNT: usize> Seats<P, COUNT> {
    const FIT: () = assert!(COUNT > 0 && COUNT <= 1 << 16, "an owner has 16 bits");
    /// The seats of a group.
    const GROUP: usize = COUNT.div_ceil(u32::BITS as usize);

    /// Seats that nobody has held.
    #[must_use]
    pub fn new() -> Self {
        const { Self::FIT }
        Self {
            groups: CachePadded::new(Atomic::new(0)),
            seats: core::array::from_fn(|_| Seat::new()),
        }
    }

    /// The seat of `owner`, if there is one of this number.
    #[must_use]
    pub fn seat(&self, owner: Owner) -> Option<&Seat<P>> {
        self.seats.get(usize::from(owner.number()))
    }

    /// Locks the first free seat, settles what its last holder may have left in `buffer`, and counts
    /// the new one, who then [sits down](Seat::sit).
    ///
    /// # Errors
    /// [`SeatError`].
    ///
    /// # Safety
    /// All who use the buffer have their numbers from these seats, by these locks.
    pub unsafe fn take<L: Locks>(
        &self,
        locks: &L,
        buffer: &(impl Recover + ?Sized),
    ) -> Result<(Owner, L::Lock), SeatError<L::Error>> {
        for (owner, seat) in self.each(u32::MAX) {
            let Some(lock) = locks.try_lock(owner).map_err(SeatError::Locks)? else {
                continue;
            };
            if Presence::of(seat.look()) != Presence::Vacant {
                // SAFETY: the lock says that the last holder is gone, and makes this the only one to
                // speak for the seat.
                let settled = unsafe { buffer.recover(owner, owner) };
                settled.map_err(|Corrupt| SeatError::Corrupt)?;
            }
            let group = usize::from(owner.number()) / Self::GROUP;
            // Relaxed, here and where it is read: who misses it learns later of this one's death.
            self.groups.fetch_or(1 << group, Relaxed);
            seat.begin_epoch();
            return Ok((owner, lock));
        }
        Err(SeatError::Taken { count: COUNT })
    }

    /// Settles what `dead` held, as `owner`, unless it is alive, as far as can be known; says
    /// whether it was settled, now or before.
    ///
    /// # Errors
    /// [`Corrupt`] if there is no such seat, or somebody broke the buffer.
    ///
    /// # Safety
    /// As for [`take`](Self::take); and the caller has the lock of the seat of `owner`.
    unsafe fn settle<L: Locks>(
        &self,
        locks: &L,
        buffer: &(impl Recover + ?Sized),
        dead: Owner,
        owner: Owner,
    ) -> Result<bool, Corrupt> {
        let seat = self.seat(dead).ok_or(Corrupt)?;
        if Presence::of(seat.look()) == Presence::Present {
            return Ok(false);
        }
        // It is not certain yet, or somebody is settling it, or sitting down. Nor does an error tell
        // of a death.
        let Ok(Some(_lock)) = locks.try_lock(dead) else {
            return Ok(false);
        };
        // SAFETY: the lock says that the last holder is gone, and makes this the only one to speak
        // for the seat; the caller is `owner`.
        unsafe { buffer.recover(dead, owner)? };
        seat.leave();
        Ok(true)
    }

    /// Settles what those held whose life words say that they died; says whether there were any.
    ///
    /// # Errors
    /// [`Corrupt`] if somebody broke the buffer.
    ///
    /// # Safety
    /// As for [`settle`](Self::settle).
    unsafe fn settle_all<L: Locks>(
        &self,
        locks: &L,
        buffer: &(impl Recover + ?Sized),
        owner: Owner,
    ) -> Result<bool, Corrupt> {
        let mut settled = false;
        for (dead, seat) in self.each(self.groups.load(Relaxed)) {
            if Presence::of(seat.look()) == Presence::Suspect {
                // SAFETY: by the caller's word.
                settled |= unsafe { self.settle(locks, buffer, dead, owner)? };
            }
        }
        Ok(settled)
    }

    /// Looks at all who are there, before `owner` tries and then perhaps sleeps: settles what the dead
    /// held, pushes the life words of the others, and returns those that seem dead. A sleeper wakes
    /// when one of the words changes; whoever sits down later rings.
    ///
    /// # Errors
    /// [`Corrupt`] if somebody broke the buffer.
    ///
    /// # Safety
    /// As for [`take`](Self::take); and the caller has the lock of the seat of `owner`.
    pub unsafe fn watch<'a, L: Locks>(
        &'a self,
        locks: &L,
        buffer: &(impl Recover + ?Sized),
        owner: Owner,
        watched: &mut Watched<'a, P>,
    ) -> Result<Suspects, Corrupt> {
        const { assert!(COUNT <= WATCHED && COUNT <= u128::BITS as usize) }
        let mut suspects = Suspects::default();
        for (other, seat) in self.each(self.groups.load(Relaxed)) {
            let life = seat.look();
            match Presence::of(life) {
                Presence::Present if other != owner => watched.push((seat.life(), life)),
                Presence::Suspect => {
                    // SAFETY: by the caller's word.
                    let settled = unsafe { self.settle(locks, buffer, other, owner)? };
                    if !settled {
                        suspects.add(other, seat.epoch());
                    }
                }
                Presence::Present | Presence::Vacant | Presence::Closed => {}
            }
        }
        Ok(suspects)
    }

    /// Tries, and tries again after what was in the way turned out to be a dead one's and was
    /// settled.
    ///
    /// # Errors
    /// Why the last try did nothing.
    ///
    /// # Safety
    /// As for [`take`](Self::take); and the caller has the lock of the seat of `owner`.
    pub unsafe fn outlive<L: Locks, T, E: Blocked>(
        &self,
        locks: &L,
        buffer: &(impl Recover + ?Sized),
        owner: Owner,
        mut attempt: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        // Each turn but the last follows a death.
        for _ in 0..COUNT {
            let outcome = attempt();
            let Err(why) = &outcome else {
                return outcome;
            };
            let settled = match why.by() {
                // SAFETY: by the caller's word.
                Blocker::Owner(dead) => unsafe { self.settle(locks, buffer, dead, owner) },
                // SAFETY: by the caller's word.
                Blocker::Anybody => unsafe { self.settle_all(locks, buffer, owner) },
                Blocker::Nobody => Ok(false),
            };
            if settled != Ok(true) {
                return outcome;
            }
        }
        attempt()
    }

    /// The seats of these groups. To look at the others, too, was half of what a message of a mailbox
    /// between processes cost (160 ns of a push and a pop).
    fn each(&self, groups: u32) -> impl Iterator<Item = (Owner, &Seat<P>)> {
        ones(groups).flat_map(|group| {
            let first = group as usize * Self::GROUP;
            let numbers = first..COUNT.min(first + Self::GROUP);
            numbers.map(|number| (Self::owner(number), &self.seats[number]))
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is below COUNT")]
    fn owner(number: usize) -> Owner {
        Owner::new(number as u16)
    }
}

/// The places of the bits that are set, the lowest first.
fn ones(bits: u32) -> impl Iterator<Item = u32> {
    let rest = |bits: &u32| Some(bits & (bits - 1)).filter(|&rest| rest != 0);
    iter::successors(Some(bits).filter(|&bits| bits != 0), rest).map(u32::trailing_zeros)
}

impl<P: Futex, const COUNT: usize> Default for Seats<P, COUNT> {
    fn default() -> Self {
        Self::new()
    }
}
