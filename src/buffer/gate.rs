//! A gate that lets one attachment through at a time, and knows which.
//!
//! ```text
//!               enter: one compare-exchange
//!      open  -------------------------------->  behind the owner
//!            <--------------------------------      |     ^
//!               leave: one store                    +-----+
//!                                        take over: from a dead owner to a living one
//! ```
//!
//! Whoever finds it closed is told by whom, so there is no moment in which somebody is inside and
//! nobody knows who. What a dead owner left undone is for whoever takes over from it, before it
//! leaves.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | PASSED | the store that opens the gate | the exchange of the next one to enter | all that was done inside |
//!
//! Whoever takes over is ordered behind the dead one by its death.

use super::Corrupt;
use super::many::{Busy, Owner};
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Platform};

/// The word of a gate: 0 if it is open; else bit 16, and the number of its owner below.
#[repr(transparent)]
pub(super) struct Gate<P: Platform> {
    word: P::AtomicU32,
}

const OPEN: u32 = 0;
const CLOSED: u32 = 1 << 16;

/// The word of a gate that is closed behind `owner`.
fn behind(owner: Owner) -> u32 {
    CLOSED | u32::from(owner.number())
}

impl<P: Platform> Gate<P> {
    /// A gate that is open.
    pub fn new() -> Self {
        Self {
            word: Atomic::new(OPEN),
        }
    }

    /// Goes in, and closes the gate behind itself.
    ///
    /// # Errors
    /// [`Busy`]: it is closed; [`Corrupt`]: its word cannot be.
    pub fn enter<E: From<Busy> + From<Corrupt>>(&self, owner: Owner) -> Result<(), E> {
        let closed = behind(owner);
        let entered = self.word.compare_exchange(OPEN, closed, Acquire, Relaxed); // PASSED
        match entered {
            Ok(_) => Ok(()),
            Err(found) => match u16::try_from(found ^ CLOSED) {
                Ok(number) => Err(Busy::by(Owner::new(number)).into()),
                Err(_) => Err(Corrupt.into()),
            },
        }
    }

    /// Takes the place of `dead` inside, if it is there; says whether it was.
    ///
    /// All that `dead` did happened before this call, and nobody else has its number.
    pub fn take_over(&self, dead: Owner, owner: Owner) -> bool {
        let (from, to) = (behind(dead), behind(owner));
        // Relaxed: the death orders what was done inside. If it fails another survivor was faster,
        // or there is nothing to do.
        let taken = self.word.compare_exchange(from, to, Relaxed, Relaxed);
        taken.is_ok()
    }

    /// Goes out, and leaves the gate open. Only who is inside may.
    pub fn leave(&self) {
        self.word.store(OPEN, Release); // PASSED
    }
}
