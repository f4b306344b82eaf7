//! The ring in an object, between processes that are killed.

use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::buffer::{Blocked as _, Corrupt, Owner};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Attachment, Name, Object, Placed, SEATS_SIZE, Uid};

use crate::crowd::Message;
use crate::crowd::killed::{Blocked, Outliving, Seated, Taken, Tried, outlive};

type Shared = Placed<Ring<Native, Message>>;

impl Outliving for Shared {
    const HELPER: &'static str = "mpmc::killed::works";
    const NOTHING_IS_MISSING: bool = true;

    fn create(name: Name, capacity: usize) -> Self {
        let (capacity, start) = (of(capacity), Position::new(0).minus(1_000));
        let ring = Self::create(name, 0o600, SEATS_SIZE, capacity, start).expect("there is space");
        ring.object().publish().expect("the name is free");
        ring
    }

    fn open(name: Name, capacity: usize) -> Self {
        let object = Object::open(name, Uid::effective()).expect("the parent made it");
        Placed::attach(object, SEATS_SIZE, of(capacity)).expect("it is long enough")
    }

    fn attach(&self) -> Option<Box<dyn Seated>> {
        // SAFETY: the seats are in front of the ring, and all who use it have one.
        let here = unsafe { Attachment::take(self.object(), self.mapping(), 0, self.clone()) };
        Some(Box::new(here.expect("there are many seats")))
    }

    fn pusher(&self, owner: Owner) -> impl FnMut(Message) -> Tried {
        // SAFETY: it is the number of a seat.
        let producer = unsafe { Producer::attach(self.clone(), owner) };
        move |message| match producer.push(message) {
            Err(PushError::Corrupt(_)) => panic!("{Corrupt}"),
            tried => tried.map_err(|why| Blocked(why.by())),
        }
    }

    fn taker(&self, owner: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried {
        // SAFETY: it is the number of a seat.
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
                Ok(())
            }
            Err(PopError::Corrupt(corrupt)) => panic!("{corrupt}"),
            Err(why) => Err(Blocked(why.by())),
        }
    }
}

fn of(capacity: usize) -> Capacity {
    Capacity::new(capacity).expect("not zero")
}

outlive! { Shared }
