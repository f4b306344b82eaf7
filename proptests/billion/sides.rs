//! The two sides of each buffer. To add one: `Fills` and `Takes` for its sides, and a line in `main.rs`.

use std::ops::Deref;
use std::sync::Arc;

use aqueduct::buffer::unbounded::{
    self, Heap, HeapConsumer, HeapProducer, OnHeap, Positions, Shape, Unbounded, many, on_heap,
};
use aqueduct::buffer::{Owner, PopError, PushError, mpmc, spsc};
use aqueduct::place::Place;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

use crate::placed::Placed;

/// A message: who sent it, and which of its messages it is.
pub type Message = u64;

/// A side that fills.
pub trait Fills: Send {
    /// Puts in the first so many of `messages` as it can; a single one by itself.
    fn fill(&mut self, messages: &[Message]) -> usize;
}

/// A side that takes.
pub trait Takes: Send {
    /// Takes as many as there are, and as fit; a single one by itself. `None` if another call is in
    /// the way, so that nothing can be said.
    fn take(&mut self, messages: &mut [Message]) -> Option<usize>;
}

/// Both sides, as many of each as there are.
pub type Sides<F, T> = (Vec<F>, Vec<T>);

/// No power of two. So large that on a machine with other work a side has something to do until its
/// time is over.
const CAPACITY: Capacity = match Capacity::new(100_000) {
    Ok(capacity) => capacity,
    Err(_) => panic!("not 0"),
};

/// A few rounds before positions wrap.
const START: Position = Position::new(0).minus(3 * CAPACITY.get());

/// A new buffer as two mappings show it.
fn mapped<S: Place + ?Sized>() -> [Placed<S>; 2] {
    Placed::mapped(CAPACITY, START, 0)
}

type One = Placed<spsc::Ring<Native, Message>>;

/// The ring of one producer and one consumer, each with a mapping of its own.
pub fn spsc() -> Sides<spsc::Producer<One>, spsc::Consumer<One>> {
    let [filling, taking] = mapped();
    // SAFETY: the ring is new, of this capacity, and has no other producer.
    let producer = unsafe { spsc::Producer::attach(filling, CAPACITY) };
    // SAFETY: as above; and its messages are numbers.
    let consumer = unsafe { spsc::Consumer::attach(taking, CAPACITY) };
    let new = "the ring is new";
    (vec![producer.expect(new)], vec![consumer.expect(new)])
}

impl<R: Deref<Target = spsc::Ring<Native, Message>> + Send> Fills for spsc::Producer<R> {
    fn fill(&mut self, messages: &[Message]) -> usize {
        match *messages {
            [message] => match self.push(message) {
                Ok(()) => 1,
                Err(PushError::Full(_)) => 0,
                Err(error) => panic!("{error}"),
            },
            _ => self.push_slice(messages).expect("nobody broke it"),
        }
    }
}

impl<R: Deref<Target = spsc::Ring<Native, Message>> + Send> Takes for spsc::Consumer<R> {
    fn take(&mut self, messages: &mut [Message]) -> Option<usize> {
        Some(match messages {
            [message] => one(self.pop(), message),
            _ => self.pop_slice(messages).expect("nobody broke it"),
        })
    }
}

/// What a try to take one message brought.
fn one(popped: Result<Message, PopError>, message: &mut Message) -> usize {
    match popped {
        Ok(popped) => {
            *message = popped;
            1
        }
        Err(PopError::Empty) => 0,
        Err(error) => panic!("{error}"),
    }
}

type Many = Placed<mpmc::Ring<Native, Message>>;

/// The ring of many; those who fill have one mapping, those who take another.
pub fn mpmc(producers: u16, consumers: u16) -> Sides<mpmc::Producer<Many>, mpmc::Consumer<Many>> {
    let [filling, taking] = mapped::<mpmc::Ring<Native, Message>>();
    let owner = |number| Owner::new(number);
    // SAFETY: each number is given once.
    let producer = |number| unsafe { mpmc::Producer::attach(filling.clone(), owner(number)) };
    // SAFETY: as above; and its messages are numbers.
    let consumer = |number| unsafe { mpmc::Consumer::attach(taking.clone(), owner(number)) };
    let all = producers + consumers;
    (
        (0..producers).map(producer).collect(),
        (producers..all).map(consumer).collect(),
    )
}

impl<R: Deref<Target = mpmc::Ring<Native, Message>> + Send> Fills for mpmc::Producer<R> {
    fn fill(&mut self, messages: &[Message]) -> usize {
        let filled = match *messages {
            [message] => self
                .push(message)
                .map_err(|error| error.map(|_| ()))
                .map(|()| 1),
            _ => self.push_slice(messages),
        };
        match filled {
            Ok(filled) => filled,
            Err(mpmc::PushError::Full(()) | mpmc::PushError::Busy((), _)) => 0,
            Err(error) => panic!("{error}"),
        }
    }
}

impl<R: Deref<Target = mpmc::Ring<Native, Message>> + Send> Takes for mpmc::Consumer<R> {
    fn take(&mut self, messages: &mut [Message]) -> Option<usize> {
        let taken = match messages {
            [message] => self.pop().map(|popped| {
                *message = popped;
                1
            }),
            _ => self.pop_slice(messages),
        };
        if_there(taken)
    }
}

/// What a try of one of several brought.
fn if_there(taken: Result<usize, mpmc::PopError>) -> Option<usize> {
    match taken {
        Ok(taken) => Some(taken),
        Err(mpmc::PopError::Empty) => Some(0),
        Err(mpmc::PopError::Busy(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

/// The buffer without a fixed size, on the heap; its segments come and go all the time.
pub fn unbounded() -> Sides<HeapProducer<Native, Message>, HeapConsumer<Native, Message>> {
    let shape = Shape::new(CAPACITY).expect("a small shape");
    let (producer, consumer) = on_heap(shape).expect("there is memory");
    (vec![producer], vec![consumer])
}

impl Fills for HeapProducer<Native, Message> {
    fn fill(&mut self, messages: &[Message]) -> usize {
        match *messages {
            [message] => match self.push(message) {
                Ok(()) => 1,
                Err(unbounded::PushError::Full(_)) => 0,
                Err(error) => panic!("{error}"),
            },
            _ => self.push_slice(messages).expect("there is memory"),
        }
    }
}

impl Takes for HeapConsumer<Native, Message> {
    fn take(&mut self, messages: &mut [Message]) -> Option<usize> {
        Some(match messages {
            [message] => one(self.pop(), message),
            _ => self.pop_slice(messages).expect("nobody broke it"),
        })
    }
}

type Shared = Arc<OnHeap<Native, Message>>;

/// The same, where several fill and several take.
pub fn unbounded_of_many(
    producers: u16,
    consumers: u16,
) -> Sides<many::Producer<Shared>, many::Consumer<Shared>> {
    let shape = Shape::new(CAPACITY).expect("a small shape");
    let memory = Heap::new(Positions::new(START), shape).expect("there is memory");
    let buffer = Arc::new(Unbounded::begin(memory).expect("there is memory"));
    let shared = |number| (Arc::clone(&buffer), Owner::new(number));
    let producer = |number| {
        let (buffer, owner) = shared(number);
        // SAFETY: each number is given once, and all sides are shared.
        unsafe { many::Producer::attach(buffer, owner) }
    };
    let consumer = |number| {
        let (buffer, owner) = shared(number);
        // SAFETY: as above; and its messages are numbers.
        unsafe { many::Consumer::attach(buffer, owner) }
    };
    let all = producers + consumers;
    (
        (0..producers).map(producer).collect(),
        (producers..all).map(consumer).collect(),
    )
}

impl Fills for many::Producer<Shared> {
    fn fill(&mut self, messages: &[Message]) -> usize {
        let filled = match *messages {
            [message] => self
                .push(message)
                .map_err(|error| error.map(|_| ()))
                .map(|()| 1),
            _ => self.push_slice(messages),
        };
        match filled {
            Ok(filled) => filled,
            Err(many::PushError::Full(()) | many::PushError::Busy((), _)) => 0,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Takes for many::Consumer<Shared> {
    fn take(&mut self, messages: &mut [Message]) -> Option<usize> {
        let taken = match messages {
            [message] => self.pop().map(|popped| {
                *message = popped;
                1
            }),
            _ => self.pop_slice(messages),
        };
        if_there(taken)
    }
}
