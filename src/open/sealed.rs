//! Puts links in sealed memory that goes to the peer over a unix socket: for peers that do not trust
//! each other.
//!
//! ```text
//!     maker                              unix socket                             taker
//!     memfd: SHRINK, GROW       --- descriptor, and what it is --->   every seal, size, kind checked
//!     mapping, its own numbers  <-- memory that both can write -->   mapping, its own numbers
//!     FUTURE_WRITE, SEAL: from now on nobody else maps it, and no hole is punched
//!          watch: the socket and the pidfd of the other process, on each side
//! ```
//!
//! A peer that lies can write anything, at any time, over every byte that both can write. What it can
//! do by that is to send what it likes, to delay, or to break the link, which then is
//! [`Corrupt`](crate::link::Ended::Corrupt). It cannot make this process fail, read outside the link, or
//! keep it busy beyond its deadlines; SECURITY.md has what that rests on. No word in the memory
//! tells whether the peer lives: that is known from the kernel.
//!
//! There is one sender and one receiver, and no successor: when one is gone, begin again.

mod end;
mod error;
mod offer;
mod plan;

use std::os::unix::net::UnixStream;
use std::time::Duration;

use zerocopy::IntoBytes;

pub use self::end::Sealed;
pub use self::error::SealedError;
use self::offer::Offer;
use self::plan::Plan;
use super::{default_messages, needs_waitv};
use crate::buffer::Corrupt;
use crate::link::Role;
use crate::place::Plain;
use crate::place::header::{Kind, SizeError};
use crate::platform::Futex;
use crate::platform::native::Native;
use crate::position::Capacity;
use crate::shm::{Conversation, HandOverError, REFUSED, Uid};

/// The end of a sealed link that sends.
pub type Sender<T> = crate::link::Sender<Sealed<T>>;
/// The end of a sealed link that receives.
pub type Receiver<T> = crate::link::Receiver<Sealed<T>>;

/// Said by who takes what was offered.
const TAKEN: [u8; 8] = *b"taken\0\0\0";
/// Said by each in the end.
const ATTACHED: [u8; 8] = *b"attached";

/// How to make a link with the process at the other end of a socket.
///
/// One side offers an end, and has the other one; the other side accepts it. Each says so.
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use aqueduct::open::sealed::Options;
///
/// // Of two processes, usually, one of which listens on a `UnixListener`.
/// let (here, there) = UnixStream::pair()?;
/// let other = std::thread::spawn(move || {
///     let mut receiver = Options::new().accept_receiver::<u64>(there).unwrap();
///     receiver.recv().unwrap()
/// });
/// let mut sender = Options::new().offer_receiver::<u64>(here)?;
/// sender.send(42)?;
/// assert_eq!(other.join().unwrap(), 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until an end is asked for"]
pub struct Options {
    capacity: Option<Capacity>,
    kind: Kind,
    user: Uid,
    max_bytes: usize,
    read_only: bool,
    timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// A link of messages with a process of this user.
    pub fn new() -> Self {
        Self {
            capacity: None,
            kind: Kind::Messages,
            user: Uid::effective(),
            max_bytes: 1 << 30,
            read_only: false,
            timeout: Duration::from_secs(10),
        }
    }

    /// Asks for this capacity, in messages: what is offered has it, and what is accepted must have it.
    /// Without, a link that is offered holds a mebibyte.
    pub fn capacity(mut self, capacity: Capacity) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// What a link of bytes is for: [`Kind::Bytes`], or [`Kind::Records`].
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// Whose process is expected at the other end; this user's if nothing is said.
    pub fn user(mut self, user: Uid) -> Self {
        self.user = user;
        self
    }

    /// The most memory that an accepted link may take, in bytes; a gibibyte if nothing is said. The
    /// peer chooses, and this process pays for what it touches.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Offers the messages in memory of their own, to which the receiver cannot write. Its words, and
    /// the sender's position, lie in pages that both write.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// How long the other side may take until the link stands; ten seconds if nothing is said.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes a link, hands its receiver over to the process at the other end of `socket`, and returns
    /// its sender.
    ///
    /// # Errors
    /// [`SealedError`]; the socket is closed then.
    pub fn offer_receiver<T: Plain>(&self, socket: UnixStream) -> Result<Sender<T>, SealedError> {
        let end = self.offer::<T>(socket, Role::Receiver)?;
        crate::link::Sender::new(end).map_err(|Corrupt| SealedError::Corrupt)
    }

    /// Makes a link, hands its sender over to the process at the other end of `socket`, and returns
    /// its receiver.
    ///
    /// # Errors
    /// [`SealedError`]; the socket is closed then.
    pub fn offer_sender<T: Plain>(&self, socket: UnixStream) -> Result<Receiver<T>, SealedError> {
        if self.read_only {
            return Err(SealedError::ReadOnlySender);
        }
        let end = self.offer::<T>(socket, Role::Sender)?;
        crate::link::Receiver::new(end).map_err(|Corrupt| SealedError::Corrupt)
    }

    /// Takes the sender of a link that the process at the other end of `socket` offers.
    ///
    /// # Errors
    /// [`SealedError`]; the socket is closed then.
    pub fn accept_sender<T: Plain>(&self, socket: UnixStream) -> Result<Sender<T>, SealedError> {
        let end = self.accept::<T>(socket, Role::Sender)?;
        crate::link::Sender::new(end).map_err(|Corrupt| SealedError::Corrupt)
    }

    /// Takes the receiver of a link that the process at the other end of `socket` offers.
    ///
    /// # Errors
    /// [`SealedError`]; the socket is closed then.
    pub fn accept_receiver<T: Plain>(
        &self,
        socket: UnixStream,
    ) -> Result<Receiver<T>, SealedError> {
        let end = self.accept::<T>(socket, Role::Receiver)?;
        crate::link::Receiver::new(end).map_err(|Corrupt| SealedError::Corrupt)
    }

    fn offer<T: Plain>(&self, socket: UnixStream, role: Role) -> Result<Sealed<T>, SealedError> {
        let mut conversation = self.begin(socket)?;
        let capacity = match self.capacity {
            Some(capacity) => capacity,
            None => Capacity::new(default_messages::<T>()).map_err(SizeError::from)?,
        };
        let plan = Plan::new::<T>(capacity, self.read_only)?;
        let memory = plan.make().map_err(HandOverError::io("make the memory"))?;
        let offer = Offer::new::<T>(self.kind, capacity, role, self.read_only)?;
        conversation.say(offer.as_bytes(), &memory.descriptors())?;
        conversation.hear_word(TAKEN)?;
        memory.seal(&conversation)?;
        conversation.say(&ATTACHED, &[])?;
        conversation.hear_word(ATTACHED)?;
        let own = role.peer();
        Sealed::attach(conversation, memory.mapping, plan.front(), capacity, own)
    }

    fn accept<T: Plain>(&self, socket: UnixStream, role: Role) -> Result<Sealed<T>, SealedError> {
        let mut conversation = self.begin(socket)?;
        let heard = conversation.hear(Offer::objects);
        let offered = heard.map_err(SealedError::from);
        let taken = offered.and_then(|(offer, descriptors)| {
            let (capacity, is_split) = self.check::<T>(&offer, role)?;
            let plan = Plan::new::<T>(capacity, is_split)?;
            let (found, most) = (plan.bytes() as u64, self.max_bytes as u64);
            if found > most {
                return Err(SealedError::TooLarge { found, most });
            }
            let memory = plan.take(descriptors)?;
            end::check_new::<T>(&memory.mapping, plan.front(), capacity)?;
            Ok((capacity, plan.front(), memory))
        });
        let (capacity, front, memory) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                // If it does not hear it, it finds the socket closed.
                let _ = conversation.say(&REFUSED, &[]);
                return Err(error);
            }
        };
        conversation.say(&TAKEN, &[])?;
        conversation.hear_word(ATTACHED)?;
        memory.is_sealed()?;
        conversation.say(&ATTACHED, &[])?;
        Sealed::attach(conversation, memory.mapping, front, capacity, role)
    }

    fn begin(&self, socket: UnixStream) -> Result<Conversation, SealedError> {
        needs_waitv().map_err(|_| SealedError::Kernel)?;
        let deadline = Native::now().saturating_add(self.timeout);
        Ok(Conversation::with(socket, self.user, deadline)?)
    }

    /// The capacity of what is offered, and whether its messages lie in memory of their own.
    fn check<T: Plain>(
        &self,
        offer: &[u8; Offer::BYTES],
        role: Role,
    ) -> Result<(Capacity, bool), SealedError> {
        let offer = Offer::read(offer)?;
        let offered = offer.role()?;
        if offered != role {
            let expected = role;
            return Err(SealedError::Role { offered, expected });
        }
        let capacity = offer.capacity::<T>(self.kind)?;
        if let Some(expected) = self.capacity
            && capacity != expected
        {
            return Err(SealedError::Capacity {
                found: capacity.get(),
                expected: expected.get(),
            });
        }
        let is_split = offer.is_split();
        if is_split && role == Role::Sender {
            return Err(SealedError::ReadOnlySender);
        }
        Ok((capacity, is_split))
    }
}
