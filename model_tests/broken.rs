//! Structures that are broken on purpose: the checker must find each fault, and by what it is.
//!
//! A structure is written once, with its faults as a parameter, so that the healthy variant and
//! each broken one are the same code but for the line that is wrong. Each body is explored with
//! the healthy variant, which must hold, and with each fault, which must fail in the way that is
//! stated and in no other.
//!
//! `cargo test --test model_tests -- broken::ring::PublishRelaxed` shows how that one fails, step by
//! step.
//!
//! Nothing here is meant to be used; the structures are the usual ones, kept small.

mod bell;
mod goodbye;
mod lock;
mod mailbox;
mod refcount;
mod ring;
mod seat;
mod seqlock;
mod stack;
mod vyukov;
mod watch;

use crate::{explore, kill, report, stop};
use aqueduct::model::{
    DeathFailure, Deaths, Defect, Failure, Model, deaths, deaths_after_suspicion,
};
use aqueduct::platform::{Cell, Ordering};
use libtest_mimic::{Failed, Trial};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

/// How a fault must be found.
#[derive(Clone, Copy, Debug)]
enum Found {
    /// Two accesses of a cell that are not ordered.
    Race,
    /// All threads sleep.
    Deadlock,
    /// Two changes of a word that are not ordered.
    Discipline,
    /// An execution that does not end.
    Endless,
    /// A panic of the body, or of what it calls, that says this.
    Panic(&'static str),
    /// An outcome that was not stated.
    Outcome(&'static str),
    /// No execution has this outcome, which was stated.
    Missing(&'static str),
}

/// Who is killed while a body is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    Nobody,
    /// This process, at each of its accesses.
    Process(u32),
    /// The same, marked by the kernel before it is certainly dead.
    AfterSuspicion(u32),
}

/// A body, and the faults that it must show.
struct Group<F: 'static> {
    name: &'static str,
    /// Runs with a fault, or with the healthy structure; returns the outcome.
    body: fn(Option<F>) -> String,
    /// States bounds, outcomes and floors, for all variants alike.
    stated: fn(Model) -> Model,
    killed: Killed,
    faults: &'static [(F, Found)],
}

pub fn trials() -> Vec<Trial> {
    let structures = [
        bell::trials(),
        goodbye::trials(),
        lock::trials(),
        mailbox::trials(),
        refcount::trials(),
        ring::trials(),
        seat::trials(),
        seqlock::trials(),
        stack::trials(),
        vyukov::trials(),
        watch::trials(),
    ];
    structures.into_iter().flatten().collect()
}

/// The trials of a structure: each group's body with the healthy variant, and with each fault.
fn of_structure<F, const N: usize>(structure: &'static str, groups: [Group<F>; N]) -> Vec<Trial>
where
    F: Copy + Debug + Send + Sync,
{
    let trials = groups.into_iter().flat_map(|group| {
        let faults = group.faults.iter().map(|&(fault, found)| {
            let name = format!("broken::{structure}::{fault:?}");
            let (body, stated, killed) = (group.body, group.stated, group.killed);
            Trial::test(name, move || {
                broken(structure, body, stated, killed, (fault, found))
            })
        });
        let mut trials = vec![healthy(structure, &group)];
        trials.extend(faults);
        trials
    });
    trials.collect()
}

/// The body holds with the healthy structure.
fn healthy<F: Copy + Send + Sync>(structure: &str, group: &Group<F>) -> Trial {
    let body = group.body;
    let name = format!("{structure}, healthy: {}", group.name);
    let model = (group.stated)(Model::new(name, move || body(None)));
    match group.killed {
        Killed::Nobody => explore("broken", model),
        Killed::Process(victim) => kill("broken", model, vec![victim].leak()),
        Killed::AfterSuspicion(victim) => {
            let sweep = move |model: &Model| deaths_after_suspicion(model, &[victim]);
            stop("broken::deaths", model, sweep)
        }
    }
}

/// The body fails with `fault`, by what is stated; if somebody has to be killed for it, it holds
/// as long as nobody is.
fn broken<F: Copy + Debug + Send + Sync + 'static>(
    structure: &str,
    body: fn(Option<F>) -> String,
    stated: fn(Model) -> Model,
    killed: Killed,
    (fault, found): (F, Found),
) -> Result<(), Failed> {
    let executions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&executions);
    let counted = move || {
        count.fetch_add(1, Ordering::Relaxed);
        body(Some(fault))
    };
    let model = stated(Model::new(format!("{structure}::{fault:?}"), counted));
    if killed != Killed::Nobody {
        holds_alive(&model)?;
        executions.store(0, Ordering::Relaxed);
    }
    let start = Instant::now();
    let failed = match killed {
        Killed::Nobody => model.explore().err().map(|failure| (failure, model)),
        Killed::Process(victim) => in_death(deaths(&model, &[victim])),
        Killed::AfterSuspicion(victim) => in_death(deaths_after_suspicion(&model, &[victim])),
    };
    let (failure, model) = failed.ok_or("the fault was not found")?;
    if !found.is(&failure) {
        return Err(format!("not {found:?}, but {failure}").into());
    }
    let seen = executions.load(Ordering::Relaxed);
    report::fault(structure, &fault, &found, seen, start.elapsed());
    if report::asked()
        && let Some(trace) = model.trace()
    {
        report::say(&format!("\n{trace}\n"));
    }
    Ok(())
}

/// What failed, and the model with the deaths with which it did.
fn in_death(swept: Result<Deaths, DeathFailure>) -> Option<(Failure, Model)> {
    let DeathFailure { failure, model, .. } = swept.err()?;
    Some((failure, *model))
}

/// Nothing is wrong while nobody dies. Outcomes that only a death brings are not seen then.
fn holds_alive(model: &Model) -> Result<(), Failed> {
    match model.explore() {
        Ok(_)
        | Err(
            Failure::MissingOutcome { .. }
            | Failure::TooFewExecutions { .. }
            | Failure::OneExecution { .. },
        ) => Ok(()),
        Err(failure) => Err(format!("nobody has to die for it: {failure}").into()),
    }
}

impl Found {
    fn is(self, failure: &Failure) -> bool {
        match failure {
            Failure::Panicked {
                defect, message, ..
            } => match self {
                Found::Race => *defect == Defect::Race,
                Found::Deadlock => *defect == Defect::Deadlock,
                Found::Discipline => *defect == Defect::Discipline,
                Found::Endless => *defect == Defect::Endless,
                Found::Panic(said) => *defect == Defect::Panic && message.contains(said),
                Found::Outcome(_) | Found::Missing(_) => false,
            },
            Failure::UnexpectedOutcome { outcome, .. } => {
                matches!(self, Found::Outcome(stated) if stated == outcome)
            }
            Failure::MissingOutcome { outcome, .. } => {
                matches!(self, Found::Missing(stated) if stated == outcome)
            }
            _ => false,
        }
    }
}

/// The ordering of a line that is right; `Relaxed` where it is the broken one.
fn relaxed_if(broken: bool, right: Ordering) -> Ordering {
    if broken { Ordering::Relaxed } else { right }
}

#[track_caller]
fn read<T: Copy>(cell: &impl Cell<T>) -> T {
    // SAFETY: the machine reports a race before the pointer is used.
    cell.with(|value| unsafe { *value })
}

#[track_caller]
fn write<T: Copy>(cell: &impl Cell<T>, new: T) {
    // SAFETY: the machine reports a race before the pointer is used.
    cell.with_mut(|value| unsafe { *value = new });
}
