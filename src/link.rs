//! A message link: a buffer, plus waiting, plus knowing what became of the other end.
//!
//! ```text
//!     Sender ----> | Link: seats, bells, ring | ----> Receiver
//!                    heap, mapping or model
//! ```
//!
//! The two ends are the same for threads and for processes; what differs is the [`End`] that holds
//! the memory: an `Arc` for [threads](local), a mapping for processes.
//!
//! A message is *sent* when `send` returns and *received* when its slot is released: when `recv`
//! returns, or when the closure of [`Receiver::recv_batch`] has. What was sent and not received is
//! there for the next receiver, whoever died.

pub mod bytes;
pub mod call;
pub mod counted;
mod error;
pub mod local;
pub mod mailbox;
pub mod member;
mod receiver;
pub mod records;
mod role;
pub mod select;
mod sender;
pub mod shared;
pub mod tenure;

use core::alloc::{Layout, LayoutError};
use core::ops::Deref;
use core::ptr::NonNull;

use crossbeam_utils::CachePadded;

pub use self::error::{
    Ended, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use self::receiver::{Incoming, Receiver};
pub use self::role::Role;
pub use self::sender::{Outgoing, Sender};
use crate::buffer::spsc::Ring;
use crate::life::{Presence, Seat};
use crate::place::Place;
use crate::platform::{Futex, Platform};
use crate::position::{Capacity, Position};
use crate::wait::{Attempt, Bell, Patience, Ringer, TimedOut, Watched, arm, wait};

/// The shared memory of a link of one sender and one receiver.
///
/// ```text
///     +-----------------+-------------+-----------------+-------------+------+
///     | sender's seat   | sender's    | receiver's seat | receiver's  | ring |
///     | life u32, epoch | bell 2 u32  | life u32, epoch | bell 2 u32  |      |
///     +-----------------+-------------+-----------------+-------------+------+
///       it writes         it sleeps     it writes         it sleeps
/// ```
#[repr(C)]
pub struct Link<P: Platform, T> {
    ends: [Shared<P>; 2],
    ring: Ring<P, T>,
}

/// The words of one end.
#[repr(C)]
struct Shared<P: Platform> {
    /// Written by the end.
    seat: CachePadded<Seat<P>>,
    /// The end sleeps here, and its peer rings.
    bell: CachePadded<Bell<P>>,
}

/// One end of a link, as whoever placed the memory hands it out.
///
/// # Safety
/// `link` is always the same link, which was placed with [`capacity`](End::capacity); there is at
/// most one end of each role for it at a time, and one that follows another is ordered behind its
/// last access; every peer puts values of this `Message` type into it.
pub unsafe trait End {
    /// The machine.
    type Platform: Futex;
    /// What the link carries.
    type Message;

    /// The memory of the link.
    fn link(&self) -> &Link<Self::Platform, Self::Message>;

    /// What the link was placed with, known privately.
    fn capacity(&self) -> Capacity;

    /// Which end it is.
    fn role(&self) -> Role;

    /// Where the life of the peer is told of: its seat in the link, unless what stands there is not to
    /// be believed.
    fn peer_seat(&self) -> &Seat<Self::Platform> {
        self.link().seat(self.role().peer())
    }

    /// Says goodbye for this end's seat, as [`Seat::leave`] does.
    fn leave(&mut self);

    /// Whether the peer's life word may change without a ring, because the peer can die alone.
    fn peer_is_mortal(&self) -> bool;

    /// Whether this is a copy of an end in a forked child of the process that attached. It is none:
    /// nothing passes through it, and its `leave` does nothing.
    fn is_forked(&self) -> bool {
        false
    }

    /// Whether the last holder of the peer's seat is dead. The truth, not a suspicion: all that it
    /// did happened before a `true`.
    fn peer_is_dead(&self) -> bool;
}

impl<P: Futex, T> Link<P, T> {
    /// The seat of one end.
    pub fn seat(&self, role: Role) -> &Seat<P> {
        &self.ends[role as usize].seat
    }

    /// The bell that the end of this role sleeps on.
    fn bell(&self, role: Role) -> &Bell<P> {
        &self.ends[role as usize].bell
    }

    /// How many bytes of its block come before the slots, which may lie in memory of another kind.
    ///
    /// # Errors
    /// `LayoutError` if a slot is larger than memory.
    pub fn head() -> Result<usize, LayoutError> {
        let ends = Layout::new::<[Shared<P>; 2]>();
        let (head, _) = ends.extend(Ring::<P, T>::head()?)?;
        Ok(head.size())
    }

    /// The buffer.
    pub fn ring(&self) -> &Ring<P, T> {
        &self.ring
    }

    /// The two positions as they stand now: messages received and messages sent. For showing only.
    pub fn positions(&self) -> (Position, Position) {
        self.ring.positions()
    }
}

// SAFETY: the block is the words of the ends, then the block of the ring, as `repr(C)` lays out `Link`.
unsafe impl<P: Futex, T> Place for Link<P, T> {
    fn layout(capacity: Capacity) -> Result<Layout, LayoutError> {
        let ends = Layout::new::<[Shared<P>; 2]>();
        let (block, _) = ends.extend(Ring::<P, T>::layout(capacity)?)?;
        Ok(block.pad_to_align())
    }

    fn at(block: NonNull<u8>, capacity: Capacity) -> NonNull<Self> {
        // A pointer to a structure with a slice at its end is an address and the slice's length.
        let ring = Ring::<P, T>::at(block, capacity);
        // SAFETY: it is the address of `block`, which is not null.
        unsafe { NonNull::new_unchecked(ring.as_ptr() as *mut Self) }
    }

    unsafe fn init(this: NonNull<Self>, start: Position) {
        let end = || Shared {
            seat: CachePadded::new(Seat::new()),
            bell: CachePadded::new(Bell::new()),
        };
        // SAFETY: the caller owns the block, which begins with the words of the two ends.
        unsafe { this.cast::<[Shared<P>; 2]>().write([end(), end()]) };
        // SAFETY: the field lies in the block; only its address is taken.
        let ring = unsafe { &raw mut (*this.as_ptr()).ring };
        // SAFETY: the address of a field is not null.
        let ring = unsafe { NonNull::new_unchecked(ring) };
        // SAFETY: the ring's block is part of this one.
        unsafe { Ring::init(ring, start) };
    }
}

/// The ring of the link that an [`End`] keeps alive.
pub struct RingOf<P: Platform, T>(NonNull<Ring<P, T>>);

// SAFETY: it is a shared reference to the ring, whose end travels along.
unsafe impl<P: Platform, T: Send> Send for RingOf<P, T> {}

impl<P: Platform, T> Deref for RingOf<P, T> {
    type Target = Ring<P, T>;

    fn deref(&self) -> &Self::Target {
        // SAFETY: the end beside it keeps the link where it is, and shared, for as long.
        unsafe { self.0.as_ref() }
    }
}

/// An end without its side of the buffer: the seat, the bells, and the view of the peer.
///
/// Dropping it says goodbye, so it is made when everything else has succeeded.
struct Tie<E: End> {
    end: E,
    role: Role,
}

/// What a side knows of its peer before a try.
#[derive(Clone, Copy)]
enum Peer {
    /// It may still act, or come.
    Expected,
    /// It seems dead, as its life word says; that is not certain yet.
    Suspect,
    /// It has acted for the last time.
    Ended(Ended),
}

impl Peer {
    /// What a try that found nothing to do comes to.
    fn pending<R>(self) -> Attempt<Result<R, Ended>> {
        match self {
            Self::Expected => Attempt::Pending,
            Self::Suspect => Attempt::Suspended,
            Self::Ended(why) => Attempt::Done(Err(why)),
        }
    }
}

/// The ring of the link that `end` holds.
fn ring_of<E: End>(end: &E) -> RingOf<E::Platform, E::Message> {
    RingOf(NonNull::from(end.link().ring()))
}

impl<E: End> Tie<E> {
    /// Rings for the dead: a predecessor may have published
    /// something and died before it rang, and its successor's life word may look the same.
    fn new(end: E) -> Self {
        let role = end.role();
        let tie = Self { end, role };
        tie.peer_bell().ring();
        tie
    }

    /// The life word of the peer, what it holds, and what that says. Looked at *before* a try, so that
    /// the try finds what a peer did before it ended.
    #[inline]
    fn peer(&self) -> ((&<E::Platform as Platform>::AtomicU32, u32), Peer) {
        let seat = self.end.peer_seat();
        let life = seat.look();
        let peer = match Presence::of(life) {
            Presence::Vacant | Presence::Present => Peer::Expected,
            presence => self.gone(presence),
        };
        ((seat.life(), life), peer)
    }

    /// Whether the peer may still act, or come, and this end is no copy.
    #[inline]
    fn peer_is_expected(&self) -> bool {
        !self.end.is_forked() && matches!(self.peer(), (_, Peer::Expected))
    }

    /// What is known of one that has gone. Kept out of the way of a stream.
    #[cold]
    fn gone(&self, presence: Presence) -> Peer {
        match presence {
            Presence::Suspect if self.end.peer_is_dead() => Peer::Ended(Ended::Dead),
            Presence::Suspect => Peer::Suspect,
            _ => Peer::Ended(Ended::Closed),
        }
    }

    /// Tries once, told of the peer.
    fn attempt(
        &self,
        f: impl FnOnce(Peer) -> Attempt<Result<(), Ended>>,
    ) -> Attempt<Result<(), Ended>> {
        self.watch(None, f)
    }

    /// Tries, told of the peer each time, until it is done.
    #[inline]
    fn wait(
        &self,
        patience: Patience,
        mut f: impl FnMut(Peer) -> Attempt<Result<(), Ended>>,
    ) -> Result<Result<(), Ended>, TimedOut> {
        let bell = self.end.link().bell(self.role);
        wait::<E::Platform, _>(bell, patience, |watched| self.watch(watched, &mut f))
    }

    /// Tries, told of the peer; then raises the bell, if there are words to be watched.
    fn arm<'a>(
        &'a self,
        watched: Option<&mut Watched<'a, E::Platform>>,
        mut f: impl FnMut(Peer) -> Attempt<Result<(), Ended>>,
    ) -> Attempt<Result<(), Ended>> {
        let bell = self.end.link().bell(self.role);
        arm::<E::Platform, _>(bell, watched, |watched| self.watch(watched, &mut f))
    }

    /// Tries, told of the peer, whose life word is watched by who sleeps then.
    #[inline]
    fn watch<'a>(
        &'a self,
        watched: Option<&mut Watched<'a, E::Platform>>,
        f: impl FnOnce(Peer) -> Attempt<Result<(), Ended>>,
    ) -> Attempt<Result<(), Ended>> {
        if self.end.is_forked() {
            return Attempt::Done(Err(Ended::Forked));
        }
        let (life, peer) = self.peer();
        if let Some(watched) = watched
            && self.end.peer_is_mortal()
        {
            watched.push(life);
        }
        f(peer)
    }

    /// Waits until somebody holds the peer's seat: the first holder, or a dead one's successor; or
    /// until it `was_held`, by a first one that may have died since.
    fn wait_for_peer(
        &self,
        patience: Patience,
        was_held: bool,
    ) -> Result<Result<(), Ended>, TimedOut> {
        let seat = self.end.peer_seat();
        let bell = self.end.link().bell(self.role);
        wait::<E::Platform, _>(bell, patience, |watched| {
            if self.end.is_forked() {
                return Attempt::Done(Err(Ended::Forked));
            }
            let life = seat.look();
            match Presence::of(life) {
                Presence::Present => return Attempt::Done(Ok(())),
                Presence::Closed => return Attempt::Done(Err(Ended::Closed)),
                Presence::Suspect if was_held => return Attempt::Done(Ok(())),
                Presence::Vacant | Presence::Suspect => {}
            }
            if let Some(watched) = watched {
                watched.push((seat.life(), life));
            }
            Attempt::Pending
        })
    }

    /// The address of the bell that this end sleeps on.
    fn bell(&self) -> usize {
        core::ptr::from_ref(self.end.link().bell(self.role)).addr()
    }

    /// Wakes the peer, after something was published for it.
    #[inline]
    #[track_caller]
    fn ring_peer(&self, ringer: &mut Ringer) {
        ringer.ring(self.peer_bell());
    }

    /// The bell that the peer sleeps on.
    fn peer_bell(&self) -> &Bell<E::Platform> {
        self.end.link().bell(self.role.peer())
    }
}

impl<E: End> Drop for Tie<E> {
    fn drop(&mut self) {
        self.end.leave();
        if !self.end.is_forked() {
            self.peer_bell().ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::boxed;
    use crate::platform::native::Native;

    /// The layout is a contract between processes: whoever changes it changes the version in the
    /// header.
    #[test]
    #[cfg(target_arch = "x86_64")]
    fn each_word_has_its_place() {
        let capacity = Capacity::new(3).unwrap();
        let link = boxed::<Link<Native, u64>>(capacity, Position::new(0)).unwrap();
        let offset = |address: usize| address - (&raw const *link).cast::<u8>().addr();
        for (role, seat, bell) in [(Role::Sender, 0, 128), (Role::Receiver, 256, 384)] {
            let life = (&raw const *link.seat(role).life()).addr();
            assert_eq!(offset(life), seat);
            assert_eq!(offset((&raw const *link.bell(role)).addr()), bell);
            assert_eq!(size_of_val(link.bell(role)), 8);
        }
        assert_eq!(offset((&raw const link.ring).cast::<u8>().addr()), 512);
        assert_eq!(
            Ring::<Native, u64>::layout(capacity).unwrap().size(),
            16_448
        );
        assert_eq!(
            Link::<Native, u64>::layout(capacity).unwrap().size(),
            17_024
        );
    }
}
