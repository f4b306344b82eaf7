//! A stream of bytes on a link against its specification: every read and write is one of those that
//! it allows.

use std::iter::successors;

use aqueduct::link::bytes::{recv_with, send_with};
use aqueduct::link::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, local};
use aqueduct::model::specification::{Answer, Call, Side, Specification, Stream};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{AT_ONCE, End, why_ended};
use crate::spec::{CASES, config};

/// What one end is told to do.
#[derive(Clone, Debug)]
enum Op {
    /// Asks for room for so many bytes, and writes so many of them.
    Write(usize, usize),
    /// The source of the bytes fails.
    WriteFails,
    DropSender,
    /// Asks for so many bytes, and reads so many of them.
    Read(usize, usize),
    /// Where the bytes go fails.
    ReadFails,
    DropReceiver,
}

fn op() -> impl Strategy<Value = Op> {
    let count = || 1..20_usize;
    prop_oneof![
        8 => (count(), count()).prop_map(|(most, wrote)| Op::Write(most, wrote)),
        1 => Just(Op::WriteFails),
        1 => Just(Op::DropSender),
        8 => (count(), count()).prop_map(|(most, read)| Op::Read(most, read)),
        1 => Just(Op::ReadFails),
        1 => Just(Op::DropReceiver),
    ]
}

/// Both ends of a link of bytes, and the stream that it should be.
struct Pair {
    sender: Option<Sender<End<u8>>>,
    receiver: Option<Receiver<End<u8>>>,
    spec: Stream,
    /// Numbers the bytes.
    made: u8,
}

impl Pair {
    fn apply(&mut self, op: &Op) -> Result<(), TestCaseError> {
        match *op {
            Op::Write(most, wrote) => self.write(most, wrote),
            Op::WriteFails => {
                let room = !matches!(
                    self.allowed(&Call::PushAll(vec![0])),
                    Answer::Full | Answer::Closed
                );
                let failed = self
                    .sender
                    .as_mut()
                    .map(|sender| send_with(sender, 1, AT_ONCE, |_| Err::<usize, _>("no source")));
                let failed = failed.map(|failed| failed.is_ok_and(|failed| failed.is_err()));
                prop_assert!(failed.is_none_or(|failed| failed == room));
                Ok(())
            }
            Op::DropSender => {
                self.sender = None;
                self.follow(&Call::Close(Side::Producer), &Answer::Done)
            }
            Op::Read(most, read) => self.read(most, read),
            Op::ReadFails => {
                let there = matches!(self.allowed(&Call::PopAll(1)), Answer::Messages(_));
                let failed = self.receiver.as_mut().map(|receiver| {
                    recv_with(receiver, 1, AT_ONCE, |_| Err::<usize, _>("no sink"))
                });
                let failed = failed.map(|failed| failed.is_ok_and(|failed| failed.is_err()));
                prop_assert!(failed.is_none_or(|failed| failed == there));
                Ok(())
            }
            Op::DropReceiver => {
                self.receiver = None;
                self.follow(&Call::Close(Side::Consumer), &Answer::Done)
            }
        }
    }

    fn write(&mut self, most: usize, wrote: usize) -> Result<(), TestCaseError> {
        let Some(sender) = &mut self.sender else {
            return Ok(());
        };
        let numbers = successors(Some(self.made), |byte| Some(byte.wrapping_add(1)));
        let bytes: Vec<u8> = numbers.take(most.min(wrote)).collect();
        let sent = send_with(sender, most, AT_ONCE, |free| {
            let count = bytes.len().min(free.len());
            free[..count].copy_from_slice(&bytes[..count]);
            Ok::<_, ()>(count)
        });
        let answer = match sent {
            Ok(Ok(count)) => Answer::Count(count),
            Ok(Err(())) => unreachable!("the source does not fail"),
            Err(SendTimeoutError::TimedOut(())) => Answer::Full,
            Err(SendTimeoutError::Ended(error)) => why_ended(error.why)?,
        };
        if let Answer::Count(count) = answer {
            self.made = self.made.wrapping_add(u8::try_from(count)?);
        }
        self.follow(&Call::PushAll(bytes), &answer)
    }

    fn read(&mut self, most: usize, read: usize) -> Result<(), TestCaseError> {
        let Some(receiver) = &mut self.receiver else {
            return Ok(());
        };
        let mut bytes = Vec::new();
        let received = recv_with(receiver, most, AT_ONCE, |there| {
            bytes.extend_from_slice(&there[..read.min(there.len())]);
            Ok::<_, ()>(bytes.len())
        });
        let answer = match received {
            Ok(Ok(_)) => Answer::Messages(bytes),
            Ok(Err(())) => unreachable!("the sink does not fail"),
            Err(RecvTimeoutError::TimedOut) => Answer::Empty,
            Err(RecvTimeoutError::Ended(why)) => why_ended(why)?,
        };
        self.follow(&Call::PopAll(most.min(read)), &answer)
    }

    /// The first answer that `call` may get now.
    fn allowed(&self, call: &Call<u8>) -> Answer<u8> {
        self.spec.answers(call).swap_remove(0).0
    }

    /// `call` got an answer that the specification allows.
    fn follow(&mut self, call: &Call<u8>, answer: &Answer<u8>) -> Result<(), TestCaseError> {
        let allowed = self.spec.answers(call);
        let next = allowed.iter().find(|(allowed, _)| allowed == answer);
        let next = next.map(|(_, next)| next.clone());
        prop_assert!(
            next.is_some(),
            "{:?} to {:?} in {:?}",
            answer,
            call,
            self.spec
        );
        self.spec = next.unwrap_or_else(|| self.spec.clone());
        Ok(())
    }
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn a_link_of_bytes_is_a_stream(
        capacity in 1..=17_usize,
        script in vec(op(), 0..60),
    ) {
        let (sender, receiver) = local::channel::<Native, u8>(Capacity::new(capacity)?)?;
        let mut pair = Pair {
            sender: Some(sender),
            receiver: Some(receiver),
            spec: Stream::new(capacity),
            made: 0,
        };
        for op in &script {
            pair.apply(op)?;
        }
    }
}
