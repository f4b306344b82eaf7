//! Where an unbounded buffer lies, and which of its segments are there.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use aqueduct::buffer::unbounded::{
    Consumer, Heap, Memory, NoMemory, Positions, Producer, Segments, Shape, Slot, Unbounded,
};
use aqueduct::place::Plain;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Object, SparseBuffer, Uid};

use crate::shm::Scratch;
use crate::spec::Queue;

/// A shape of these sizes.
pub fn shape(limit: usize, slots: usize) -> Shape {
    let [limit, slots] = [limit, slots].map(|count| Capacity::new(count).expect("not zero"));
    Shape::with_segment(limit, slots).expect("a small shape")
}

/// What is known of the segments of one buffer, whoever uses it.
#[derive(Clone, Debug, Default)]
pub struct Account {
    there: Arc<Mutex<BTreeSet<usize>>>,
    asked: Arc<AtomicUsize>,
    /// Whether there is no memory for more.
    pub refuses: Arc<AtomicBool>,
}

impl Account {
    pub fn there(&self) -> BTreeSet<usize> {
        self.there.lock().expect("no test failed in it").clone()
    }

    /// How often memory was asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }
}

/// Segments of which an account is kept, and for which there may be no memory.
#[derive(Debug)]
pub struct Accounted<M> {
    memory: M,
    account: Account,
}

impl<M> Accounted<M> {
    pub fn of(memory: M, account: &Account) -> Self {
        Self {
            memory,
            account: account.clone(),
        }
    }

    pub fn memory(&self) -> &M {
        &self.memory
    }
}

// SAFETY: as the memory that it passes everything on to.
unsafe impl<M: Segments> Segments for Accounted<M> {
    type Words = M::Words;
    type Slot = M::Slot;
    const OWNS_MESSAGES: bool = M::OWNS_MESSAGES;

    fn words(&self) -> &M::Words {
        self.memory.words()
    }

    fn shape(&self) -> Shape {
        self.memory.shape()
    }

    fn reserve(&self, segment: usize) -> Result<(), NoMemory> {
        self.account.asked.fetch_add(1, Relaxed);
        let mut there = self.account.there.lock().expect("no test failed in it");
        // What is there is never refused.
        if self.account.refuses.load(Relaxed) && !there.contains(&segment) {
            return Err(NoMemory);
        }
        self.memory.reserve(segment)?;
        there.insert(segment);
        Ok(())
    }

    unsafe fn give_back(&self, segment: usize) {
        let mut there = self.account.there.lock().expect("no test failed in it");
        // SAFETY: by the caller's word.
        unsafe { self.memory.give_back(segment) };
        there.remove(&segment);
    }

    unsafe fn slots(&self, segment: usize) -> &[M::Slot] {
        // SAFETY: by the caller's word.
        unsafe { self.memory.slots(segment) }
    }
}

/// How many of the next `count` messages have memory, or get some.
pub fn memory_for<T: Clone>(
    shape: Shape,
    account: &Account,
    spec: &Queue<T>,
    count: usize,
) -> usize {
    if !account.refuses.load(Relaxed) {
        return count;
    }
    let tail = Position::new(spec.tail());
    let left = match shape.slot(tail) {
        0 => 0,
        used => shape.slots() - used,
    };
    count.min(left)
}

/// The segments that are needed.
pub fn needed<T: Clone>(shape: Shape, spec: &Queue<T>) -> BTreeSet<usize> {
    let [head, tail] = [spec.head(), spec.tail()].map(Position::new);
    if head == tail && shape.begins(tail) {
        return BTreeSet::new();
    }
    let filled = (0..spec.filled()).map(|count| shape.segment(head.plus(count)));
    filled.chain([shape.segment(tail.minus(1))]).collect()
}

pub type OnHeap<T> = Accounted<Heap<Native, Positions<Native>, Slot<Native, T>>>;
pub type InObject<T> = Accounted<SparseBuffer<T>>;

/// The buffer that begins in `memory`.
pub fn begun<M: Memory>(memory: M) -> Arc<Unbounded<M>> {
    Arc::new(Unbounded::begin(memory).expect("there is memory"))
}

/// A new buffer on the heap.
pub fn on_heap<T>(shape: Shape, start: Position, account: &Account) -> Arc<Unbounded<OnHeap<T>>> {
    let heap = Heap::new(Positions::new(start), shape).expect("a small table");
    begun(Accounted::of(heap, account))
}

/// Bytes before the buffer that belong to somebody else.
pub const FRONT: usize = 128;

/// Memory of a new buffer in an object with a name.
pub fn in_object<T: Plain>(scratch: &Scratch, shape: Shape, start: Position) -> SparseBuffer<T> {
    let sparse = SparseBuffer::create(scratch.name(), 0o600, FRONT, shape, Positions::new(start));
    let sparse = sparse.expect("there is space");
    sparse.object().publish().expect("the name is free");
    sparse
}

/// Another mapping of the object with this name.
pub fn attached<T: Plain>(name: aqueduct::shm::Name, shape: Shape) -> SparseBuffer<T> {
    let object = Object::open(name, Uid::effective()).expect("it is there");
    SparseBuffer::attach(object, FRONT, shape).expect("it is long enough")
}

/// A producer that follows another.
pub fn producer<M: Memory>(buffer: &Arc<Unbounded<M>>) -> Producer<Arc<Unbounded<M>>> {
    // SAFETY: its predecessor is not used again.
    unsafe { Producer::attach(Arc::clone(buffer)) }.expect("nobody broke it")
}

/// A consumer that follows another.
pub fn consumer<M: Memory>(buffer: &Arc<Unbounded<M>>) -> Consumer<Arc<Unbounded<M>>> {
    // SAFETY: its predecessor is not used again.
    unsafe { Consumer::attach(Arc::clone(buffer)) }.expect("nobody broke it")
}
