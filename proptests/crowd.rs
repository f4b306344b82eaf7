//! Several producers and consumers of one buffer: every message comes to one consumer, and those of
//! a producer in order.

pub mod killed;

use std::thread;

use aqueduct::buffer::Owner;
use aqueduct::buffer::{mpmc, unbounded::many};
use proptest::prelude::*;

/// Who sent it, in the upper half, and which of its messages it is.
pub type Message = u64;

/// The message that says that there are no more.
const END: Message = Message::MAX;

pub fn message(producer: u16, number: u32) -> Message {
    u64::from(producer) << 32 | u64::from(number)
}

/// A buffer that several share, as one of them sees it.
pub trait Crowded: Clone + Send {
    /// What fills, for the attachment `owner`, which nobody else is: takes messages, and says how
    /// many went in.
    fn producer(&self, owner: Owner) -> impl FnMut(&[Message]) -> usize;

    /// What takes, likewise.
    fn consumer(&self, owner: Owner) -> impl FnMut() -> Option<Message>;
}

/// The number that `tried` says, or 0 if the buffer was full or somebody in the way.
pub fn pushed_of_many(tried: Result<usize, many::PushError<()>>) -> usize {
    match tried {
        Ok(pushed) => pushed,
        Err(many::PushError::Full(()) | many::PushError::Busy((), _)) => 0,
        Err(error) => panic!("{error}"),
    }
}

/// The same of the ring.
pub fn pushed(tried: Result<usize, mpmc::PushError<()>>) -> usize {
    match tried {
        Ok(pushed) => pushed,
        Err(mpmc::PushError::Full(()) | mpmc::PushError::Busy((), _)) => 0,
        Err(error) => panic!("{error}"),
    }
}

/// The message, unless there is none or somebody is in the way.
pub fn popped<T>(tried: Result<T, mpmc::PopError>) -> Option<T> {
    match tried {
        Ok(message) => Some(message),
        Err(mpmc::PopError::Empty | mpmc::PopError::Busy(_)) => None,
        Err(error @ mpmc::PopError::Corrupt(_)) => panic!("{error}"),
    }
}

/// Sends all of `messages`, so many at once.
fn send(mut push: impl FnMut(&[Message]) -> usize, messages: &[Message], slice: usize) {
    let mut sent = 0;
    while sent < messages.len() {
        let rest = &messages[sent..];
        match push(&rest[..slice.min(rest.len())]) {
            0 => thread::yield_now(),
            pushed => sent += pushed,
        }
    }
}

/// Receives until it gets a message that says that there are no more.
fn receive(mut pop: impl FnMut() -> Option<Message>) -> Vec<Message> {
    let mut received = Vec::new();
    loop {
        match pop() {
            Some(END) => return received,
            Some(message) => received.push(message),
            None => thread::yield_now(),
        }
    }
}

/// All that two consumers have received, sorted; those of each of two producers came in order to
/// either.
pub fn in_order(received: &[Vec<Message>; 2]) -> Result<Vec<Message>, TestCaseError> {
    for messages in received {
        for producer in [0, 1] {
            let of_it = |&&message: &&Message| message >> 32 == producer;
            prop_assert!(messages.iter().filter(of_it).is_sorted(), "{:?}", messages);
        }
    }
    let mut all = received.concat();
    all.sort_unstable();
    Ok(all)
}

/// Two producers send so many messages each, in slices; two consumers receive them.
pub fn two_and_two(
    [filling, taking]: [impl Crowded; 2],
    counts: [u32; 2],
    slice: usize,
) -> Result<(), TestCaseError> {
    let numbered =
        |producer: u16| (0..counts[usize::from(producer)]).map(move |n| message(producer, n));
    let received = thread::scope(|scope| {
        let consuming = [10, 11].map(|owner| {
            let view = taking.clone();
            scope.spawn(move || receive(view.consumer(Owner::new(owner))))
        });
        let producing = [0, 1].map(|owner| {
            let (view, messages) = (filling.clone(), numbered(owner).collect::<Vec<_>>());
            scope.spawn(move || send(view.producer(Owner::new(owner)), &messages, slice))
        });
        for thread in producing {
            thread.join().unwrap();
        }
        send(filling.producer(Owner::new(2)), &[END; 2], 1);
        consuming.map(|thread| thread.join().unwrap())
    });
    prop_assert_eq!(
        in_order(&received)?,
        numbered(0).chain(numbered(1)).collect::<Vec<_>>()
    );
    Ok(())
}
