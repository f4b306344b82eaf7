//! What structures are, said sequentially: a state, and the answers that a call may get in it.
//!
//! A [`History`](super::History) of calls by several threads is judged by such a type, and a script
//! of calls by one thread is too.

mod fifo;
pub mod mailbox;
mod message;
mod rendezvous;
mod stream;

pub use fifo::Fifo;
pub use message::{Answer, Call, End, Side};
pub use rendezvous::Rendezvous;
pub use stream::Stream;

use std::fmt::Debug;
use std::hash::Hash;

/// A sequential structure, as a value: the state between two calls.
///
/// ```
/// use aqueduct::model::specification::Specification;
///
/// /// A word that each caller adds one to.
/// #[derive(Clone, Debug, PartialEq, Eq, Hash)]
/// struct Counter(u32);
///
/// #[derive(Debug)]
/// struct Add;
///
/// impl Specification for Counter {
///     type Call = Add;
///     type Answer = u32;
///
///     fn answers(&self, Add: &Add) -> Vec<(u32, Counter)> {
///         vec![(self.0, Counter(self.0 + 1))]
///     }
/// }
///
/// assert_eq!(Counter(3).answers(&Add), [(3, Counter(4))]);
/// // A caller that died may have added, or not.
/// assert_eq!(Counter(3).unanswered(&Add), [Counter(3), Counter(4)]);
/// ```
pub trait Specification: Clone + Eq + Hash + Debug {
    /// What is asked of the structure.
    type Call: Debug;
    /// What it says.
    type Answer: Clone + PartialEq + Debug;

    /// Every answer that `call` may get in this state, each with the state that it leaves.
    fn answers(&self, call: &Self::Call) -> Vec<(Self::Answer, Self)>;

    /// Every pair of answers that two calls by different threads may get which take effect
    /// *together*, as the two sides of a rendezvous do, with the state that they leave. The first
    /// call is the first of `calls`; the other order is asked for separately.
    fn together(&self, calls: [&Self::Call; 2]) -> Vec<([Self::Answer; 2], Self)> {
        let _ = calls;
        Vec::new()
    }

    /// The states in which `call` may have left the structure when its caller died before it
    /// had an answer: as if it had never called, or as if it had got any of the answers.
    fn unanswered(&self, call: &Self::Call) -> Vec<Self> {
        let after = self.answers(call).into_iter().map(|(_, state)| state);
        std::iter::once(self.clone()).chain(after).collect()
    }

    /// Whether `answer` changes nothing and only tells what its caller saw, which may be old: a
    /// *glance*, as "full" and "empty" are when nothing but acquire and release orders the
    /// sides. The glances of one thread fit one order with all calls that are none; those of two
    /// threads need not fit the same one.
    ///
    /// A structure all of whose answers fit one order has no glances: the stronger claim.
    fn is_glance(&self, answer: &Self::Answer) -> bool {
        let _ = answer;
        false
    }

    /// Whether `answer` only says that another call is under way. Such an answer changes nothing,
    /// and is right if there is another call, by another thread, that it is not ordered with.
    fn is_busy(&self, answer: &Self::Answer) -> bool {
        let _ = answer;
        false
    }
}
