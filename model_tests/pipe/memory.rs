//! A pipe that processes share, in the model's memory.

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::Frames;
use aqueduct::crowd::Seats;
use aqueduct::link::Role;
use aqueduct::link::member::{Bells, Member, Others};
use aqueduct::link::shared::Office;
use aqueduct::model::{self, AtomicU32, Machine};
use aqueduct::pipe::shared::{Past, Shared};
use aqueduct::pipe::{self, Hold};
use aqueduct::place::boxed;
use aqueduct::platform::{Atomic, Futex};
use aqueduct::position::{Capacity, Position};
use aqueduct::wait::Watched;
use std::ops::Deref;
use std::sync::Arc;

use crate::crowd::DYING;
use crate::crowd::locks::{By, Lock, SEATS, Seated, sit};

pub type Writer = pipe::Writer<Attached, 1>;
pub type Reader = pipe::Reader<Attached, 1>;

/// A pipe, whose blocks are bytes, and the locks of its seats.
pub struct Pipe {
    office: Box<Office<Machine, SEATS>>,
    past: Past<Machine>,
    locks: Box<[AtomicU32; SEATS]>,
    frames: Box<Frames<Machine, 1>>,
}

/// A pipe of so many bytes that nobody has used. Time goes on: who is suspicious looks again.
pub fn pipe(bytes: usize) -> Arc<Pipe> {
    model::expire();
    Arc::new(Pipe {
        office: office(),
        past: Past::new(),
        locks: Box::new([(); SEATS].map(|()| Atomic::new(0))),
        frames: boxed(Capacity::new(bytes).unwrap(), Position::new(0)).unwrap(),
    })
}

// In a function of its own: words of the machine are large, and the stack of a model is small.
#[inline(never)]
fn office() -> Box<Office<Machine, SEATS>> {
    Box::default()
}

impl Seated for Pipe {
    fn seats(&self) -> &Seats<Machine, SEATS> {
        self.office.seats()
    }

    fn locks(&self) -> &[AtomicU32; SEATS] {
        &self.locks
    }
}

impl Pipe {
    fn shared(&self) -> Shared<'_, Machine, SEATS, 1> {
        Shared {
            office: &self.office,
            past: &self.past,
            frames: &self.frames,
        }
    }

    /// Attaches the process with this number, which runs in the calling thread.
    fn attach(self: &Arc<Self>, process: u32, role: Role) -> Attached {
        // SAFETY: everybody has a number of these seats.
        let taken = unsafe { self.seats().take(&By(self, process), &self.shared()) };
        let (owner, lock) = taken.unwrap();
        sit(self, owner, process);
        let attached = Attached(Arc::new(Attachment {
            pipe: Arc::clone(self),
            process,
            owner,
            lock,
        }));
        self.shared().welcome(owner, role);
        attached
    }

    /// A writer, of the process with this number.
    pub fn write(self: &Arc<Self>, process: u32) -> Writer {
        // SAFETY: the attachment is new.
        unsafe { Writer::attach(self.attach(process, Role::Sender)) }
    }

    /// The reader, of the process with this number.
    pub fn read(self: &Arc<Self>, process: u32) -> Reader {
        // SAFETY: the models have one.
        unsafe { Reader::attach(self.attach(process, Role::Receiver)) }
    }
}

/// An attachment: a process that may be killed, or one that is not.
#[derive(Clone)]
pub struct Attached(Arc<Attachment>);

struct Attachment {
    pipe: Arc<Pipe>,
    process: u32,
    owner: Owner,
    lock: Lock<Pipe>,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if DYING.contains(&self.process) {
            self.lock.hold_until_death();
            return;
        }
        self.pipe.shared().resign(self.owner);
        let seat = self.pipe.seats().seat(self.owner).unwrap();
        seat.leave();
        Machine::wake(seat.life());
    }
}

// SAFETY: it is one pipe; each attachment has a seat of its own.
unsafe impl Member for Attached {
    type Platform = Machine;

    fn bells(&self) -> &Bells<Machine> {
        self.0.pipe.office.bells()
    }

    fn owner(&self) -> Owner {
        self.0.owner
    }

    fn join(&self, _: Role) {}

    fn leave(&self, _: Role) {}

    fn look<'a>(&'a self, role: Role, watched: &mut Watched<'a, Machine>) -> Others {
        let Attachment {
            pipe,
            process,
            owner,
            ..
        } = &*self.0;
        // SAFETY: everybody has a number of these seats, and this one holds its own.
        unsafe {
            pipe.shared()
                .look(role, &By(pipe, *process), *owner, watched)
        }
    }
}

impl Deref for Attached {
    type Target = Frames<Machine, 1>;

    fn deref(&self) -> &Self::Target {
        &self.0.pipe.frames
    }
}

// SAFETY: it is one buffer, and writers put no empty record in.
unsafe impl Hold<1> for Attached {}
