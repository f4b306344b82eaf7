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
//! Whoever changes the buffer rings for the other side, and at a capacity of zero for its own, which
//! waits for the same place.
//!
//! Handles are held by what keeps the mailbox: between [threads](local) a count of them, between
//! processes [seats](super::shared), for a process may be killed.

mod buffer;
pub mod local;
mod receiver;
mod sender;

pub use self::buffer::Buffer;
pub(crate) use self::buffer::without_limit;
pub use self::receiver::Receiver;
pub use self::sender::{Sender, UntilEnded};
use super::Role;
use super::member::{Member, Others};
pub use super::tenure::{Succession, Tenancy};
use crate::buffer::unbounded::Memory;
use crate::wait::Patience;

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

/// How a handle holds its mailbox.
///
/// # Safety
/// All handles have the same message type; and where anybody but the threads of this process can
/// write, messages are plain data.
pub unsafe trait Hold: Member {
    /// What is sent.
    type Message;
    /// The memory of the buffer, if it is unbounded.
    type Memory: Memory<Platform = Self::Platform, Message = Self::Message>;

    /// The buffer.
    fn buffer(&self) -> Buffer<'_, Self::Memory>;

    /// Looks at the others before the first try of a wait. In a stream that is mostly the last, so what
    /// follows is kept out of its way (a push and a pop: 58 to 45 ns). `None` where there is more to
    /// do than to try: nobody spins; who sends and who receives meet; or somebody seems dead, and
    /// others may have to be told.
    #[inline]
    fn look_first(&self, role: Role, patience: Patience) -> Option<Others> {
        if patience.spins == 0 || self.buffer().is_in_the_way() {
            return None;
        }
        let others = self.look_and_push(role, None);
        others.suspects.is_empty().then_some(others)
    }

    /// Wakes those who may wait for what one of `role` has just done.
    fn ring(&self, role: Role) {
        self.bells().ring(role, self.buffer().is_in_the_way());
    }
}
