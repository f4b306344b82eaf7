//! Links between the threads of one process, on this machine: [`bounded`] from one to one, and
//! [`mailbox()`] for many on each side, whatever it holds; and [`pipe()`] for bytes.
//!
//! ```
//! let (mut sender, mut receiver) = aqueduct::threads::bounded(10)?;
//! let sending = std::thread::spawn(move || {
//!     for word in ["water", "flows"] {
//!         sender.send(word.to_string()).unwrap();
//!     }
//! });
//! assert_eq!(receiver.iter().collect::<Vec<_>>(), ["water", "flows"]);
//! sending.join().unwrap();
//! # Ok::<(), aqueduct::position::CapacityError>(())
//! ```

use alloc::sync::Arc;

use crate::link::local::{Local, channel};
use crate::link::{self, Link, mailbox};
use crate::pipe;
use crate::platform::native::Native;
use crate::position::{Capacity, CapacityError};

/// The sender of a link between threads.
pub type Sender<T> = link::Sender<Local<Arc<Link<Native, T>>>>;
/// The receiver of a link between threads.
pub type Receiver<T> = link::Receiver<Local<Arc<Link<Native, T>>>>;

/// A link that holds `capacity` messages.
///
/// Who sends does not receive; this is no program:
///
/// ```compile_fail,E0599
/// let (mut sender, _receiver) = aqueduct::threads::bounded::<u32>(1).unwrap();
/// sender.recv();
/// ```
///
/// # Errors
/// [`CapacityError`] if it is 0, or more than memory can hold.
pub fn bounded<T: Send>(capacity: usize) -> Result<(Sender<T>, Receiver<T>), CapacityError> {
    channel(Capacity::new(capacity)?).map_err(|_| CapacityError::TooLarge(capacity))
}

/// A sender of a mailbox between threads.
pub type MailboxSender<T> = mailbox::Sender<mailbox::local::Local<Native, T>>;
/// A receiver of a mailbox between threads.
pub type MailboxReceiver<T> = mailbox::Receiver<mailbox::local::Local<Native, T>>;

/// A mailbox: cloned senders send, cloned receivers receive, and each message comes to one of them.
///
/// How much it holds changes nothing else in the program:
///
/// ```
/// use aqueduct::link::mailbox::Capacity;
///
/// for capacity in [Capacity::Zero, Capacity::Bounded(2), Capacity::Unbounded] {
///     let (sender, receiver) = aqueduct::threads::mailbox(capacity)?;
///     let sending = std::thread::spawn(move || {
///         for number in 1..=100_u32 {
///             sender.send(number).unwrap();
///         }
///     });
///     let other = receiver.clone();
///     let summing = std::thread::spawn(move || other.iter().sum::<u32>());
///     let sum = receiver.iter().sum::<u32>() + summing.join().unwrap();
///     assert_eq!(sum, 5050);
///     sending.join().unwrap();
/// }
/// # Ok::<(), aqueduct::position::CapacityError>(())
/// ```
///
/// # Errors
/// [`CapacityError`] if it is bounded by 0, or by more than memory can hold.
pub fn mailbox<T: Send>(
    capacity: mailbox::Capacity,
) -> Result<(MailboxSender<T>, MailboxReceiver<T>), CapacityError> {
    mailbox::local::channel(capacity)
}

/// The end of a pipe between threads that writes.
pub type PipeWriter = pipe::Writer<pipe::local::Local<Native>>;
/// The end of a pipe between threads that reads.
pub type PipeReader = pipe::Reader<pipe::local::Local<Native>>;

/// A pipe that holds `capacity` bytes, [rounded up](crate::open::pipe::Options::capacity).
///
/// ```
/// use std::io::{BufRead, Write};
///
/// let (mut writer, reader) = aqueduct::threads::pipe(65_536)?;
/// let writing = std::thread::spawn(move || {
///     for number in 1..=3 {
///         writeln!(writer, "line {number}").unwrap();
///     }
/// });
/// let lines: Vec<String> = reader.lines().collect::<Result<_, _>>().unwrap();
/// assert_eq!(lines, ["line 1", "line 2", "line 3"]);
/// writing.join().unwrap();
/// # Ok::<(), aqueduct::position::CapacityError>(())
/// ```
///
/// # Errors
/// [`CapacityError`] if memory cannot hold so many.
pub fn pipe(capacity: usize) -> Result<(PipeWriter, PipeReader), CapacityError> {
    pipe::local::of_bytes(capacity)
}
