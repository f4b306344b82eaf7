//! The textbook's buffer in an object, between processes that are killed: one at a time produces,
//! one at a time consumes.

use std::sync::Arc;

use aqueduct::buffer::textbook::{Buffer, BufferSize, Consumer, Producer};
use aqueduct::buffer::{Owner, PopError};
use aqueduct::platform::native::Native;
use aqueduct::position::Position;
use aqueduct::shm::{Byte, Name, Object, Placed, Uid};

use crate::crowd::Message;
use crate::crowd::killed::turn::{Turns, seats};
use crate::crowd::killed::{NOTHING, Outliving, Taken, Tried, outlive};

struct Shared {
    buffer: Placed<Buffer<Native, Message>>,
    size: BufferSize,
    seats: Arc<Object>,
}

impl Outliving for Shared {
    const HELPER: &'static str = "textbook::killed::works";
    // An item is released before it can be written down: one that is killed between the two takes
    // it along.
    const NOTHING_IS_MISSING: bool = false;

    fn create(name: Name, capacity: usize) -> Self {
        let size = of(capacity);
        let start = Position::new(0);
        let buffer = Placed::create(name.clone(), 0o600, 0, size.capacity(), start);
        let buffer: Placed<Buffer<_, _>> = buffer.expect("there is space");
        buffer.object().publish().expect("the name is free");
        let seats = seats(name);
        Self {
            buffer,
            size,
            seats,
        }
    }

    fn open(name: Name, capacity: usize) -> Self {
        let size = of(capacity);
        let object = Object::open(name.clone(), Uid::effective()).expect("the parent made it");
        let buffer = Placed::attach(object, 0, size.capacity());
        Self {
            buffer: buffer.expect("it is long enough"),
            size,
            seats: seats(name),
        }
    }

    fn pusher(&self, _: Owner) -> impl FnMut(Message) -> Tried {
        let attach = || {
            // SAFETY: whoever attaches holds the seat, and those before are gone from it.
            unsafe { Producer::attach(self.buffer.clone(), self.size) }.expect("nobody broke it")
        };
        Turns::new(&self.seats, Byte::Sender, attach).into_pusher(Producer::push)
    }

    fn taker(&self, _: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried {
        let attach = || {
            // SAFETY: as above; all items are messages.
            unsafe { Consumer::attach(self.buffer.clone(), self.size) }.expect("nobody broke it")
        };
        let mut turns = Turns::new(&self.seats, Byte::Receiver, attach);
        move |write_down| match turns.side().map(Consumer::pop) {
            Some(Ok(message)) => {
                let again = false;
                write_down(Taken { message, again });
                Ok(())
            }
            None | Some(Err(PopError::Empty)) => NOTHING,
            Some(Err(error)) => panic!("{error}"),
        }
    }
}

/// With room for so many items.
fn of(capacity: usize) -> BufferSize {
    BufferSize::new(capacity + 1).expect("two or more")
}

outlive! { Shared }
