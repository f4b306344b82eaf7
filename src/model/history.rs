//! Histories: what several threads asked of one structure and what it said, judged by a
//! [`Specification`].
//!
//! The measure is linearizability (Herlihy and Wing, TOPLAS 1990) with happens-before in the place
//! of real time: there is an order of the calls that extends happens-before and that the
//! specification accepts. Real time would be too much for a structure that only releases and
//! acquires: a pop may miss a push that has returned, if nothing told its thread so. One order for
//! everything can still be too much: see [`Specification::is_glance`].
//!
//! loom takes the order of sequentially consistent fences for happens-before, so histories are
//! judged with a little more of it than C11 promises: never with less.

mod account;
mod calls;

pub use account::Refusal;
pub use calls::Calls;

use super::discipline::Stamp;
use super::engine::{MAX_THREADS, most_threads};
use super::execution::{Exploration, exploration, thread};
use super::process::dies;
use super::specification::Specification;
use super::watch::note;
use serde::Serialize;
use std::cell::RefCell;
use std::fmt;
use std::ops::AddAssign;
use std::panic::Location;
use std::rc::Rc;

/// How many histories an exploration has judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Histories {
    /// How many there were, one or more an execution.
    pub checked: usize,
    /// How many calls they had, all together.
    pub calls: usize,
}

impl AddAssign for Histories {
    fn add_assign(&mut self, other: Histories) {
        self.checked += other.checked;
        self.calls += other.calls;
    }
}

/// The calls of one execution of a model; its clones, one for each thread, add to the same.
///
/// Recording orders nothing: a call comes after another only if that one's return happens before
/// its beginning, by what the threads do themselves. A call whose process is killed before the
/// answer may have taken effect or not, and not later than whoever knows of the death for certain.
///
/// ```
/// use aqueduct::model::specification::{Answer, Call, Fifo};
/// use aqueduct::model::{self, History, Machine, Model};
/// use aqueduct::platform::{Atomic, Ordering, Platform};
/// use std::sync::Arc;
///
/// type Word = <Machine as Platform>::AtomicU32;
///
/// // A buffer for one number that is not 0.
/// let report = Model::new("a mailbox of one word", || {
///     let word = Arc::new(Word::new(0));
///     let history = History::new(Fifo::bounded(1));
///     let pushing = model::spawn({
///         let (word, history) = (Arc::clone(&word), history.clone());
///         move || {
///             history.call(Call::Push(7), || {
///                 match word.compare_exchange(0, 7, Ordering::AcqRel, Ordering::Acquire) {
///                     Ok(_) => Answer::Done,
///                     Err(_) => Answer::Full,
///                 }
///             });
///         }
///     });
///     history.call(Call::Pop, || match word.swap(0, Ordering::AcqRel) {
///         0 => Answer::Empty,
///         number => Answer::Message(number),
///     });
///     pushing.join().unwrap();
///     history.check();
/// })
/// .explore()
/// .unwrap();
/// assert_eq!(report.histories.checked, report.executions);
/// assert_eq!(report.histories.calls, 2 * report.executions);
/// ```
pub struct History<S: Specification>(Rc<RefCell<Record<S>>>);

struct Record<S: Specification> {
    calls: Calls<S>,
    threads: [Thread; MAX_THREADS],
    checked: bool,
}

/// What is remembered of one thread.
#[derive(Default)]
struct Thread {
    /// Its call that has not ended.
    open: Option<usize>,
    /// Its calls that have ended, each with its last moment.
    ended: Vec<(usize, Stamp)>,
    /// How many of the calls that ended in each thread happened before what this one did last.
    known: [usize; MAX_THREADS],
}

impl<S: Specification> History<S> {
    /// A history without calls, of a structure in the state `initial`.
    ///
    /// # Panics
    /// Outside a model.
    #[must_use]
    pub fn new(initial: S) -> Self {
        let unchecked = &exploration().unchecked_histories;
        unchecked.set(unchecked.get() + 1);
        History(Rc::new(RefCell::new(Record {
            calls: Calls::new(initial),
            threads: Default::default(),
            checked: false,
        })))
    }

    /// Does what `call` stands for, and returns the answer.
    ///
    /// # Panics
    /// Outside a model; within another call of the same history by the same thread; after
    /// [`check`](History::check).
    #[track_caller]
    pub fn call(&self, call: S::Call, act: impl FnOnce() -> S::Answer) -> S::Answer {
        note(|| format!("{call:?} .."));
        let index = self.begin(call);
        // Ends the call also when the thread is killed in it.
        let _ending = Ending(self);
        let answer = act();
        note(|| format!(".. {answer:?}"));
        self.0.borrow_mut().calls.answer(index, answer.clone());
        answer
    }

    /// Notes that the calling process is killed, if it is before the guard is dropped: `call` is
    /// its last one then, answered by `answer`.
    pub fn at_death(&self, call: S::Call, answer: S::Answer) -> AtDeath<S> {
        AtDeath {
            history: self.clone(),
            last: Some((call, answer)),
        }
    }

    /// Looks for an order of the calls that the specification accepts.
    ///
    /// Called once, at the end of the body, when every thread that called has been joined: a
    /// history that is not checked fails the model.
    ///
    /// # Panics
    /// If there is none, with an account of the calls; and as [`judge`](History::judge) does.
    #[track_caller]
    pub fn check(&self) {
        if let Err(refusal) = self.judge() {
            panic!("{refusal}");
        }
    }

    /// As [`check`](History::check), for a body that has its own view of a refusal.
    ///
    /// # Errors
    /// The account of the calls, if there is no order of them.
    ///
    /// # Panics
    /// If a call has not ended; when called twice; for more calls than [`Calls::MOST`].
    #[track_caller]
    pub fn judge(&self) -> Result<(), Refusal> {
        let mut record = self.0.borrow_mut();
        let open = record.threads.iter().find_map(|thread| thread.open);
        if let Some(index) = open {
            panic!(
                "{} goes on while its history is checked",
                record.calls.name(index)
            );
        }
        assert!(!record.checked, "the history has been checked");
        record.checked = true;
        let exploration = exploration();
        let unchecked = &exploration.unchecked_histories;
        unchecked.set(unchecked.get() - 1);
        let mut histories = exploration.histories.get();
        histories += Histories {
            checked: 1,
            calls: record.calls.len(),
        };
        exploration.histories.set(histories);
        record.calls.order().map(|_| ())
    }

    fn begin(&self, call: S::Call) -> usize {
        let mut record = self.0.borrow_mut();
        let thread = thread();
        assert!(!record.checked, "{call:?} after the check of its history");
        assert!(
            record.threads[thread].open.is_none(),
            "{call:?} within another call"
        );
        record.learn(thread);
        record.begin(thread, call)
    }

    #[track_caller]
    fn end(&self) {
        let mut record = self.0.borrow_mut();
        let thread = &mut record.threads[thread()];
        let index = thread.open.take().expect("it has begun");
        // What the thread releases from now on is later than this moment, and what it has
        // released is not.
        thread
            .ended
            .push((index, Stamp::after_releases(Location::caller())));
    }
}

impl<S: Specification> Record<S> {
    /// Finds which calls of other threads ended before now, as happens-before has it.
    fn learn(&mut self, thread: usize) {
        for other in (0..most_threads()).filter(|&other| other != thread) {
            let mut known = self.threads[thread].known[other];
            let ended = &self.threads[other].ended;
            // Those of one thread end one after the other.
            while ended
                .get(known)
                .is_some_and(|(_, end)| end.happens_before_now())
            {
                known += 1;
            }
            self.threads[thread].known[other] = known;
        }
    }

    /// Begins a call by `thread`, after all that it knows of.
    fn begin(&mut self, thread: usize, call: S::Call) -> usize {
        let known = self.threads[thread].known.iter().zip(&self.threads);
        let after: Vec<usize> = known
            .flat_map(|(&known, other)| &other.ended[..known])
            .map(|&(index, _)| index)
            .collect();
        let index = self.calls.begin(thread, call, &after);
        self.threads[thread].open = Some(index);
        index
    }
}

impl<S: Specification> Clone for History<S> {
    fn clone(&self) -> Self {
        History(Rc::clone(&self.0))
    }
}

impl<S: Specification> fmt::Debug for History<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("History")
    }
}

/// Ends the call of the thread that drops it, unless the execution has failed: there is no history of that.
struct Ending<'a, S: Specification>(&'a History<S>);

impl<S: Specification> Drop for Ending<'_, S> {
    fn drop(&mut self) {
        if dies() || !std::thread::panicking() {
            self.0.end();
        }
    }
}

/// What [`History::at_death`] has prepared.
#[must_use = "a death is noted while this is kept"]
pub struct AtDeath<S: Specification> {
    history: History<S>,
    last: Option<(S::Call, S::Answer)>,
}

impl<S: Specification> fmt::Debug for AtDeath<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtDeath")
    }
}

impl<S: Specification> Drop for AtDeath<S> {
    fn drop(&mut self) {
        if let Some((call, answer)) = self.last.take_if(|_| dies()) {
            // It comes after what the process knew when it last called: to ask loom for more
            // would be a panic within its death.
            let mut record = self.history.0.borrow_mut();
            let index = record.begin(thread(), call);
            record.calls.answer(index, answer);
            drop(record);
            self.history.end();
        }
    }
}

/// Fails an execution that has made a history and not judged it.
pub(super) fn assert_checked(exploration: &Exploration) {
    let unchecked = exploration.unchecked_histories.get();
    assert_eq!(
        unchecked, 0,
        "histories that the body has made and not checked"
    );
}
