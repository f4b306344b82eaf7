//! A process is killed at each of its accesses in turn.

use super::execution::Death;
use super::explore::Model;
use super::failure::Failure;
use super::history::Histories;
use std::collections::BTreeMap;
use std::fmt;

/// What a sweep of deaths saw.
#[derive(Clone, Debug, Default)]
pub struct Deaths {
    /// How many explorations there were in which a process died: the points, or pairs of them.
    pub points: usize,
    /// How many executions there were, those in which nobody died included.
    pub executions: usize,
    /// The outcomes, and how many executions had each.
    pub outcomes: BTreeMap<String, usize>,
    /// The histories that were judged.
    pub histories: Histories,
}

/// A death that a model does not survive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{deaths}: {failure}")]
pub struct DeathFailure {
    /// Who died, and where, in words.
    pub deaths: String,
    /// What went wrong then.
    pub failure: Failure,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Death {
            process, access, ..
        } = self;
        write!(f, "process {process} killed at its access {access}")?;
        match self.suspected {
            Some(suspected) => write!(f, ", marked at {suspected}"),
            None => Ok(()),
        }
    }
}

/// Explores `model` with each of the processes `victims` killed at its first access, at its
/// second, and so on, until a whole exploration passes in which it does not come that far; in that
/// one nobody is killed.
///
/// The outcomes and the floor of executions that the model states are those of all explorations
/// together.
///
/// # Errors
/// The first exploration that fails, a stated outcome that none of them had, or too few executions.
pub fn deaths(model: &Model, victims: &[u32]) -> Result<Deaths, DeathFailure> {
    let mut seen = Deaths::default();
    for &process in victims {
        for access in 1.. {
            if !seen.explore(model, &[death(process, access)])? {
                break;
            }
        }
    }
    seen.finish(model)
}

/// Like [`deaths`], with the words given to [`robust`](super::robust) marked before each of the
/// accesses that the victim still does.
///
/// The kernel tidies up after one thread of a process while another thread of it still runs. So a
/// marked word is a suspicion, and only [`is_dead`](super::is_dead) is certain.
///
/// # Errors
/// Those of [`deaths`].
pub fn deaths_after_suspicion(model: &Model, victims: &[u32]) -> Result<Deaths, DeathFailure> {
    let mut seen = Deaths::default();
    for &process in victims {
        'accesses: for access in 1.. {
            for suspected in 1..=access {
                let suspected = Some(suspected);
                let death = Death {
                    suspected,
                    ..death(process, access)
                };
                if !seen.explore(model, &[death])? {
                    break 'accesses;
                }
            }
        }
    }
    seen.finish(model)
}

/// Like [`deaths`], with two victims in the same execution: `second` may die while it repairs what
/// `first` left behind, or the other way round.
///
/// # Errors
/// Those of [`deaths`].
pub fn two_deaths(model: &Model, first: u32, second: u32) -> Result<Deaths, DeathFailure> {
    let mut seen = Deaths::default();
    let mut first_access = 1;
    // Where `first` never comes, it has been shown to survive all of `second`'s deaths alone.
    while seen.explore_second(model, death(first, first_access), second)? {
        first_access += 1;
    }
    seen.finish(model)
}

fn death(process: u32, access: usize) -> Death {
    Death {
        process,
        access,
        suspected: None,
    }
}

impl Deaths {
    /// Explores `second`'s deaths beside `first`; whether `first` was ever reached.
    fn explore_second(
        &mut self,
        model: &Model,
        first: Death,
        second: u32,
    ) -> Result<bool, DeathFailure> {
        let mut first_reached = false;
        for access in 1.. {
            let reached = self.run(model, &[first, death(second, access)])?;
            first_reached |= reached & 1 != 0;
            if reached & 2 == 0 {
                break;
            }
            self.points += 1;
        }
        Ok(first_reached)
    }

    /// Explores; whether all `deaths` happened in some execution.
    fn explore(&mut self, model: &Model, deaths: &[Death]) -> Result<bool, DeathFailure> {
        let all = (1 << deaths.len()) - 1;
        let reached = self.run(model, deaths)? == all;
        self.points += usize::from(reached);
        Ok(reached)
    }

    /// Explores; which of `deaths` happened in some execution.
    fn run(&mut self, model: &Model, deaths: &[Death]) -> Result<usize, DeathFailure> {
        let mut model = model.clone();
        model.settings.deaths = deaths.to_vec();
        let run = model.run();
        self.executions += run.executions;
        self.histories += run.histories;
        for (outcome, count) in run.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        let failed = |failure| DeathFailure {
            deaths: in_words(deaths),
            failure,
        };
        run.result.map_err(failed)?;
        Ok(run.deaths_reached)
    }

    /// Whether there were as many executions as the model states, and all its outcomes.
    fn finish(self, model: &Model) -> Result<Deaths, DeathFailure> {
        let enough = model.check_floor(self.executions);
        let checked =
            enough.and_then(|()| model.check_missing(self.outcomes.keys(), self.executions));
        let failed = |failure| DeathFailure {
            deaths: "all deaths together".to_owned(),
            failure,
        };
        checked.map_err(failed)?;
        Ok(self)
    }
}

fn in_words(deaths: &[Death]) -> String {
    let words: Vec<_> = deaths.iter().map(ToString::to_string).collect();
    words.join(", ")
}
