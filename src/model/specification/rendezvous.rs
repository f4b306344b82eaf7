//! No buffer at all.

use super::Specification;
use super::message::{Answer, Call, Ends, Side};
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

/// A meeting point: a message passes when its producer and a consumer meet, and both calls take
/// effect together.
///
/// A call that does not meet anybody says so: [`Full`](Answer::Full) to a producer,
/// [`Empty`](Answer::Empty) to a consumer. If one of the two died before its answer, the other may
/// have met it.
///
/// ```
/// use aqueduct::model::specification::{Answer, Call, Rendezvous, Specification};
///
/// let meeting = Rendezvous::new();
/// let met = [Answer::Done, Answer::Message(7)];
/// assert_eq!(meeting.together([&Call::Push(7), &Call::Pop]), [(met, meeting.clone())]);
/// assert_eq!(meeting.answers(&Call::Push(7)), [(Answer::Full, meeting)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rendezvous<T> {
    ends: Ends,
    message: PhantomData<T>,
}

impl<T> Rendezvous<T> {
    /// A meeting point that both sides may come to.
    #[must_use]
    pub fn new() -> Self {
        Rendezvous {
            ends: Ends::default(),
            message: PhantomData,
        }
    }
}

impl<T> Default for Rendezvous<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Eq + Hash + Debug> Specification for Rendezvous<T> {
    type Call = Call<T>;
    type Answer = Answer<T>;

    /// # Panics
    /// For a batch: messages meet one by one.
    fn answers(&self, call: &Call<T>) -> Vec<(Answer<T>, Self)> {
        let mut next = self.clone();
        let answer = match call {
            _ if next.ends.change(call) => Answer::Done,
            Call::Push(_) => next
                .ends
                .of(Side::Consumer)
                .answer()
                .unwrap_or(Answer::Full),
            Call::Pop => next
                .ends
                .of(Side::Producer)
                .answer()
                .unwrap_or(Answer::Empty),
            _ => panic!("no batches at a rendezvous: {call:?}"),
        };
        vec![(answer, next)]
    }

    fn together(&self, calls: [&Call<T>; 2]) -> Vec<([Answer<T>; 2], Self)> {
        match calls {
            [Call::Push(message), Call::Pop] => {
                let met = [Answer::Done, Answer::Message(message.clone())];
                vec![(met, self.clone())]
            }
            _ => Vec::new(),
        }
    }
}
