//! Records of any length against a queue of them: each comes whole or not at all.

use std::collections::VecDeque;

use aqueduct::link::local;
use aqueduct::link::records::{self, SendRecordError, longest};
use aqueduct::link::{Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{AT_ONCE, End};
use crate::spec::{CASES, config};

/// The bytes before each record.
const LENGTH: usize = 4;

/// A link of bytes, and the records that should be in it.
struct Pair {
    capacity: usize,
    sender: Sender<End<u8>>,
    receiver: Receiver<End<u8>>,
    spec: VecDeque<Vec<u8>>,
}

impl Pair {
    fn new(capacity: usize) -> Result<Self, TestCaseError> {
        let (sender, receiver) = local::channel::<Native, u8>(Capacity::new(capacity)?)?;
        Ok(Self {
            capacity,
            sender,
            receiver,
            spec: VecDeque::new(),
        })
    }

    fn room(&self) -> usize {
        let filled = self.spec.iter().map(|record| LENGTH + record.len());
        self.capacity - filled.sum::<usize>()
    }

    fn send(&mut self, record: Vec<u8>) -> Result<(), TestCaseError> {
        let sent = records::send(&mut self.sender, &record, AT_ONCE);
        let length = record.len();
        let expected = if LENGTH + length > self.capacity {
            let longest = longest(self.capacity);
            Err(SendRecordError::TooLong { length, longest })
        } else if LENGTH + length > self.room() {
            Err(SendTimeoutError::TimedOut(()).into())
        } else {
            self.spec.push_back(record);
            Ok(())
        };
        prop_assert_eq!(sent, expected);
        Ok(())
    }

    fn receive(&mut self) -> Result<(), TestCaseError> {
        let mut record = b"what was there before".to_vec();
        let received = records::recv(&mut self.receiver, &mut record, AT_ONCE);
        let expected = self.spec.pop_front();
        prop_assert_eq!(
            received.map(|()| record),
            expected.ok_or(RecvTimeoutError::TimedOut)
        );
        Ok(())
    }
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn a_record_comes_whole_or_not_at_all(
        capacity in 1..=40_usize,
        script in vec(proptest::option::of(vec(any::<u8>(), 0..44)), 0..60),
    ) {
        let mut pair = Pair::new(capacity)?;
        for step in script {
            match step {
                Some(record) => pair.send(record)?,
                None => pair.receive()?,
            }
        }
    }
}
