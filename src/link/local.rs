//! A link between the threads of one process, for messages of any type that may move between them.

use alloc::sync::Arc;
use core::alloc::LayoutError;
use core::ops::Deref;

use super::{End, Link, Receiver, Role, Sender};
use crate::buffer::Corrupt;
use crate::place::boxed;
use crate::platform::Futex;
use crate::position::{Capacity, Position};

/// An end whose link lives for as long as `A`, a counted reference, holds it.
#[derive(Debug)]
pub struct Local<A> {
    link: A,
    capacity: Capacity,
    role: Role,
}

// SAFETY: `ends` makes one end of each role, of one link of this capacity and message type.
unsafe impl<P: Futex, T, A: Deref<Target = Link<P, T>>> End for Local<A> {
    type Platform = P;
    type Message = T;

    fn link(&self) -> &Link<P, T> {
        &self.link
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn role(&self) -> Role {
        self.role
    }

    fn leave(&mut self) {
        self.link.seat(self.role).leave();
    }

    fn peer_is_mortal(&self) -> bool {
        false
    }

    fn peer_is_dead(&self) -> bool {
        false
    }
}

/// Both ends of one link.
pub type Ends<A> = (Sender<Local<A>>, Receiver<Local<A>>);

/// A link for `capacity` messages between two threads.
///
/// # Errors
/// `LayoutError` if its size overflows.
///
/// # Panics
/// Never: a new link is not corrupt.
pub fn channel<P: Futex, T: Send>(
    capacity: Capacity,
) -> Result<Ends<Arc<Link<P, T>>>, LayoutError> {
    let link = Arc::from(boxed::<Link<P, T>>(capacity, Position::new(0))?);
    // SAFETY: the link is new and of this capacity.
    Ok(unsafe { ends(link, capacity) }.expect("a new link is not corrupt"))
}

/// Both ends of a link that `link` and its clone hold.
///
/// # Errors
/// [`Corrupt`] if the positions of the link cannot be.
///
/// # Safety
/// The link was placed with `capacity` and has no other ends.
pub unsafe fn ends<P: Futex, T, A: Deref<Target = Link<P, T>> + Clone>(
    link: A,
    capacity: Capacity,
) -> Result<Ends<A>, Corrupt> {
    let end = |role, link: A| {
        // Both seats are taken before either end acts.
        link.seat(role).sit(1);
        Local {
            link,
            capacity,
            role,
        }
    };
    let (sender, receiver) = (end(Role::Sender, link.clone()), end(Role::Receiver, link));
    Ok((Sender::new(sender)?, Receiver::new(receiver)?))
}
