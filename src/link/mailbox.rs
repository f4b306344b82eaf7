//! A mailbox: many send, many receive, and each message comes to exactly one of them.
//!
//! ```text
//!     Sender --+                                     +--> Receiver
//!     Sender --+--> | sides, and one of: |  ---------+--> Receiver
//!     Sender --+    | a meeting point, zero          +--> Receiver
//!                   | a ring, bounded
//!                   | segments, unbounded
//! ```
//!
//! How much it holds is chosen where it is made, and is all the same to those who send and
//! receive:
//!
//! | [`Capacity`] | a message is sent when |
//! |---|---|
//! | `Zero` | somebody has received it: sender and receiver meet; by a try, when it is given to one that waits |
//! | `Bounded(n)` | it is one of `n` in the mailbox |
//! | `Unbounded` | it is in the mailbox |
//!
//! Whoever waits sleeps on the [`EventCount`] of its side; whoever changes the buffer rings, for the
//! other side, and at a capacity of zero for its own, which waits for the same place.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | SLEEP | the fence in `Sides::ring` | that in [`wait`](mod@crate::wait) | see there |
//! | GONE | the fence in `Sides::ring`, after each call of a handle, before it is counted off | a look at how many there are | everything that those handles did |

mod buffer;
pub mod local;
mod receiver;
mod sender;

use crossbeam_utils::CachePadded;

pub use self::buffer::Buffer;
pub use self::receiver::Receiver;
pub use self::sender::Sender;
use super::Role;
use crate::buffer::Owner;
use crate::buffer::unbounded::Memory;
use crate::platform::Ordering::{Acquire, Relaxed, SeqCst};
use crate::platform::{Atomic, Futex, Platform};
use crate::wait::{Attempt, EventCount, Patience, TimedOut, wait};

/// How many messages a link holds that are sent and not received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// None: a sender waits until its message is received.
    Zero,
    /// So many.
    Bounded(usize),
    /// Any number, while there is memory.
    Unbounded,
}

/// The words of a mailbox beside its buffer.
#[repr(C)]
pub struct Sides<P: Platform> {
    sides: [CachePadded<Side<P>>; 2],
}

#[repr(C)]
struct Side<P: Platform> {
    /// How many handles there are. Changed by read-modify-write alone.
    handles: P::AtomicU32,
    /// Those of this side sleep here, and the other side rings.
    sleepers: EventCount<P>,
}

impl<P: Futex> Sides<P> {
    /// The words of a mailbox that nobody has a handle of.
    pub(crate) fn new() -> Self {
        let side = || {
            CachePadded::new(Side {
                handles: Atomic::new(0),
                sleepers: EventCount::new(),
            })
        };
        Self {
            sides: [side(), side()],
        }
    }

    fn side(&self, role: Role) -> &Side<P> {
        &self.sides[role as usize]
    }

    /// What those of a side sleep on.
    fn sleepers(&self, role: Role) -> &EventCount<P> {
        &self.side(role).sleepers
    }

    /// Whether nobody is left on a side. Looked at *before* a try, so that the try finds what they
    /// did before they went.
    fn is_deserted(&self, role: Role) -> bool {
        self.side(role).handles.load(Acquire) == 0 // GONE
    }

    /// Counts one handle more of a side that has some, or that nobody could look at before.
    fn join(&self, role: Role) {
        // Relaxed: whoever has a handle keeps the number above zero.
        self.side(role).handles.fetch_add(1, Relaxed);
    }

    /// Counts one less, and wakes the others if it was the last.
    fn leave(&self, role: Role) {
        let one_less = 1_u32.wrapping_neg();
        // GONE. Relaxed: what the handle did was rung for, and a ring is a fence.
        let before = self.side(role).handles.fetch_add(one_less, Relaxed);
        if before == 1 {
            self.ring(role, false);
        }
    }

    /// Wakes those who may wait for what one of `role` has just done: the other side, and its own if
    /// that waits for such things, too.
    fn ring(&self, role: Role, both: bool) {
        P::fence(SeqCst); // SLEEP
        self.sleepers(role.peer()).wake();
        if both {
            self.sleepers(role).wake();
        }
    }
}

/// How a handle holds its mailbox.
///
/// # Safety
/// It is the same mailbox each time, also for a clone; all handles have the same message type; no
/// other attachment than those that hold it so has the same [`owner`](Hold::owner); and where anybody
/// but the threads of this process can write, messages are plain data.
pub unsafe trait Hold: Clone {
    /// The machine.
    type Platform: Futex;
    /// What is sent.
    type Message;
    /// The memory of the buffer, if it is unbounded.
    type Memory: Memory<Platform = Self::Platform, Message = Self::Message>;

    /// The words beside the buffer.
    fn sides(&self) -> &Sides<Self::Platform>;

    /// The buffer.
    fn buffer(&self) -> Buffer<'_, Self::Memory>;

    /// The attachment that it belongs to.
    fn owner(&self) -> Owner;

    /// Wakes those who may wait for what one of `role` has just done.
    fn ring(&self, role: Role) {
        self.sides().ring(role, self.buffer().is_in_the_way());
    }

    /// Tries, as one of `role`, until it is done or `patience` is at its end.
    ///
    /// # Errors
    /// [`TimedOut`]: see [`wait`](fn@wait).
    fn wait<R>(
        &self,
        role: Role,
        patience: Patience,
        attempt: impl FnMut() -> Attempt<R>,
    ) -> Result<R, TimedOut> {
        let sleepers = self.sides().sleepers(role);
        wait::<Self::Platform, _>(sleepers, None, patience, attempt)
    }
}
