//! The buffer of records, of which each takes two blocks.

use aqueduct::buffer::Owner;
use aqueduct::buffer::frames::{ClaimError, Consumer, Frames, Producer, TakeError};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Name, Object, Placed};
use zerocopy::{FromBytes, IntoBytes};

use super::{Buffer, CAPACITY, Push, Refused, Take, taken};
use crate::traced::message::Message;

const BLOCK: usize = 32;
const BLOCKS: usize = 2;
const _: () = assert!(size_of::<Message>().div_ceil(BLOCK) == BLOCKS);

pub type Records = Placed<Frames<Native, BLOCK>>;

fn capacity() -> Capacity {
    Capacity::new(CAPACITY * BLOCKS).expect("it is not zero")
}

impl Buffer for Records {
    const WHAT: &'static str = "frames";
    const ONE_TAKES: bool = true;
    const CLAIMS: bool = true;
    const MARKS: bool = false;

    fn create(name: Name) -> Self {
        // A lap ends under way, and so do the positions.
        let start = Position::new(0).minus(2 * BLOCKS);
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
        Box::new(
            move |number| match producer.push(Message::of(number).as_bytes()) {
                Ok(()) => Ok(()),
                Err(ClaimError::Full) => Err(Refused::Nothing),
                Err(error) => panic!("{error}"),
            },
        )
    }

    fn taker(&self, _: Owner) -> Take {
        // SAFETY: whoever was it before is dead.
        let mut consumer = unsafe { Consumer::attach(self.clone()) };
        Box::new(move || match consumer.peek() {
            Ok(record) => {
                let message =
                    record.read(|bytes| Message::read_from_bytes(bytes).expect("a whole record"));
                record.release();
                Ok(taken(message, false))
            }
            Err(TakeError::Empty) => Err(Refused::Nothing),
            Err(TakeError::Busy(owner)) => Err(Refused::Busy(Some(owner))),
            Err(error @ TakeError::Corrupt(_)) => panic!("{error}"),
        })
    }

    fn recover(&self, dead: Owner, _: Owner) -> usize {
        // SAFETY: it was killed and waited for, and no other one gets its number.
        unsafe { Frames::recover(self, dead) }
    }
}
