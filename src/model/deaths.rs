//! A process is killed, or stopped, at each of its accesses in turn.

use super::execution::{Fate, Point};
use super::explore::Model;
use super::failure::Failure;
use super::history::Histories;
use super::site::Site;
use super::trace::replay;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::time::{Duration, Instant};

/// What a sweep of deaths, or of pauses, saw.
#[derive(Clone, Debug)]
pub struct Deaths {
    /// The name of the model.
    pub name: String,
    /// Its bound on preemptions; `None` if there was none.
    pub bound: Option<usize>,
    /// What was done to processes.
    pub stop: Stop,
    /// How many explorations there were in which a process died, or both in the same execution: the
    /// points, or pairs of them.
    pub points: usize,
    /// Where in the source that was.
    pub sites: HashSet<Site>,
    /// How many executions there were, those in which nobody died included.
    pub executions: usize,
    /// The outcomes, and how many executions had each.
    pub outcomes: BTreeMap<String, usize>,
    /// The histories that were judged.
    pub histories: Histories,
    /// How long it took.
    pub duration: Duration,
}

/// What is done to processes in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stop {
    /// One is killed.
    Killed,
    /// Two are killed in the same execution.
    Both,
    /// One is stopped, and goes on later.
    Paused,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Killed => "killed",
            Stop::Both => "killed, and another",
            Stop::Paused => "paused",
        })
    }
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
/// The first exploration that fails, a stated outcome that none of them had, too few executions, or
/// that there is no such process.
pub fn deaths(model: &Model, victims: &[u32]) -> Result<Deaths, DeathFailure> {
    each_access(model, victims, Stop::Killed)
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
    each_access(model, victims, Stop::Paused)
}

fn each_access(model: &Model, victims: &[u32], stop: Stop) -> Result<Deaths, DeathFailure> {
    let fate = match stop {
        Stop::Paused => Fate::Paused,
        _ => Fate::Killed { suspected: None },
    };
    sweep(model, stop, |seen| {
        for &process in victims {
            for access in 1.. {
                let point = Point {
                    process,
                    access,
                    fate,
                };
                if !seen.explore(model, point)? {
                    break;
                }
            }
        }
        Ok(())
    })
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
    sweep(model, Stop::Killed, |seen| {
        for &process in victims {
            'accesses: for access in 1.. {
                for suspected in 1..=access {
                    let suspected = Some(suspected);
                    let point = Point {
                        fate: Fate::Killed { suspected },
                        ..death(process, access)
                    };
                    if !seen.explore(model, point)? {
                        break 'accesses;
                    }
                }
            }
        }
        Ok(())
    })
}

/// Like [`deaths`], with two victims in the same execution: `second` may die while it repairs what
/// `first` left behind, or the other way round.
///
/// # Errors
/// Those of [`deaths`].
pub fn two_deaths(model: &Model, first: u32, second: u32) -> Result<Deaths, DeathFailure> {
    sweep(model, Stop::Both, |seen| {
        let mut first_access = 1;
        // Where `first` never comes, it has been shown to survive all of `second`'s deaths alone.
        while seen.explore_second(model, death(first, first_access), second)? {
            first_access += 1;
        }
        Ok(())
    })
}

/// Explores as `explore` says, or the one execution that was asked for.
fn sweep(
    model: &Model,
    stop: Stop,
    explore: impl FnOnce(&mut Deaths) -> Result<(), DeathFailure>,
) -> Result<Deaths, DeathFailure> {
    let start = Instant::now();
    let mut seen = Deaths {
        name: model.name().to_owned(),
        bound: model.preemptions(),
        stop,
        points: 0,
        sites: HashSet::new(),
        executions: 0,
        outcomes: BTreeMap::new(),
        histories: Histories::default(),
        duration: Duration::ZERO,
    };
    if replay::wanted() {
        if let Some(points) = replay::asked_points(model) {
            let own = &model.settings.points[..];
            seen.run(model, points.strip_suffix(own).unwrap_or(&points))?;
        }
        return Ok(seen);
    }
    explore(&mut seen)?;
    seen.duration = start.elapsed();
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
            let (reached, both) = self.run(model, &[first, death(second, access)])?;
            first_reached |= reached & 1 != 0;
            self.points += usize::from(both);
            if reached & 2 == 0 {
                break;
            }
        }
        Ok(first_reached)
    }

    /// Explores; whether `point` was reached in some execution.
    fn explore(&mut self, model: &Model, point: Point) -> Result<bool, DeathFailure> {
        let (_, reached) = self.run(model, &[point])?;
        self.points += usize::from(reached);
        Ok(reached)
    }

    /// Explores with `points` beside those that the model has itself; which of them were reached in
    /// some execution, and whether all were in the same one.
    fn run(&mut self, model: &Model, points: &[Point]) -> Result<(usize, bool), DeathFailure> {
        let mut model = model.clone();
        model.settings.points = [points, &model.settings.points].concat();
        let run = model.run();
        self.executions += run.executions;
        self.sites.extend(run.stopped_at);
        self.histories += run.histories;
        for (outcome, count) in run.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        let failed = |failure| DeathFailure {
            deaths: in_words(&model.settings.points),
            failure,
            model: Box::new(model),
        };
        run.result.map_err(failed)?;
        Ok((run.points_reached, run.points_together))
    }

    /// Whether there were as many executions as the model states, and all its outcomes.
    fn finish(self, model: &Model) -> Result<Deaths, DeathFailure> {
        let somebody = match self.points {
            0 => Err(Failure::NobodyStopped {
                model: self.name.clone(),
            }),
            _ => Ok(()),
        };
        let enough = somebody.and_then(|()| model.check_floor(self.executions));
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
