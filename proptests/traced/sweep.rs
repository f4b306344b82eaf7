//! Victims at many points of many operations, and what was seen of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use super::operation::{Fate, Operation, Scene, all};
use super::points::{Point, Trace};
use super::say;
use super::tracer::{Stand, Victim, fix_addresses};
use crate::shm::Scratch;

/// An operation and its instructions.
pub struct Traced {
    pub operation: Operation,
    pub trace: Trace,
}

/// Which operations are traced: those with this in their name. To see a failure again.
const ONLY: &str = "AQUEDUCT_TRACED";

/// All operations, each done once.
pub fn traced() -> &'static [Traced] {
    static ALL: OnceLock<Vec<Traced>> = OnceLock::new();
    ALL.get_or_init(|| {
        let only = std::env::var(ONLY).unwrap_or_default();
        let operations = all().into_iter().filter(|one| one.name.contains(&only));
        let operations: Vec<_> = operations.map(|one| Mutex::new(Some(one))).collect();
        let all = Mutex::new(BTreeMap::new());
        in_two(operations.len(), |index| {
            let operation = operations[index].lock().expect("no panic").take();
            let operation = operation.expect("each is done once");
            let trace = Trace::of(&operation);
            let traced = Traced { operation, trace };
            all.lock().expect("no panic").insert(index, traced);
        });
        all.into_inner().expect("no panic").into_values().collect()
    })
}

/// What becomes of a victim at its point.
#[derive(Clone, Copy, Debug)]
pub enum Then {
    /// It is killed.
    Kill,
    /// It stands still for so long, and others try meanwhile; then it goes on, to its end.
    Hold(Duration),
}

/// How long it takes until others try again, and how often they do so at once.
const ROUND: Duration = Duration::from_millis(100);
const AT_ONCE: usize = 3;

/// Lets others try for so long.
fn hold(scene: &mut dyn Scene, time: Duration) {
    (0..AT_ONCE).for_each(|_| scene.go_round());
    for _ in 0..time.as_millis() / ROUND.as_millis() {
        thread::sleep(ROUND);
        scene.go_round();
    }
}

/// One victim.
pub struct Run<'a> {
    pub operation: &'a Operation,
    pub point: Point,
    /// Chooses among the variants of the operation.
    pub turn: usize,
    pub then: Then,
}

/// Says what was run when something fails.
impl Drop for Run<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{self:?}");
        }
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, place, turn) = (&self.operation.name, self.point.place, self.turn);
        write!(f, "{name}, after {place} instructions, turn {turn}: ")?;
        self.then.fmt(f)
    }
}

/// What became of a victim.
pub struct Seen {
    pub outcome: String,
    /// Whether it stood at the very instruction, and at no other one that it had come to instead.
    exact: bool,
}

impl Run<'_> {
    /// Runs it, and lets the others judge. No name is left.
    pub fn run(&self) -> Seen {
        let scratch = Scratch::new();
        let mut scene = (self.operation.set)(&scratch.name(), self.turn);
        let victim = Victim::start(self.operation, &scratch.name());
        let stand = victim.advance(self.point);
        let exact = match stand {
            Stand::Inside => victim.instruction() == self.point.address,
            Stand::End => self.point.is_last,
        };
        let (mut began, mut ended) = (self.point.place > 0, stand == Stand::End);
        if let Then::Hold(time) = self.then {
            hold(&mut *scene, time);
            if !ended {
                victim.go_to_the_end();
            }
            (began, ended) = (true, true);
        }
        if ended {
            scene.look_at_the_end();
        }
        let word = match self.then {
            Then::Kill => {
                victim.kill();
                None
            }
            Then::Hold(_) => Some(victim.finish()),
        };
        let fate = Fate { began, ended, word };
        let outcome = scene.judge(fate);
        let path = scratch.name().path();
        assert!(!path.exists(), "{} is left", path.display());
        Seen { outcome, exact }
    }
}

/// Calls `work` with each number below `count`, in two threads that may trace.
pub fn in_two(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let worker = || {
        fix_addresses();
        let _stop = StopAll(&next, count);
        loop {
            let index = next.fetch_add(1, Relaxed);
            if index >= count {
                break;
            }
            work(index);
        }
    };
    thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(worker));
        for worker in workers {
            worker.join().expect("the message above");
        }
    });
}

/// Lets the other worker end when this one fails.
struct StopAll<'a>(&'a AtomicUsize, usize);

impl Drop for StopAll<'_> {
    fn drop(&mut self) {
        self.0.store(self.1, Relaxed);
    }
}

/// What was seen of one operation.
#[derive(Default)]
pub struct Tally {
    pub points: usize,
    pub elsewhere: usize,
    pub outcomes: BTreeMap<String, usize>,
}

impl Tally {
    /// Victims of one operation at these points.
    pub fn of(operation: &Operation, points: &[(usize, Point)], then: Then) -> Tally {
        let tally = Mutex::new(Tally::default());
        in_two(points.len(), |index| {
            let (turn, point) = points[index];
            let run = Run {
                operation,
                point,
                turn,
                then,
            };
            let seen = run.run();
            tally.lock().expect("no panic").add(seen);
        });
        tally.into_inner().expect("no panic")
    }

    pub fn add(&mut self, seen: Seen) {
        self.points += 1;
        self.elsewhere += usize::from(!seen.exact);
        *self.outcomes.entry(seen.outcome).or_default() += 1;
    }

    /// Prints it.
    pub fn print(&self, what: &str, traced: &Traced) {
        let (name, count) = (&traced.operation.name, traced.trace.count());
        let (points, elsewhere) = (self.points, self.elsewhere);
        let outcomes = self.outcomes.iter();
        let outcomes: Vec<_> = outcomes
            .map(|(outcome, times)| format!("{outcome} {times}"))
            .collect();
        let outcomes = outcomes.join(", ");
        say(&format!(
            "{name}: {points} {what} among {count} instructions, {elsewhere} beside the one meant: \
             {outcomes}"
        ));
    }
}
