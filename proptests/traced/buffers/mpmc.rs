//! The ring whose slots are claimed one by one.

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Name, Object, Placed};

use super::{Buffer, CAPACITY, Push, Refused, Take, taken};
use crate::traced::message::Message;

pub type Slots = Placed<Ring<Native, Message>>;

fn capacity() -> Capacity {
    Capacity::new(CAPACITY).expect("it is not zero")
}

impl Buffer for Slots {
    const WHAT: &'static str = "mpmc";
    const ONE_TAKES: bool = false;
    const CLAIMS: bool = true;
    const MARKS: bool = true;

    fn create(name: Name) -> Self {
        // A lap ends under way, and so do the positions.
        let start = Position::new(0).minus(2);
        Self::create(name, 0o600, 0, capacity(), start).expect("there is space")
    }

    fn of(object: Object) -> Self {
        Self::attach(object, 0, capacity()).expect("it is long enough")
    }

    fn object(&self) -> &Object {
        self.object()
    }

    fn pusher(&self, owner: Owner) -> Push {
        // SAFETY: each process has a number of its own.
        let producer = unsafe { Producer::attach(self.clone(), owner) };
        Box::new(move |number| match producer.push(Message::of(number)) {
            Ok(()) => Ok(()),
            Err(PushError::Full(_)) => Err(Refused::Nothing),
            Err(PushError::Busy(_, busy)) => Err(Refused::Busy(busy.owner)),
            Err(error @ PushError::Corrupt(_)) => panic!("{error}"),
        })
    }

    fn taker(&self, owner: Owner) -> Take {
        // SAFETY: each process has a number of its own.
        let consumer = unsafe { Consumer::attach(self.clone(), owner) };
        Box::new(move || match consumer.pop_ref() {
            Ok(message) => {
                let again = message.maybe_redelivered();
                Ok(taken(message.into_inner(), again))
            }
            Err(PopError::Empty) => Err(Refused::Nothing),
            Err(PopError::Busy(busy)) => Err(Refused::Busy(busy.owner)),
            Err(error @ PopError::Corrupt(_)) => panic!("{error}"),
        })
    }

    fn recover(&self, dead: Owner, _: Owner) -> usize {
        // SAFETY: it was killed and waited for, and no other one gets its number.
        unsafe { Ring::recover(self, dead) }.expect("nobody broke it")
    }
}
