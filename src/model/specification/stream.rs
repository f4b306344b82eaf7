//! Bytes without borders.

use super::Specification;
use super::message::{Answer, Call, Ends, Side};
use std::collections::VecDeque;

/// A bounded stream of bytes: a [`PushAll`](Call::PushAll) puts in as many of its bytes as it
/// likes, one at least if there is room, and a [`PopAll`](Call::PopAll) takes out as many as it
/// likes.
///
/// ```
/// use aqueduct::model::specification::{Answer, Call, Specification, Stream};
///
/// let written = Stream::new(2).answers(&Call::PushAll(b"abc".to_vec()));
/// let counts: Vec<_> = written.iter().map(|(count, _)| count.clone()).collect();
/// assert_eq!(counts, [Answer::Count(1), Answer::Count(2)]);
///
/// let (_, full) = &written[1];
/// assert_eq!(full.answers(&Call::PushAll(b"c".to_vec())), [(Answer::Full, full.clone())]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stream {
    bytes: VecDeque<u8>,
    capacity: usize,
    ends: Ends,
}

impl Stream {
    /// An empty stream that holds at most `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Stream {
            bytes: VecDeque::new(),
            capacity,
            ends: Ends::default(),
        }
    }

    fn write(&self, bytes: &[u8]) -> Vec<(Answer<u8>, Self)> {
        if let Some(ended) = self.ends.of(Side::Consumer).answer() {
            return vec![(ended, self.clone())];
        }
        let most = bytes.len().min(self.capacity - self.bytes.len());
        if most == 0 && !bytes.is_empty() {
            return vec![(Answer::Full, self.clone())];
        }
        let wrote = |count| {
            let mut next = self.clone();
            next.bytes.extend(&bytes[..count]);
            (Answer::Count(count), next)
        };
        (most.min(1)..=most).map(wrote).collect()
    }

    fn read(&self, most: usize) -> Vec<(Answer<u8>, Self)> {
        if self.bytes.is_empty() {
            let ended = self.ends.of(Side::Producer).answer();
            return vec![(ended.unwrap_or(Answer::Empty), self.clone())];
        }
        let most = most.min(self.bytes.len());
        let read = |count| {
            let mut next = self.clone();
            let bytes = next.bytes.drain(..count).collect();
            (Answer::Messages(bytes), next)
        };
        (most.min(1)..=most).map(read).collect()
    }
}

impl Specification for Stream {
    type Call = Call<u8>;
    type Answer = Answer<u8>;

    /// A single byte is a batch of one.
    fn answers(&self, call: &Call<u8>) -> Vec<(Answer<u8>, Self)> {
        let mut next = self.clone();
        match call {
            _ if next.ends.change(call) => vec![(Answer::Done, next)],
            Call::PushAll(bytes) => self.write(bytes),
            Call::PopAll(most) => self.read(*most),
            Call::Push(byte) => self.write(&[*byte]),
            _ => self.read(1),
        }
    }
}
