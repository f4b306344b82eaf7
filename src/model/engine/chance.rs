//! shuttle as an engine: so many executions, each with choices of its own.
//!
//! Of shuttle this takes the coroutines and the choice of who goes on. Who stands still is kept
//! here, so that nobody who does is ever chosen (shuttle's own `park` may return for no reason),
//! and so that a failed execution is left as it is: its panic is raised where no thread of it
//! runs, and then shuttle gives up the other threads' stacks instead of unwinding them.

mod chooser;
mod tasks;

pub(super) use self::tasks::spawn;
pub(in crate::model) use self::tasks::{JoinHandle, Moment};

use self::chooser::Chooser;
use self::tasks::ended_well;
use super::MAX_THREADS;
use shuttle::scheduler::{DataSource, PctScheduler, RandomDataSource, RoundRobinScheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::resume_unwind;
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
    /// Whether there is a state; asked at each access of every engine.
    static RULES: Cell<bool> = const { Cell::new(false) };
    static STATE: RefCell<Option<Box<State>>> = const { RefCell::new(None) };
}

fn with<T>(f: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(|state| f(state.as_mut().expect("shuttle is the engine")))
}

/// Whether shuttle is the engine of this OS thread.
pub(in crate::model) fn rules() -> bool {
    RULES.get()
}

/// The index of the calling thread, if shuttle is the engine.
pub(super) fn thread() -> Option<usize> {
    rules().then(|| with(|state| state.current))
}

/// A random number below `end`, of this execution.
pub(in crate::model) fn below(end: usize) -> usize {
    with(|state| state.below(end))
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

    /// Makes all new but the dice.
    fn restart(&mut self) {
        self.steps = 0;
        self.current = 0;
        self.parked = [false; MAX_THREADS];
        self.clocks = [[0; MAX_THREADS]; MAX_THREADS];
    }
}

impl Chance {
    /// Runs `body` again and again, until one run panics.
    pub(in crate::model) fn run(&self, body: impl Fn() + Send + Sync + 'static) {
        STATE.set(Some(Box::new(State::new(self))));
        RULES.set(true);
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
