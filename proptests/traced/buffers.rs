//! Buffers that several share, in an object, as victims and survivors use them.

pub mod frames;
pub mod many;
pub mod mpmc;

use aqueduct::buffer::Owner;
use aqueduct::shm::{Name, Object, Uid};

use super::message::Message;

/// How many messages each of them holds.
pub const CAPACITY: usize = 4;

/// Why a try did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is full, or empty.
    Nothing,
    /// Another call is in the way.
    Busy(Option<Owner>),
}

/// A message, and whether somebody may have received it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub number: u64,
    pub again: bool,
}

pub type Push = Box<dyn FnMut(u64) -> Result<(), Refused> + Send>;
pub type Take = Box<dyn FnMut() -> Result<Taken, Refused> + Send>;

/// A buffer in an object. Each process has a number of its own for it.
pub trait Buffer: Sized + Send + 'static {
    const WHAT: &'static str;
    /// Whether one takes at a time, whose successor settles what it left. Otherwise several do,
    /// under their numbers.
    const ONE_TAKES: bool;
    /// Whether what is settled is a message or a slot; otherwise it is a gate, and the message may
    /// have passed.
    const CLAIMS: bool;
    /// Whether a message that comes again says so; otherwise none comes again.
    const MARKS: bool;

    /// A new one, whose object has no name yet.
    fn create(name: Name) -> Self;

    /// The one that lies in this object.
    fn of(object: Object) -> Self;

    fn object(&self) -> &Object;

    fn pusher(&self, owner: Owner) -> Push;

    fn taker(&self, owner: Owner) -> Take;

    /// Settles what `dead` held, as `owner`; how much that was.
    fn recover(&self, dead: Owner, owner: Owner) -> usize;

    /// Asserts that no more memory is held than the buffer needs, which is empty, or than one who
    /// pushed may have got before it died.
    fn expect_no_memory(&self, _lost_a_pusher: bool) {}

    /// The one that has this name.
    fn open(name: &Name) -> Self {
        Self::of(open(name))
    }
}

pub fn open(name: &Name) -> Object {
    let object = Object::open(name.clone(), Uid::effective());
    object.expect("the parent made it")
}

/// What was taken of a slot.
fn taken(message: Message, again: bool) -> Taken {
    let number = message.number();
    Taken { number, again }
}
