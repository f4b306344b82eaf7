//! Records of any length against a queue of them: each comes whole or not at all.

use std::collections::VecDeque;

use aqueduct::link::local;
use aqueduct::link::records::{self, SendRecordError, longest};
use aqueduct::link::{Ended, Receiver, RecvTimeoutError, SendTimeoutError, Sender};
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

    /// Sends bytes that need not be records.
    fn send_raw(&mut self, bytes: &[u8]) -> usize {
        let sent = self
            .sender
            .send_batch(0, AT_ONCE, |batch| batch.push_slice(bytes));
        sent.expect("the receiver is there")
            .expect("nobody broke the link")
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

    /// A length that says more than was published with it: no more records come, whatever
    /// follows.
    #[test]
    fn a_length_that_cannot_be_ends_the_link(
        capacity in 4..=40_usize,
        whole in vec(vec(any::<u8>(), 0..8), 0..4),
        too_much in prop_oneof![1..40_u32, any::<u32>()],
        more in vec(any::<u8>(), 0..60),
    ) {
        let mut pair = Pair::new(capacity)?;
        for record in whole {
            pair.send(record)?;
            pair.receive()?;
        }
        let length = too_much.max(1);
        prop_assert_eq!(pair.send_raw(&length.to_ne_bytes()), LENGTH);
        let mut record = Vec::new();
        for _ in 0..3 {
            let received = records::recv(&mut pair.receiver, &mut record, AT_ONCE);
            prop_assert_eq!(received, Err(RecvTimeoutError::Ended(Ended::Corrupt)));
            pair.send_raw(&more);
        }
    }
}
