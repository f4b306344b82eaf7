//! A ring that several share, and its seats, in the model's memory.

use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::buffer::{Blocked, Owner};
use aqueduct::crowd::{Seats, Suspects};
use aqueduct::model::{AtomicU32, Machine};
use aqueduct::place::boxed;
use aqueduct::platform::Atomic;
use aqueduct::position::{Capacity, Position};
use aqueduct::wait::Watched;
use std::mem;
use std::sync::Arc;

use super::locks::{By, Lock, SEATS, Seated, sit};
use crate::mpmc::LAPS;

type Words = Ring<Machine, u32, LAPS>;

/// The ring, the seats, and their locks.
pub struct Crowd {
    pub ring: Box<Words>,
    seats: Seats<Machine, SEATS>,
    locks: [AtomicU32; SEATS],
}

/// A ring for `capacity` messages that nobody uses.
pub fn crowd(capacity: usize) -> Arc<Crowd> {
    let capacity = Capacity::new(capacity).unwrap();
    Arc::new(Crowd {
        ring: boxed(capacity, Position::new(0)).unwrap(),
        seats: Seats::new(),
        locks: [(); SEATS].map(|()| Atomic::new(0)),
    })
}

/// An attachment: a process that may be killed, or one that is not.
pub struct Member {
    crowd: Arc<Crowd>,
    process: u32,
    owner: Owner,
    _lock: Lock<Crowd>,
}

impl Seated for Crowd {
    fn seats(&self) -> &Seats<Machine, SEATS> {
        &self.seats
    }

    fn locks(&self) -> &[AtomicU32; SEATS] {
        &self.locks
    }
}

impl Crowd {
    /// Attaches the process with this number, which runs in the calling thread.
    pub fn attach(self: &Arc<Self>, process: u32) -> Member {
        // SAFETY: everybody has a number of these seats.
        let taken = unsafe { self.seats.take(&By(self, process), &*self.ring) };
        let (owner, lock) = taken.unwrap();
        sit(self, owner, process);
        let crowd = Arc::clone(self);
        Member {
            crowd,
            process,
            owner,
            _lock: lock,
        }
    }
}

impl Member {
    /// Its number.
    pub fn number(&self) -> u16 {
        self.owner.number()
    }

    /// Tries until nobody dead is in the way.
    fn outlive<T, E: Blocked>(&self, attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        let Self { crowd, owner, .. } = self;
        let locks = By(crowd, self.process);
        // SAFETY: everybody has a number of these seats, and this one holds its own.
        unsafe { crowd.seats.outlive(&locks, &*crowd.ring, *owner, attempt) }
    }

    /// Claims a slot and fills it; says what came of it.
    pub fn push(&self, message: u32) -> &'static str {
        // SAFETY: the seat is this one's, and was settled.
        let producer = unsafe { Producer::attach(&*self.crowd.ring, self.owner) };
        match self.outlive(|| producer.push(message)) {
            Ok(()) => "pushed",
            Err(PushError::Full(_)) => "full",
            Err(PushError::Busy(..)) => "busy",
            Err(PushError::Corrupt(_)) => panic!("corrupt"),
        }
    }

    /// Claims a slot, which stays so.
    pub fn claim_and_forget(&self) {
        // SAFETY: the seat is this one's, and was settled.
        let producer = unsafe { Producer::attach(&*self.crowd.ring, self.owner) };
        mem::forget(producer.claim());
    }

    /// Takes a message, if there is one that nobody has in hand, and says whether it is marked.
    pub fn pop(&self) -> Option<(u32, bool)> {
        // SAFETY: the seat is this one's, and was settled; all messages are numbers.
        let consumer = unsafe { Consumer::attach(&*self.crowd.ring, self.owner) };
        match self.outlive(|| consumer.pop_ref()) {
            Ok(message) => {
                let marked = message.maybe_redelivered();
                Some((message.into_inner(), marked))
            }
            Err(PopError::Empty | PopError::Busy(_)) => None,
            Err(PopError::Corrupt(_)) => panic!("corrupt"),
        }
    }

    /// Takes all that is there.
    pub fn rest(&self) -> Vec<(u32, bool)> {
        std::iter::from_fn(|| self.pop()).collect()
    }

    /// Those that seem dead.
    pub fn suspects(&self) -> Suspects {
        let locks = By(&self.crowd, self.process);
        let mut watched = Watched::<Machine>::new();
        let Crowd { seats, ring, .. } = &*self.crowd;
        // SAFETY: everybody has a number of these seats, and this one holds its own.
        unsafe { seats.watch(&locks, &**ring, self.owner, &mut watched) }.unwrap()
    }

    /// Says goodbye.
    pub fn leave(self) {
        self.crowd.seats.seat(self.owner).unwrap().leave();
    }
}
