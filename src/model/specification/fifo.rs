//! First in, first out.

use super::Specification;
use super::message::{Answer, Call, End, Ends, Side};
use std::collections::VecDeque;
use std::fmt::Debug;
use std::hash::Hash;

/// A first-in-first-out buffer between two sides, bounded or not.
///
/// What was put in comes out although its producer has ended; nothing more goes in once the
/// consumer has.
///
/// ```
/// use aqueduct::model::specification::{Answer, Call, Fifo, Side};
///
/// let mut fifo = Fifo::bounded(1);
/// assert_eq!(fifo.answer(&Call::Push('a')), Answer::Done);
/// assert_eq!(fifo.answer(&Call::Push('b')), Answer::Full);
/// assert_eq!(fifo.answer(&Call::Close(Side::Producer)), Answer::Done);
/// assert_eq!(fifo.answer(&Call::Pop), Answer::Message('a'));
/// assert_eq!(fifo.answer(&Call::Pop), Answer::Closed);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fifo<T> {
    messages: VecDeque<T>,
    /// Unbounded if `None`.
    capacity: Option<usize>,
    ends: Ends,
    busy: bool,
    glances: bool,
}

impl<T: Clone> Fifo<T> {
    /// An empty buffer for at most `capacity` messages.
    #[must_use]
    pub fn bounded(capacity: usize) -> Self {
        Fifo {
            capacity: Some(capacity),
            ..Fifo::unbounded()
        }
    }

    /// An empty buffer that is never full.
    #[must_use]
    pub fn unbounded() -> Self {
        Fifo {
            messages: VecDeque::new(),
            capacity: None,
            ends: Ends::default(),
            busy: false,
            glances: false,
        }
    }

    /// Allows [`Answer::Busy`] to whoever meets the unfinished call of another.
    #[must_use]
    pub fn may_be_busy(mut self) -> Self {
        self.busy = true;
        self
    }

    /// Takes [`Full`](Answer::Full) and [`Empty`](Answer::Empty) for glances: the producer can be
    /// told "full" because it does not see a pop, while the consumer is told "empty" because it
    /// does not see a push, although there is no order in which both are true. For the same reason
    /// a batch may then be cut short.
    #[must_use]
    pub fn with_glances(mut self) -> Self {
        self.glances = true;
        self
    }

    /// The messages that are in it, the next one to come out first.
    #[must_use]
    pub fn messages(&self) -> &VecDeque<T> {
        &self.messages
    }

    /// How many more it takes.
    #[must_use]
    pub fn room(&self) -> usize {
        self.capacity
            .map_or(usize::MAX, |capacity| capacity - self.messages.len())
    }

    /// What became of the holder of a side.
    #[must_use]
    pub fn end(&self, side: Side) -> End {
        self.ends.of(side)
    }

    /// The one answer that `call` gets, after which the state is the next one.
    pub fn answer(&mut self, call: &Call<T>) -> Answer<T> {
        if self.ends.change(call) {
            return Answer::Done;
        }
        match call {
            Call::Push(message) => match self.push_all(std::slice::from_ref(message)) {
                Answer::Count(1) => Answer::Done,
                Answer::Count(_) => Answer::Full,
                ended => ended,
            },
            Call::PushAll(messages) => self.push_all(messages),
            Call::Pop => match self.pop_all(1) {
                Answer::Messages(mut one) => one.pop().map_or(Answer::Empty, Answer::Message),
                ended => ended,
            },
            Call::PopAll(most) => self.pop_all(*most),
            Call::Close(_) | Call::Die(_) | Call::Follow(_) => unreachable!("done above"),
        }
    }

    /// What is left of a batch whose caller does not see all the room or all the messages.
    fn shorter(&self, call: &Call<T>) -> Vec<Call<T>> {
        match call {
            Call::PushAll(messages) => (0..messages.len().min(self.room()))
                .map(|count| Call::PushAll(messages[..count].to_vec()))
                .collect(),
            Call::PopAll(most) => (0..self.messages.len().min(*most))
                .map(Call::PopAll)
                .collect(),
            _ => Vec::new(),
        }
    }

    fn push_all(&mut self, messages: &[T]) -> Answer<T> {
        if let Some(ended) = self.ends.of(Side::Consumer).answer() {
            return ended;
        }
        let fitting = &messages[..messages.len().min(self.room())];
        self.messages.extend(fitting.iter().cloned());
        Answer::Count(fitting.len())
    }

    fn pop_all(&mut self, most: usize) -> Answer<T> {
        match self.ends.of(Side::Producer).answer() {
            Some(ended) if self.messages.is_empty() => ended,
            _ => {
                let count = most.min(self.messages.len());
                Answer::Messages(self.messages.drain(..count).collect())
            }
        }
    }
}

impl<T: Clone + Eq + Hash + Debug> Specification for Fifo<T> {
    type Call = Call<T>;
    type Answer = Answer<T>;

    fn answers(&self, call: &Call<T>) -> Vec<(Answer<T>, Self)> {
        let shorter = if self.glances {
            self.shorter(call)
        } else {
            Vec::new()
        };
        let calls = std::iter::once(call).chain(&shorter);
        calls
            .map(|call| {
                let mut next = self.clone();
                (next.answer(call), next)
            })
            .collect()
    }

    fn is_glance(&self, answer: &Answer<T>) -> bool {
        self.glances && matches!(answer, Answer::Full | Answer::Empty)
    }

    fn is_busy(&self, answer: &Answer<T>) -> bool {
        self.busy && *answer == Answer::Busy
    }
}
