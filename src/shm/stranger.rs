//! A descriptor of which nothing is known but that a peer has handed it over.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::platform::native::servant;

/// A descriptor that a peer has handed over, of which nothing else is known. To close it may take as long
/// as the peer likes: of a file of its own file system, or a connection with something unsent. So another
/// thread does that.
#[derive(Debug)]
pub(crate) struct Stranger(Option<OwnedFd>);

impl Stranger {
    pub(super) fn new(descriptor: OwnedFd) -> Self {
        Self(Some(descriptor))
    }

    /// The descriptor, of which is known by now that it can be closed.
    pub(super) fn known(mut self) -> OwnedFd {
        self.0.take().expect("it is known once")
    }
}

/// Closes all of them, by one thread.
pub(super) fn close(strangers: impl IntoIterator<Item = Stranger>) {
    let descriptors: Vec<_> = strangers.into_iter().map(Stranger::known).collect();
    if !descriptors.is_empty() {
        let _ = servant::start(c"aqueduct-close", move || drop(descriptors));
    }
}

impl AsFd for Stranger {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_ref().expect("it is not known yet").as_fd()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        if let Some(descriptor) = self.0.take() {
            // Without a thread it is closed here.
            let _ = servant::start(c"aqueduct-close", move || drop(descriptor));
        }
    }
}
