//! Named links as survivors use them: every wait ends.

use std::time::Duration;

use aqueduct::link::{Ended, RecvTimeoutError, TryRecvError, TrySendError};
use aqueduct::open::{AttachError, Named, Options, Receiver, Sender};
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::shm::{Byte, Name, Object};
use aqueduct::wait::Patience;

use super::message::Message;

/// How many messages a link holds.
pub const CAPACITY: u64 = 2;

/// Longer than anything takes here, unless somebody was not woken.
pub const LONG: Duration = Duration::from_secs(30);

/// How long others try while a victim stands still.
pub const BRIEF: Duration = Duration::from_millis(2);

pub fn options() -> Options {
    let capacity = usize::try_from(CAPACITY).expect("it is small");
    let capacity = Capacity::new(capacity).expect("it is not zero");
    Options::new().capacity(capacity).timeout(Some(LONG))
}

/// Of somebody who does not wait for a gate for long.
pub fn brief_options() -> Options {
    options().timeout(Some(BRIEF))
}

pub fn long() -> Patience {
    Patience::until(Native::now() + LONG)
}

pub fn brief() -> Patience {
    Patience::until(Native::now() + BRIEF)
}

/// Receives until the link has ended; says why it has.
pub fn receive_all(receiver: &mut Receiver<Message>, mut each: impl FnMut(u64)) -> Ended {
    loop {
        match receiver.recv_with_patience(long()) {
            Ok(message) => each(message.number()),
            Err(RecvTimeoutError::Ended(why)) => return why,
            Err(RecvTimeoutError::TimedOut) => expect_life(receiver.end(), Byte::Sender),
        }
    }
}

/// Asserts that the peer lives, and so may be waited for.
#[track_caller]
pub fn expect_life(end: &Named<Message>, peer: Byte) {
    let lives = end.object().is_locked(peer);
    assert!(lives.expect("it can be known"), "nobody told of the death");
}

/// Receives these, and no more.
#[track_caller]
pub fn receive(receiver: &mut Receiver<Message>, numbers: impl Iterator<Item = u64>) {
    for number in numbers {
        let message = receiver.try_recv().expect("what was sent is there");
        assert_eq!(message.number(), number, "in order");
    }
    match receiver.try_recv() {
        Err(TryRecvError::Empty | TryRecvError::Ended(Ended::Dead)) => {}
        other => panic!("there is more than was sent: {other:?}"),
    }
}

/// Somebody else asks for a seat whose holder lives, or for the gate that it holds.
#[track_caller]
pub fn is_refused<T>(asked: Result<T, AttachError>) {
    match asked {
        Err(AttachError::SeatTaken { .. } | AttachError::Gate { .. }) => {}
        Err(error) => panic!("refused because of {error}"),
        Ok(_) => panic!("a living holder's seat was taken over"),
    }
}

/// The one that follows a dead sender.
pub fn follow_as_sender(name: &Name) -> Sender<Message> {
    let sender = options().resume(true).sender(name);
    sender.expect("a dead sender is followed")
}

/// The one that follows a dead receiver.
pub fn follow_as_receiver(name: &Name) -> Receiver<Message> {
    let receiver = options().resume(true).receiver(name);
    receiver.expect("a dead receiver is followed")
}

/// Both seats were taken: the stream goes on with `next` and ends, the link holds as much as it ever
/// did, and no name is left.
pub fn finish(mut sender: Sender<Message>, mut receiver: Receiver<Message>, next: u64) {
    for lap in 0..2 {
        let first = next + lap * CAPACITY;
        let numbers = first..first + CAPACITY;
        for number in numbers.clone() {
            let sent = sender.try_send(Message::of(number));
            sent.expect("there is as much room as ever");
        }
        let more = sender.try_send(Message::of(0));
        assert_eq!(more, Err(TrySendError::Full(Message::of(0))));
        receive(&mut receiver, numbers);
    }
    drop(sender);
    assert_eq!(receiver.try_recv(), Err(Ended::Closed.into()));
    let object = receiver.end().object();
    remove(object);
}

/// Removes the name of an object, if it is there: nobody dead holds the gate.
pub fn remove(object: &Object) {
    let gate = object.lock_gate_within(Some(LONG));
    let gate = gate.expect("nobody holds the gate");
    gate.unlink_if_ours().expect("it can be removed");
    let path = object.name().path();
    assert!(!path.exists(), "{} is left", path.display());
}

/// Ends of a new stream on a name that is free.
pub fn begin(name: &Name) -> (Sender<Message>, Receiver<Message>) {
    let sender = options().sender(name).expect("the name is free");
    (sender, options().receiver(name).expect("its seat is free"))
}
