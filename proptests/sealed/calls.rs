//! The calls on a link whose peer lies, and what each may come to.

use std::fmt::Debug;

use aqueduct::link::{
    End, Ended, Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError,
    bytes, records,
};
use aqueduct::place::Plain;
use aqueduct::wait::Patience;

use super::memory::CANARY;
use crate::running::Random;

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Done,
    NotNow,
    /// It would never fit.
    TooLong,
    Closed,
    Dead,
    Corrupt,
}

fn ended(why: Ended) -> Answer {
    match why {
        Ended::Closed => Answer::Closed,
        Ended::Dead => Answer::Dead,
        Ended::Corrupt => Answer::Corrupt,
        other => panic!("it is not {other:?}"),
    }
}

fn not_sent(error: SendTimeoutError<()>) -> Answer {
    match error {
        SendTimeoutError::TimedOut(()) => Answer::NotNow,
        SendTimeoutError::Ended(error) => ended(error.why),
    }
}

fn not_received(error: RecvTimeoutError) -> Answer {
    match error {
        RecvTimeoutError::TimedOut => Answer::NotNow,
        RecvTimeoutError::Ended(why) => ended(why),
    }
}

/// What is sent and received, by each kind of call.
pub trait Message: Plain {
    fn send<E: End<Message = Self>>(sender: &mut Sender<E>, random: &mut Random) -> Answer;
    fn receive<E: End<Message = Self>>(receiver: &mut Receiver<E>, random: &mut Random) -> Answer;
}

/// A message that was never sent can be read only from beside the link.
fn was_written<T: PartialEq + Debug>(message: &T, beside: &T) {
    assert_ne!(message, beside, "it was read from beside the link");
}

impl Message for [u64; 3] {
    fn send<E: End<Message = Self>>(sender: &mut Sender<E>, random: &mut Random) -> Answer {
        match random.below(3) {
            0 => match sender.try_send([7; 3]) {
                Ok(()) => Answer::Done,
                Err(TrySendError::Full(_)) => Answer::NotNow,
                Err(TrySendError::Ended(error)) => ended(error.why),
            },
            1 => {
                let sent =
                    sender.send_batch(1, Patience::AT_ONCE, |batch| batch.push_slice(&[[7; 3]; 5]));
                match sent {
                    Ok(Ok(count)) => {
                        assert!((1..=5).contains(&count));
                        Answer::Done
                    }
                    Ok(Err(_)) => Answer::Corrupt,
                    Err(error) => not_sent(error),
                }
            }
            _ => match sender.wait_until_received(Patience::AT_ONCE) {
                Ok(()) => Answer::Done,
                Err(error) => not_sent(error),
            },
        }
    }

    fn receive<E: End<Message = Self>>(receiver: &mut Receiver<E>, random: &mut Random) -> Answer {
        let beside = [u64::from_ne_bytes([CANARY; 8]); 3];
        if random.below(2) == 0 {
            return match receiver.try_recv() {
                Ok(message) => {
                    was_written(&message, &beside);
                    Answer::Done
                }
                Err(TryRecvError::Empty) => Answer::NotNow,
                Err(TryRecvError::Ended(why)) => ended(why),
            };
        }
        let received = receiver.recv_batch(Patience::AT_ONCE, |incoming| {
            incoming.read(5, |run| {
                for message in run {
                    was_written(message, &beside);
                }
                run.len()
            })
        });
        match received {
            Ok(Ok(count)) => {
                assert!((1..=5).contains(&count));
                Answer::Done
            }
            Ok(Err(_)) => Answer::Corrupt,
            Err(error) => not_received(error),
        }
    }
}

impl Message for u8 {
    fn send<E: End<Message = u8>>(sender: &mut Sender<E>, random: &mut Random) -> Answer {
        if random.below(2) == 0 {
            let sent = bytes::send_with(sender, 5, Patience::AT_ONCE, |free| {
                free.fill(7);
                Ok::<_, ()>(free.len())
            });
            return sent.map_or_else(not_sent, |_| Answer::Done);
        }
        let record = [7; 12];
        let longest = records::longest(sender.end().capacity().get()).min(11);
        let length = usize::try_from(random.below(longest as u64 + 2)).expect("a length");
        match records::send(sender, &record[..length], Patience::AT_ONCE) {
            Ok(()) => Answer::Done,
            Err(records::SendRecordError::TooLong { .. }) => Answer::TooLong,
            Err(records::SendRecordError::Link(error)) => not_sent(error),
        }
    }

    fn receive<E: End<Message = u8>>(receiver: &mut Receiver<E>, random: &mut Random) -> Answer {
        if random.below(2) == 0 {
            let received = bytes::recv_with(receiver, 5, Patience::AT_ONCE, |there| {
                assert!((1..=5).contains(&there.len()));
                Ok::<_, ()>(there.len())
            });
            return received.map_or_else(not_received, |_| Answer::Done);
        }
        let mut record = Vec::new();
        let received = records::recv(receiver, &mut record, Patience::AT_ONCE);
        assert!(record.len() <= receiver.end().capacity().get());
        received.map_or_else(not_received, |()| Answer::Done)
    }
}
