//! A link that the threads of one process share: how many handles each side has.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | GONE | the fence of a ring, after each call of a handle, before it is counted off | a look at how many there are | everything that those handles did |

use alloc::sync::Arc;

use super::member::{Bells, Member, Others};
use super::{Ended, Role};
use crate::buffer::Owner;
use crate::platform::Ordering::{Acquire, Relaxed};
use crate::platform::{Atomic, Futex, Platform};
use crate::wait::Watched;

/// A counted reference to a link on the heap, with its buffer.
pub struct Counted<P: Platform, B>(Arc<Link<P, B>>);

struct Link<P: Platform, B> {
    bells: Bells<P>,
    /// How many handles each side has. Changed by read-modify-write alone.
    handles: [P::AtomicU32; 2],
    buffer: B,
}

impl<P: Futex, B> Counted<P, B> {
    /// A new link, which nobody has a handle of.
    pub(crate) fn new(buffer: B) -> Self {
        Self(Arc::new(Link {
            bells: Bells::new(),
            handles: [(); 2].map(|()| Atomic::new(0)),
            buffer,
        }))
    }

    /// What it holds.
    pub(crate) fn buffer(&self) -> &B {
        &self.0.buffer
    }

    fn handles(&self, role: Role) -> &P::AtomicU32 {
        &self.0.handles[role as usize]
    }
}

impl<P: Platform, B> Clone for Counted<P, B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

// SAFETY: it is one link for as long as somebody holds it; the threads of a process are one
// attachment, and only they come to it.
unsafe impl<P: Futex, B> Member for Counted<P, B> {
    type Platform = P;

    fn bells(&self) -> &Bells<P> {
        &self.0.bells
    }

    fn owner(&self) -> Owner {
        Owner::new(0)
    }

    fn join(&self, role: Role) {
        // Relaxed: whoever has a handle keeps the number above zero.
        self.handles(role).fetch_add(1, Relaxed);
    }

    fn leave(&self, role: Role) {
        let one_less = 1_u32.wrapping_neg();
        // GONE. Relaxed: what the handle did was rung for, and a ring is a fence.
        let before = self.handles(role).fetch_add(one_less, Relaxed);
        if before == 1 {
            self.bells().ring(role, false);
        }
    }

    /// Threads do not die singly: nothing is watched.
    fn look<'a>(&'a self, role: Role, _: &mut Watched<'a, P>) -> Others {
        let deserted = self.handles(role.peer()).load(Acquire) == 0; // GONE
        Others {
            ended: deserted.then_some(Ended::Closed),
            ..Others::default()
        }
    }
}
