//! The buffer that several share, in an object, between processes that are killed.

use std::sync::Arc;

use aqueduct::buffer::unbounded::many::{Consumer, PopError, Producer, PushError};
use aqueduct::buffer::unbounded::{Positions, Shape, Unbounded};
use aqueduct::buffer::{Blocked as _, Corrupt, Owner};
use aqueduct::position::Position;
use aqueduct::shm::{Attachment, Name, Object, SEATS_SIZE, SparseBuffer, Uid};

use super::memory::{begun, shape};
use crate::crowd::Message;
use crate::crowd::killed::{Blocked, Outliving, Seated, Taken, Tried, outlive};

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
        let memory = SparseBuffer::create(name, 0o600, SEATS_SIZE, small(capacity), words);
        let memory = memory.expect("there is space");
        memory.object().publish().expect("the name is free");
        begun(memory)
    }

    fn open(name: Name, capacity: usize) -> Self {
        let object = Object::open(name, Uid::effective()).expect("the parent made it");
        let memory = SparseBuffer::attach(object, SEATS_SIZE, small(capacity));
        Arc::new(Unbounded::new(memory.expect("it is long enough")))
    }

    fn attach(&self) -> Option<Box<dyn Seated>> {
        let memory = self.memory();
        // SAFETY: the seats are in front of the buffer, and all who use it have one.
        let here =
            unsafe { Attachment::take(memory.object(), memory.mapping(), 0, Arc::clone(self)) };
        Some(Box::new(here.expect("there are many seats")))
    }

    fn pusher(&self, owner: Owner) -> impl FnMut(Message) -> Tried {
        // SAFETY: it is the number of a seat.
        let mut producer = unsafe { Producer::attach(Arc::clone(self), owner) };
        move |message| match producer.push(message) {
            Err(PushError::Corrupt(_)) => panic!("{Corrupt}"),
            tried => tried.map_err(|why| Blocked(why.by())),
        }
    }

    fn taker(&self, owner: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried {
        // SAFETY: it is the number of a seat.
        let mut consumer = unsafe { Consumer::attach(Arc::clone(self), owner) };
        move |write_down| match consumer.pop() {
            Ok(message) => {
                write_down(Taken {
                    message,
                    again: false,
                });
                Ok(())
            }
            Err(PopError::Corrupt(corrupt)) => panic!("{corrupt}"),
            Err(why) => Err(Blocked(why.by())),
        }
    }
}

outlive! { Shared }
