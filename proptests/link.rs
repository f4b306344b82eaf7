//! A link between two ends of one process against its specification: every answer when one thread
//! has both ends, and what must hold of two threads.

mod bytes;
mod records;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use aqueduct::link::local::{self, Local};
use aqueduct::link::{
    Ended, Link, Receiver, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError,
};
use aqueduct::model::specification::{self, Answer, Call, Side};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::wait::Patience;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::spec::{CASES, Counted, Ledger, Queue, config};

/// Gives up at once: the deadline has passed.
pub const AT_ONCE: Patience = Patience::AT_ONCE;

type End<T> = Local<Arc<Link<Native, T>>>;

/// What one end is told to do.
#[derive(Clone, Debug)]
enum Op {
    TrySend,
    SendTimeout,
    /// Waits for room for so many, and sends so many as a whole.
    SendBatch(usize, usize),
    WaitUntilReceived,
    DropSender,
    TryRecv,
    RecvTimeout,
    DropReceiver,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::TrySend),
        4 => Just(Op::SendTimeout),
        4 => (0..18_usize, 0..18_usize).prop_map(|(least, count)| Op::SendBatch(least, count)),
        2 => Just(Op::WaitUntilReceived),
        1 => Just(Op::DropSender),
        8 => Just(Op::TryRecv),
        8 => Just(Op::RecvTimeout),
        1 => Just(Op::DropReceiver),
    ]
}

/// Both ends of a link, and the numbers that should be in it.
struct Pair<'a> {
    ledger: &'a Ledger,
    capacity: usize,
    sender: Option<Sender<End<Counted>>>,
    receiver: Option<Receiver<End<Counted>>>,
    spec: Queue<usize>,
}

impl Pair<'_> {
    fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match op {
            Op::DropSender => {
                self.sender = None;
                self.spec.answer(&Call::Close(Side::Producer));
            }
            Op::DropReceiver => {
                self.receiver = None;
                self.spec.answer(&Call::Close(Side::Consumer));
            }
            Op::TryRecv | Op::RecvTimeout => self.receive(op)?,
            _ => self.send(op)?,
        }
        let left_alone = self.sender.is_none() && self.receiver.is_none();
        let expected = if left_alone { 0 } else { self.spec.filled() };
        prop_assert_eq!(self.ledger.alive()?, expected, "values alive");
        Ok(())
    }

    fn send(&mut self, op: &Op) -> Result<(), TestCaseError> {
        let Some(sender) = &mut self.sender else {
            return Ok(());
        };
        let open = self.spec.end(Side::Consumer) == specification::End::Open;
        let number = self.ledger.next();
        match *op {
            Op::TrySend => {
                let sent = sender.try_send(self.ledger.value());
                prop_assert_eq!(told(sent, number)?, self.spec.answer(&Call::Push(number)));
            }
            Op::SendTimeout => {
                let sent = sender.send_timeout(self.ledger.value(), Duration::ZERO);
                let sent = sent.map_err(|error| match error {
                    SendTimeoutError::TimedOut(value) => TrySendError::Full(value),
                    SendTimeoutError::Ended(error) => TrySendError::Ended(error),
                });
                prop_assert_eq!(told(sent, number)?, self.spec.answer(&Call::Push(number)));
            }
            Op::SendBatch(least, count) if least <= self.capacity => {
                let sent = sender.send_batch(least, AT_ONCE, |batch| {
                    let values = (0..count).map(|_| self.ledger.value());
                    values.filter_map(|value| batch.push(value).err()).count()
                });
                let expected = if !open {
                    Err(ended(()))
                } else if self.spec.room() < least {
                    Err(SendTimeoutError::TimedOut(()))
                } else {
                    let numbers: Vec<usize> = (number..number + count).collect();
                    Ok(count - self.spec.push_all(&numbers))
                };
                prop_assert_eq!(sent, expected);
            }
            Op::WaitUntilReceived => {
                let expected = match (self.spec.filled(), open) {
                    (0, _) => Ok(()),
                    (_, true) => Err(SendTimeoutError::TimedOut(())),
                    (_, false) => Err(ended(())),
                };
                prop_assert_eq!(sender.wait_until_received(AT_ONCE), expected);
            }
            _ => {}
        }
        prop_assert_eq!(sender.position().count(), self.spec.tail());
        Ok(())
    }

    fn receive(&mut self, op: &Op) -> Result<(), TestCaseError> {
        let Some(receiver) = &mut self.receiver else {
            return Ok(());
        };
        let received = if let Op::TryRecv = op {
            receiver.try_recv()
        } else {
            receiver
                .recv_timeout(Duration::ZERO)
                .map_err(|error| match error {
                    RecvTimeoutError::TimedOut => TryRecvError::Empty,
                    RecvTimeoutError::Ended(why) => TryRecvError::Ended(why),
                })
        };
        let answer = match received {
            Ok(value) => Answer::Message(value.number),
            Err(TryRecvError::Empty) => Answer::Empty,
            Err(TryRecvError::Ended(why)) => why_ended(why)?,
        };
        prop_assert_eq!(answer, self.spec.answer(&Call::Pop));
        prop_assert_eq!(receiver.position().count(), self.spec.head());
        Ok(())
    }
}

/// What a send of the value with this number came to, in the words of the specification. What was
/// not sent came back.
fn told(
    sent: Result<(), TrySendError<Counted>>,
    number: usize,
) -> Result<Answer<usize>, TestCaseError> {
    let (value, answer) = match sent {
        Ok(()) => return Ok(Answer::Done),
        Err(TrySendError::Full(value)) => (value, Answer::Full),
        Err(TrySendError::Ended(SendError { message, why })) => (message, why_ended(why)?),
    };
    prop_assert_eq!(value.number, number, "another value comes back");
    Ok(answer)
}

/// The end of a link in the words of the specification.
pub fn why_ended<T>(why: Ended) -> Result<Answer<T>, TestCaseError> {
    match why {
        Ended::Closed => Ok(Answer::Closed),
        Ended::Dead => Ok(Answer::Dead),
        Ended::Corrupt | Ended::Forked | Ended::NoMemory => {
            Err(TestCaseError::fail(why.to_string()))
        }
    }
}

fn ended<T>(message: T) -> SendTimeoutError<T> {
    let why = Ended::Closed;
    SendError { message, why }.into()
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn a_link_is_a_queue_with_two_ends(
        capacity in 1..=17_usize,
        script in vec(op(), 0..60),
    ) {
        let (sender, receiver) = local::channel::<Native, Counted>(Capacity::new(capacity)?)?;
        let ledger = Ledger::new();
        let mut pair = Pair {
            ledger: &ledger,
            capacity,
            sender: Some(sender),
            receiver: Some(receiver),
            spec: Queue::new(capacity, 0),
        };
        for op in &script {
            pair.apply(op)?;
        }
        drop(pair);
        prop_assert_eq!(ledger.alive()?, 0);
    }
}
