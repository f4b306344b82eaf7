//! An attachment to a pipe.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::contents::Contents;
use crate::buffer::Owner;
use crate::buffer::frames::Frames;
use crate::crowd::SeatError;
use crate::link::member::{Bells, Member, Others};
use crate::link::shared::SEATS;
use crate::link::tenure::Tenancy;
use crate::link::{Ended, Role};
use crate::pipe::Hold;
use crate::platform::native::Native;
use crate::shm::{Attachment, Forked, Object};
use crate::wait::Watched;

/// An attachment of this process to a pipe, which lasts until its last handle is dropped.
///
/// In a forked child of the process its handles answer [`Ended::Forked`].
#[derive(Clone)]
pub struct Pipe(Arc<Held>);

struct Held {
    attachment: Attachment<Arc<Contents>, SEATS>,
    contents: Arc<Contents>,
}

impl Pipe {
    /// Takes a seat.
    pub(super) fn attach(contents: Contents, role: Role) -> Result<Self, SeatError<io::Error>> {
        let contents = Arc::new(contents);
        let (object, mapping) = (contents.object(), contents.mapping());
        let (seats, buffer) = (contents.seats(), Arc::clone(&contents));
        // SAFETY: the seats lie there, and all who use the pipe have one of them; handles hold this, and
        // look whether it is a forked child's.
        let attachment = unsafe { Attachment::take(object, mapping, seats, buffer)? };
        contents.shared().welcome(attachment.owner(), role);
        let held = Held {
            attachment,
            contents,
        };
        let pipe = Self(Arc::new(held));
        // What the dead left is settled: a dead reader has broken the pipe.
        pipe.ended(role);
        Ok(pipe)
    }

    /// Whose it is.
    pub(super) fn tenancy(&self) -> Tenancy {
        self.0.contents.shared().office.tenancy()
    }

    /// Whether somebody has opened the other end than that of `role`.
    pub(super) fn has_met(&self, role: Role) -> bool {
        match role {
            Role::Sender => self.tenancy() != Tenancy::Nobody,
            Role::Receiver => self.0.contents.shared().past.was_written(),
        }
    }

    /// The object that it lies in.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        self.0.contents.object()
    }

    /// Removes the name, if it still leads to this object; says whether it did. Who is attached stays
    /// so.
    ///
    /// # Errors
    /// The kernel's; [`Forked`], in a forked child.
    pub fn remove_name(&self) -> io::Result<bool> {
        if self.0.attachment.is_forked() {
            return Err(io::Error::other(Forked));
        }
        self.object().lock_gate()?.unlink_if_ours()
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pipe").field(&self.0.attachment).finish()
    }
}

// SAFETY: it is one pipe, and each attachment has a seat of its own.
unsafe impl Member for Pipe {
    type Platform = Native;

    fn bells(&self) -> &Bells<Native> {
        self.0.contents.shared().office.bells()
    }

    fn owner(&self) -> Owner {
        self.0.attachment.owner()
    }

    // The attachment is what counts.
    fn join(&self, _: Role) {}

    fn leave(&self, _: Role) {}

    fn look<'a>(&'a self, role: Role, watched: &mut Watched<'a, Native>) -> Others {
        let Held {
            attachment,
            contents,
        } = &*self.0;
        if attachment.is_forked() {
            return Others {
                ended: Some(Ended::Forked),
                ..Others::default()
            };
        }
        let locks = attachment.locks();
        // SAFETY: all who use the pipe have these seats, and this one has its own.
        unsafe { contents.shared().look(role, &locks, self.owner(), watched) }
    }
}

impl Deref for Pipe {
    type Target = Frames<Native>;

    fn deref(&self) -> &Self::Target {
        self.0.contents.shared().frames
    }
}

// SAFETY: it is one buffer, whose capacity the header says, and writers put no empty record in.
unsafe impl Hold for Pipe {}

impl Held {
    /// Removes the name of what is no pipe without this one, unless somebody is attaching: that one
    /// finds a pipe without ends, and makes it anew.
    fn remove_name(&self) {
        let object = self.contents.object();
        let gate = object.lock_gate_within(Some(Duration::ZERO));
        let _ = gate.and_then(|gate| gate.unlink_if_ours());
    }

    /// Whether nobody can use the pipe once this one has gone.
    fn is_last(&self) -> bool {
        match self.contents.shared().office.tenancy() {
            Tenancy::Owned(reader) => reader == self.attachment.owner(),
            Tenancy::Ended(_) => true,
            Tenancy::Nobody => !self.has_company(),
        }
    }

    /// Whether others are attached; yes, if that cannot be known.
    fn has_company(&self) -> bool {
        let object = self.contents.object();
        super::status::attached(object).map_or(true, |attached| attached > 1)
    }
}

impl Drop for Held {
    /// A reader that goes says so, and takes the name along. One whose thread unwinds has not finished
    /// what it was doing: that is a death.
    fn drop(&mut self) {
        if self.attachment.is_forked() || thread::panicking() {
            return;
        }
        if self.is_last() {
            self.remove_name();
        }
        self.contents.shared().resign(self.attachment.owner());
    }
}
