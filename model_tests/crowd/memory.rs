//! A ring that several share, and its seats, in the model's memory.

use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::buffer::{Blocked, Owner};
use aqueduct::crowd::{Locks, Seats};
use aqueduct::model::{self, AtomicU32, FUTEX_OWNER_DIED, Machine};
use aqueduct::place::boxed;
use aqueduct::platform::Atomic;
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::position::{Capacity, Position};
use std::convert::Infallible;
use std::mem;
use std::sync::Arc;

use super::DYING;
use crate::mpmc::LAPS;

type Words = Ring<Machine, u32, LAPS>;

/// Enough for those who meet in a model.
const SEATS: usize = 4;

/// The ring, the seats, and the locks of the seats: 0 or the kernel's mark when free, else the
/// holder.
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
    _lock: Lock,
}

/// A locked seat.
pub struct Lock {
    crowd: Arc<Crowd>,
    seat: usize,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.crowd.locks[self.seat].swap(0, Release);
    }
}

/// The locks, as the process with this number takes them.
struct By<'a>(&'a Arc<Crowd>, u32);

impl Locks for By<'_> {
    type Lock = Lock;
    type Error = Infallible;

    fn try_lock(&self, owner: Owner) -> Result<Option<Lock>, Infallible> {
        let By(crowd, process) = *self;
        let seat = usize::from(owner.number());
        let lock = &crowd.locks[seat];
        // A system call tells the newest value, as a read-modify-write does.
        let holder = lock.fetch_or(0, Acquire);
        if holder != 0 && holder != FUTEX_OWNER_DIED {
            return Ok(None);
        }
        if lock
            .compare_exchange(holder, process, Acquire, Relaxed)
            .is_err()
        {
            return Ok(None);
        }
        let crowd = Arc::clone(crowd);
        if DYING.contains(&process) {
            // The kernel marks the life word, if it is this one's, before it lets the lock go.
            let at = Arc::clone(&crowd);
            model::robust(
                at,
                move |crowd| crowd.seats.seat(owner).unwrap().life(),
                process,
            );
            model::robust(Arc::clone(&crowd), move |crowd| &crowd.locks[seat], process);
        }
        Ok(Some(Lock { crowd, seat }))
    }
}

impl Crowd {
    /// Attaches the process with this number, which runs in the calling thread.
    pub fn attach(self: &Arc<Self>, process: u32) -> Member {
        // SAFETY: everybody has a number of these seats.
        let taken = unsafe { self.seats.take(&By(self, process), &*self.ring) };
        let (owner, lock) = taken.unwrap();
        self.seats.seat(owner).unwrap().sit(process);
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

    /// Says goodbye.
    pub fn leave(self) {
        self.crowd.seats.seat(self.owner).unwrap().leave();
    }
}
