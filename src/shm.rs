//! POSIX shared memory on Linux: names, objects, locks, and the news of a death.
//!
//! ```text
//!   Name ----> Object (a file in /dev/shm) ----> Mapping (its bytes)
//!                |  lock a byte of it              |  a life word in it
//!                v                                 v
//!              Gate, Guard                       Keeper
//!              "nobody else": freed by the       "alive": the kernel marks the
//!              kernel after the last access      word and wakes a sleeper at once
//! ```
//!
//! A buffer lies in an object by [`Placed`], the unbounded one by [`Sparse`]. Memory without a name,
//! sealed and handed over to a [`Peer`] that is not trusted, is a [`Memfd`].
//!
//! An object is whole before it has a name, its space is reserved before it is used, and a name is
//! only removed by who holds the object's gate.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the room for them"
)]

mod attachment;
mod connection;
mod create;
mod description;
mod error;
mod hand_over;
mod keeper;
mod lock;
mod mapping;
mod memfd;
mod name;
mod object;
mod open;
mod peer;
mod placed;
pub mod posix;
mod process;
mod robust;
mod shareable;
mod sparse;
mod stranger;
mod watch;

pub use nix::unistd::Uid;

pub use self::attachment::{Attachment, Forked, SEATS_SIZE};
pub(crate) use self::connection::Connection;
pub use self::error::{CreateError, FitError, Kind, OpenError, advice};
pub use self::hand_over::HandOverError;
pub(crate) use self::hand_over::{Conversation, REFUSED};
pub use self::keeper::Keeper;
pub(crate) use self::lock::Reserve;
pub use self::lock::{Byte, Gate, Guard};
pub use self::mapping::Mapping;
pub(crate) use self::mapping::page;
pub use self::memfd::{Memfd, MemfdError, Seals};
pub use self::name::{FOLDER, Name, NameError, list};
pub use self::object::{DEFAULT_MODE, Identity, Object};
pub use self::peer::Peer;
pub use self::placed::Placed;
pub use self::shareable::Shareable;
pub use self::sparse::{Sparse, SparseBuffer};
pub(crate) use self::stranger::Stranger;
pub(crate) use self::watch::{Fate, Watch};
