//! Puts pipes on names: any number of processes open one to write, and one to read.
//!
//! ```text
//!     byte 0    1024                                       a multiple of 128
//!     +--------+-----------------------------------------+---------------------+
//!     | header | office: bells, reader, 120 seats; past  | words and blocks of |
//!     |        |                                         | the bytes           |
//!     +--------+-----------------------------------------+---------------------+
//! ```
//!
//! As with a named pipe of the kernel, whoever opens an end waits until somebody has opened the other
//! one; so nothing is written that nobody will read. A pipe is its ends: once all of them are gone it is
//! nothing, and what was written and not read is gone, too.

mod contents;
mod handle;
mod status;

use std::sync::Arc;
use std::time::Duration;

use self::contents::Contents;
pub use self::handle::Pipe;
use self::status::is_read;
pub use self::status::{Status, status};
use super::error::AttachError;
use super::{check_owner, door, needs_waitv, read_header, seat_error, still_named};
use crate::link::Role;
use crate::link::member::Member as _;
use crate::link::tenure::Tenancy;
use crate::pipe;
use crate::place::header::{Header, HeaderError, Kind};
use crate::platform::Futex as _;
use crate::platform::native::Native;
use crate::shm::{CreateError, DEFAULT_MODE, Gate, Name, Object, OpenError, Uid};
use crate::wait::{Attempt, Patience, TimedOut};

/// The end that writes, of any number.
pub type Writer = pipe::Writer<Pipe>;
/// The end that reads.
pub type Reader = pipe::Reader<Pipe>;

/// How to open an end of a pipe, which is made if there is none.
///
/// ```
/// use std::io::{Read, Write};
///
/// use aqueduct::open::pipe::Options;
/// use aqueduct::shm::Name;
///
/// let name = Name::parse(format!("doc-pipe-{}", std::process::id()))?;
/// # let other = name.clone();
/// // In one process:
/// # let writing = std::thread::spawn(move || -> std::io::Result<()> {
/// # let name = other;
/// let mut writer = Options::new().writer(&name).unwrap();
/// writer.write_all(b"water flows")?;
/// # drop(writer);
/// # Ok(())
/// # });
/// // In another one:
/// let mut reader = Options::new().reader(&name)?;
/// let mut text = String::new();
/// reader.read_to_string(&mut text)?;
/// assert_eq!(text, "water flows");
/// # writing.join().unwrap()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until an end is asked for"]
pub struct Options {
    capacity: Option<usize>,
    wait_for_peer: bool,
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
    /// The capacity of a new pipe, in bytes, unless another is asked for.
    pub const DEFAULT_CAPACITY: usize = 1 << 20;

    /// A pipe of this user, that only this user may open.
    pub fn new() -> Self {
        Self {
            capacity: None,
            wait_for_peer: true,
            mode: DEFAULT_MODE,
            owner: Uid::effective(),
            timeout: None,
        }
    }

    /// How many bytes it holds, written in whole blocks of [`BLOCK`](pipe::BLOCK): rounded up to a power
    /// of two, and to two [`ATOMIC`](pipe::ATOMIC) writes. A new pipe gets this capacity, and one that
    /// is there must have it.
    pub fn capacity(mut self, bytes: usize) -> Self {
        self.capacity = Some(bytes);
        self
    }

    /// Whether to wait until the other end is opened; it is waited for if nothing is said. What is
    /// written before is lost if the writer leaves before anybody reads.
    pub fn wait_for_peer(mut self, wait: bool) -> Self {
        self.wait_for_peer = wait;
        self
    }

    /// The permission bits of a new object; 0600 if nothing is said. Who may read and write it may open
    /// either end. One of this user's that is there and open to more is refused
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

    /// How long to wait for the other end, and for another process that attaches to the same name; as
    /// long as it takes if nothing is said.
    pub fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// Opens the end that writes, and waits until somebody has opened the one that reads. Other threads
    /// write with clones of it.
    ///
    /// # Errors
    /// [`AttachError`].
    pub fn writer(&self, name: &Name) -> Result<Writer, AttachError> {
        let pipe = self.open(name, Role::Sender)?;
        // SAFETY: the attachment is new, and has this writer.
        Ok(unsafe { Writer::attach(pipe) })
    }

    /// Opens the end that reads, and waits until somebody has opened one that writes: also one that
    /// gave up waiting, and left; then there is nothing to read.
    ///
    /// # Errors
    /// [`AttachError`]; that it is taken, if somebody reads already.
    pub fn reader(&self, name: &Name) -> Result<Reader, AttachError> {
        let pipe = self.open(name, Role::Receiver)?;
        // SAFETY: it is the owner, and there is one.
        Ok(unsafe { Reader::attach(pipe) })
    }

    fn open(&self, name: &Name, role: Role) -> Result<Pipe, AttachError> {
        needs_waitv()?;
        let deadline = self
            .timeout
            .map(|timeout| Native::now().saturating_add(timeout));
        let pipe = self.find(name, role, deadline)?;
        if self.wait_for_peer && !has_met(&pipe, role, deadline) {
            let name = name.clone();
            return Err(AttachError::Alone { name, role });
        }
        Ok(pipe)
    }

    /// Attaches to the pipe, made if there is none.
    fn find(
        &self,
        name: &Name,
        role: Role,
        deadline: Option<Duration>,
    ) -> Result<Pipe, AttachError> {
        // Each turn follows somebody else's step: a name that came, or went.
        loop {
            let found = match door::open(name, self.owner, self.mode) {
                Ok(object) => self.join(&Arc::new(object), role, deadline)?,
                Err(AttachError::Open(OpenError::NotFound { .. })) => self.make(name, role)?,
                Err(error) => return Err(error),
            };
            if let Some(pipe) = found {
                return Ok(pipe);
            }
        }
    }

    /// Makes the pipe, attaches to it, and gives it its name; `None` if somebody else was faster.
    fn make(&self, name: &Name, role: Role) -> Result<Option<Pipe>, AttachError> {
        let capacity = self.capacity.unwrap_or(Self::DEFAULT_CAPACITY);
        let contents = Contents::create(name, self.mode, capacity)?;
        let pipe = Pipe::attach(contents, role).map_err(seat_error(name))?;
        match pipe.object().publish() {
            Ok(()) => Ok(Some(pipe)),
            Err(CreateError::AlreadyExists { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Attaches to a pipe that is there; `None` if there is none any more.
    fn join(
        &self,
        object: &Arc<Object>,
        role: Role,
        deadline: Option<Duration>,
    ) -> Result<Option<Pipe>, AttachError> {
        let name = object.name();
        let left = deadline.map(|deadline| deadline.saturating_sub(Native::now()));
        let gate = object.lock_gate_within(left);
        let gate = gate.map_err(AttachError::gate(name))?;
        if !still_named(object)? {
            return Ok(None);
        }
        let unfit = |source| AttachError::unfit(name, source);
        let header = read_header(object).map_err(AttachError::io("read", name))?;
        let capacity = header.and_then(|header| capacity(&header)).map_err(unfit)?;
        let in_use = object
            .is_in_use()
            .map_err(AttachError::io("look at", name))?;
        if !in_use {
            return clear(&gate, name);
        }
        self.check_capacity(capacity).map_err(unfit)?;
        let taken = || {
            let name = name.clone();
            AttachError::SeatTaken { name, role }
        };
        let is_read = is_read(object).map_err(AttachError::io("look at", name))?;
        if role == Role::Receiver && is_read {
            return Err(taken());
        }
        let contents = Contents::attach(object, capacity);
        let contents = contents.map_err(AttachError::io("map", name))?;
        check_owner(name, contents.office())?;
        let pipe = Pipe::attach(contents, role).map_err(seat_error(name))?;
        let refused = match (pipe.tenancy(), role) {
            (Tenancy::Ended(_), _) => clear(&gate, name),
            // One that is being killed.
            (Tenancy::Owned(owner), Role::Receiver) if owner != pipe.owner() => Err(taken()),
            _ => return Ok(Some(pipe)),
        };
        // An end that goes passes the gate.
        drop(gate);
        refused
    }

    /// Whether a pipe of this capacity is what was asked for.
    fn check_capacity(&self, found: usize) -> Result<(), HeaderError> {
        let asked = self.capacity.unwrap_or(found);
        let expected = pipe::bytes(asked).unwrap_or(asked);
        if expected == found {
            return Ok(());
        }
        let [found, expected] = [found, expected].map(|bytes| bytes as u64);
        Err(HeaderError::Capacity { found, expected })
    }
}

/// The capacity of the pipe, if it is one.
fn capacity(header: &Header) -> Result<usize, HeaderError> {
    header.check_kind::<u8>(Kind::Pipe)?;
    let found = header.capacity();
    let none = || HeaderError::NoCapacity { found };
    let capacity = usize::try_from(found).map_err(|_| none())?;
    if pipe::bytes(capacity) != Some(capacity) {
        return Err(none());
    }
    let size = Contents::size(capacity).ok_or_else(none)?;
    header.check_layout(size as u64)?;
    header.check_terms(0)?;
    Ok(capacity)
}

/// Removes the name of a pipe that is none any more.
fn clear(gate: &Gate<'_>, name: &Name) -> Result<Option<Pipe>, AttachError> {
    let removed = gate.unlink_if_ours();
    removed
        .map_err(AttachError::io("remove", name))
        .map(|_| None)
}

/// Waits until the other end has been opened; says whether it was in time.
fn has_met(pipe: &Pipe, role: Role, deadline: Option<Duration>) -> bool {
    let patience = Patience { spins: 0, deadline };
    let met = pipe.wait(role, patience, |gone| {
        // Who is gone has been there.
        if gone.is_some() || pipe.has_met(role) {
            Attempt::Done(())
        } else {
            Attempt::Pending
        }
    });
    met != Err(TimedOut)
}
