//! The search for an order: Wing and Gong's (Journal of Parallel and Distributed Computing 1993),
//! with Lowe's memory of what has been tried (Concurrency and Computation 2017).

use super::account::Refusal;
use crate::model::specification::Specification;
use std::collections::HashSet;

/// A history as plain data: calls, answers, and what comes after what.
///
/// ```
/// use aqueduct::model::Calls;
/// use aqueduct::model::specification::{Answer, Call, Fifo};
///
/// let mut calls = Calls::new(Fifo::unbounded());
/// let push = calls.begin(1, Call::Push('a'), &[]);
/// calls.answer(push, Answer::Done);
/// let pop = calls.begin(2, Call::Pop, &[]);
/// calls.answer(pop, Answer::Empty);
/// assert_eq!(calls.order(), Ok(vec![pop, push]));
///
/// // Who knows of the push finds the message.
/// let late = calls.begin(2, Call::Pop, &[push]);
/// calls.answer(late, Answer::Empty);
/// println!("{}", calls.order().unwrap_err());
/// ```
#[derive(Debug)]
pub struct Calls<S: Specification> {
    pub(super) initial: S,
    pub(super) calls: Vec<Recorded<S>>,
}

#[derive(Debug)]
pub(super) struct Recorded<S: Specification> {
    pub(super) thread: usize,
    pub(super) call: S::Call,
    /// None if the caller died before.
    pub(super) answer: Option<S::Answer>,
    /// The calls that it comes after, all of them, as bits.
    pub(super) after: u64,
}

/// A set of one call; empty beyond what is ever searched.
pub(super) fn bit(index: usize) -> u64 {
    u32::try_from(index)
        .ok()
        .and_then(|index| 1_u64.checked_shl(index))
        .unwrap_or(0)
}

impl<S: Specification> Calls<S> {
    /// The most calls that are searched: the time grows exponentially with their number.
    pub const MOST: usize = 16;

    /// No calls yet, of a structure in the state `initial`.
    #[must_use]
    pub fn new(initial: S) -> Self {
        Calls {
            initial,
            calls: Vec::new(),
        }
    }

    /// Adds a call by `thread`, which comes after the calls `after`, what these come after, and
    /// the earlier calls of the same thread. Returns its index; it has no answer yet.
    ///
    /// # Panics
    /// If there is no call with an index in `after`.
    pub fn begin(&mut self, thread: usize, call: S::Call, after: &[usize]) -> usize {
        let earlier = self.calls.iter().enumerate();
        let own = earlier.filter(|(_, other)| other.thread == thread);
        let own = own.map(|(index, _)| index);
        let after = own
            .chain(after.iter().copied())
            .fold(0, |set, index| set | bit(index) | self.calls[index].after);
        self.calls.push(Recorded {
            thread,
            call,
            answer: None,
            after,
        });
        self.calls.len() - 1
    }

    /// The answer to the call with this index.
    ///
    /// # Panics
    /// If there is no such call.
    pub fn answer(&mut self, index: usize, answer: S::Answer) {
        self.calls[index].answer = Some(answer);
    }

    /// How many calls there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// An order of the calls, by their indices, that keeps to what comes after what and that the
    /// specification accepts. A call without an answer stands in it even if it had no effect;
    /// [glances](Specification::is_glance) are left out if they do not all fit one order.
    ///
    /// # Errors
    /// That there is none, with an account of the calls.
    ///
    /// # Panics
    /// If there are more calls than [`MOST`](Calls::MOST).
    #[track_caller]
    pub fn order(&self) -> Result<Vec<usize>, Refusal> {
        let (count, most) = (self.len(), Self::MOST);
        assert!(
            count <= most,
            "a history of {count} calls; {most} are searched"
        );
        let all = self.order_of(self.set_of(|_| true));
        let glances = self.set_of(|call| self.is_glance(call));
        if all.is_ok() || glances == 0 {
            return all;
        }
        for thread in self.calls.iter().map(|call| call.thread) {
            self.order_of(self.set_of(|call| call.thread == thread || !self.is_glance(call)))?;
        }
        self.order_of(self.set_of(|call| !self.is_glance(call)))
    }

    /// An order of the calls in `wanted`; what comes after what is transitive, so the others can
    /// be left out.
    fn order_of(&self, wanted: u64) -> Result<Vec<usize>, Refusal> {
        let mut search = Search {
            calls: self,
            wanted,
            tried: HashSet::new(),
            order: Vec::new(),
            best: (Vec::new(), self.initial.clone()),
        };
        if search.goes_on(0, &self.initial) {
            Ok(search.order)
        } else {
            Err(Refusal::new(self, wanted, &search.best))
        }
    }

    fn set_of(&self, wanted: impl Fn(&Recorded<S>) -> bool) -> u64 {
        let calls = self.calls.iter().enumerate();
        let wanted = calls.filter(|(_, call)| wanted(call));
        wanted.fold(0, |set, (index, _)| set | bit(index))
    }

    fn is_glance(&self, call: &Recorded<S>) -> bool {
        let answer = call.answer.as_ref();
        answer.is_some_and(|answer| self.initial.is_glance(answer))
    }

    /// Whether another thread's call is under way during this one, as far as anybody knows.
    fn overlaps(&self, index: usize) -> bool {
        let this = &self.calls[index];
        self.calls.iter().enumerate().any(|(other_index, other)| {
            let ordered = this.after & bit(other_index) | other.after & bit(index);
            other.thread != this.thread && ordered == 0
        })
    }

    /// The states that the call may leave when it is the next one.
    fn next(&self, index: usize, state: &S) -> Vec<S> {
        let Recorded { call, answer, .. } = &self.calls[index];
        match answer {
            None => state.unanswered(call),
            Some(answer) if state.is_busy(answer) => {
                let here = self.overlaps(index).then(|| state.clone());
                here.into_iter().collect()
            }
            Some(answer) => {
                let allowed = state.answers(call).into_iter();
                let same = allowed.filter(|(allowed, _)| allowed == answer);
                same.map(|(_, next)| next).collect()
            }
        }
    }

    /// The states that two calls may leave when they are the next ones, together.
    fn next_two(&self, indices: [usize; 2], state: &S) -> Vec<S> {
        let [one, two] = indices.map(|index| &self.calls[index]);
        let fits = |call: &Recorded<S>, allowed: &S::Answer| {
            call.answer.as_ref().is_none_or(|answer| answer == allowed)
        };
        let allowed = state.together([&one.call, &two.call]).into_iter();
        allowed
            .filter(|([first, second], _)| fits(one, first) && fits(two, second))
            .map(|(_, next)| next)
            .collect()
    }
}

/// A search in depth.
struct Search<'a, S: Specification> {
    calls: &'a Calls<S>,
    /// The calls that are to be ordered.
    wanted: u64,
    /// What was done and the state after it: tried once, whatever the order was.
    tried: HashSet<(u64, S)>,
    order: Vec<usize>,
    /// The first of the longest orders, and the state after it.
    best: (Vec<usize>, S),
}

impl<S: Specification> Search<'_, S> {
    /// Whether the wanted calls that are not in `done` can follow in `state`. Their order then stands at
    /// the end of `order`.
    fn goes_on(&mut self, done: u64, state: &S) -> bool {
        if done == self.wanted {
            return true;
        }
        if self.order.len() > self.best.0.len() {
            self.best = (self.order.clone(), state.clone());
        }
        if !self.tried.insert((done, state.clone())) {
            return false;
        }
        let calls = self.calls;
        let left = self.wanted & !done;
        let ready =
            |index: &usize| left & bit(*index) != 0 && calls.calls[*index].after & left == 0;
        let ready: Vec<usize> = (0..calls.len()).filter(ready).collect();
        ready.iter().any(|&one| {
            let alone = calls.next(one, state).into_iter();
            alone.into_iter().any(|next| self.with(&[one], done, &next))
                || ready.iter().filter(|&&two| two != one).any(|&two| {
                    let next = calls.next_two([one, two], state);
                    next.iter().any(|next| self.with(&[one, two], done, next))
                })
        })
    }

    /// Whether the search goes on after `step`, which leaves `next`.
    fn with(&mut self, step: &[usize], done: u64, next: &S) -> bool {
        self.order.extend(step);
        let done = step.iter().fold(done, |done, &index| done | bit(index));
        let found = self.goes_on(done, next);
        if !found {
            self.order.truncate(self.order.len() - step.len());
        }
        found
    }
}
