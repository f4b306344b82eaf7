//! Puts mailboxes on names: one process makes it, others come by its name.
//!
//! ```text
//!     byte 0    1024                                 a multiple of 128
//!     +--------+-----------------------------------+------------------------------------+
//!     | header | office: bells, owner, 120 seats   | nothing but a word, a ring, or the |
//!     |        |                                   | words of segments that lie behind  |
//!     +--------+-----------------------------------+------------------------------------+
//! ```
//!
//! The maker is the owner. When it goes, by a goodbye or a `SIGKILL`, the mailbox is closed or handed
//! over, as it chose. The kernel decides who may open a mailbox: by the mode of the object.

mod contents;
mod handle;
mod status;

use std::sync::Arc;
use std::time::Duration;

use self::contents::{Contents, TERMS};
pub use self::handle::{Mailbox, Receiver, Sender};
pub use self::status::{Status, status};
use super::error::AttachError;
use super::{
    check_owner, default_messages, door, needs_waitv, read_header, seat_error, still_named,
};
use crate::link::Role;
use crate::link::mailbox::{Capacity, Succession};
use crate::link::member::Member as _;
use crate::place::Plain;
use crate::place::header::{Header, HeaderError, Kind};
use crate::shm::{CreateError, DEFAULT_MODE, Name, Object, OpenError, Uid};

/// How to make a mailbox, or to open one.
///
/// ```
/// use aqueduct::link::mailbox::Capacity;
/// use aqueduct::open::mailbox::Options;
/// use aqueduct::shm::Name;
///
/// let name = Name::parse(format!("doc-mailbox-{}", std::process::id()))?;
/// // In one process:
/// let owner = Options::new().capacity(Capacity::Bounded(10)).create::<u64>(&name)?;
/// let receiver = owner.receiver();
/// // In any number of others:
/// let sender = Options::new().open::<u64>(&name)?.sender();
/// sender.send(42)?;
///
/// assert_eq!(receiver.recv()?, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a mailbox is asked for"]
pub struct Options {
    capacity: Option<Capacity>,
    succession: Succession,
    mode: u32,
    owner: Uid,
    timeout: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// A mailbox of this user, that only this user may open, and that is closed when its owner goes.
    pub fn new() -> Self {
        Self {
            capacity: None,
            succession: Succession::Closes,
            mode: DEFAULT_MODE,
            owner: Uid::effective(),
            timeout: None,
        }
    }

    /// How much it holds: a new one gets this capacity, and one that is opened must have it. Without,
    /// a new one holds a mebibyte.
    ///
    /// Without a limit, it holds 2^32 messages or 1 TiB, while the machine has memory.
    pub fn capacity(mut self, capacity: Capacity) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// What becomes of a new mailbox when its owner goes.
    pub fn succession(mut self, succession: Succession) -> Self {
        self.succession = succession;
        self
    }

    /// The permission bits of a new object; 0600 if nothing is said. Who may read and write it may
    /// send and receive. One of this user's that is there and open to more is refused
    /// ([`OpenError::WideMode`]): others may have written into it.
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Whose object is expected under the name; this user's if nothing is said. Another user has
    /// chosen its mode, which is not looked at then.
    pub fn owner(mut self, owner: Uid) -> Self {
        self.owner = owner;
        self
    }

    /// How long to wait while another process attaches to the same name, which takes no time unless
    /// that one is stopped; as long as it takes if nothing is said.
    pub fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes a mailbox and owns it. One of this name and type whose owner is gone, and that was
    /// closed by that, is cleared away.
    ///
    /// # Errors
    /// [`AttachError`]; nothing was made then.
    pub fn create<T: Plain>(&self, name: &Name) -> Result<Mailbox<T>, AttachError> {
        needs_waitv()?;
        // Each turn follows somebody else's step: a name that came, or went.
        loop {
            let made = match door::open(name, self.owner, self.mode) {
                Ok(object) => self.clear::<T>(&Arc::new(object)).map(|()| None)?,
                Err(AttachError::Open(OpenError::NotFound { .. })) => self.make(name)?,
                Err(error) => return Err(error),
            };
            if let Some(mailbox) = made {
                return Ok(mailbox);
            }
        }
    }

    /// Attaches to a mailbox that another one has made.
    ///
    /// # Errors
    /// [`AttachError`]: there is none of this name, its owner is gone and it is closed, or it is
    /// another one than asked for.
    pub fn open<T: Plain>(&self, name: &Name) -> Result<Mailbox<T>, AttachError> {
        needs_waitv()?;
        loop {
            let object = Arc::new(door::open(name, self.owner, self.mode)?);
            let gate = object.lock_gate_within(self.timeout);
            let _gate = gate.map_err(AttachError::gate(name))?;
            if !still_named(&object)? {
                continue;
            }
            let mailbox = self.join(&object)?;
            return match mailbox.ended(Role::Sender) {
                None => Ok(mailbox),
                Some(why) => Err(AttachError::OwnerGone {
                    name: name.clone(),
                    why,
                }),
            };
        }
    }

    /// Removes the name of a mailbox that was closed.
    fn clear<T: Plain>(&self, object: &Arc<Object>) -> Result<(), AttachError> {
        let name = object.name();
        let gate = object.lock_gate_within(self.timeout);
        let gate = gate.map_err(AttachError::gate(name))?;
        if !still_named(object)? {
            return Ok(());
        }
        // Whoever joins settles what the dead left, the owner's death among it.
        let mailbox = Self::new().owner(self.owner).join::<T>(object)?;
        if mailbox.ended(Role::Sender).is_none() {
            let name = name.clone();
            return Err(AttachError::Exists { name });
        }
        let removed = gate.unlink_if_ours();
        removed.map_err(AttachError::io("remove", name)).map(drop)
    }

    /// Makes the mailbox, attaches to it, and gives it its name; `None` if somebody else was faster.
    fn make<T: Plain>(&self, name: &Name) -> Result<Option<Mailbox<T>>, AttachError> {
        let capacity = self
            .capacity
            .unwrap_or_else(|| Capacity::Bounded(default_messages::<T>()));
        let contents = Contents::<T>::create(name, self.mode, capacity, self.succession)?;
        let mailbox = Mailbox::attach(contents).map_err(seat_error(name))?;
        match mailbox.object().publish() {
            Ok(()) => Ok(Some(mailbox)),
            Err(CreateError::AlreadyExists { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Attaches to a mailbox whose gate is held.
    fn join<T: Plain>(&self, object: &Arc<Object>) -> Result<Mailbox<T>, AttachError> {
        let name = object.name();
        let unfit = |source| AttachError::unfit(name, source);
        let header = read_header(object).map_err(AttachError::io("read", name))?;
        let (capacity, succession) = header
            .and_then(|header| terms::<T>(&header))
            .map_err(unfit)?;
        if let Some(asked) = self.capacity
            && asked != capacity
        {
            return Err(unfit(HeaderError::Capacity {
                found: contents::number(capacity),
                expected: contents::number(asked),
            }));
        }
        let contents = Contents::attach(object, capacity, succession);
        let contents = contents.map_err(AttachError::io("map", name))?;
        check_owner(name, contents.office())?;
        Mailbox::attach(contents).map_err(seat_error(name))
    }
}

/// What the maker of the mailbox chose, if it is one of this type.
fn terms<T: Plain>(header: &Header) -> Result<(Capacity, Succession), HeaderError> {
    header.check_kind::<T>(Kind::Mailbox)?;
    let found = header.capacity();
    let capacity = contents::capacity(found).ok_or(HeaderError::NoCapacity { found })?;
    let size = Contents::<T>::size(capacity).ok_or(HeaderError::NoCapacity { found })?;
    header.check_layout(size as u64)?;
    let terms = TERMS.iter().find(|(_, number)| *number == header.terms());
    let (succession, _) = terms.ok_or(HeaderError::Layout {
        field: "terms",
        found: header.terms(),
        expected: 0,
    })?;
    Ok((capacity, *succession))
}
