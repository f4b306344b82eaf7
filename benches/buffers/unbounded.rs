//! The unbounded ones.

use super::{End, Queue, Role};
use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::{self, Heap, OnHeap, Positions, Shape, Unbounded, many};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use crossbeam_queue::SegQueue;

/// A buffer on the heap, with the capacity as its limit.
fn on_heap<T>(capacity: usize) -> OnHeap<Native, T> {
    let limit = Capacity::new(capacity).expect("a capacity");
    let shape = Shape::new(limit).expect("a shape");
    let memory = Heap::new(Positions::new(Position::new(0)), shape).expect("memory");
    Unbounded::new(memory)
}

/// The library's, for at most one thread a side.
pub struct Growing<T>(OnHeap<Native, T>);

/// The sides that a thread has.
pub struct GrowingEnd<'a, T> {
    producer: Option<unbounded::Producer<&'a OnHeap<Native, T>>>,
    consumer: Option<unbounded::Consumer<&'a OnHeap<Native, T>>>,
}

impl<T: Copy + Send + 'static> Queue<T> for Growing<T> {
    type End<'a> = GrowingEnd<'a, T>;

    fn new(capacity: usize, _: usize) -> Self {
        Growing(on_heap(capacity))
    }

    fn end(&self, _: usize, role: Role) -> Self::End<'_> {
        let producer = (role != Role::Pops).then(|| {
            // SAFETY: one thread pushes.
            unsafe { unbounded::Producer::attach(&self.0) }.expect("a new buffer")
        });
        let consumer = (role != Role::Pushes).then(|| {
            // SAFETY: one thread pops, and all messages are a `T`.
            unsafe { unbounded::Consumer::attach(&self.0) }.expect("a new buffer")
        });
        GrowingEnd { producer, consumer }
    }
}

impl<T: Copy + Send + 'static> End<T> for GrowingEnd<'_, T> {
    fn push(&mut self, message: T) -> bool {
        let producer = self.producer.as_mut().expect("this thread pushes");
        producer.push(message).is_ok()
    }

    fn pop(&mut self) -> Option<T> {
        self.consumer.as_mut().expect("this thread pops").pop().ok()
    }
}

/// The library's, for any number of threads.
pub struct GrowingOfMany<T>(OnHeap<Native, T>);

/// A thread pushes and pops as one attachment.
pub struct OneOfMany<'a, T> {
    producer: many::Producer<&'a OnHeap<Native, T>>,
    consumer: many::Consumer<&'a OnHeap<Native, T>>,
}

impl<T: Copy + Send + 'static> Queue<T> for GrowingOfMany<T> {
    type End<'a> = OneOfMany<'a, T>;

    fn new(capacity: usize, _: usize) -> Self {
        GrowingOfMany(on_heap(capacity))
    }

    fn end(&self, number: usize, _: Role) -> Self::End<'_> {
        let owner = Owner::new(u16::try_from(number).expect("a few threads"));
        OneOfMany {
            // SAFETY: each number is taken once, and every message is a `T`.
            producer: unsafe { many::Producer::attach(&self.0, owner) },
            // SAFETY: as above.
            consumer: unsafe { many::Consumer::attach(&self.0, owner) },
        }
    }
}

impl<T: Copy + Send + 'static> End<T> for OneOfMany<'_, T> {
    fn push(&mut self, message: T) -> bool {
        self.producer.push(message).is_ok()
    }

    fn pop(&mut self) -> Option<T> {
        self.consumer.pop().ok()
    }
}

/// crossbeam's, which has no limit: its producers are stopped by memory alone, so here by a count.
pub struct Seg<T> {
    queue: SegQueue<T>,
    limit: usize,
}

impl<T: Send + 'static> Queue<T> for Seg<T> {
    type End<'a> = &'a Seg<T>;

    fn new(limit: usize, _: usize) -> Self {
        let queue = SegQueue::new();
        Seg { queue, limit }
    }

    fn end(&self, _: usize, _: Role) -> Self::End<'_> {
        self
    }
}

impl<T> End<T> for &Seg<T> {
    fn push(&mut self, message: T) -> bool {
        let room = self.queue.len() < self.limit;
        if room {
            self.queue.push(message);
        }
        room
    }

    fn pop(&mut self) -> Option<T> {
        self.queue.pop()
    }
}
