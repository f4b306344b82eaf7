//! The word discipline, judged by loom: the plain stores of a word are ordered with its other
//! changes.
//!
//! Without it loom invents outcomes and misses some (tokio-rs/loom issue 424). Loads need no order.

use super::engine::{LOOM_THREADS, Moment};
use std::panic::Location;

/// A moment of a thread's life, and what was done then.
pub(super) struct Stamp {
    moment: Moment,
    location: &'static Location<'static>,
}

impl Stamp {
    /// Now. Not later than what the caller has released since its last step: see
    /// [`after_releases`](Stamp::after_releases).
    fn now(location: &'static Location<'static>) -> Stamp {
        Stamp {
            moment: Moment::now(),
            location,
        }
    }

    /// A moment that happens before nothing that the caller has released so far.
    pub(super) fn after_releases(location: &'static Location<'static>) -> Stamp {
        let _ = Stamp::now(location).happens_before_now();
        Stamp::now(location)
    }

    /// Also moves the caller's own clock on, so that a stamp made next is later than everything
    /// that the caller released before.
    pub(super) fn happens_before_now(&self) -> bool {
        self.moment.happens_before_now()
    }
}

/// The changes of one word that a next one must be ordered with.
pub(super) struct Changes {
    /// The last plain store, or the word's creation.
    store: Stamp,
    /// The last read-modify-write of each thread.
    modified: [Option<Stamp>; LOOM_THREADS],
}

impl Changes {
    pub(super) fn new(location: &'static Location<'static>) -> Changes {
        Changes {
            store: Stamp::now(location),
            modified: Default::default(),
        }
    }

    /// Before a plain store: every change so far must happen before it.
    pub(super) fn store(&mut self, location: &'static Location<'static>) {
        for change in self.modified.iter().flatten().chain([&self.store]) {
            if !change.happens_before_now() {
                breach(change.location, location);
            }
        }
        self.store = Stamp::now(location);
    }

    /// Before a read-modify-write. It may acquire what a plain store released, so it is judged
    /// after it ran; it may release to a plain store, so that its moment is now.
    pub(super) fn stamp(&self, location: &'static Location<'static>) -> Stamp {
        let _ = self.store.happens_before_now();
        Stamp::now(location)
    }

    /// After a read-modify-write: the last plain store must happen before.
    pub(super) fn changed(&mut self, thread: usize, stamp: Stamp) {
        if !self.store.happens_before_now() {
            breach(self.store.location, stamp.location);
        }
        self.modified[thread] = Some(stamp);
    }
}

fn breach(one: &Location<'_>, two: &Location<'_>) -> ! {
    panic!("word discipline broken: the changes of a word at {one} and at {two} are not ordered")
}
