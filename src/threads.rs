//! Links between the threads of one process, on this machine.
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
use crate::link::{self, Link};
use crate::platform::native::Native;
use crate::position::{Capacity, CapacityError};

/// The sender of a link between threads.
pub type Sender<T> = link::Sender<Local<Arc<Link<Native, T>>>>;
/// The receiver of a link between threads.
pub type Receiver<T> = link::Receiver<Local<Arc<Link<Native, T>>>>;

/// A link that holds `capacity` messages.
///
/// # Errors
/// [`CapacityError`] if it is 0, or more than memory can hold.
pub fn bounded<T: Send>(capacity: usize) -> Result<(Sender<T>, Receiver<T>), CapacityError> {
    channel(Capacity::new(capacity)?).map_err(|_| CapacityError::TooLarge(capacity))
}
