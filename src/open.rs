//! Puts links on names: finds or makes the object, checks it, takes a seat.
//!
//! Whoever comes first makes the object, sits down in it, and only then gives it its name; whoever
//! comes second passes the object's gate, checks that the name still leads there, and takes the
//! other seat. The kernel's lock on the byte of a seat says who holds it, and frees it when the
//! holder is gone, whatever way it went.

pub mod call;
pub mod direct;
mod door;
mod error;
mod judge;
pub mod mailbox;
mod named;
pub mod pipe;
mod remains;
pub mod sealed;
mod status;

use std::io;
use std::sync::Arc;
use std::time::Duration;

pub use self::error::{AttachError, RemoveError};
use self::judge::{Verdict, check_positions, judge, look};
pub use self::named::Named;
pub use self::remains::{Remains, State};
pub use self::status::{SeatStatus, Status, remove, status};
use crate::buffer::Corrupt;
use crate::crowd::SeatError;
use crate::link::shared::{Office, SEATS};
use crate::link::{Link, Role};
pub use crate::place::Plain;
use crate::place::header::{BODY, Header, HeaderError, Kind};
use crate::platform::native::{Native, futex_waitv_supported};
use crate::position::{Capacity, Position};
use crate::shm::{Byte, CreateError, DEFAULT_MODE, Name, Object, OpenError, Uid};
use zerocopy::IntoBytes;

/// The end of a named link that sends.
pub type Sender<T> = crate::link::Sender<Named<T>>;
/// The end of a named link that receives.
pub type Receiver<T> = crate::link::Receiver<Named<T>>;

/// How to attach to a name.
///
/// ```
/// use aqueduct::open::Options;
/// use aqueduct::shm::Name;
///
/// let name = Name::parse(format!("doc-open-{}", std::process::id()))?;
/// let mut sender = Options::new().sender::<u64>(&name)?;
/// let mut receiver = Options::new().receiver::<u64>(&name)?;
/// sender.send(42)?;
/// assert_eq!(receiver.recv()?, 42);
/// receiver.end().remove_name()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until an end is asked for"]
pub struct Options {
    capacity: Option<Capacity>,
    mode: u32,
    owner: Uid,
    resume: bool,
    timeout: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// Attaches to an object of this user, or makes one that only this user may open.
    pub fn new() -> Self {
        Self {
            capacity: None,
            mode: DEFAULT_MODE,
            owner: Uid::effective(),
            resume: false,
            timeout: None,
        }
    }

    /// Asks for this capacity, in messages: a new link gets it, and a link that exists must have
    /// it. Without, a new link holds a mebibyte.
    pub fn capacity(mut self, capacity: Capacity) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// The permission bits of a new object; 0600 if nothing is said. One of this user's that is there
    /// and open to more is refused ([`OpenError::WideMode`]): others may have written into it.
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

    /// Whether to take over a seat that somebody held before, and go on where that one stopped.
    /// Without, what the dead left is cleared away.
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// How long to wait while another process attaches to the same name, which takes no time unless
    /// that one is stopped; as long as it takes if nothing is said.
    pub fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// The sender of messages on `name`, which is made if nobody has.
    ///
    /// # Errors
    /// [`AttachError`]; nothing was made then; what the dead left may have been cleared away.
    pub fn sender<T: Plain>(&self, name: &Name) -> Result<Sender<T>, AttachError> {
        let end = self.attach::<T>(name, Role::Sender, Kind::Messages)?;
        crate::link::Sender::new(end).map_err(|Corrupt| AttachError::corrupt(name))
    }

    /// The receiver of messages on `name`, which is made if nobody has.
    ///
    /// # Errors
    /// [`AttachError`]; nothing was made then; what the dead left may have been cleared away.
    pub fn receiver<T: Plain>(&self, name: &Name) -> Result<Receiver<T>, AttachError> {
        let end = self.attach::<T>(name, Role::Receiver, Kind::Messages)?;
        crate::link::Receiver::new(end).map_err(|Corrupt| AttachError::corrupt(name))
    }

    /// The sender of a stream of bytes, or of [`records`](crate::link::records), on `name`, which
    /// is made if nobody has.
    ///
    /// # Errors
    /// [`AttachError`]; nothing was made then; what the dead left may have been cleared away.
    pub fn byte_sender(&self, name: &Name, kind: Kind) -> Result<Sender<u8>, AttachError> {
        let end = self.attach::<u8>(name, Role::Sender, kind)?;
        crate::link::Sender::new(end).map_err(|Corrupt| AttachError::corrupt(name))
    }

    /// The receiver of a stream of bytes, or of [`records`](crate::link::records), on `name`,
    /// which is made if nobody has.
    ///
    /// # Errors
    /// [`AttachError`]; nothing was made then; what the dead left may have been cleared away.
    pub fn byte_receiver(&self, name: &Name, kind: Kind) -> Result<Receiver<u8>, AttachError> {
        let end = self.attach::<u8>(name, Role::Receiver, kind)?;
        crate::link::Receiver::new(end).map_err(|Corrupt| AttachError::corrupt(name))
    }

    fn attach<T: Plain>(
        &self,
        name: &Name,
        role: Role,
        kind: Kind,
    ) -> Result<Named<T>, AttachError> {
        needs_waitv()?;
        // Each turn follows somebody else's step: a name that came, or went.
        loop {
            let end = match door::open(name, self.owner, self.mode) {
                Ok(object) => self.join(&Arc::new(object), role, kind)?,
                Err(AttachError::Open(OpenError::NotFound { .. })) => {
                    self.make(name, role, kind)?
                }
                Err(error) => return Err(error),
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    /// Makes the object and sits down in it; `None` if somebody else was faster.
    fn make<T: Plain>(
        &self,
        name: &Name,
        role: Role,
        kind: Kind,
    ) -> Result<Option<Named<T>>, AttachError> {
        let capacity = match self.capacity {
            Some(capacity) => capacity,
            None => Capacity::new(default_messages::<T>())?,
        };
        let header = Header::new::<Link<Native, T>, T>(kind, capacity)?;
        let size = usize::try_from(header.size()).unwrap_or(usize::MAX);
        let object = Arc::new(Object::unnamed(name.clone(), size, self.mode)?);
        let mapping = Arc::new(object.map(size).map_err(AttachError::io("map", name))?);
        // SAFETY: the mapping has room for the header, and nobody else knows the object.
        unsafe {
            mapping
                .as_ptr()
                .copy_from(header.as_bytes().as_ptr(), size_of::<Header>());
        };
        let seat = sit(&object, role)?;
        let Some(seat) = seat else { return Ok(None) };
        // SAFETY: the mapping is as large as the header says, and fresh.
        let end = unsafe { Named::place(mapping, capacity, role, seat, Position::new(0)) };
        let end = end.map_err(AttachError::io("attach to", name))?;
        match object.publish() {
            Ok(()) => Ok(Some(end)),
            Err(CreateError::AlreadyExists { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a seat in an object that exists; `None` if it has lost its name.
    fn join<T: Plain>(
        &self,
        object: &Arc<Object>,
        role: Role,
        kind: Kind,
    ) -> Result<Option<Named<T>>, AttachError> {
        let name = object.name();
        let io = |action| AttachError::io(action, name);
        let gate = object.lock_gate_within(self.timeout);
        let gate = gate.map_err(AttachError::gate(name))?;
        if !still_named(object)? {
            return Ok(None);
        }
        let unfit = |source| AttachError::unfit(name, source);
        let header = read_header(object).map_err(io("read"))?.map_err(unfit)?;
        let capacity = header.check::<Link<Native, T>, T>(kind).map_err(unfit)?;
        let Some(seat) = sit(object, role)? else {
            let name = name.clone();
            return Err(AttachError::SeatTaken { name, role });
        };
        let size = usize::try_from(header.size()).unwrap_or(usize::MAX);
        let mapping = Arc::new(object.map(size).map_err(io("map"))?);
        // SAFETY: the header was checked, so the mapping is long enough.
        let link = unsafe { named::link::<T>(&mapping, capacity) };
        // SAFETY: a link lies there, as the header says.
        let link = unsafe { link.as_ref() };
        check_positions(name, link, capacity)?;
        let (found, position) = look(object, link, role).map_err(io("look at"))?;
        let peer_lives = found.peer_lives;
        match judge(found) {
            _ if self.resume => {}
            Verdict::Join => {}
            Verdict::Refuse => {
                let name = name.clone();
                return Err(AttachError::Interrupted {
                    name,
                    role,
                    position,
                    peer_lives,
                });
            }
            Verdict::Clear => {
                gate.unlink_if_ours().map_err(io("remove"))?;
                return Ok(None);
            }
        }
        self.check_capacity(capacity).map_err(unfit)?;
        // SAFETY: as above; the seat is ours, and the lock orders us behind who held it.
        let end = unsafe { Named::join(mapping, capacity, role, seat) };
        drop(gate);
        Ok(Some(end.map_err(io("attach to"))?))
    }

    /// Whether a link of this capacity is what was asked for.
    fn check_capacity(&self, found: Capacity) -> Result<(), HeaderError> {
        match self.capacity {
            Some(asked) if asked != found => Err(HeaderError::Capacity {
                found: found.get() as u64,
                expected: asked.get() as u64,
            }),
            _ => Ok(()),
        }
    }
}

/// How many messages a new link holds unless another capacity is asked for: a mebibyte of them, or one.
fn default_messages<T>() -> usize {
    const BYTES: usize = 1 << 20;
    (BYTES / size_of::<T>().max(1)).max(1)
}

/// Whether the name of an object still leads to it.
fn still_named(object: &Object) -> Result<bool, AttachError> {
    let named = object.still_named();
    named.map_err(AttachError::io("look at", object.name()))
}

/// Refuses an object that many share if its owner cannot be.
fn check_owner(name: &Name, office: &Office<Native>) -> Result<(), AttachError> {
    match office.impossible_owner() {
        None => Ok(()),
        Some(found) => Err(AttachError::NoOwner {
            name: name.clone(),
            found,
            seats: SEATS,
        }),
    }
}

/// Why there is no seat in an object that many share.
fn seat_error(name: &Name) -> impl FnOnce(SeatError<io::Error>) -> AttachError {
    move |error| match error {
        SeatError::Taken { count } => AttachError::SeatsTaken {
            name: name.clone(),
            count,
        },
        SeatError::Locks(source) => AttachError::io("attach to", name)(source),
        SeatError::Corrupt => AttachError::corrupt(name),
    }
}

/// Whether the kernel has what a sleeper needs to learn of a death.
fn needs_waitv() -> Result<(), AttachError> {
    if futex_waitv_supported() {
        Ok(())
    } else {
        Err(AttachError::Kernel)
    }
}

/// The byte whose lock is the seat.
fn byte(role: Role) -> Byte {
    match role {
        Role::Sender => Byte::Sender,
        Role::Receiver => Byte::Receiver,
    }
}

/// Takes the lock of a seat, if nobody has it.
fn sit(object: &Arc<Object>, role: Role) -> Result<Option<crate::shm::Guard>, AttachError> {
    object
        .try_lock(byte(role))
        .map_err(AttachError::io("lock", object.name()))
}

/// The header of an object, read without mapping it.
///
/// # Errors
/// The kernel's; and within, what is wrong with it.
pub fn read_header(object: &Object) -> io::Result<Result<Header, HeaderError>> {
    let mut bytes = [0; BODY as usize];
    object.read_at(&mut bytes, 0)?;
    Ok(Header::read(&bytes, object.len()?))
}
