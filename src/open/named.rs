//! An end of a link that lies in a named object.

use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use super::{Plain, byte};
use crate::link::{End, Link, Role};
use crate::place::Place;
use crate::place::header::BODY;
use crate::platform::native::Native;
use crate::position::{Capacity, Position};
use crate::shm::{Guard, Keeper, Mapping, Object};

/// An end of a named link: the mapping, the seat's lock, and the keeper of its life word.
#[derive(Debug)]
pub struct Named<T> {
    link: NonNull<Link<Native, T>>,
    capacity: Capacity,
    role: Role,
    /// Dropped before the lock: a seat is told free only when its word says why.
    keeper: Option<Keeper>,
    seat: Guard,
    _mapping: Arc<Mapping>,
}

// SAFETY: the link is shared between processes anyway, and the mapping travels along.
unsafe impl<T: Send> Send for Named<T> {}

/// The link behind the header of a mapping.
///
/// # Safety
/// The mapping is as long as a header and a link of this capacity.
pub(super) unsafe fn link<T>(mapping: &Mapping, capacity: Capacity) -> NonNull<Link<Native, T>> {
    // SAFETY: the mapping is longer than a header.
    let body = unsafe { mapping.as_ptr().add(BODY as usize) };
    // SAFETY: an address in a mapping is not null.
    Link::at(unsafe { NonNull::new_unchecked(body) }, capacity)
}

impl<T: Plain> Named<T> {
    /// Makes a link in a fresh mapping and takes its first seat.
    ///
    /// # Errors
    /// The keeper's.
    ///
    /// # Safety
    /// As for [`link`]; the mapping is zeroed behind its header, and nobody else knows it.
    pub(super) unsafe fn place(
        mapping: Arc<Mapping>,
        capacity: Capacity,
        role: Role,
        seat: Guard,
        start: Position,
    ) -> io::Result<Self> {
        // SAFETY: by the caller's word.
        let link = unsafe { link::<T>(&mapping, capacity) };
        // SAFETY: the block is zeroed and ours alone.
        unsafe { Link::init(link, start) };
        // SAFETY: the link was just placed, with this capacity.
        unsafe { Self::join(mapping, capacity, role, seat) }
    }

    /// Takes a seat of the link in a mapping.
    ///
    /// # Errors
    /// The keeper's.
    ///
    /// # Safety
    /// As for [`link`]; a link of this capacity and type lies there, and `seat` is the lock of
    /// this role's seat of it.
    pub(super) unsafe fn join(
        mapping: Arc<Mapping>,
        capacity: Capacity,
        role: Role,
        seat: Guard,
    ) -> io::Result<Self> {
        // SAFETY: by the caller's word.
        let link = unsafe { link::<T>(&mapping, capacity) };
        // SAFETY: a link lies there, for as long as the mapping.
        let own = unsafe { link.as_ref() }.seat(role);
        own.begin_epoch();
        let keeper = Keeper::attach(Arc::clone(&mapping), own.life())?;
        Ok(Self {
            link,
            capacity,
            role,
            keeper: Some(keeper),
            seat,
            _mapping: mapping,
        })
    }
}

impl<T> Named<T> {
    /// The object that the link lies in.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        self.seat.object()
    }

    /// Removes the name, if it still leads to this object; says whether it did. Who is attached
    /// stays so.
    ///
    /// # Errors
    /// The kernel's.
    pub fn remove_name(&self) -> io::Result<bool> {
        self.object().lock_gate()?.unlink_if_ours()
    }
}

// SAFETY: the lock of the seat makes this the one end of its role, ordered behind the last one;
// the header says capacity and type, and was checked.
unsafe impl<T: Plain> End for Named<T> {
    type Platform = Native;
    type Message = T;

    fn link(&self) -> &Link<Native, T> {
        // SAFETY: a link lies there, for as long as the mapping that this end holds.
        unsafe { self.link.as_ref() }
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn role(&self) -> Role {
        self.role
    }

    fn leave(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.leave(|| ());
        }
    }

    #[inline]
    fn is_forked(&self) -> bool {
        self.seat.is_forked()
    }

    fn peer_is_mortal(&self) -> bool {
        true
    }

    fn peer_is_dead(&self) -> bool {
        // An error tells nothing, so it is no death.
        let locked = self.object().is_locked(byte(self.role.peer()));
        locked.is_ok_and(|locked| !locked)
    }
}
