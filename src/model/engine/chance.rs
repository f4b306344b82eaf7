//! shuttle as an engine: so many executions, each with choices of its own.
//!
//! Of shuttle this takes the coroutines and the choice of who goes on. Who stands still is kept
//! here, so that nobody who does is ever chosen (shuttle's own `park` may return for no reason),
//! and so that a failed execution is left as it is: its panic is raised where no thread of it
//! runs, and then shuttle gives up the other threads' stacks instead of unwinding them.

use super::MAX_THREADS;
use crate::model::failure::{DEADLOCK, ENDLESS};
use shuttle::scheduler::{
    DataSource, PctScheduler, RandomDataSource, RoundRobinScheduler, Schedule, Scheduler, Task,
    TaskId,
};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

/// The bytes of a thread's stack, which the machine gives when they are used.
const STACK: usize = 1 << 18;

/// Overrides the seed of shuttle's own schedulers.
const SHUTTLE_SEED: &str = "SHUTTLE_RANDOM_SEED";

/// What is tried.
#[derive(Clone, Debug)]
pub(in crate::model) struct Chance {
    /// How many executions.
    pub(in crate::model) runs: usize,
    /// What all choices follow from.
    pub(in crate::model) seed: u64,
    /// Threads have random priorities, which change so often (PCT); without it, each point of
    /// scheduling chooses among all threads.
    pub(in crate::model) changes: Option<usize>,
    /// How many points of scheduling an execution may have.
    pub(in crate::model) most_steps: usize,
}

/// The state of the execution in progress, and what outlives it.
struct State {
    dice: RandomDataSource,
    most_steps: usize,
    steps: usize,
    current: usize,
    parked: [bool; MAX_THREADS],
    /// For each thread, which moments of each thread happened before: by starts and ends only.
    clocks: [[u32; MAX_THREADS]; MAX_THREADS],
    /// What is wrong with the execution, though no thread has panicked.
    fault: Option<&'static str>,
    /// The panic that ended a thread.
    failure: Option<Box<dyn Any + Send>>,
}

thread_local! {
    static STATE: RefCell<Option<Box<State>>> = const { RefCell::new(None) };
}

fn with<T>(f: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(|state| f(state.as_mut().expect("shuttle is the engine")))
}

/// Whether shuttle is the engine of this OS thread.
pub(in crate::model) fn rules() -> bool {
    STATE.with_borrow(Option::is_some)
}

/// The index of the calling thread, if shuttle is the engine.
pub(super) fn thread() -> Option<usize> {
    STATE.with_borrow(|state| state.as_ref().map(|state| state.current))
}

/// A random number below `end`, of this execution; 0 under loom.
pub(in crate::model) fn below(end: usize) -> usize {
    STATE.with_borrow_mut(|state| state.as_mut().map_or(0, |state| state.below(end)))
}

impl State {
    fn new(chance: &Chance) -> State {
        State {
            dice: RandomDataSource::initialize(chance.seed),
            most_steps: chance.most_steps,
            steps: 0,
            current: 0,
            parked: [false; MAX_THREADS],
            clocks: [[0; MAX_THREADS]; MAX_THREADS],
            fault: None,
            failure: None,
        }
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("usize has 64 bits at the most");
        usize::try_from(self.dice.next_u64() % end).expect("it is below a usize")
    }

    /// Makes all new but the dice; returns the seed of the next execution's.
    fn restart(&mut self) -> u64 {
        self.steps = 0;
        self.current = 0;
        self.parked = [false; MAX_THREADS];
        self.clocks = [[0; MAX_THREADS]; MAX_THREADS];
        self.dice.reinitialize()
    }
}

impl Chance {
    /// Runs `body` again and again, until one run panics.
    pub(in crate::model) fn run(&self, body: impl Fn() + Send + Sync + 'static) {
        STATE.set(Some(Box::new(State::new(self))));
        let pct = self.changes.map(|changes| {
            assert!(
                std::env::var_os(SHUTTLE_SEED).is_none(),
                "{SHUTTLE_SEED} is set, and would be taken for seed {}",
                self.seed
            );
            PctScheduler::new_from_seed(self.seed, changes + 1, usize::MAX)
        });
        let chooser = Chooser {
            left: self.runs,
            pct,
        };
        Runner::new(chooser, config()).run(move || {
            ended_well(&body);
        });
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = STACK;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    config
}

/// Has shuttle put its hook around every panic of the program, which it does once, so that the
/// caller can take it off again: it would speak of each panic, whosever it is.
pub(in crate::model) fn hook_once() {
    Runner::new(RoundRobinScheduler::new(1), config()).run(|| {});
}

/// Who goes on.
struct Chooser {
    left: usize,
    pct: Option<PctScheduler>,
}

impl Chooser {
    fn choose(&mut self, awake: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        match &mut self.pct {
            Some(pct) => pct.next_task(awake, current, yields),
            None => Some(awake[with(|state| state.below(awake.len()))].id()),
        }
    }
}

impl Scheduler for Chooser {
    fn new_execution(&mut self) -> Option<Schedule> {
        raise_if_failed();
        self.left = self.left.checked_sub(1)?;
        let seed = with(State::restart);
        match &mut self.pct {
            Some(pct) => pct.new_execution(),
            None => Some(Schedule::new(seed)),
        }
    }

    fn next_task(
        &mut self,
        tasks: &[&Task],
        current: Option<TaskId>,
        yields: bool,
    ) -> Option<TaskId> {
        let parked = with(|state| {
            state.steps += 1;
            if state.steps > state.most_steps {
                state.fault = Some(ENDLESS);
            }
            state.parked
        });
        let awake = tasks.iter().copied();
        let awake: Vec<&Task> = awake
            .filter(|task| !parked[usize::from(task.id())])
            .collect();
        if awake.is_empty() {
            with(|state| state.fault = Some(DEADLOCK));
        }
        let goes_wrong = with(|state| state.fault.is_some() || state.failure.is_some());
        let chosen = if !goes_wrong {
            self.choose(&awake, current, yields)?
        } else if let Some(current) = current.filter(|id| tasks.iter().any(|task| task.id() == *id))
        {
            // This is its own point of scheduling: it panics there, or has and is about to end.
            current
        } else {
            raise_if_failed();
            unreachable!("something goes wrong")
        };
        with(|state| state.current = chosen.into());
        Some(chosen)
    }

    fn next_u64(&mut self) -> u64 {
        with(|state| state.dice.next_u64())
    }
}

/// Ends the exploration, outside of all threads, if the execution has failed.
fn raise_if_failed() {
    let failure = with(|state| {
        let fault = state.fault.take();
        let fault = fault.map(|fault| Box::new(fault) as Box<dyn Any + Send>);
        state.failure.take().or(fault)
    });
    if let Some(failure) = failure {
        resume_unwind(failure);
    }
}

/// A point of scheduling.
pub(super) fn point() {
    switch(|| shuttle::thread::sleep(Duration::ZERO));
}

pub(super) fn yield_now() {
    switch(shuttle::thread::yield_now);
}

fn switch(f: impl FnOnce()) {
    // All threads are one for std, which would take the others for panicking too.
    if std::thread::panicking() {
        return;
    }
    f();
    if let Some(fault) = with(|state| state.fault) {
        resume_unwind(Box::new(fault));
    }
}

/// The calling thread stands still until [`unpark`].
pub(super) fn park() {
    with(|state| state.parked[state.current] = true);
    point();
}

pub(super) fn unpark(thread: usize) {
    with(|state| state.parked[thread] = false);
}

/// What a thread returned, and who waits for it.
struct End<T> {
    value: Option<T>,
    waiting: Option<usize>,
}

/// A running thread.
pub(in crate::model) struct JoinHandle<T> {
    thread: usize,
    end: Rc<RefCell<End<T>>>,
}

/// What stays on this OS thread.
struct Here<F>(F);

// SAFETY: the threads of an exploration are coroutines on the one OS thread that runs it.
unsafe impl<F> Send for Here<F> {}

impl<F: FnOnce()> Here<F> {
    fn run(self) {
        (self.0)();
    }
}

pub(super) fn spawn<T: 'static>(f: impl FnOnce() -> T + 'static) -> JoinHandle<T> {
    let end = Rc::new(RefCell::new(End {
        value: None,
        waiting: None,
    }));
    let clock = with(|state| state.clocks[state.current]);
    let returns = Rc::clone(&end);
    let body = Here(move || {
        with(|state| state.clocks[state.current] = clock);
        let Some(value) = ended_well(f) else {
            return;
        };
        let mut end = returns.borrow_mut();
        end.value = Some(value);
        if let Some(thread) = end.waiting {
            unpark(thread);
        }
    });
    let handle = shuttle::thread::spawn(move || body.run());
    let thread = handle.thread().id().into();
    JoinHandle { thread, end }
}

/// Runs what a thread does; a panic is kept for [`raise_if_failed`].
fn ended_well<T>(f: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Some(value),
        Err(payload) => {
            with(|state| state.failure = Some(payload));
            None
        }
    }
}

impl<T> JoinHandle<T> {
    pub(super) fn join(self) -> T {
        point();
        loop {
            let value = self.end.borrow_mut().value.take();
            if let Some(value) = value {
                with(|state| state.learn(self.thread));
                return value;
            }
            self.end.borrow_mut().waiting = thread();
            park();
        }
    }
}

impl State {
    /// The calling thread knows what `other` knew at its end.
    fn learn(&mut self, other: usize) {
        let known = self.clocks[other];
        for (mine, other) in self.clocks[self.current].iter_mut().zip(known) {
            *mine = other.max(*mine);
        }
    }
}

/// A moment of a thread's life.
pub(in crate::model) struct Moment {
    thread: usize,
    time: u32,
}

impl Moment {
    /// Now; `None` if shuttle is not the engine.
    pub(super) fn now() -> Option<Moment> {
        STATE.with_borrow_mut(|state| {
            let state = state.as_mut()?;
            let thread = state.current;
            let time = &mut state.clocks[thread][thread];
            *time += 1;
            let time = *time;
            Some(Moment { thread, time })
        })
    }

    pub(super) fn happens_before_now(&self) -> bool {
        with(|state| state.clocks[state.current][self.thread] >= self.time)
    }
}
