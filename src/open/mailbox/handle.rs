//! An attachment to a mailbox.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::contents::Contents;
use crate::buffer::Owner;
use crate::crowd::SeatError;
use crate::link::mailbox::{self, Buffer, Hold, Succession};
use crate::link::member::{Bells, Member, Others};
use crate::link::shared::SEATS;
use crate::link::{Ended, Role};
use crate::place::Plain;
use crate::platform::native::Native;
use crate::shm::{Attachment, Object, SparseBuffer};
use crate::wait::Watched;

/// A handle that sends.
pub type Sender<T> = mailbox::Sender<Mailbox<T>>;
/// A handle that receives.
pub type Receiver<T> = mailbox::Receiver<Mailbox<T>>;

/// An attachment of this process to a mailbox, which lasts until its last handle is dropped: this, its
/// clones, and the [`Sender`]s and [`Receiver`]s that it gives.
///
/// In a forked child of the process they answer [`Ended::Forked`].
pub struct Mailbox<T: Plain>(Arc<Held<T>>);

struct Held<T: Plain> {
    attachment: Attachment<Arc<Contents<T>>, SEATS>,
    contents: Arc<Contents<T>>,
}

impl<T: Plain> Mailbox<T> {
    /// Takes a seat.
    pub(super) fn attach(contents: Contents<T>) -> Result<Self, SeatError<io::Error>> {
        let contents = Arc::new(contents);
        let (object, mapping) = (contents.object(), contents.mapping());
        let (seats, buffer) = (contents.seats(), Arc::clone(&contents));
        // SAFETY: the seats lie there, and all who use the mailbox have one of them; handles hold this,
        // and look whether it is a forked child's.
        let attachment = unsafe { Attachment::take(object, mapping, seats, buffer)? };
        let mailbox = Self(Arc::new(Held {
            attachment,
            contents,
        }));
        let office = mailbox.0.contents.office();
        office.claim(mailbox.owner());
        office.welcome();
        Ok(mailbox)
    }

    /// A handle that sends; it can be cloned.
    #[must_use]
    pub fn sender(&self) -> Sender<T> {
        Sender::join(self.clone())
    }

    /// A handle that receives; it can be cloned.
    #[must_use]
    pub fn receiver(&self) -> Receiver<T> {
        Receiver::join(self.clone())
    }

    /// Whether this process owns the mailbox: it made it, or it was handed over to it.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        // Who is attached when the owner goes may have to look.
        self.look(Role::Sender, &mut Watched::<Native>::new());
        !self.is_forked() && self.0.contents.office().is_owner(self.owner())
    }

    /// Closes the mailbox, if this process owns it, and removes its name, unless somebody is attaching
    /// at this moment; says whether it was open and this one's. Nothing more is sent; receivers are told after the last message.
    #[must_use]
    pub fn close(&self) -> bool {
        let closed = self.is_owner() && self.0.contents.office().close(self.owner());
        if closed {
            self.0.remove_name();
        }
        closed
    }

    /// The object that it lies in.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        self.0.contents.object()
    }

    /// Removes the name, if it still leads to this object; says whether it did. Who is attached
    /// stays so.
    ///
    /// # Errors
    /// The kernel's; [`Forked`](crate::shm::Forked), in a forked child.
    pub fn remove_name(&self) -> io::Result<bool> {
        self.0.attachment.remove_name()
    }
}

impl<T: Plain> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Plain> fmt::Debug for Mailbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").field(&self.0.attachment).finish()
    }
}

// SAFETY: it is one mailbox, and each attachment has a seat of its own.
unsafe impl<T: Plain> Member for Mailbox<T> {
    type Platform = Native;

    fn bells(&self) -> &Bells<Native> {
        self.0.contents.office().bells()
    }

    fn owner(&self) -> Owner {
        self.0.attachment.owner()
    }

    // The attachment is what counts.
    fn join(&self, _: Role) {}

    fn leave(&self, _: Role) {}

    fn is_forked(&self) -> bool {
        self.0.attachment.is_forked()
    }

    fn look<'a>(&'a self, _: Role, watched: &mut Watched<'a, Native>) -> Others {
        let Held {
            attachment,
            contents,
        } = &*self.0;
        if self.is_forked() {
            return Others {
                ended: Some(Ended::Forked),
                ..Others::default()
            };
        }
        let locks = attachment.locks();
        // SAFETY: all who use the mailbox have these seats, and this one has its own.
        unsafe { contents.shared().look(&locks, self.owner(), watched) }
    }
}

// SAFETY: the header says the type of its messages, and they are plain data.
unsafe impl<T: Plain> Hold for Mailbox<T> {
    type Message = T;
    type Memory = SparseBuffer<T>;

    fn buffer(&self) -> Buffer<'_, SparseBuffer<T>> {
        self.0.contents.shared().buffer
    }
}

impl<T: Plain> Held<T> {
    /// Removes the name of what nobody can use any more. Somebody who is attaching, and holds the
    /// gate, finds the mailbox closed, and its name is cleared away later.
    fn remove_name(&self) {
        let gate = self.attachment.reserve().lock_gate_within(Duration::ZERO);
        let _ = gate.and_then(|gate| gate.unlink_if_ours());
    }
}

impl<T: Plain> Drop for Held<T> {
    /// An owner that goes says so, and takes the name along if nobody can use it any more. One whose
    /// thread unwinds has not finished what it was doing: that is a death, for the others to settle.
    fn drop(&mut self) {
        let (owner, office) = (self.attachment.owner(), self.contents.office());
        if self.attachment.is_forked() || thread::panicking() || !office.is_owner(owner) {
            return;
        }
        if self.contents.succession() == Succession::Closes {
            self.remove_name();
        }
        office.resign(owner, self.contents.succession());
    }
}
