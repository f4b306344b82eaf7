//! What a bounded buffer is, as the models have it; and what the properties have in common.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aqueduct::model::specification::{Answer, Call, End, Fifo, Side};
use proptest::prelude::*;

/// How many random cases each property is tried with, whatever the environment says.
pub const CASES: u32 = 1_000;

/// The cases of the long form.
pub const LONG: u32 = 100_000;

/// A property, and its long form.
macro_rules! property {
    ($(#[$attribute:meta])* fn $name:ident($($argument:ident in $strategy:expr),+ $(,)?) $body:block) => {
        $(#[$attribute])*
        mod $name {
            #[allow(clippy::wildcard_imports, reason = "it is the same place")]
            use super::*;

            proptest! {
                #![proptest_config($crate::spec::config($crate::spec::CASES))]
                #[test]
                fn holds($($argument in $strategy),+) $body
            }

            proptest! {
                #![proptest_config($crate::spec::config($crate::spec::LONG))]
                #[test]
                #[ignore = "the long form: 100,000 cases"]
                fn holds_long($($argument in $strategy),+) $body
            }
        }
    };
}
pub(crate) use property;

/// The configuration of a property with so many cases.
pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        // A failure prints its shortest script, which becomes a test of its own.
        failure_persistence: None,
        max_shrink_time: 20_000,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Where a stream may begin: at zero, anywhere, or a few messages before the count wraps.
pub fn starts() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        any::<u64>(),
        (0..40_u64).prop_map(|few| u64::MAX - few)
    ]
}

/// The first-in-first-out buffer that judges the models, too, and where its stream stands.
#[derive(Clone, Debug)]
pub struct Queue<M> {
    fifo: Fifo<M>,
    head: u64,
}

impl<M: Clone> Queue<M> {
    /// An empty buffer for at most `capacity` messages whose stream stands at `start`.
    pub fn new(capacity: usize, start: u64) -> Self {
        Self {
            fifo: Fifo::bounded(capacity),
            head: start,
        }
    }

    /// The answer to `call`, which then has happened.
    pub fn answer(&mut self, call: &Call<M>) -> Answer<M> {
        let answer = self.fifo.answer(call);
        let taken = match &answer {
            Answer::Message(_) => 1,
            Answer::Messages(messages) => messages.len(),
            _ => 0,
        };
        self.head = self.head.wrapping_add(taken as u64);
        answer
    }

    /// What became of a side.
    pub fn end(&self, side: Side) -> End {
        self.fifo.end(side)
    }

    /// How many messages are in it.
    pub fn filled(&self) -> usize {
        self.fifo.messages().len()
    }

    /// How many more it takes.
    pub fn room(&self) -> usize {
        self.fifo.room()
    }

    /// The position of the next message to take.
    pub fn head(&self) -> u64 {
        self.head
    }

    /// The position of the next message to fill.
    pub fn tail(&self) -> u64 {
        self.head.wrapping_add(self.filled() as u64)
    }

    /// Puts a message in; says whether there was room.
    pub fn push(&mut self, message: M) -> bool {
        matches!(self.answer(&Call::Push(message)), Answer::Done)
    }

    /// Puts in as many of `messages` as there is room for, and returns their number. A batch that
    /// is committed is the same.
    pub fn push_all(&mut self, messages: &[M]) -> usize {
        match self.answer(&Call::PushAll(messages.to_vec())) {
            Answer::Count(count) => count,
            _ => 0,
        }
    }

    /// Takes a message out.
    pub fn pop(&mut self) -> Option<M> {
        match self.answer(&Call::Pop) {
            Answer::Message(message) => Some(message),
            _ => None,
        }
    }

    /// Takes out as many messages as there are, `most` at the most.
    pub fn pop_all(&mut self, most: usize) -> Vec<M> {
        match self.answer(&Call::PopAll(most)) {
            Answer::Messages(messages) => messages,
            _ => Vec::new(),
        }
    }

    /// The messages that are there, the first `skip` left out, `most` at the most.
    pub fn peek(&self, skip: usize, most: usize) -> Vec<M> {
        let messages = self.fifo.messages().iter().skip(skip).take(most);
        messages.cloned().collect()
    }
}

/// Whether a side that asked for `wanted` may be told `answer` when the truth is `truth`: never
/// too much, and less only if it is enough.
pub fn may_be_told(answer: usize, wanted: usize, truth: usize) -> bool {
    answer == truth || (wanted..truth).contains(&answer)
}

/// Counts how often each of its values was dropped.
///
/// Its values are plain numbers, so that one that a broken buffer invents, or hands out twice, is
/// a failure and not a crash.
#[derive(Debug)]
pub struct Ledger(u64);

/// A value whose drop is counted.
#[derive(Debug)]
pub struct Counted {
    /// Which value of its ledger it is.
    pub number: usize,
    ledger: u64,
}

/// The drops of each value, by ledger; no ledger has the number 0.
static LEDGERS: Mutex<BTreeMap<u64, Vec<u32>>> = Mutex::new(BTreeMap::new());

fn ledgers() -> MutexGuard<'static, BTreeMap<u64, Vec<u32>>> {
    LEDGERS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// A ledger without values.
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let ledger = COUNT.fetch_add(1, Relaxed);
        ledgers().insert(ledger, Vec::new());
        Self(ledger)
    }

    fn with<R>(&self, f: impl FnOnce(&mut Vec<u32>) -> R) -> R {
        f(ledgers().get_mut(&self.0).expect("it is not dropped"))
    }

    /// The next value.
    pub fn value(&self) -> Counted {
        let number = self.with(|drops| {
            drops.push(0);
            drops.len() - 1
        });
        let ledger = self.0;
        Counted { number, ledger }
    }

    /// The number that the next value will have.
    pub fn next(&self) -> usize {
        self.with(|drops| drops.len())
    }

    /// How many values are alive; an error if one was dropped twice.
    pub fn alive(&self) -> Result<usize, TestCaseError> {
        self.with(|drops| {
            let twice = drops.iter().position(|&count| count > 1);
            prop_assert_eq!(twice, None, "a value was dropped more than once");
            Ok(drops.iter().filter(|&&count| count == 0).count())
        })
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        ledgers().remove(&self.0);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut ledgers = ledgers();
        let drops = ledgers.get_mut(&self.ledger);
        if let Some(count) = drops.and_then(|drops| drops.get_mut(self.number)) {
            *count += 1;
        }
    }
}
