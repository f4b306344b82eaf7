//! Threads that stand for processes: they can be killed, and the kernel tidies up after them.

use super::event::Event;
use super::execution::{Entry, Exploration, Fate, execution, exploration, thread};
use super::site::{Access, Site};
use super::threads::{self, JoinHandle};
use super::word::AtomicU32;
use crate::platform::Ordering;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// The bit of a robust futex by which a waiter asks the kernel to be woken.
pub const FUTEX_WAITERS: u32 = 1 << 31;
/// The bit that the kernel sets when the owner of a robust futex died.
pub const FUTEX_OWNER_DIED: u32 = 1 << 30;
/// The bits of a robust futex that name its owner.
pub const FUTEX_TID_MASK: u32 = FUTEX_OWNER_DIED - 1;

/// A process, as the machine sees it.
pub(super) struct ProcessState {
    pub(super) id: u32,
    pub(super) accesses: Cell<usize>,
    /// 1 once the kernel has let go of everything that the process held.
    ended: AtomicU32,
    robust: RefCell<Vec<Box<dyn Fn()>>>,
    locks: RefCell<Vec<Box<dyn Fn()>>>,
    /// The access that it was killed before.
    killed: Cell<Option<Site>>,
}

impl ProcessState {
    fn mark_robust_words(&self) {
        for act in self.robust.take() {
            act();
        }
    }
}

/// How a killed process unwinds.
struct Killed;

thread_local! {
    /// A process unwinds because it was killed; nobody else acts meanwhile.
    static DIES: Cell<bool> = const { Cell::new(false) };
}

/// Whether the caller unwinds because its process was killed, and not because the execution has failed.
pub(super) fn dies() -> bool {
    DIES.get()
}

/// A running [`process`].
pub struct Process<T> {
    handle: JoinHandle<Option<T>>,
}

/// Starts a thread that stands for the process `id`.
///
/// It is a thread like any other until [`deaths`](super::deaths) kills it: at one of its accesses
/// it unwinds, and from then on its accesses, those of its destructors, do nothing. Killed or
/// finished, the kernel then acts for it: first for the words given to [`robust`], then
/// [`is_dead`] becomes true.
///
/// What a closure moved into the process is dropped in it, and may only be plain data or touch
/// shared memory through the machine.
///
/// # Panics
/// Outside a model; for an id that another process of this execution has.
#[track_caller]
pub fn process<T: 'static>(id: u32, f: impl FnOnce() -> T + 'static) -> Process<T> {
    let state = Rc::new(ProcessState {
        id,
        accesses: Cell::new(0),
        ended: AtomicU32::unseen(0),
        robust: RefCell::default(),
        locks: RefCell::default(),
        killed: Cell::new(None),
    });
    let execution = execution();
    let mut processes = execution.processes.borrow_mut();
    let taken = processes.iter().any(|process| process.id == id);
    assert!(!taken, "there is already a process {id}");
    processes.push(Rc::clone(&state));
    Process {
        handle: threads::start(Some(id), move || live(&state, f)),
    }
}

fn live<T>(state: &Rc<ProcessState>, f: impl FnOnce() -> T) -> Option<T> {
    let thread = thread();
    execution().threads[thread]
        .process
        .replace(Some(Rc::clone(state)));
    let result = catch_unwind(AssertUnwindSafe(f));
    DIES.set(false);
    execution().threads[thread].process.replace(None);
    match result {
        Err(payload) if !payload.is::<Killed>() => resume_unwind(payload),
        result => {
            bury(state);
            result.ok()
        }
    }
}

/// What the kernel does for a process that is gone, in the kernel's order.
fn bury(state: &ProcessState) {
    state.mark_robust_words();
    for free in state.locks.take() {
        free();
    }
    let entry = Entry::internal(Access::Store(Ordering::Release));
    let order = death_order(Ordering::Release);
    state.ended.store_as(&entry, 1, order, Location::caller());
}

impl<T> Process<T> {
    /// Waits for the end of the process; `None` if it was killed.
    ///
    /// # Panics
    /// Never: a panic in a process ends the exploration.
    #[allow(clippy::must_use_candidate, reason = "it is called to wait")]
    #[track_caller]
    pub fn join(self) -> Option<T> {
        self.handle.join().expect("a panic ends the exploration")
    }
}

impl<T> fmt::Debug for Process<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Process")
    }
}

/// Counts an access of the calling thread, and kills or pauses it if that is to happen there.
pub(super) fn count_access(exploration: &Exploration, thread: usize, site: Site) {
    let settings = &exploration.settings;
    if settings.points.is_empty() && settings.lots.is_empty() {
        return;
    }
    let current = execution();
    let points = &current.points;
    let process = current.threads[thread].process.borrow().clone();
    let Some(process) = process else {
        return;
    };
    let access = process.accesses.get() + 1;
    process.accesses.set(access);
    for (index, point) in points.iter().enumerate() {
        if point.process != process.id {
            continue;
        }
        if matches!(point.fate, Fate::Killed { suspected } if suspected == Some(access)) {
            process.mark_robust_words();
        }
        if point.access != access {
            continue;
        }
        current.reach(exploration, index);
        exploration.stopped_at.borrow_mut().insert(site);
        match point.fate {
            Fate::Paused => threads::pause(site),
            Fate::Killed { .. } => {
                process.killed.set(Some(site));
                execution().happened(Event::Killed { thread, site });
                DIES.set(true);
                resume_unwind(Box::new(Killed))
            }
        }
    }
}

/// Whether the process `id` is gone: what a kernel lock or a pidfd tells.
///
/// True only after the last access of the process, and after the kernel has marked its robust
/// words. Unless [`Model::unordered_deaths`](super::Model::unordered_deaths) is set, all that the
/// process did happens before the answer "yes".
///
/// # Panics
/// Outside a model; if no process of that id was started.
#[must_use]
pub fn is_dead(id: u32) -> bool {
    if std::thread::panicking() {
        return false;
    }
    let process = state_of(id);
    let entry = Entry::internal(Access::Load(Ordering::Acquire));
    process
        .ended
        .load_as(&entry, death_order(Ordering::Acquire))
        == 1
}

/// The access before which the process `id` was killed in this execution, if it was: the one that
/// it did not do. The model itself learns nothing by it; an outcome may name it.
///
/// # Panics
/// Outside a model; if no process of that id was started.
#[must_use]
pub fn killed_before(id: u32) -> Option<Site> {
    state_of(id).killed.get()
}

fn state_of(id: u32) -> Rc<ProcessState> {
    let execution = execution();
    let processes = execution.processes.borrow();
    let process = processes.iter().find(|process| process.id == id);
    Rc::clone(process.unwrap_or_else(|| panic!("there is no process {id}")))
}

fn death_order(order: Ordering) -> Ordering {
    if exploration().settings.unordered_deaths {
        Ordering::Relaxed
    } else {
        order
    }
}

/// Puts a word on the robust list of the calling process: at its end, if the word still names
/// `tid`, the kernel keeps [`FUTEX_WAITERS`] of it and sets [`FUTEX_OWNER_DIED`], and if there
/// were waiters wakes one of them, as the kernel does. If the word names nobody, the process may
/// have died while it was letting go, and the kernel wakes one sleeper without changing the word.
///
/// A process has several threads in truth, and the one whose list it is may be gone before the
/// others have done their last access: see [`deaths_after_suspicion`](super::deaths_after_suspicion).
///
/// `word` finds the word in `memory`, which is kept until then.
///
/// # Panics
/// Outside a [`process`].
pub fn robust<M: 'static>(
    memory: Arc<M>,
    word: impl for<'a> Fn(&'a M) -> &'a AtomicU32 + 'static,
    tid: u32,
) {
    at_its_end(
        |process| &process.robust,
        move || owner_died(word(&memory), tid),
    );
}

/// Says that the calling process, as `tid`, holds a lock of the kernel's that a word stands for: it is
/// marked as a [robust](robust) word is, but only after the last access of the process.
///
/// # Panics
/// Outside a [`process`].
pub fn lock<M: 'static>(
    memory: Arc<M>,
    word: impl for<'a> Fn(&'a M) -> &'a AtomicU32 + 'static,
    tid: u32,
) {
    at_its_end(
        |process| &process.locks,
        move || owner_died(word(&memory), tid),
    );
}

/// Adds to a list of what the kernel does for the calling process.
fn at_its_end(
    list: impl Fn(&ProcessState) -> &RefCell<Vec<Box<dyn Fn()>>>,
    act: impl Fn() + 'static,
) {
    if std::thread::panicking() {
        return;
    }
    let execution = execution();
    let process = execution.threads[thread()].process.borrow();
    let process = process.as_ref().expect("only a process has a robust list");
    list(process).borrow_mut().push(Box::new(act));
}

/// `handle_futex_death` of kernel/futex/core.c.
fn owner_died(word: &AtomicU32, tid: u32) {
    let order = death_order(Ordering::AcqRel);
    let entry = Entry::internal(Access::CompareExchange(order, Ordering::Relaxed));
    let orders = (order, Ordering::Relaxed);
    let mut old = word.load_as(&entry, Ordering::Relaxed);
    loop {
        match old & FUTEX_TID_MASK {
            0 => return word.queue.wake(1),
            owner if owner != tid => return,
            _ => {}
        }
        let values = (old, old & FUTEX_WAITERS | FUTEX_OWNER_DIED);
        match word.compare_exchange_as(&entry, values, orders, Location::caller()) {
            Ok(_) => break,
            Err(found) => old = found,
        }
    }
    word.marked(old, old & FUTEX_WAITERS | FUTEX_OWNER_DIED);
    if old & FUTEX_WAITERS != 0 {
        word.queue.wake(1);
    }
}
