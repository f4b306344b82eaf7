//! A process is killed, or stopped, at each of its accesses in turn.

use super::execution::{Fate, Point};
use super::explore::Model;
use super::failure::Failure;
use super::history::Histories;
use super::site::Site;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// What a sweep of deaths, or of pauses, saw.
#[derive(Clone, Debug, Default)]
pub struct Deaths {
    /// How many explorations there were in which a process died: the points, or pairs of them.
    pub points: usize,
    /// Where in the source that was.
    pub sites: HashSet<Site>,
    /// How many executions there were, those in which nobody died included.
    pub executions: usize,
    /// The outcomes, and how many executions had each.
    pub outcomes: BTreeMap<String, usize>,
    /// The histories that were judged.
    pub histories: Histories,
}

/// A death that a model does not survive.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{deaths}: {failure}")]
pub struct DeathFailure {
    /// Who died, and where, in words.
    pub deaths: String,
    /// What went wrong then.
    pub failure: Failure,
    /// The model, with these deaths.
    pub model: Box<Model>,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point {
            process, access, ..
        } = self;
        match self.fate {
            Fate::Paused => write!(f, "process {process} paused at its access {access}"),
            Fate::Killed { suspected } => {
                write!(f, "process {process} killed at its access {access}")?;
                match suspected {
                    Some(suspected) => write!(f, ", marked at {suspected}"),
                    None => Ok(()),
                }
            }
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
    each_access(model, victims, Fate::Killed { suspected: None })
}

/// Explores `model` with each of the processes `victims` stopped before its first access, before
/// its second, and so on, until all other threads sleep, have ended, or wait for the end of
/// another; then it goes on.
///
/// A pause is no death: what was claimed stays claimed, and nobody may take it over. Explorations
/// with a bound on preemptions see one more of them in this way, and the longest.
///
/// # Errors
/// Those of [`deaths`].
pub fn pauses(model: &Model, victims: &[u32]) -> Result<Deaths, DeathFailure> {
    each_access(model, victims, Fate::Paused)
}

fn each_access(model: &Model, victims: &[u32], fate: Fate) -> Result<Deaths, DeathFailure> {
    let mut seen = Deaths::default();
    for &process in victims {
        for access in 1.. {
            let point = Point {
                process,
                access,
                fate,
            };
            if !seen.explore(model, &[point])? {
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
                let point = Point {
                    fate: Fate::Killed { suspected },
                    ..death(process, access)
                };
                if !seen.explore(model, &[point])? {
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

fn death(process: u32, access: usize) -> Point {
    Point {
        process,
        access,
        fate: Fate::Killed { suspected: None },
    }
}

impl Deaths {
    /// Explores `second`'s deaths beside `first`; whether `first` was ever reached.
    fn explore_second(
        &mut self,
        model: &Model,
        first: Point,
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

    /// Explores; whether all `points` were reached in some execution.
    fn explore(&mut self, model: &Model, points: &[Point]) -> Result<bool, DeathFailure> {
        let all = (1 << points.len()) - 1;
        let reached = self.run(model, points)? == all;
        self.points += usize::from(reached);
        Ok(reached)
    }

    /// Explores; which of `points` were reached in some execution.
    fn run(&mut self, model: &Model, points: &[Point]) -> Result<usize, DeathFailure> {
        let mut model = model.clone();
        model.settings.points = points.to_vec();
        let run = model.run();
        self.executions += run.executions;
        self.sites.extend(run.stopped_at);
        self.histories += run.histories;
        for (outcome, count) in run.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        let failed = |failure| DeathFailure {
            deaths: in_words(points),
            failure,
            model: Box::new(model),
        };
        run.result.map_err(failed)?;
        Ok(run.points_reached)
    }

    /// Whether there were as many executions as the model states, and all its outcomes.
    fn finish(self, model: &Model) -> Result<Deaths, DeathFailure> {
        let enough = model.check_floor(self.executions);
        let checked =
            enough.and_then(|()| model.check_missing(self.outcomes.keys(), self.executions));
        let failed = |failure| DeathFailure {
            deaths: "all deaths together".to_owned(),
            failure,
            model: Box::new(model.clone()),
        };
        checked.map_err(failed)?;
        Ok(self)
    }
}

pub(super) fn in_words(points: &[Point]) -> String {
    let words: Vec<_> = points.iter().map(ToString::to_string).collect();
    words.join(", ")
}
