//! A value that panics when it is dropped: every other one is dropped all the same, each once, and no
//! memory is lost. And nothing clones a message.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use aqueduct::buffer::unbounded::{self, Heap, OnHeap, Positions, Shape, many};
use aqueduct::buffer::{Owner, mpmc, spsc, textbook};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::Position;
use aqueduct::threads;
use aqueduct::wait::Patience;

use crate::allocations;
use crate::shared::capacity;

thread_local! {
    static MADE: Cell<usize> = const { Cell::new(0) };
    static DROPPED: Cell<usize> = const { Cell::new(0) };
    /// The drop that panics.
    static FUSE: Cell<usize> = const { Cell::new(0) };
}

/// Counts a drop; the one that was chosen panics, and prints nothing.
fn drop_counts() {
    DROPPED.set(DROPPED.get() + 1);
    if DROPPED.get() == FUSE.get() {
        resume_unwind(Box::new(()));
    }
}

/// A value whose drop is counted, and may panic.
trait Value: Send {
    fn new() -> Self;
}

macro_rules! value {
    ($(#[$attribute:meta])* $name:ident($($part:ty)?), $make:expr) => {
        $(#[$attribute])*
        struct $name($($part)?);

        impl Value for $name {
            fn new() -> Self {
                MADE.set(MADE.get() + 1);
                $make
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                drop_counts();
            }
        }
    };
}

value!(
    /// It has a block of the heap, which must go back, too.
    #[expect(dead_code, reason = "it is only there to be freed")]
    Boxed(Box<u64>), Self(Box::new(7))
);
value!(
    /// It has no bytes.
    Empty(), Self()
);
value!(
    /// It asks for more alignment than the words of the buffers have.
    #[expect(dead_code, reason = "as above")]
    #[repr(align(512))]
    Far(Box<u64>), Self(Box::new(7))
);

/// What is left of `MESSAGES` values after one was taken.
const LEFT: usize = MESSAGES - 1;
const MESSAGES: usize = 5;

/// Runs `f`, which makes `MESSAGES` values and drops them all, with each of the last drops going off
/// once, and with none.
fn each_is_dropped_once(f: impl Fn()) {
    for fuse in 0..=LEFT {
        let run = || {
            MADE.set(0);
            DROPPED.set(0);
            FUSE.set(if fuse == 0 { 0 } else { fuse + 1 });
            catch_unwind(AssertUnwindSafe(&f)).is_err()
        };
        let (panicked, blocks) = allocations::of(run);
        assert_eq!(panicked, fuse > 0);
        assert_eq!(
            (MADE.get(), DROPPED.get()),
            (MESSAGES, MESSAGES),
            "fuse {fuse}"
        );
        assert_eq!(blocks.made, blocks.freed, "fuse {fuse}");
    }
}

/// A new structure on the heap.
fn on_heap<S: Place + ?Sized>() -> Arc<S> {
    let structure = boxed::<S>(capacity(MESSAGES), Position::new(0));
    structure.expect("it is small").into()
}

fn is_in<T: Value>(name: &str) {
    println!("{name}");
    textbook_drops::<T>();
    spsc_drops::<T>();
    batch_drops::<T>();
    mpmc_drops::<T>();
    unbounded_drops::<T>();
    many_drops::<T>();
    link_drops::<T>();
}

fn textbook_drops<T: Value>() {
    each_is_dropped_once(|| {
        let size = capacity(MESSAGES).into();
        let (mut producer, mut consumer) = textbook::on_heap::<Native, T>(size).expect("small");
        for _ in 0..MESSAGES {
            assert!(producer.push(T::new()).is_ok());
        }
        drop(consumer.pop());
    });
}

fn spsc_drops<T: Value>() {
    each_is_dropped_once(|| {
        let ring = on_heap::<spsc::Ring<Native, T>>();
        // SAFETY: the ring is new and of this capacity.
        let sides = unsafe { spsc::split(ring, capacity(MESSAGES)) };
        let (mut producer, mut consumer) = sides.expect("new");
        for _ in 0..MESSAGES {
            assert!(producer.push(T::new()).is_ok());
        }
        drop(consumer.pop());
    });
}

/// A batch that is not committed, with one message before it.
fn batch_drops<T: Value>() {
    each_is_dropped_once(|| {
        let ring = on_heap::<spsc::Ring<Native, T>>();
        // SAFETY: the ring is new and of this capacity.
        let sides = unsafe { spsc::split(ring, capacity(MESSAGES)) };
        let (mut producer, mut consumer) = sides.expect("new");
        assert!(producer.push(T::new()).is_ok());
        drop(consumer.pop());
        let mut batch = producer.batch();
        for _ in 0..LEFT {
            assert!(batch.push(T::new()).is_ok());
        }
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(batch)));
        assert_eq!(DROPPED.get(), MESSAGES, "before the ring is dropped");
        assert_eq!(
            consumer.pop().err(),
            Some(aqueduct::buffer::PopError::Empty)
        );
        if let Err(panic) = dropped {
            resume_unwind(panic);
        }
    });
}

fn mpmc_drops<T: Value>() {
    each_is_dropped_once(|| {
        let ring = on_heap::<mpmc::Ring<Native, T>>();
        // SAFETY: it is the only attachment.
        let producer = unsafe { mpmc::Producer::attach(Arc::clone(&ring), Owner::new(1)) };
        // SAFETY: as above.
        let consumer = unsafe { mpmc::Consumer::attach(ring, Owner::new(1)) };
        for _ in 0..MESSAGES {
            assert!(producer.push(T::new()).is_ok());
        }
        drop(consumer.pop());
    });
}

fn unbounded_drops<T: Value>() {
    each_is_dropped_once(|| {
        let shape = Shape::with_segment(capacity(MESSAGES), capacity(2)).expect("a small shape");
        let sides = unbounded::on_heap::<Native, T>(shape);
        let (mut producer, mut consumer) = sides.expect("a small table");
        for _ in 0..MESSAGES {
            assert!(producer.push(T::new()).is_ok());
        }
        drop(consumer.pop());
    });
}

fn many_drops<T: Value>() {
    each_is_dropped_once(|| {
        let shape = Shape::with_segment(capacity(MESSAGES), capacity(2)).expect("a small shape");
        let memory = Heap::new(Positions::new(Position::new(0)), shape).expect("a small table");
        let buffer = Arc::new(OnHeap::<Native, T>::new(memory));
        // SAFETY: it is the only attachment.
        let mut producer = unsafe { many::Producer::attach(Arc::clone(&buffer), Owner::new(1)) };
        // SAFETY: as above.
        let mut consumer = unsafe { many::Consumer::attach(buffer, Owner::new(1)) };
        for _ in 0..MESSAGES {
            assert!(producer.push(T::new()).is_ok());
        }
        drop(consumer.pop());
    });
}

fn link_drops<T: Value>() {
    each_is_dropped_once(|| {
        let (mut sender, mut receiver) = threads::bounded::<T>(MESSAGES).expect("small");
        for _ in 0..MESSAGES {
            assert!(sender.try_send(T::new()).is_ok());
        }
        drop(receiver.try_recv());
    });
}

#[test]
fn a_drop_that_panics_keeps_none_of_the_others() {
    is_in::<Boxed>("values with memory of their own");
    is_in::<Empty>("values of no bytes");
    is_in::<Far>("values that are aligned far");
}

/// What panics when it is cloned. What is `Copy` is copied.
#[derive(Copy, Debug, PartialEq)]
struct Unique(u64);

#[expect(clippy::expl_impl_clone_on_copy, reason = "nobody should call it")]
#[expect(clippy::non_canonical_clone_impl, reason = "likewise")]
impl Clone for Unique {
    fn clone(&self) -> Self {
        panic!("{self:?} was cloned")
    }
}

const UNIQUE: [Unique; 3] = [Unique(1), Unique(2), Unique(3)];

#[test]
fn no_buffer_clones_a_message() {
    let none = || [Unique(0), Unique(0), Unique(0)];
    let ring = on_heap::<spsc::Ring<Native, Unique>>();
    // SAFETY: the ring is new and of this capacity.
    let sides = unsafe { spsc::split(ring, capacity(MESSAGES)) };
    let (mut producer, mut consumer) = sides.expect("new");
    let mut popped = none();
    assert_eq!(producer.push_slice(&UNIQUE), Ok(3));
    assert_eq!(consumer.pop_slice(&mut popped), Ok(3));
    assert_eq!(popped, UNIQUE);

    let ring = on_heap::<mpmc::Ring<Native, Unique>>();
    // SAFETY: it is the only attachment.
    let producer = unsafe { mpmc::Producer::attach(Arc::clone(&ring), Owner::new(1)) };
    // SAFETY: as above.
    let consumer = unsafe { mpmc::Consumer::attach(ring, Owner::new(1)) };
    let mut popped = none();
    assert_eq!(producer.push_slice(&UNIQUE), Ok(3));
    assert_eq!(consumer.pop_slice(&mut popped), Ok(3));
    assert_eq!(popped, UNIQUE);

    let shape = Shape::with_segment(capacity(MESSAGES), capacity(2)).expect("a small shape");
    let sides = unbounded::on_heap::<Native, Unique>(shape);
    let (mut producer, mut consumer) = sides.expect("a small table");
    let mut popped = none();
    assert_eq!(producer.push_slice(&UNIQUE), Ok(3));
    assert_eq!(consumer.pop_slice(&mut popped), Ok(3));
    assert_eq!(popped, UNIQUE);

    let (mut sender, mut receiver) = threads::bounded::<Unique>(MESSAGES).expect("small");
    let sent = sender.send_batch(3, Patience::FOREVER, |batch| batch.push_slice(&UNIQUE));
    assert_eq!(sent, Ok(Ok(3)));
    let read = receiver.recv_batch(Patience::FOREVER, |incoming| {
        incoming.read(3, |run| {
            assert_eq!(run, UNIQUE);
            run.len()
        })
    });
    assert_eq!(read, Ok(Ok(3)));
}
