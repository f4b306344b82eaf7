//! The competitors, behind one trait. To add one: an adapter, and a line in `competitors`.

mod unbounded;

use aqueduct::buffer::{Owner, mpmc, spsc};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use crossbeam_queue::ArrayQueue;

pub use self::unbounded::{Growing, GrowingOfMany, Seg};

/// Whether the competitor of this name is crossbeam's.
pub fn is_others(name: &str) -> bool {
    ["ArrayQueue", "SegQueue"].contains(&name)
}

/// What a thread does with a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Pushes,
    Pops,
    Both,
}

/// A queue of `T`.
pub trait Queue<T>: Sync {
    type End<'a>: End<T> + Send
    where
        Self: 'a;

    fn new(capacity: usize, ends: usize) -> Self;

    /// The end number `number`, of as many as were asked for; each is taken once.
    fn end(&self, number: usize, role: Role) -> Self::End<'_>;
}

/// What one thread holds; both only try.
pub trait End<T> {
    fn push(&mut self, message: T) -> bool;
    fn pop(&mut self) -> Option<T>;
}

/// The competitors for a job that is generic over the queue: `competitors!(job, message type)`.
macro_rules! competitors {
    ($job:ident, $message:ty) => {
        [
            ("mpmc", $job::<$message, queues::Many<$message>> as _),
            ("ArrayQueue", $job::<$message, queues::Array<$message>> as _),
            (
                "unbounded::many",
                $job::<$message, queues::GrowingOfMany<$message>> as _,
            ),
            ("SegQueue", $job::<$message, queues::Seg<$message>> as _),
        ]
    };
    ($job:ident, $message:ty, one to one) => {
        [
            ("mpmc", $job::<$message, queues::Many<$message>> as _),
            ("ArrayQueue", $job::<$message, queues::Array<$message>> as _),
            ("spsc", $job::<$message, queues::One<$message>> as _),
            (
                "unbounded",
                $job::<$message, queues::Growing<$message>> as _,
            ),
        ]
    };
}
pub(crate) use competitors;

/// The library's ring of many.
pub struct Many<T>(Box<mpmc::Ring<Native, T>>);

/// A thread pushes and pops as one attachment.
pub struct ManyEnd<'a, T> {
    producer: mpmc::Producer<&'a mpmc::Ring<Native, T>>,
    consumer: mpmc::Consumer<&'a mpmc::Ring<Native, T>>,
}

impl<T: Copy + Send + 'static> Queue<T> for Many<T> {
    type End<'a> = ManyEnd<'a, T>;

    fn new(capacity: usize, _: usize) -> Self {
        let capacity = Capacity::new(capacity).expect("a capacity");
        Many(boxed(capacity, Position::new(0)).expect("memory"))
    }

    fn end(&self, number: usize, _: Role) -> Self::End<'_> {
        let owner = Owner::new(u16::try_from(number).expect("a few threads"));
        ManyEnd {
            // SAFETY: each number is taken once, and every message is a `T`.
            producer: unsafe { mpmc::Producer::attach(&*self.0, owner) },
            // SAFETY: as above.
            consumer: unsafe { mpmc::Consumer::attach(&*self.0, owner) },
        }
    }
}

impl<T: Copy + Send + 'static> End<T> for ManyEnd<'_, T> {
    fn push(&mut self, message: T) -> bool {
        self.producer.push(message).is_ok()
    }

    fn pop(&mut self) -> Option<T> {
        self.consumer.pop().ok()
    }
}

/// crossbeam's bounded queue: Vyukov's, for threads of one process.
pub struct Array<T>(ArrayQueue<T>);

impl<T: Send + 'static> Queue<T> for Array<T> {
    type End<'a> = &'a ArrayQueue<T>;

    fn new(capacity: usize, _: usize) -> Self {
        Array(ArrayQueue::new(capacity))
    }

    fn end(&self, _: usize, _: Role) -> Self::End<'_> {
        &self.0
    }
}

impl<T> End<T> for &ArrayQueue<T> {
    fn push(&mut self, message: T) -> bool {
        ArrayQueue::push(self, message).is_ok()
    }

    fn pop(&mut self) -> Option<T> {
        ArrayQueue::pop(self)
    }
}

/// The ring of one producer and one consumer, for at most one thread a side.
pub struct One<T> {
    ring: Box<spsc::Ring<Native, T>>,
    capacity: Capacity,
}

type OneRing<'a, T> = &'a spsc::Ring<Native, T>;

/// The sides that a thread has.
pub struct OneEnd<'a, T> {
    producer: Option<spsc::Producer<OneRing<'a, T>>>,
    consumer: Option<spsc::Consumer<OneRing<'a, T>>>,
}

impl<T: Copy + Send + 'static> Queue<T> for One<T> {
    type End<'a> = OneEnd<'a, T>;

    fn new(capacity: usize, _: usize) -> Self {
        let capacity = Capacity::new(capacity).expect("a capacity");
        let ring = boxed(capacity, Position::new(0)).expect("memory");
        One { ring, capacity }
    }

    fn end(&self, _: usize, role: Role) -> Self::End<'_> {
        let producer = (role != Role::Pops).then(|| {
            // SAFETY: the ring is of this capacity, and one thread pushes.
            unsafe { spsc::Producer::attach(&*self.ring, self.capacity) }.expect("a new ring")
        });
        let consumer = (role != Role::Pushes).then(|| {
            // SAFETY: the ring is of this capacity, and one thread pops.
            unsafe { spsc::Consumer::attach(&*self.ring, self.capacity) }.expect("a new ring")
        });
        OneEnd { producer, consumer }
    }
}

impl<T: Copy + Send + 'static> End<T> for OneEnd<'_, T> {
    fn push(&mut self, message: T) -> bool {
        let producer = self.producer.as_mut().expect("this thread pushes");
        producer.push(message).is_ok()
    }

    fn pop(&mut self) -> Option<T> {
        self.consumer.as_mut().expect("this thread pops").pop().ok()
    }
}
