//! The checks as a test calls them: what does not hold is a panic that draws the failing run.

use super::deaths::{DeathFailure, Deaths, deaths, pauses, two_deaths};
use super::explore::{Model, Report};
use super::failure::Failure;
use super::random::{Random, RandomFailure, Tried};
use super::sweep::{Sweep, Table};

impl Model {
    /// Explores every execution as [`explore`](Model::explore) does.
    ///
    /// # Panics
    /// If the model does not hold: with the failure, and a [`trace`](Model::trace) of it.
    #[allow(clippy::must_use_candidate, reason = "it is called to check")]
    #[track_caller]
    pub fn check(&self) -> Report {
        match self.explore() {
            Ok(report) => report,
            Err(failure) => panic!("{}", self.explain(&failure)),
        }
    }

    /// Kills each of the processes `victims` at each of its accesses, as [`deaths`] does.
    ///
    /// # Panics
    /// If the model does not survive a death: with a [`trace`](Model::trace) of it.
    #[allow(clippy::must_use_candidate, reason = "it is called to check")]
    #[track_caller]
    pub fn check_deaths(&self, victims: &[u32]) -> Deaths {
        survived(deaths(self, victims))
    }

    /// Kills two processes in the same execution, as [`two_deaths`] does.
    ///
    /// # Panics
    /// If the model does not survive two deaths: with a [`trace`](Model::trace) of them.
    #[allow(clippy::must_use_candidate, reason = "it is called to check")]
    #[track_caller]
    pub fn check_two_deaths(&self, first: u32, second: u32) -> Deaths {
        survived(two_deaths(self, first, second))
    }

    /// Stops each of the processes `victims` before each of its accesses, as [`pauses`] does.
    ///
    /// # Panics
    /// If the model does not hold with a pause: with a [`trace`](Model::trace) of it.
    #[allow(clippy::must_use_candidate, reason = "it is called to check")]
    #[track_caller]
    pub fn check_pauses(&self, victims: &[u32]) -> Deaths {
        survived(pauses(self, victims))
    }

    /// Tries the model at random, as [`random`](Model::random) does.
    ///
    /// # Panics
    /// If a run fails: with a [`trace`](RandomFailure::trace) of it.
    #[allow(clippy::must_use_candidate, reason = "it is called to check")]
    #[track_caller]
    pub fn check_random(&self, how: &Random) -> Tried {
        match self.random(how) {
            Ok(tried) => tried,
            Err(failure) => panic!("{}", failure.explain()),
        }
    }
}

impl Sweep {
    /// Weakens every ordering as [`run`](Sweep::run) does.
    ///
    /// # Panics
    /// If a model does not hold as it is, with a [`trace`](Model::trace) of it; if the table has
    /// [`faults`](Table::faults), with them.
    #[allow(clippy::must_use_candidate, reason = "it is called to check")]
    #[track_caller]
    pub fn check(&self) -> Table {
        let table = match self.run() {
            Ok(table) => table,
            Err(failure) => match self.models().iter().find_map(Model::trace) {
                Some(trace) => panic!("{trace}"),
                None => panic!("{failure}"),
            },
        };
        let faults = table.faults();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        table
    }
}

#[track_caller]
fn survived(swept: Result<Deaths, DeathFailure>) -> Deaths {
    match swept {
        Ok(deaths) => deaths,
        Err(death) => panic!("{}", death.explain()),
    }
}

impl Model {
    /// A failure of this model, in words: drawn, if it is one run that fails.
    #[must_use]
    pub fn explain(&self, failure: &Failure) -> String {
        // A model that holds in every execution has no run to look for.
        let trace = failure.execution().and_then(|_| self.trace());
        trace.map_or_else(|| failure.to_string(), |trace| trace.to_string())
    }
}

impl DeathFailure {
    /// The failure in words: drawn, if it is one run that fails.
    #[must_use]
    pub fn explain(&self) -> String {
        match self.failure.execution() {
            Some(_) => self.model.explain(&self.failure),
            None => self.to_string(),
        }
    }
}

impl RandomFailure {
    /// The failure in words: drawn, if it is one run that fails.
    #[must_use]
    pub fn explain(&self) -> String {
        // Where nobody was struck there is no run to look for.
        let trace = self.failure.execution().and_then(|_| self.trace());
        trace.map_or_else(|| self.to_string(), |trace| trace.to_string())
    }
}
