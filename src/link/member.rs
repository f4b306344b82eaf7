//! One of those who share a link: what they sleep on, and what each knows of the others.
//!
//! Whoever waits sleeps on the [`EventCount`] of its side; whoever changes the buffer rings, for the
//! other side, and for its own if that waits for such things, too.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | SLEEP | the fence in `Bells::ring` | that in [`wait`](mod@crate::wait) | see there |

use crossbeam_utils::CachePadded;

use super::{Ended, Role};
use crate::buffer::Owner;
use crate::crowd::Suspects;
use crate::platform::Ordering::{Release, SeqCst};
use crate::platform::{Futex, Platform};
use crate::wait::{Attempt, EventCount, Patience, TimedOut, Watched, arm, wait};

/// What those who share a link sleep on, a word for each side.
#[repr(C)]
pub struct Bells<P: Platform> {
    sides: [CachePadded<EventCount<P>>; 2],
}

impl<P: Futex> Bells<P> {
    /// Words that nobody sleeps on.
    pub(crate) fn new() -> Self {
        let bell = || CachePadded::new(EventCount::new());
        Self {
            sides: [bell(), bell()],
        }
    }

    /// What those of a side sleep on.
    pub(crate) fn of(&self, role: Role) -> &EventCount<P> {
        &self.sides[role as usize]
    }

    /// Wakes those who may wait for what one of `role` has just done: the other side, and its own if
    /// that waits for such things, too.
    pub(crate) fn ring(&self, role: Role, both: bool) {
        P::fence(SeqCst); // SLEEP
        self.of(role.peer()).wake();
        if both {
            self.of(role).wake();
        }
    }

    /// Wakes all, also those whom one that died may have left asleep in the middle of a ring.
    pub(crate) fn rouse(&self) {
        // SLEEP, by the words themselves: whoever raises one later finds what was done before.
        P::fence(Release);
        for side in &self.sides {
            side.rouse();
        }
    }
}

/// What is known of the others before a try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// Why nothing more is sent; what was sent can be received, unless it is
    /// [`Corrupt`](Ended::Corrupt) or [`Forked`](Ended::Forked).
    pub ended: Option<Ended>,
    /// Those that seem dead, which is not certain yet.
    pub suspects: Suspects,
}

/// What a try comes to while some seem dead: nobody rings when that becomes certain.
fn pending_for<R>(suspects: Suspects, attempt: Attempt<R>) -> Attempt<R> {
    match attempt {
        Attempt::Pending if !suspects.is_empty() => Attempt::Suspended,
        came_to => came_to,
    }
}

/// A handle of a link that many share.
///
/// # Safety
/// It is the same link each time, also for a clone; and no other attachment than those that hold it so
/// has the same [`owner`](Member::owner).
pub unsafe trait Member: Clone {
    /// The machine.
    type Platform: Futex;

    /// What is slept on.
    fn bells(&self) -> &Bells<Self::Platform>;

    /// The attachment that it belongs to.
    fn owner(&self) -> Owner;

    /// Counts a handle of a side that has some, or that nobody could look at before.
    fn join(&self, role: Role);

    /// Counts one less.
    fn leave(&self, role: Role);

    /// Whether this is a copy in a forked child of the process that attached: it may touch nothing.
    fn is_forked(&self) -> bool {
        false
    }

    /// Looks at the others, as one of `role`, before a try, which then finds what they did before they
    /// went. What is pushed is watched by a sleeper: it changes, and wakes somebody, when one dies.
    fn look<'a>(&'a self, role: Role, watched: &mut Watched<'a, Self::Platform>) -> Others;

    /// The same where there may be nowhere to push.
    fn look_and_push<'a>(
        &'a self,
        role: Role,
        watched: Option<&mut Watched<'a, Self::Platform>>,
    ) -> Others {
        match watched {
            Some(watched) => self.look(role, watched),
            None => self.look(role, &mut Watched::<Self::Platform>::new()),
        }
    }

    /// Why nothing more is sent, looked at before a single try.
    fn ended(&self, role: Role) -> Option<Ended> {
        self.look_and_push(role, None).ended
    }

    /// Tries, as one of `role` that is told of the others each time, until it is done or `patience` is
    /// at its end.
    ///
    /// # Errors
    /// [`TimedOut`]: see [`wait`](fn@wait).
    #[inline]
    fn wait<R>(
        &self,
        role: Role,
        patience: Patience,
        mut attempt: impl FnMut(Option<Ended>) -> Attempt<R>,
    ) -> Result<R, TimedOut> {
        let mut told = Suspects::default();
        wait::<Self::Platform, _>(self.bells().of(role), patience, |watched| {
            let Others { ended, suspects } = self.look_and_push(role, watched);
            // A death wakes one of those who sleep, and whoever that is passes it on.
            if !suspects.is_empty() && suspects != told {
                told = suspects;
                self.bells().rouse();
            }
            pending_for(suspects, attempt(ended))
        })
    }

    /// Wakes all others, if some seem dead: the kernel may have told this one alone.
    fn pass_on(&self, role: Role) {
        let others = self.look_and_push(role, None);
        if !others.suspects.is_empty() {
            self.bells().rouse();
        }
    }

    /// Tries, told of the others; then raises the bell of this side, if there are words to be watched.
    fn arm<'a, R>(
        &'a self,
        role: Role,
        watched: Option<&mut Watched<'a, Self::Platform>>,
        mut attempt: impl FnMut(Option<Ended>) -> Attempt<R>,
    ) -> Attempt<R> {
        arm::<Self::Platform, _>(self.bells().of(role), watched, |watched| {
            let Others { ended, suspects } = self.look_and_push(role, watched);
            // As above; paced, as whoever suspects somebody pauses.
            if !suspects.is_empty() {
                self.bells().rouse();
            }
            pending_for(suspects, attempt(ended))
        })
    }
}
