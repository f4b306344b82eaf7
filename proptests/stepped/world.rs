//! What a script may ask of where it runs: the model's memory, or a real mapping.

use std::ops::Deref;
use std::sync::Arc;

use aqueduct::buffer::spsc::Ring;
use aqueduct::link::{End, Link, Role};
use aqueduct::platform::Futex;
use aqueduct::position::Capacity;
use aqueduct::wait::Patience;

/// The number of a process that is not killed.
pub const SURVIVOR: u32 = 9;

/// Who sits down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The process that is killed.
    Victim,
    /// One that is not.
    Survivor,
}

/// Where a script runs: a link and a ring, and the kernel that tells of deaths.
pub trait World: Sized + 'static {
    /// The machine.
    type Platform: Futex;

    /// What link and ring were placed with.
    fn capacity(&self) -> Capacity;

    fn link(&self) -> &Link<Self::Platform, u32>;

    fn ring(&self) -> &Ring<Self::Platform, u32>;

    /// Takes the free seat of `role`.
    fn sit(self: &Arc<Self>, role: Role, who: Who);

    /// Lets the next store of the caller be done by who keeps its life word, if that is
    /// another thread.
    fn let_go(&self);

    /// Says goodbye for the seat of `role`, as a keeper does.
    fn leave(&self, role: Role) {
        self.let_go();
        let seat = self.link().seat(role);
        seat.leave();
        Self::Platform::wake(seat.life());
    }

    /// Whether the victim is certainly dead.
    fn is_dead(&self) -> bool;

    /// Remembers, beyond the death of the caller, that a message was sent or received: the call
    /// returned.
    fn note(&self);

    /// As long as it takes; a real process that was not woken is a failure.
    fn patience() -> Patience;
}

/// An end of a world's link.
pub struct Chair<W> {
    world: Arc<W>,
    role: Role,
}

impl<W: World> Chair<W> {
    /// The seat of `role`, which the caller has taken.
    pub fn new(world: &Arc<W>, role: Role) -> Self {
        let world = Arc::clone(world);
        Self { world, role }
    }
}

// SAFETY: a script has one victim, one survivor, and one successor of the victim once that is
// dead; the link is of the world's capacity and carries `u32` only.
unsafe impl<W: World> End for Chair<W> {
    type Platform = W::Platform;
    type Message = u32;

    fn link(&self) -> &Link<W::Platform, u32> {
        self.world.link()
    }

    fn capacity(&self) -> Capacity {
        self.world.capacity()
    }

    fn role(&self) -> Role {
        self.role
    }

    fn leave(&mut self) {
        self.world.leave(self.role);
    }

    fn peer_is_mortal(&self) -> bool {
        true
    }

    fn peer_is_dead(&self) -> bool {
        self.world.is_dead()
    }
}

/// A world's ring.
pub struct Held<W>(pub Arc<W>);

impl<W: World> Deref for Held<W> {
    type Target = Ring<W::Platform, u32>;

    fn deref(&self) -> &Self::Target {
        self.0.ring()
    }
}
