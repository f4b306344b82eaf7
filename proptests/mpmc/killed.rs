//! The ring in an object, between processes that are killed.

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Name, Object, Placed, Uid};

use crate::crowd::Message;
use crate::crowd::killed::{Outliving, Taken, outlive};

type Shared = Placed<Ring<Native, Message>>;

impl Outliving for Shared {
    const HELPER: &'static str = "mpmc::killed::works";
    const NOTHING_IS_MISSING: bool = true;

    fn create(name: Name, capacity: usize) -> Self {
        let (capacity, start) = (of(capacity), Position::new(0).minus(1_000));
        let ring = Self::create(name, 0o600, 0, capacity, start).expect("there is space");
        ring.object().publish().expect("the name is free");
        ring
    }

    fn open(name: Name, capacity: usize) -> Self {
        let object = Object::open(name, Uid::effective()).expect("the parent made it");
        Self::attach(object, 0, of(capacity)).expect("it is long enough")
    }

    fn pusher(&self, owner: Owner) -> impl FnMut(Message) -> bool {
        // SAFETY: each process has a number of its own.
        let producer = unsafe { Producer::attach(self.clone(), owner) };
        move |message| match producer.push(message) {
            Ok(()) => true,
            Err(PushError::Full(_) | PushError::Busy(..)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn taker(&self, owner: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> bool {
        // SAFETY: each process has a number of its own.
        let consumer = unsafe { Consumer::attach(self.clone(), owner) };
        move |write_down| match consumer.pop_ref() {
            Ok(taken) => {
                // Written down before it is released: one that is killed between the two leaves it
                // to another, marked.
                write_down(Taken {
                    message: taken.read(|&message| message),
                    again: taken.maybe_redelivered(),
                });
                drop(taken);
                true
            }
            Err(PopError::Empty | PopError::Busy(_)) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn recover(&self, dead: Owner, _: Owner) -> bool {
        // SAFETY: it was killed and waited for, and no other one gets its number.
        unsafe { Ring::recover(self, dead) }.expect("nobody broke it") > 0
    }
}

fn of(capacity: usize) -> Capacity {
    Capacity::new(capacity).expect("not zero")
}

outlive! { Shared }
