//! Direct communication: processes that name each other, by names that they choose.
//!
//! ```text
//!     symmetric: both name each other             asymmetric: only the sender names
//!
//!     P: to("Q") ---- /direct.P.to.Q --> Q: from("P")      P: sender("S") --+
//!     P: from("Q") <-- /direct.Q.to.P --- Q: to("P")                        +-> /direct.S.inbox
//!                                                          Q: sender("S") --+     S: receiver()
//! ```
//!
//! (Silberschatz, Galvin and Gagne, *Operating System Concepts*, on message-passing systems.) With
//! symmetric naming a link is between exactly two processes, and there is at most one for each ordered
//! pair; it is made when it is first used, by whoever comes first. With asymmetric naming the receiver
//! learns from each [`Letter`] who sent it.
//!
//! A [`Process`] is its name for as long as it lives: the name is a mailbox that it owns, and the
//! kernel says when the owner is gone. Names belong to the machine, not to a user; links and inboxes can
//! be used by processes of one user.

mod error;
mod inbox;
mod letter;
mod link;
mod name;

use std::time::Duration;

pub use self::error::DirectError;
pub use self::inbox::{Inbox, Sender};
pub use self::letter::{Letter, NoSender};
pub use self::link::{LinkFrom, LinkTo};
pub use self::name::{NameError, ProcessName};
use super::mailbox::{Mailbox, Options};
use super::{AttachError, Remains};
use crate::link::mailbox::Capacity;
use crate::place::Plain;
use crate::shm::{Name, Object, Uid};

/// How long to wait for the gate of what another process left.
const FOR_THE_GATE: Duration = Duration::from_millis(100);

/// A name that this process has claimed, until the last clone of this and the last end of its links are
/// dropped, or the process dies. In a forked child it is not held.
///
/// ```
/// use aqueduct::link::mailbox::Capacity;
/// use aqueduct::open::direct::Process;
///
/// # let [p, q] = ["P", "Q"].map(|name| format!("doc-{name}-{}", std::process::id()));
/// // In one process:
/// let process_p = Process::new(&p)?;
/// // In another one:
/// let process_q = Process::new(&q)?;
///
/// // Both name each other, in either order.
/// let mut from_p = process_q.from::<u64>(&p)?;
/// process_p.to::<u64>(&q)?.send(42)?;
/// assert_eq!(from_p.recv()?, 42);
///
/// // Only the sender names.
/// let inbox = process_q.receiver::<u64>(Capacity::Bounded(10))?;
/// process_p.sender::<u64>(&q)?.send(43)?;
/// let letter = inbox.recv()?;
/// assert_eq!((letter.sender()?, letter.message()), (process_p.name(), 43));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "the name is free again when this is dropped"]
pub struct Process {
    name: ProcessName,
    claim: Mailbox<u8>,
}

impl Process {
    /// Claims a name for this process.
    ///
    /// # Errors
    /// [`DirectError`]: it is no name, or a living process has it.
    pub fn new(name: impl AsRef<str>) -> Result<Self, DirectError> {
        let name = ProcessName::parse(name)?;
        let object = name.claim();
        // Nothing is sent in it.
        let options = Options::new().capacity(Capacity::Zero);
        match options.create(&object) {
            Ok(claim) => Ok(Self { name, claim }),
            Err(AttachError::Exists { .. }) => Err(DirectError::Taken { process: name }),
            Err(other) => Err(other.into()),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> ProcessName {
        self.name
    }

    /// The end of the link from this process to `to` that sends: `send(to, message)`. It holds a
    /// mebibyte.
    ///
    /// # Errors
    /// [`DirectError`]: there is one already, or it carries another type.
    pub fn to<T: Plain>(&self, to: impl AsRef<str>) -> Result<LinkTo<T>, DirectError> {
        LinkTo::open(self.held()?, ProcessName::parse(to)?)
    }

    /// The end of the link from `from` to this process that receives: `receive(from, message)`.
    ///
    /// # Errors
    /// [`DirectError`]: there is one already, or it carries another type.
    pub fn from<T: Plain>(&self, from: impl AsRef<str>) -> Result<LinkFrom<T>, DirectError> {
        LinkFrom::open(self.held()?, ProcessName::parse(from)?)
    }

    /// The inbox of this process, for letters of anybody.
    ///
    /// # Errors
    /// [`DirectError`]: it has one.
    pub fn receiver<T: Plain>(&self, capacity: Capacity) -> Result<Inbox<T>, DirectError> {
        Inbox::create(self.held()?, capacity)
    }

    /// Sends letters to the inbox of `to`.
    ///
    /// # Errors
    /// [`DirectError`]: there is none, its owner is gone, or it is for another type.
    pub fn sender<T: Plain>(&self, to: impl AsRef<str>) -> Result<Sender<T>, DirectError> {
        Sender::open(self.held()?, ProcessName::parse(to)?, None)
    }

    /// The same, and waits for at most `timeout` until there is an inbox.
    ///
    /// # Errors
    /// [`DirectError`]: there was none in time, or it is for another type.
    pub fn sender_timeout<T: Plain>(
        &self,
        to: impl AsRef<str>,
        timeout: Duration,
    ) -> Result<Sender<T>, DirectError> {
        Sender::open_within(&self.held()?, ProcessName::parse(to)?, timeout)
    }

    /// This, unless it is in a forked child: the name is its parent's.
    fn held(&self) -> Result<Self, DirectError> {
        if self.claim.is_owner() {
            return Ok(self.clone());
        }
        let process = self.name;
        Err(DirectError::NotHeld { process })
    }
}

/// Attaches to an object that belongs to a process of ours; where an earlier process of its name has
/// left one for another type, which nobody can use any more, that is cleared away.
fn anew<A>(name: &Name, attach: impl Fn() -> Result<A, AttachError>) -> Result<A, AttachError> {
    match attach() {
        Err(error @ AttachError::Mismatch { .. }) => {
            if cleared_away(name) {
                attach()
            } else {
                Err(error)
            }
        }
        came_to => came_to,
    }
}

/// Removes a name whose users are all dead; says whether it did.
fn cleared_away(name: &Name) -> bool {
    let Ok(object) = Object::open(name.clone(), Uid::effective()) else {
        return false;
    };
    let remains = Remains::of(&object, FOR_THE_GATE);
    remains
        .and_then(|remains| remains.remove())
        .unwrap_or(false)
}
