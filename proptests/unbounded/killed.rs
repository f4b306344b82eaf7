//! The buffer that several share, in an object, between processes that are killed.

use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::many::{Consumer, PopError, Producer, PushError};
use aqueduct::buffer::unbounded::{Positions, Shape, Unbounded};
use aqueduct::position::Position;
use aqueduct::shm::{Name, Object, SparseBuffer, Uid};

use super::memory::shape;
use crate::crowd::Message;
use crate::crowd::killed::{Outliving, Taken, outlive};

type Shared = Arc<Unbounded<SparseBuffer<Message>>>;

/// Segments of four messages, which come and go all the time.
fn small(limit: usize) -> Shape {
    shape(limit, 4)
}

impl Outliving for Shared {
    const HELPER: &'static str = "unbounded::killed::works";
    // A message is released before it can be written down: one that is killed between the two takes
    // it along.
    const NOTHING_IS_MISSING: bool = false;

    fn create(name: Name, capacity: usize) -> Self {
        let words = Positions::new(Position::new(0).minus(1_000));
        let memory = SparseBuffer::create(name, 0o600, 0, small(capacity), words);
        let memory = memory.expect("there is space");
        memory.object().publish().expect("the name is free");
        Arc::new(Unbounded::new(memory))
    }

    fn open(name: Name, capacity: usize) -> Self {
        let object = Object::open(name, Uid::effective()).expect("the parent made it");
        let memory = SparseBuffer::attach(object, 0, small(capacity));
        Arc::new(Unbounded::new(memory.expect("it is long enough")))
    }

    fn pusher(&self, owner: Owner) -> impl FnMut(Message) -> bool {
        // SAFETY: each process has a number of its own.
        let mut producer = unsafe { Producer::attach(Arc::clone(self), owner) };
        move |message| match producer.push(message) {
            Ok(()) => true,
            Err(PushError::Full(_) | PushError::Busy(..)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn taker(&self, owner: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> bool {
        // SAFETY: each process has a number of its own.
        let mut consumer = unsafe { Consumer::attach(Arc::clone(self), owner) };
        move |write_down| match consumer.pop() {
            Ok(message) => {
                write_down(Taken {
                    message,
                    again: false,
                });
                true
            }
            Err(PopError::Empty | PopError::Busy(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn recover(&self, dead: Owner, owner: Owner) -> bool {
        // SAFETY: it was killed and waited for, and no other one gets its number, nor ours.
        unsafe { Unbounded::recover(self, dead, owner) > 0 }
    }
}

outlive! { Shared }
