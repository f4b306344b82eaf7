//! A mailbox that processes share, in the model's memory.

use aqueduct::buffer::rendezvous::Rendezvous;
use aqueduct::buffer::unbounded::{Heap, OnHeap, Positions, Shape, Slot};
use aqueduct::buffer::{Owner, mpmc};
use aqueduct::crowd::Seats;
use aqueduct::link::Role;
use aqueduct::link::mailbox::{self, Buffer, Capacity, Hold, Succession};
use aqueduct::link::member::{Bells, Member, Others};
use aqueduct::link::shared::{Office, Shared};
use aqueduct::model::{self, AtomicU32, FUTEX_OWNER_DIED, FUTEX_WAITERS, Machine};
use aqueduct::place::boxed;
use aqueduct::platform::Ordering::{Acquire, Release};
use aqueduct::platform::{Atomic, Futex, Platform};
use aqueduct::position::{self, Position};
use aqueduct::wait::Watched;
use std::sync::Arc;

use crate::crowd::locks::{By, Lock, SEATS, Seated, sit};
use crate::crowd::{DYING, STOPPED};

pub type Sender = mailbox::Sender<Attached>;
pub type Receiver = mailbox::Receiver<Attached>;
type Segments<M> = Heap<Machine, Positions<Machine>, Slot<Machine, M>>;

/// A mailbox, the locks of its seats, and whether others may come.
pub struct Post<M: 'static = u32> {
    office: Box<Office<Machine, SEATS>>,
    locks: Box<[AtomicU32; SEATS]>,
    contents: Contents<M>,
    succession: Succession,
    /// The number of the maker, until it has given the mailbox its name.
    unnamed: AtomicU32,
    /// 1 once those who wait are about to.
    ready: AtomicU32,
}

enum Contents<M: 'static> {
    Zero(Box<Rendezvous<Machine, M>>),
    Bounded(Box<mpmc::Ring<Machine, M>>),
    Unbounded(Box<OnHeap<Machine, M>>),
}

/// A mailbox for numbers.
pub fn post(kind: Capacity, succession: Succession, maker: u32) -> Arc<Post> {
    post_of(kind, succession, maker)
}

/// A mailbox that the process `maker` is about to make. Time goes on: who is suspicious, or finds a
/// gate closed, looks again.
pub fn post_of<M>(kind: Capacity, succession: Succession, maker: u32) -> Arc<Post<M>> {
    model::expire();
    Arc::new(Post {
        office: office(),
        locks: Box::new([(); SEATS].map(|()| Atomic::new(0))),
        contents: contents(kind),
        succession,
        unnamed: Atomic::new(FUTEX_WAITERS | maker),
        ready: Atomic::new(0),
    })
}

// In functions of their own: words of the machine are large, and the stack of a model is small.
#[inline(never)]
fn office() -> Box<Office<Machine, SEATS>> {
    Box::default()
}

#[inline(never)]
fn contents<M>(kind: Capacity) -> Contents<M> {
    let capacity = |messages| position::Capacity::new(messages).unwrap();
    let start = Position::new(0);
    match kind {
        Capacity::Zero => Contents::Zero(Box::new(Rendezvous::new(0))),
        Capacity::Bounded(n) => Contents::Bounded(boxed(capacity(n), start).unwrap()),
        Capacity::Unbounded => {
            let shape = Shape::with_segment(capacity(4), capacity(2)).unwrap();
            let memory = Heap::new(Positions::new(start), shape).unwrap();
            Contents::Unbounded(Box::new(OnHeap::new(memory)))
        }
    }
}

impl<M> Seated for Post<M> {
    fn seats(&self) -> &Seats<Machine, SEATS> {
        self.office.seats()
    }

    fn locks(&self) -> &[AtomicU32; SEATS] {
        &self.locks
    }
}

impl<M> Post<M> {
    fn shared(&self) -> Shared<'_, Machine, Buffer<'_, Segments<M>>, SEATS> {
        let buffer = match &self.contents {
            Contents::Zero(point) => Buffer::Zero(point),
            Contents::Bounded(ring) => Buffer::Bounded(ring),
            Contents::Unbounded(buffer) => Buffer::Unbounded(buffer),
        };
        let (office, succession) = (&self.office, self.succession);
        Shared {
            office,
            buffer,
            succession,
        }
    }

    /// Attaches the process with this number, which runs in the calling thread.
    fn attach(self: &Arc<Self>, process: u32) -> Attached<M> {
        // SAFETY: everybody has a number of these seats.
        let taken = unsafe { self.seats().take(&By(self, process), &self.shared()) };
        let (owner, lock) = taken.unwrap();
        sit(self, owner, process);
        let attached = Attached(Arc::new(Attachment {
            post: Arc::clone(self),
            process,
            owner,
            lock,
        }));
        self.office.claim(owner);
        self.office.welcome();
        attached
    }

    /// Makes the mailbox, as the process that it was said.
    pub fn make(self: &Arc<Self>, process: u32) -> Attached<M> {
        if DYING.contains(&process) {
            model::robust(Arc::clone(self), |post| &post.unnamed, process);
        }
        let attached = self.attach(process);
        self.unnamed.swap(0, Release);
        Machine::wake(&self.unnamed);
        attached
    }

    /// Lets those go on who wait until others are ready.
    pub fn is_ready(&self) {
        self.ready.swap(1, Release);
        Machine::wake(&self.ready);
    }

    /// Waits until others are ready, who then can sleep before this one goes on.
    pub fn until_ready(&self) {
        while self.ready.load(Acquire) == 0 {
            Machine::wait_any(&[(&self.ready, 0)], None);
        }
    }

    /// Attaches once the mailbox is made; `None` if the maker died before.
    pub fn come(self: &Arc<Self>, process: u32) -> Option<Attached<M>> {
        loop {
            match self.unnamed.load(Acquire) {
                0 => return Some(self.attach(process)),
                died if died & FUTEX_OWNER_DIED != 0 => {
                    if model::is_dead(STOPPED) {
                        return None;
                    }
                    Machine::spin();
                }
                maker => Machine::wait_any(&[(&self.unnamed, maker)], None),
            }
        }
    }
}

/// An attachment: a process that may be killed, or one that is not.
pub struct Attached<M: 'static = u32>(Arc<Attachment<M>>);

struct Attachment<M: 'static> {
    post: Arc<Post<M>>,
    process: u32,
    owner: Owner,
    lock: Lock<Post<M>>,
}

impl<M> Attached<M> {
    pub fn sender(&self) -> mailbox::Sender<Self> {
        mailbox::Sender::join(self.clone())
    }

    pub fn receiver(&self) -> mailbox::Receiver<Self> {
        mailbox::Receiver::join(self.clone())
    }

    pub fn is_owner(&self) -> bool {
        self.0.post.office.is_owner(self.0.owner)
    }

    /// Closes the mailbox, if it is this one's.
    pub fn close(&self) -> bool {
        self.0.post.office.close(self.0.owner)
    }
}

impl<M> Clone for Attached<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> Drop for Attachment<M> {
    fn drop(&mut self) {
        if DYING.contains(&self.process) {
            self.lock.hold_until_death();
            return;
        }
        self.post.office.resign(self.owner, self.post.succession);
        self.post.seats().seat(self.owner).unwrap().leave();
    }
}

// SAFETY: it is one mailbox; each attachment has a seat of its own.
unsafe impl<M> Member for Attached<M> {
    type Platform = Machine;

    fn bells(&self) -> &Bells<Machine> {
        self.0.post.office.bells()
    }

    fn owner(&self) -> Owner {
        self.0.owner
    }

    fn join(&self, _: Role) {}

    fn leave(&self, _: Role) {}

    fn look<'a>(&'a self, _: Role, watched: &mut Watched<'a, Machine>) -> Others {
        let Attachment {
            post,
            process,
            owner,
            ..
        } = &*self.0;
        // SAFETY: everybody has a number of these seats, and this one holds its own.
        unsafe { post.shared().look(&By(post, *process), *owner, watched) }
    }
}

// SAFETY: its messages are of one type, and only threads of the model come to it.
unsafe impl<M> Hold for Attached<M> {
    type Message = M;
    type Memory = Segments<M>;

    fn buffer(&self) -> Buffer<'_, Segments<M>> {
        self.0.post.shared().buffer
    }
}
