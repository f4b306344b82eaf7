//! Waiting for many links at once, on this machine: [`Select`].
//!
//! ```
//! use aqueduct::link::mailbox::Capacity;
//! use aqueduct::link::select::{Selectable, map};
//! use aqueduct::platform::native::Native;
//! use aqueduct::select::Select;
//! use aqueduct::threads::{bounded, mailbox};
//!
//! // Links of any kind, whose messages become those of one type.
//! let (mut numbers, mut of_numbers) = bounded::<u32>(2)?;
//! let (words, mut of_words) = mailbox::<&str>(Capacity::Zero)?;
//! let mut number = map(&mut of_numbers, |came: Result<u32, _>| came.map(|n| n.to_string()));
//! let mut word = map(&mut of_words, |came: Result<&str, _>| came.map(String::from));
//! let mut links: [&mut dyn Selectable<Native, Output = _>; 2] = [&mut number, &mut word];
//! let mut select = Select::new(&mut links)?;
//!
//! numbers.send(42)?;
//! assert_eq!(select.wait_forever(), (0, Ok("42".to_string())));
//! let sending = std::thread::spawn(move || words.send("water"));
//! assert_eq!(select.wait_forever(), (1, Ok("water".to_string())));
//! # sending.join().unwrap()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::os::fd::{AsFd, BorrowedFd};

use crate::link::select::{self, Selectable, Twice};
use crate::platform::native::{Native, Sleeper};

/// Many links, one of which is waited for. What belongs to a thread stays there: it is not `Send`. Nor
/// may a forked child use its copy: the ring of the kernel is its parent's.
pub type Select<'a, L> = select::Select<'a, Native, L, Sleeper>;

impl<'a, L: Selectable<Native>> Select<'a, L> {
    /// Waits for these links, which it has for itself. Where the kernel has `io_uring` with futexes
    /// (Linux 6.7) and lets this process use it, a call costs something for each link that has
    /// changed; else it looks at all of them, and every millisecond if they have more than 128 words.
    ///
    /// # Errors
    /// [`Twice`] if the same link is given twice.
    pub fn new(links: &'a mut [L]) -> Result<Self, Twice> {
        Self::with_poller(links, Sleeper::new())
    }

    /// A descriptor for event loops, if the kernel has one: after a [`poll`](select::Select::poll) that
    /// found nothing it becomes readable when it is time for another one.
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self.poller() {
            Sleeper::Uring(uring) => Some(uring.as_fd()),
            Sleeper::Few(_) => None,
        }
    }
}
