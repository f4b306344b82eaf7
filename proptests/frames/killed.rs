//! The buffer of records in an object, between processes that are killed: all of them fill records
//! in place, and one at a time takes.

use std::sync::Arc;

use aqueduct::buffer::frames::{ClaimError, Consumer, Frames, Producer, TakeError};
use aqueduct::buffer::{Blocked as _, Owner};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Attachment, Byte, Name, Object, Placed, SEATS_SIZE, Uid};

use super::memory::BLOCK;
use crate::crowd::Message;
use crate::crowd::killed::noted::{FRONT, Noted};
use crate::crowd::killed::turn::{Turns, seats};
use crate::crowd::killed::{Blocked, NOTHING, Outliving, Seated, Taken, Tried, outlive};

struct Shared {
    frames: Placed<Frames<Native, BLOCK>>,
    longest: usize,
    seats: Arc<Object>,
}

impl Shared {
    fn new(name: Name, frames: Placed<Frames<Native, BLOCK>>, capacity: Capacity) -> Self {
        Self {
            frames,
            longest: Frames::<Native, BLOCK>::longest(capacity),
            seats: seats(name),
        }
    }
}

/// The bytes of a message again and again: a record that is torn is not of this form.
fn bytes(message: Message) -> impl Iterator<Item = u8> {
    message.to_le_bytes().into_iter().cycle()
}

/// How long the record of a message is: of all lengths that fit, and with the whole message.
fn length(message: Message, longest: usize) -> usize {
    let most = longest.min(50);
    8 + usize::try_from(message).expect("64 bits") % (most - 7)
}

/// The message of a record, which is whole.
fn message_of(record: &[u8], longest: usize) -> Message {
    let front = record.first_chunk().expect("a whole message");
    let message = Message::from_le_bytes(*front);
    assert_eq!(record.len(), length(message, longest));
    assert!(record.iter().copied().eq(bytes(message).take(record.len())));
    message
}

impl Outliving for Shared {
    const HELPER: &'static str = "frames::killed::works";
    const NOTHING_IS_MISSING: bool = true;

    fn create(name: Name, capacity: usize) -> Self {
        let (capacity, start) = (of(capacity), Position::new(0).minus(1_000));
        let frames = Placed::create(name.clone(), 0o600, FRONT + SEATS_SIZE, capacity, start);
        let frames: Placed<Frames<_, _>> = frames.expect("there is space");
        Noted::new(frames.mapping());
        frames.object().publish().expect("the name is free");
        Self::new(name, frames, capacity)
    }

    fn open(name: Name, capacity: usize) -> Self {
        let object = Object::open(name.clone(), Uid::effective()).expect("the parent made it");
        let frames =
            Placed::attach(object, FRONT + SEATS_SIZE, of(capacity)).expect("it is long enough");
        Self::new(name, frames, of(capacity))
    }

    fn attach(&self) -> Option<Box<dyn Seated>> {
        let Self { frames, .. } = self;
        // SAFETY: the seats are in front of the buffer, and all who use it have one.
        let here =
            unsafe { Attachment::take(frames.object(), frames.mapping(), FRONT, frames.clone()) };
        Some(Box::new(here.expect("there are many seats")))
    }

    fn pusher(&self, owner: Owner) -> impl FnMut(Message) -> Tried {
        // SAFETY: it is the number of a seat.
        let producer = unsafe { Producer::attach(self.frames.clone(), owner) };
        move |message| match producer.claim(length(message, self.longest)) {
            Ok(mut claim) => {
                claim
                    .iter_mut()
                    .zip(bytes(message))
                    .for_each(|(to, byte)| *to = byte);
                claim.commit();
                Ok(())
            }
            Err(why @ ClaimError::Full) => Err(Blocked(why.by())),
            Err(error) => panic!("{error}"),
        }
    }

    fn taker(&self, _: Owner) -> impl FnMut(&mut dyn FnMut(Taken)) -> Tried {
        let noted = Noted::of(self.frames.mapping());
        // SAFETY: whoever attaches holds the seat, and those before are gone from it.
        let attach = || unsafe { Consumer::attach(self.frames.clone()) };
        let mut turns = Turns::new(&self.seats, Byte::Receiver, attach);
        move |write_down| match turns.side().map(Consumer::peek) {
            Some(Ok(record)) => {
                noted.then(message_of(&record, self.longest), write_down);
                record.release();
                Ok(())
            }
            None => NOTHING,
            Some(Err(TakeError::Corrupt(corrupt))) => panic!("{corrupt}"),
            Some(Err(why)) => Err(Blocked(why.by())),
        }
    }
}

fn of(capacity: usize) -> Capacity {
    Capacity::new(capacity).expect("not zero")
}

outlive! { Shared }
