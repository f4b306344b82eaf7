//! What the machine finds out about a program.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aqueduct::model::{self, Defect, Failure, Machine, Model, Part};

use super::program::{Outcome, Program};
use super::run::{World, run};

impl World for Machine {
    type Machine = Self;

    fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T {
        let thread = model::spawn(body);
        move || thread.join().expect("the thread ends")
    }
}

/// The end of an exploration.
#[derive(Debug)]
pub(crate) enum Explored {
    /// All executions.
    Whole {
        outcomes: BTreeSet<Outcome>,
        executions: usize,
    },
    /// There were more executions than the limit.
    Cut,
    /// The program breaks the word discipline.
    Undisciplined,
}

/// Explores `program` in at most `limit` executions, with the parts `off` of the machine off.
///
/// # Panics
/// When the machine finds what the programs of the calibration cannot have.
pub(crate) fn explore(program: &Program, off: &[Part], limit: usize) -> Explored {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let body = {
        let (program, outcomes) = (Arc::new(program.clone()), Arc::clone(&outcomes));
        move || {
            let outcome = run::<Machine>(&program);
            outcomes
                .lock()
                .expect("no panic while locked")
                .insert(outcome);
        }
    };
    let complete = Model::new(program.to_string(), body).at_most(limit);
    let model = off
        .iter()
        .fold(complete, |model, &part| model.without(part));
    let executions = match model.explore() {
        Ok(report) => report.executions,
        // A program may be that simple; its one outcome is compared like others.
        Err(Failure::OneExecution { .. }) => 1,
        Err(Failure::TooManyExecutions { .. }) => return Explored::Cut,
        Err(Failure::Panicked {
            defect: Defect::Discipline,
            ..
        }) => return Explored::Undisciplined,
        Err(failure) => panic!("{failure}"),
    };
    let outcomes = std::mem::take(&mut *outcomes.lock().expect("no panic while locked"));
    Explored::Whole {
        outcomes,
        executions,
    }
}
