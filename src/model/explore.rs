//! Models: what is explored, and what must be seen then.

mod run;

use super::execution::{Fate, Part, Permission, Point, Settings};
use super::failure::Failure;
use super::history::Histories;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A small concurrent program, and what its executions must look like.
#[derive(Clone)]
pub struct Model {
    name: String,
    body: Arc<dyn Fn() -> String + Send + Sync>,
    bound: Option<usize>,
    pub(super) branches: usize,
    at_least: usize,
    pub(super) at_most: usize,
    outcomes: Option<BTreeSet<String>>,
    pub(super) settings: Settings,
}

/// What an exploration saw.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the model.
    pub name: String,
    /// The preemption bound; `None` if there was none.
    pub bound: Option<usize>,
    /// How many executions there were.
    pub executions: usize,
    /// The outcomes, and how many executions had each.
    pub outcomes: BTreeMap<String, usize>,
    /// The histories that were judged.
    pub histories: Histories,
    /// How long it took.
    pub duration: Duration,
}

impl Model {
    /// A model that runs `body` in every possible way.
    ///
    /// What `body` returns is the *outcome* of an execution: a string as it is, anything else as
    /// its `Debug` output.
    pub fn new<T: fmt::Debug + 'static>(
        name: impl Into<String>,
        body: impl Fn() -> T + Send + Sync + 'static,
    ) -> Model {
        Model {
            name: name.into(),
            body: Arc::new(move || in_words(&body())),
            bound: None,
            branches: 2_000,
            at_least: 2,
            at_most: usize::MAX,
            outcomes: None,
            settings: Settings::default(),
        }
    }

    /// The name given to [`new`](Model::new).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Explores only executions in which threads are preempted at most `bound` times.
    #[must_use]
    pub fn bound(mut self, bound: usize) -> Model {
        self.bound = Some(bound);
        self
    }

    /// Explores all executions, whatever [`bound`](Model::bound) was set before.
    #[must_use]
    pub fn without_bound(self) -> Model {
        self.bounded(None)
    }

    /// The same bound as another model has.
    pub(super) fn bounded(self, bound: Option<usize>) -> Model {
        Model { bound, ..self }
    }

    /// The [`bound`](Model::bound) on preemptions, if there is one.
    #[must_use]
    pub fn preemptions(&self) -> Option<usize> {
        self.bound
    }

    /// States a floor: fewer executions are a failure. A single one always is.
    #[must_use]
    pub fn at_least(mut self, executions: usize) -> Model {
        self.at_least = executions;
        self
    }

    /// Gives up, with a failure, after so many executions.
    #[must_use]
    pub fn at_most(mut self, executions: usize) -> Model {
        self.at_most = executions;
        self
    }

    /// States the outcomes, all of them: each must be seen and no other.
    #[must_use]
    pub fn outcomes(mut self, outcomes: impl IntoIterator<Item = impl Into<String>>) -> Model {
        self.outcomes = Some(outcomes.into_iter().map(Into::into).collect());
        self
    }

    /// Takes an execution for endless after so many points of scheduling and reading; 2,000
    /// without this.
    #[must_use]
    pub fn branches(mut self, branches: usize) -> Model {
        self.branches = branches;
        self
    }

    /// Processes may make no heavy fence: [`Futex::heavy_fence`](crate::platform::Futex::heavy_fence)
    /// fails.
    #[must_use]
    pub fn without_heavy_fences(mut self) -> Model {
        self.settings.heavy_fences = Permission::Denied;
        self
    }

    /// Makes the `nth` wait of every thread, counted from 1, return at once and for no reason.
    #[must_use]
    pub fn spurious(mut self, nth: usize) -> Model {
        self.settings.spurious = Some(nth);
        self
    }

    /// Kills the [`process`](super::process) with this number at one of its accesses, counted from
    /// 1: one point of [`deaths`](super::deaths), for a sweep of orderings, or for one of another
    /// process's deaths, that needs it.
    #[must_use]
    pub fn killed(mut self, process: u32, access: usize) -> Model {
        self.name = format!("{}, at access {access}", self.name);
        let fate = Fate::Killed { suspected: None };
        self.settings.points.push(Point {
            process,
            access,
            fate,
        });
        self
    }

    /// Makes learning of a death order nothing: neither [`is_dead`](super::is_dead) nor the
    /// kernel's mark in a robust word.
    #[must_use]
    pub fn unordered_deaths(mut self) -> Model {
        self.name = format!("{}, learnt without order", self.name);
        self.settings.unordered_deaths = true;
        self
    }

    /// Switches off a part of the machine, for a test that shows what it is for.
    #[must_use]
    pub fn without(mut self, part: Part) -> Model {
        self.settings.without |= part as u8;
        self
    }

    /// Explores every execution.
    ///
    /// # Errors
    /// The first execution that fails, or what the model states and the executions do not show.
    ///
    /// # Panics
    /// If the OS thread of the exploration cannot be started.
    pub fn explore(&self) -> Result<Report, Failure> {
        let start = Instant::now();
        let run = self.run();
        run.result?;
        let one_asked = run.one_asked;
        let report = Report {
            name: self.name.clone(),
            bound: self.bound,
            executions: run.executions,
            outcomes: run.outcomes,
            histories: run.histories,
            duration: start.elapsed(),
        };
        if !one_asked {
            self.check_floor(report.executions)?;
            self.check_missing(report.outcomes.keys(), report.executions)?;
        }
        Ok(report)
    }

    /// Whether there were as many executions as stated.
    pub(super) fn check_floor(&self, executions: usize) -> Result<(), Failure> {
        let model = self.name.clone();
        if executions == 1 {
            Err(Failure::OneExecution { model })
        } else if executions >= self.at_least {
            Ok(())
        } else {
            Err(Failure::TooFewExecutions {
                model,
                executions,
                floor: self.at_least,
            })
        }
    }

    /// Whether every outcome stated is among those `seen`.
    pub(super) fn check_missing<'a>(
        &self,
        seen: impl Iterator<Item = &'a String>,
        executions: usize,
    ) -> Result<(), Failure> {
        let seen: HashSet<_> = seen.collect();
        let stated = self.outcomes.iter().flatten();
        match stated.into_iter().find(|outcome| !seen.contains(outcome)) {
            None => Ok(()),
            Some(outcome) => Err(Failure::MissingOutcome {
                model: self.name.clone(),
                executions,
                outcome: outcome.clone(),
            }),
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}

fn in_words<T: fmt::Debug + 'static>(outcome: &T) -> String {
    let any: &dyn Any = outcome;
    if let Some(text) = any.downcast_ref::<String>() {
        text.clone()
    } else if let Some(text) = any.downcast_ref::<&str>() {
        (*text).to_owned()
    } else {
        format!("{outcome:?}")
    }
}
