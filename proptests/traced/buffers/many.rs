//! The unbounded buffer that several share, in segments of two messages.

use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::many::{Consumer, PopError, Producer, PushError};
use aqueduct::buffer::unbounded::{Positions, Shape, Unbounded};
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Name, Object, SparseBuffer};

use super::{Buffer, CAPACITY, Push, Refused, Take, taken};
use crate::traced::message::Message;

pub type Segmented = Arc<Unbounded<SparseBuffer<Message>>>;

fn shape() -> Shape {
    let [limit, slots] = [CAPACITY, 2].map(|count| Capacity::new(count).expect("it is not zero"));
    Shape::with_segment(limit, slots).expect("it is small")
}

impl Buffer for Segmented {
    const WHAT: &'static str = "many";
    const ONE_TAKES: bool = false;
    const CLAIMS: bool = false;
    const MARKS: bool = false;

    fn create(name: Name) -> Self {
        // The first message is the last of its segment, so whoever takes it gives that back; and
        // whoever sends the fourth needs a new one.
        let words = Positions::new(Position::new(0).minus(1));
        let memory = SparseBuffer::create(name, 0o600, 0, shape(), words);
        let memory = memory.expect("there is space");
        Arc::new(Unbounded::begin(memory).expect("there is space"))
    }

    fn of(object: Object) -> Self {
        let memory = SparseBuffer::attach(object, 0, shape());
        Arc::new(Unbounded::new(memory.expect("it is long enough")))
    }

    fn object(&self) -> &Object {
        self.memory().object()
    }

    fn pusher(&self, owner: Owner) -> Push {
        // SAFETY: each process has a number of its own.
        let mut producer = unsafe { Producer::attach(Arc::clone(self), owner) };
        Box::new(move |number| match producer.push(Message::of(number)) {
            Ok(()) => Ok(()),
            Err(PushError::Full(_)) => Err(Refused::Nothing),
            Err(PushError::Busy(_, busy)) => Err(Refused::Busy(busy.owner)),
            Err(error) => panic!("{error}"),
        })
    }

    fn taker(&self, owner: Owner) -> Take {
        // SAFETY: each process has a number of its own.
        let mut consumer = unsafe { Consumer::attach(Arc::clone(self), owner) };
        Box::new(move || match consumer.pop() {
            Ok(message) => Ok(taken(message, false)),
            Err(PopError::Empty) => Err(Refused::Nothing),
            Err(PopError::Busy(busy)) => Err(Refused::Busy(busy.owner)),
            Err(error @ PopError::Corrupt(_)) => panic!("{error}"),
        })
    }

    fn recover(&self, dead: Owner, owner: Owner) -> usize {
        // SAFETY: it was killed and waited for, no other one gets its number, and the caller has
        // its own.
        unsafe { Unbounded::recover(self, dead, owner) }
    }

    /// A page of words; and a segment, of a page, if the next message comes into it.
    fn expect_no_memory(&self, lost_a_pusher: bool) {
        let (_, tail) = self.positions();
        let needed = lost_a_pusher || !shape().begins(tail);
        let most = 4096 * (1 + u64::from(needed));
        let allocated = self.object().allocated().expect("it can be asked");
        assert!(allocated <= most, "{allocated} bytes, {tail:?}");
    }
}
