//! What the machine remembers: for one exploration, for one execution, for one thread.
//!
//! All threads of a model run on the OS thread that explores it, and each exploration has an OS
//! thread of its own. So ordinary thread-local variables are the state of the exploration, and
//! nothing in it is shared: it is neither seen by loom nor ordered by it.

use super::attempt::{self, Limit};
use super::engine::{Beacon, MAX_THREADS};
use super::event::{Effect, Event, Step};
use super::fence;
use super::history::Histories;
use super::lots::{self, Drawn, Lot};
use super::process::{self, ProcessState};
use super::site::{Access, Mutation, Site};
use super::threads::Activity;
use super::trace::replay::PathFile;
use super::watch::{self, Watch};
use super::word::AtomicU32;
use serde::{Deserialize, Serialize};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::panic::Location;
use std::rc::Rc;

/// A part of what makes the exploration complete, to be switched off by
/// [`Model::without`](super::Model::without) in a test that must then see the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A store notices every thread that loaded the word before it, not the last one only.
    Readers = 1,
    /// Both orders of two sequentially consistent fences are tried.
    Fences = 2,
    /// A compare-exchange can fail with a value that is not the newest.
    LeadingLoad = 4,
    /// Programs that break the word discipline are reported.
    Discipline = 8,
}

/// Where something happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Point {
    pub(super) process: u32,
    /// The access before which it happens; counted from 1.
    pub(super) access: usize,
    pub(super) fate: Fate,
}

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fate {
    /// It does not do this access, nor any other. Its robust words are marked before the access
    /// `suspected`, if that is earlier.
    Killed { suspected: Option<usize> },
    /// It stops until all others sleep or have ended, and goes on.
    Paused,
}

/// Whether something may be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Permission {
    #[default]
    Granted,
    Denied,
}

/// What an exploration is asked to do beside running the body.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// The [`Part`]s that are off, as bits.
    pub(super) without: u8,
    /// Accesses that are weakened.
    pub(super) mutations: Vec<Mutation>,
    /// Whether to collect the sites that are used.
    pub(super) record_sites: bool,
    /// Whether processes may make heavy fences.
    pub(super) heavy_fences: Permission,
    /// Which wait of each thread returns at once; counted from 1.
    pub(super) spurious: Option<usize>,
    /// Who is killed or paused, and where.
    pub(super) points: Vec<Point>,
    /// Who is killed or paused at an access that is drawn anew for each execution.
    pub(super) lots: Vec<Lot>,
    /// Whether learning of a death orders nothing.
    pub(super) unordered_deaths: bool,
    /// Whether notes and pictures are kept.
    pub(super) tracing: bool,
    /// Where the path of an execution is written to, or read from.
    pub(super) path: Option<PathFile>,
}

/// One exploration: what was asked and what was seen.
#[derive(Default)]
pub(super) struct Exploration {
    pub(super) settings: Settings,
    pub(super) executions: Cell<usize>,
    pub(super) outcomes: RefCell<BTreeMap<String, usize>>,
    pub(super) sites: RefCell<HashSet<Site>>,
    /// Where processes were killed or paused.
    pub(super) stopped_at: RefCell<HashSet<Site>>,
    /// For each point, as bits, whether the process came there in some execution.
    pub(super) points_reached: Cell<usize>,
    /// Whether all points were reached in the same execution.
    pub(super) points_together: Cell<bool>,
    /// What is known for the lots.
    pub(super) drawn: RefCell<Drawn>,
    pub(super) histories: Cell<Histories>,
    /// Histories that the execution in progress has made and not checked.
    pub(super) unchecked_histories: Cell<usize>,
}

/// One execution; all words in it are created before the body runs.
pub(super) struct Execution {
    /// Who is killed or paused in it, and where.
    pub(super) points: Vec<Point>,
    /// Which of them were reached, as bits.
    pub(super) points_reached: Cell<usize>,
    pub(super) fence_beacon: Beacon,
    pub(super) light_fences: fence::Words,
    /// Whether light fences were asked for.
    pub(super) may_lighten: Cell<bool>,
    pub(super) clock: AtomicU32,
    pub(super) processes: RefCell<Vec<Rc<ProcessState>>>,
    pub(super) activity: Activity,
    /// How many words and cells there are.
    objects: Cell<usize>,
    pub(super) events: RefCell<Vec<Event>>,
    pub(super) watches: RefCell<Vec<Watch>>,
    pub(super) threads: [ThreadState; MAX_THREADS],
}

/// One thread of an execution.
#[derive(Default)]
pub(super) struct ThreadState {
    /// What it may still do, in an [`attempt`](super::attempt).
    pub(super) attempt: Cell<Option<Limit>>,
    pub(super) waits: Cell<usize>,
    /// The process that this thread is, while it lives.
    pub(super) process: RefCell<Option<Rc<ProcessState>>>,
}

pub(super) use super::engine::thread;

/// What is said of a word or a thread of the machine where no model runs.
const OUTSIDE: &str = "the model machine works inside a model only: in the closure of a `Model`";

thread_local! {
    static EXPLORATION: RefCell<Option<Rc<Exploration>>> = const { RefCell::new(None) };
    static EXECUTION: RefCell<Option<Rc<Execution>>> = const { RefCell::new(None) };
}

/// Makes `exploration` the one of this OS thread.
pub(super) fn begin_exploration(exploration: Rc<Exploration>) {
    EXPLORATION.set(Some(exploration));
}

/// The exploration that this OS thread runs.
///
/// # Panics
/// Outside a model.
pub(super) fn exploration() -> Rc<Exploration> {
    EXPLORATION.with_borrow(Clone::clone).expect(OUTSIDE)
}

/// Starts the next execution; called by its first thread before anything else.
pub(super) fn begin_execution() {
    let exploration = exploration();
    exploration.executions.set(exploration.executions.get() + 1);
    // Taken out first: the old one's words must not be looked at while the new ones are made.
    drop(EXECUTION.take());
    let points = lots::points(&exploration);
    EXECUTION.set(Some(Rc::new(Execution {
        points,
        points_reached: Cell::new(0),
        fence_beacon: Beacon::new(),
        light_fences: fence::Words::new(),
        may_lighten: Cell::new(false),
        clock: AtomicU32::unseen(0),
        processes: RefCell::default(),
        activity: Activity::default(),
        objects: Cell::new(0),
        events: RefCell::default(),
        watches: RefCell::default(),
        threads: Default::default(),
    })));
    execution().activity.starts();
}

/// The execution in progress.
///
/// # Panics
/// Outside a model.
pub(super) fn execution() -> Rc<Execution> {
    EXECUTION.with_borrow(Clone::clone).expect(OUTSIDE)
}

/// What happened in the execution in progress, to be taken away.
pub(super) fn take_events() -> Vec<Event> {
    EXECUTION.with_borrow(|execution| {
        let Some(execution) = execution else {
            return Vec::new();
        };
        watch::forget(execution.watches.take());
        execution.events.take()
    })
}

/// What happened to processes in the last execution, of what was to happen.
pub(super) fn last_struck() -> Vec<Point> {
    EXECUTION.with_borrow(|execution| {
        let reached = execution.iter().flat_map(|execution| {
            let points = execution.points.iter().enumerate();
            points.filter(|(index, _)| execution.points_reached.get() & 1 << index != 0)
        });
        reached.map(|(_, &point)| point).collect()
    })
}

/// The number of a new word or cell; 0 for the words that the execution itself is made of.
///
/// # Panics
/// Outside a model.
pub(super) fn new_object() -> usize {
    EXPLORATION.with_borrow(|exploration| assert!(exploration.is_some(), "{OUTSIDE}"));
    EXECUTION.with_borrow(|execution| {
        execution.as_ref().map_or(0, |execution| {
            execution.objects.set(execution.objects.get() + 1);
            execution.objects.get()
        })
    })
}

impl Execution {
    /// Notes that a process came to the point with this index.
    pub(super) fn reach(&self, exploration: &Exploration, index: usize) {
        let reached = self.points_reached.get() | 1 << index;
        self.points_reached.set(reached);
        let before = exploration.points_reached.get();
        exploration.points_reached.set(before | reached);
        if reached == (1 << self.points.len()) - 1 {
            exploration.points_together.set(true);
        }
    }

    /// Writes down what happened just now.
    pub(super) fn happened(&self, event: Event) {
        self.events.borrow_mut().push(event);
        if exploration().settings.tracing {
            watch::look();
        }
    }
}

/// An access that is to be done.
pub(super) struct Entry {
    /// Who does it.
    pub(super) thread: usize,
    /// What to do, weakened if so asked.
    pub(super) access: Access,
    /// Which parts of the machine are off.
    pub(super) without: u8,
    /// Where it is in the source; `None` for an access by the machine itself.
    location: Option<&'static Location<'static>>,
}

impl Entry {
    /// An access by the machine itself: no site, and nobody dies at it.
    pub(super) fn internal(access: Access) -> Entry {
        Entry {
            thread: thread(),
            access,
            without: exploration().settings.without,
            location: None,
        }
    }

    /// Notes that the access was done, just now.
    pub(super) fn done(&self, effect: Effect) {
        let Some(location) = self.location else {
            return;
        };
        let site = Site {
            location,
            access: self.access,
        };
        let thread = self.thread;
        execution().happened(Event::Step(Step {
            thread,
            site,
            effect,
        }));
    }

    /// Whether `part` of the machine is on.
    pub(super) fn has(&self, part: Part) -> bool {
        self.without & part as u8 == 0
    }
}

/// Every access of the program under test begins here; `None` says that it does not happen,
/// because the thread unwinds or only looks.
pub(super) fn enter(access: Access, location: &'static Location<'static>) -> Option<Entry> {
    if std::thread::panicking() || watch::looking() {
        return None;
    }
    let exploration = exploration();
    let settings = &exploration.settings;
    let site = Site { location, access };
    if settings.record_sites {
        exploration.sites.borrow_mut().insert(site);
    }
    let thread = thread();
    process::count_access(&exploration, thread, site);
    attempt::count_access(thread);
    let mutation = settings
        .mutations
        .iter()
        .find(|mutation| mutation.site == site);
    Some(Entry {
        thread,
        access: mutation.map_or(access, |mutation| mutation.into),
        without: settings.without,
        location: Some(location),
    })
}
