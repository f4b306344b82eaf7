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
use crate::shm::{Attachment, Object, Reserve};
use crate::wait::Watched;

/// An attachment of this process to a pipe, which lasts until its last handle is dropped.
///
/// In a forked child of the process its handles answer [`Ended::Forked`].
#[derive(Clone)]
pub struct Pipe(Arc<Held>);

struct Held {
    /// `None` at the end.
    attachment: Option<Attachment<Arc<Contents>, SEATS>>,
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
            attachment: Some(attachment),
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
    /// The kernel's; [`Forked`](crate::shm::Forked), in a forked child.
    pub fn remove_name(&self) -> io::Result<bool> {
        self.0.attachment().remove_name()
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pipe").field(self.0.attachment()).finish()
    }
}

// SAFETY: it is one pipe, and each attachment has a seat of its own.
unsafe impl Member for Pipe {
    type Platform = Native;

    fn bells(&self) -> &Bells<Native> {
        self.0.contents.shared().office.bells()
    }

    fn owner(&self) -> Owner {
        self.0.attachment().owner()
    }

    // The attachment is what counts, and that there is one reader.
    fn join(&self, _: Role) {}

    fn leave(&self, role: Role) {
        if role == Role::Receiver && !self.is_forked() && !thread::panicking() {
            self.0.contents.shared().resign(self.owner());
        }
    }

    fn is_forked(&self) -> bool {
        self.0.attachment().is_forked()
    }

    fn look<'a>(&'a self, role: Role, watched: &mut Watched<'a, Native>) -> Others {
        if self.is_forked() {
            return Others {
                ended: Some(Ended::Forked),
                ..Others::default()
            };
        }
        let locks = self.0.attachment().locks();
        let shared = self.0.contents.shared();
        // SAFETY: all who use the pipe have these seats, and this one has its own.
        unsafe { shared.look(role, &locks, self.owner(), watched) }
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
    /// How long somebody who attaches at this moment, or leaves, is waited for.
    const MOMENT: Duration = Duration::from_millis(100);

    fn attachment(&self) -> &Attachment<Arc<Contents>, SEATS> {
        self.attachment.as_ref().expect("it is there until the end")
    }

    /// Removes the name of what is no pipe any more: nobody is attached, or the reader has gone. If
    /// somebody is stopped in the gate the name stays, and the next to come clears it away.
    fn remove_name(&self, reserve: &Reserve) -> io::Result<()> {
        let object = self.contents.object();
        let is_broken = matches!(self.contents.shared().office.tenancy(), Tenancy::Ended(_));
        let gate = reserve.lock_gate_within(Self::MOMENT)?;
        if is_broken || !object.is_in_use()? {
            gate.unlink_if_ours()?;
        }
        Ok(())
    }
}

impl Drop for Held {
    /// A reader that goes says so; the last one takes the name along. One whose thread unwinds has not
    /// finished what it was doing: that is a death.
    fn drop(&mut self) {
        let Some(attachment) = self.attachment.take() else {
            return;
        };
        if attachment.is_forked() || thread::panicking() {
            return;
        }
        self.contents.shared().resign(attachment.owner());
        let reserve = Arc::clone(attachment.reserve());
        drop(attachment);
        let _ = self.remove_name(&reserve);
    }
}
