//! A failing run, as simple as one can be found, and what happened in it.

mod layout;
mod name;
mod picture;
mod remark;
pub(super) mod replay;
mod text;

use self::replay::Asked;
use super::event::Event;
use super::execution::Point;
use super::explore::Model;
use super::failure::{Defect, Failure};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What happened in a failing run: a text, and as [`svg`](Trace::svg) a picture.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The name of the model.
    pub model: String,
    /// What was done to it: who was killed or paused, where.
    pub points: Vec<String>,
    /// How often threads may have been preempted in it; `None` if that was not bounded.
    pub bound: Option<usize>,
    /// What went wrong, in a line.
    pub fault: String,
    /// What kind of failure it is; `None` for an outcome.
    pub defect: Option<Defect>,
    /// What happened.
    pub events: Vec<Event>,
    /// Where it was left, unless that failed.
    pub saved: Option<Saved>,
    /// Source files, by their names, that are not read from the disk.
    texts: Vec<(&'static str, &'static str)>,
}

/// What was left of a run.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The picture.
    pub picture: PathBuf,
    /// What [`Model::replay`] does again; none of a random run.
    pub run: Option<PathBuf>,
    /// The command that does the run again; a random one after the runs before it.
    pub again: String,
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "as a picture: {}\nagain: {}",
            self.picture.display(),
            self.again
        )
    }
}

impl Trace {
    /// What happened when `model` failed, with these deaths and pauses; `None` if it was not one run
    /// that failed.
    pub(super) fn of(model: &Model, points: &[Point], failure: &Failure) -> Option<Trace> {
        let fault = match failure {
            Failure::Panicked {
                defect, message, ..
            } => format!("{defect}: {message}"),
            Failure::UnexpectedOutcome { outcome, .. } => format!("unexpected outcome {outcome}"),
            _ => return None,
        };
        Some(Trace {
            model: model.name().to_owned(),
            points: points.iter().map(ToString::to_string).collect(),
            bound: model.preemptions(),
            fault,
            defect: failure.defect(),
            events: failure.events().to_vec(),
            saved: None,
            texts: Vec::new(),
        })
    }

    /// The same, with the lines of the source `file`, as the compiler calls it, taken from `text`: for
    /// a program that runs far from its sources.
    #[must_use]
    pub fn with_source(mut self, file: &'static str, text: &'static str) -> Trace {
        self.texts.push((file, text));
        self
    }

    /// Leaves the picture in `target/aqueduct`; `run` and `command` do the run again.
    pub(super) fn save(mut self, run: Option<PathBuf>, command: &str) -> Trace {
        match replay::save(&self, run, command) {
            Ok(saved) => self.saved = Some(saved),
            Err(error) => eprintln!("no picture of {}: {error}", self.model),
        }
        self
    }
}

/// With more preemptions a run is hardly simpler than any.
const BOUNDS: usize = 4;

/// After so many executions that hold, the next bound is tried.
const PATIENCE: usize = 200_000;

impl Model {
    /// A failing run of this model with the fewest preemptions; `None` if no run fails.
    ///
    /// Bounds of 0, 1, 2, ... preemptions are explored in turn. The run is done once more and
    /// written down; its picture, and a file to do it again, are left in `target/aqueduct`.
    ///
    /// # Panics
    /// If the OS thread of the exploration cannot be started.
    #[must_use]
    pub fn trace(&self) -> Option<Trace> {
        let model = match replay::asked(self) {
            Asked::This(model) => *model,
            _ => self.simplest()?,
        };
        let trace = replay::trace(&model)?;
        let Some(path) = &model.settings.path else {
            return Some(trace);
        };
        let command = format!("{}='{}'", replay::VARIABLE, path.file.display());
        Some(trace.save(Some(path.file.clone()), &command))
    }

    /// As [`trace`](Model::trace), and leaves nothing in `target/aqueduct`.
    ///
    /// # Panics
    /// If the OS thread of the exploration cannot be started.
    #[must_use]
    pub fn trace_unsaved(&self) -> Option<Trace> {
        replay::trace(&self.failing()?.0)
    }

    /// The run in `file`, of a [`trace`](Model::trace) of this model, done again; `None` if it does
    /// not fail any more.
    ///
    /// # Errors
    /// If the file cannot be read, or is about another model or other deaths.
    pub fn replay(&self, file: impl AsRef<Path>) -> io::Result<Option<Trace>> {
        Ok(replay::trace(&replay::from_file(self, file.as_ref())?))
    }

    /// The model that does the simplest failing execution, and nothing else if its path can be
    /// kept.
    fn simplest(&self) -> Option<Model> {
        let (model, execution) = self.failing()?;
        let alone = replay::lead_to(&model, execution);
        Some(alone.unwrap_or_else(|error| {
            eprintln!("the path of {} is not kept: {error}", self.name());
            model
        }))
    }

    /// The model with the least bound at which an execution fails, and the number of that one.
    fn failing(&self) -> Option<(Model, usize)> {
        let bounds = (0..BOUNDS).map(|bound| self.clone().bound(bound).at_most(PATIENCE));
        bounds.chain([self.clone()]).find_map(|model| {
            let execution = model.run().result.err()?.execution()?;
            Some((model, execution))
        })
    }
}
