//! Why a model does not hold.

use super::event::{Event, Step};
use super::panics;
use std::any::Any;
use std::fmt;

/// What kind of failure ended an exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The body panicked.
    Panic,
    /// All threads sleep.
    Deadlock,
    /// Two accesses of a cell are not ordered.
    Race,
    /// Two changes of a word are not ordered, and one of them is a plain store.
    Discipline,
    /// An execution did not end.
    Endless,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Defect::Panic => "panic",
            Defect::Deadlock => "deadlock",
            Defect::Race => "race",
            Defect::Discipline => "word discipline",
            Defect::Endless => "endless execution",
        })
    }
}

/// Why a model does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// An execution failed.
    #[error("{model}: {defect} in execution {execution}: {message}")]
    Panicked {
        /// The name of the model.
        model: String,
        /// The number of the execution, from 1.
        execution: usize,
        /// What kind of failure it was.
        defect: Defect,
        /// What was said, and where.
        message: String,
        /// What happened in the execution.
        events: Vec<Event>,
    },
    /// An execution had an outcome that was not stated.
    #[error("{model}: unexpected outcome {outcome:?} in execution {execution}")]
    UnexpectedOutcome {
        /// The name of the model.
        model: String,
        /// The number of the execution, from 1.
        execution: usize,
        /// The outcome.
        outcome: String,
        /// What happened in the execution.
        events: Vec<Event>,
    },
    /// No execution had an outcome that was stated.
    #[error("{model}: outcome {outcome:?} was not seen in {executions} executions")]
    MissingOutcome {
        /// The name of the model.
        model: String,
        /// How many executions there were.
        executions: usize,
        /// The outcome.
        outcome: String,
    },
    /// There was one execution: nothing was explored.
    #[error("{model}: there was only one execution")]
    OneExecution {
        /// The name of the model.
        model: String,
    },
    /// There were fewer executions than stated.
    #[error("{model}: {executions} executions, at least {floor} were stated")]
    TooFewExecutions {
        /// The name of the model.
        model: String,
        /// How many executions there were.
        executions: usize,
        /// How many were stated.
        floor: usize,
    },
    /// Nobody was killed or paused.
    #[error(
        "{model}: none of the processes that are to be killed or paused is there: start them with `process`"
    )]
    NobodyStopped {
        /// The name of the model.
        model: String,
    },
    /// The exploration was given up.
    #[error("{model}: given up after {executions} executions")]
    TooManyExecutions {
        /// The name of the model.
        model: String,
        /// How many executions there were.
        executions: usize,
    },
}

impl Failure {
    /// What kind of failure ended the exploration, if an execution panicked.
    #[must_use]
    pub fn defect(&self) -> Option<Defect> {
        match self {
            Failure::Panicked { defect, .. } => Some(*defect),
            _ => None,
        }
    }

    /// The model and what kind of failure it was, in a few words, for a table.
    pub(super) fn in_short(&self) -> String {
        match self {
            Failure::Panicked { model, defect, .. } => format!("{model}: {defect}"),
            Failure::UnexpectedOutcome { model, outcome, .. } => {
                format!("{model}: unexpected outcome {outcome}")
            }
            other => other.to_string(),
        }
    }

    /// The number of the failed execution, from 1; `None` if none failed.
    #[must_use]
    pub fn execution(&self) -> Option<usize> {
        match self {
            Failure::Panicked { execution, .. } | Failure::UnexpectedOutcome { execution, .. } => {
                Some(*execution)
            }
            _ => None,
        }
    }

    /// What happened in the failed execution, in its order; empty if no execution failed.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        match self {
            Failure::Panicked { events, .. } | Failure::UnexpectedOutcome { events, .. } => events,
            _ => &[],
        }
    }

    /// The accesses of the failed execution, in their order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.events().iter().filter_map(|event| match event {
            Event::Step(step) => Some(step),
            _ => None,
        })
    }
}

/// How an execution ends the exploration because of its outcome.
pub(super) struct Unexpected(pub(super) String);

/// How an exploration is given up.
pub(super) struct GivenUp;

/// What a panic that ended an exploration means; it was raised at `place`.
pub(super) fn failure(
    model: String,
    execution: usize,
    payload: &(dyn Any + Send),
    place: &str,
    events: Vec<Event>,
) -> Failure {
    if let Some(Unexpected(outcome)) = payload.downcast_ref() {
        return Failure::UnexpectedOutcome {
            model,
            execution,
            outcome: outcome.clone(),
            events,
        };
    }
    if payload.is::<GivenUp>() {
        let executions = execution - 1;
        return Failure::TooManyExecutions { model, executions };
    }
    let message = panics::message(payload);
    Failure::Panicked {
        model,
        execution,
        defect: defect(&message),
        message: in_words(&message, place),
        events,
    }
}

/// What a panic said and where; what loom says is said in words of ours.
fn in_words(message: &str, place: &str) -> String {
    match defect(message) {
        Defect::Race => "two accesses of a cell, one of them a write, are not ordered".to_owned(),
        Defect::Deadlock => "every thread sleeps, or waits for one that does".to_owned(),
        Defect::Endless => "a thread goes on and on, and waits for nobody".to_owned(),
        Defect::Discipline => message.trim().to_owned(),
        Defect::Panic => format!("{} (at {place})", message.trim()),
    }
}

/// How an execution ends in which nobody goes on.
pub(super) const DEADLOCK: &str = "deadlock";

/// How an execution ends that takes too long.
pub(super) const ENDLESS: &str = "Model exceeded maximum number of branches";

/// The engines tell their findings in words, which are loom's.
fn defect(message: &str) -> Defect {
    let message = message.trim_start();
    if message.starts_with(DEADLOCK) {
        Defect::Deadlock
    } else if message.starts_with("Causality violation") {
        Defect::Race
    } else if message.starts_with("word discipline") {
        Defect::Discipline
    } else if message.starts_with(ENDLESS) {
        Defect::Endless
    } else {
        Defect::Panic
    }
}
