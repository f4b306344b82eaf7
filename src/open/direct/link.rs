//! Symmetric naming: both processes name each other, and have a link of their own.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::error::DirectError;
use super::name::ProcessName;
use super::{Process, anew};
use crate::life::Presence;
use crate::link::{End, Role};
use crate::open::{self, AttachError, Named, Options};
use crate::place::Plain;
use crate::shm::{Byte, Name};

/// Who leaves a link waits so long for its gate, which another one may hold that attaches.
const FOR_THE_GATE: Duration = Duration::from_millis(100);

/// The end of the link to a process, which sends: an ordinary [`open::Sender`], and the names.
///
/// What was sent stays for the other process, if that has not come yet; else the link goes with the
/// last end that is dropped.
pub struct LinkTo<T: Plain> {
    end: open::Sender<T>,
    to: ProcessName,
    process: Process,
}

/// The end of the link from a process, which receives: an ordinary [`open::Receiver`], and the names.
///
/// When it is dropped, the link is at its end: the sender is told, and the next link between the two
/// is a new one.
pub struct LinkFrom<T: Plain> {
    end: open::Receiver<T>,
    from: ProcessName,
    process: Process,
}

impl<T: Plain> LinkTo<T> {
    pub(super) fn open(process: Process, to: ProcessName) -> Result<Self, DirectError> {
        let from = process.name();
        let name = from.link_to(to);
        let end = anew(&name, || Options::new().sender(&name));
        let end = end.map_err(|error| in_words(from, to, error))?;
        Ok(Self { end, to, process })
    }

    /// The process that it sends to.
    #[must_use]
    pub fn to(&self) -> ProcessName {
        self.to
    }

    /// The process that sends.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The name of the object that the link lies in.
    #[must_use]
    pub fn object_name(&self) -> Name {
        self.process.name().link_to(self.to)
    }
}

impl<T: Plain> LinkFrom<T> {
    pub(super) fn open(process: Process, from: ProcessName) -> Result<Self, DirectError> {
        let to = process.name();
        let name = from.link_to(to);
        let end = anew(&name, || Options::new().receiver(&name));
        let end = end.map_err(|error| in_words(from, to, error))?;
        Ok(Self { end, from, process })
    }

    /// The process that it receives from.
    #[must_use]
    pub fn from(&self) -> ProcessName {
        self.from
    }

    /// The process that receives.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The name of the object that the link lies in.
    #[must_use]
    pub fn object_name(&self) -> Name {
        self.from.link_to(self.process.name())
    }
}

/// Says with the names of processes what was said with that of an object.
fn in_words(from: ProcessName, to: ProcessName, error: AttachError) -> DirectError {
    match error {
        AttachError::SeatTaken { role, .. } => DirectError::SeatTaken { from, to, role },
        AttachError::Interrupted {
            role, peer_lives, ..
        } => DirectError::Left {
            from,
            to,
            role,
            peer_lives,
        },
        other => other.into(),
    }
}

/// Removes the name of a link that the end of `role` leaves, if nobody has a use for it. Whoever is
/// kept from that by a gate that stays closed leaves it for the next.
fn leave<T: Plain>(end: &Named<T>, role: Role) {
    if end.is_forked() {
        return;
    }
    let Ok(gate) = end.object().lock_gate_within(Some(FOR_THE_GATE)) else {
        return;
    };
    if role == Role::Receiver || receiver_is_gone(end) {
        let _ = gate.unlink_if_ours();
    }
}

/// Whether a receiver was there, and is no more. Nobody comes meanwhile: the gate is held.
fn receiver_is_gone<T: Plain>(end: &Named<T>) -> bool {
    match Presence::of(end.link().seat(Role::Receiver).look()) {
        // What was sent waits for it.
        Presence::Vacant => false,
        Presence::Closed => true,
        Presence::Present | Presence::Suspect => {
            let locked = end.object().is_locked(Byte::Receiver);
            locked.is_ok_and(|locked| !locked)
        }
    }
}

impl<T: Plain> Drop for LinkTo<T> {
    fn drop(&mut self) {
        leave(self.end.end(), Role::Sender);
    }
}

impl<T: Plain> Drop for LinkFrom<T> {
    fn drop(&mut self) {
        leave(self.end.end(), Role::Receiver);
    }
}

impl<T: Plain> Deref for LinkTo<T> {
    type Target = open::Sender<T>;

    fn deref(&self) -> &Self::Target {
        &self.end
    }
}

impl<T: Plain> DerefMut for LinkTo<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.end
    }
}

impl<T: Plain> Deref for LinkFrom<T> {
    type Target = open::Receiver<T>;

    fn deref(&self) -> &Self::Target {
        &self.end
    }
}

impl<T: Plain> DerefMut for LinkFrom<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.end
    }
}

impl<T: Plain> fmt::Debug for LinkTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkTo({})", self.object_name())
    }
}

impl<T: Plain> fmt::Debug for LinkFrom<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkFrom({})", self.object_name())
    }
}
