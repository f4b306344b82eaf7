//! Seats: who is attached to a link, who said goodbye, and who died.
//!
//! Each end of a link has one seat in the shared memory. Its *life word* says what became of the
//! holder, and is a futex: a peer that sleeps watches it beside the bell. Between processes the
//! kernel writes it when the holder dies, as it does for a robust mutex, so its bits are the
//! kernel's:
//!
//! ```text
//!      31        30       29                        0     VACANT   all bits 0
//!     +---------+--------+---------------------------+    present  WAITERS and a holder
//!     | WAITERS | DIED   | holder                    |    CLOSED   WAITERS, no holder
//!     +---------+--------+---------------------------+    suspect  DIED
//! ```
//!
//! A word without a holder has one more use: if a process is killed between the store of CLOSED
//! and the wake-up, the kernel, which knows that the word was being let go, wakes a sleeper in its
//! stead.
//!
//! That a holder died is a *suspicion* when the life word says so: the kernel walks the list while
//! other threads of the process may still be running. It is the *truth* when a [`witness`] of the
//! kernel says so; nothing is taken over before.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | GONE | [`Seat::leave`]'s store of the life word | [`Seat::look`]'s load | everything the holder did, and its dead predecessors |
//!
//! The word never wraps: it holds a state, not a count. A holder that dies may be followed by one
//! with the same number, so a sleeper that watches the word may miss the change; therefore whoever
//! sits down rings the peer's bell.
//!
//! [`witness`]: crate::link::End::peer_is_dead

use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Futex, Platform};

/// Nobody has ever held the seat.
pub const VACANT: u32 = 0;
/// Tells the kernel to wake whoever sleeps on the word when the holder dies.
pub const WAITERS: u32 = 1 << 31;
/// The kernel's word that the holder died.
pub const DIED: u32 = 1 << 30;
/// The holder said goodbye.
pub const CLOSED: u32 = WAITERS;

/// What became of the holder of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There never was one.
    Vacant,
    /// It is attached.
    Present,
    /// It said goodbye.
    Closed,
    /// The kernel says that it died; its last accesses may still be under way.
    Suspect,
}

impl Presence {
    /// What the life word `life` says.
    #[must_use]
    pub const fn of(life: u32) -> Self {
        match life {
            VACANT => Self::Vacant,
            CLOSED => Self::Closed,
            _ if life & DIED != 0 => Self::Suspect,
            _ => Self::Present,
        }
    }
}

/// The seat of one end.
#[repr(C)]
pub struct Seat<P: Platform> {
    life: P::AtomicU32,
    epoch: P::AtomicU32,
}

impl<P: Futex> Seat<P> {
    /// A seat that nobody has held.
    pub(crate) fn new() -> Self {
        Self {
            life: Atomic::new(VACANT),
            epoch: Atomic::new(0),
        }
    }

    /// The life word, for whoever keeps it and for sleepers.
    pub fn life(&self) -> &P::AtomicU32 {
        &self.life
    }

    /// What the life word holds now. What a holder did before it left is visible after a look
    /// that finds it [`Closed`](Presence::Closed).
    pub fn look(&self) -> u32 {
        self.life.load(Acquire) // GONE
    }

    /// How many holders the seat has had.
    pub fn epoch(&self) -> u32 {
        self.epoch.load(Relaxed) // it orders nothing
    }

    /// Counts a new holder, before its life word is set. Only the one that was granted the seat
    /// calls it.
    pub fn begin_epoch(&self) {
        // Relaxed: the grant orders the holders, and the kernel's mark in the life word whoever asks
        // how many there were before that one died.
        self.epoch
            .store(self.epoch.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Sets the life word of the holder with this number. Whoever calls it then rings the peer's
    /// bell.
    pub fn sit(&self, holder: u32) {
        // Relaxed: what predecessors did is rung for.
        self.life.store(WAITERS | holder, Relaxed);
    }

    /// Says goodbye. Whoever calls it then rings the peer's bell.
    pub fn leave(&self) {
        self.life.store(CLOSED, Release); // GONE
    }
}
