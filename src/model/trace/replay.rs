//! One execution, done again: loom's path to it in a file, with what was done to the model.

use super::{Saved, Trace};
use crate::model::execution::Point;
use crate::model::explore::Model;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::env;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Names the file of the one execution that is to be done.
pub(super) const VARIABLE: &str = "AQUEDUCT_REPLAY";

/// Under which the file has what is ours; loom's own fields stand beside it.
const OURS: &str = "aqueduct";

/// What the path alone does not say.
#[derive(Serialize, Deserialize)]
struct Circumstances {
    model: String,
    bound: Option<usize>,
    points: Vec<Point>,
}

/// A file with the path of an execution.
#[derive(Clone, Debug)]
pub(in crate::model) struct PathFile {
    pub(in crate::model) file: PathBuf,
    /// The execution before which loom writes the file; never, if it is to be read.
    pub(in crate::model) written_before: usize,
}

/// What [`VARIABLE`] asks of a model.
pub(in crate::model) enum Asked {
    /// Nothing: there is no such variable, or it is about another model.
    Nothing,
    /// One execution of this model, with other deaths or pauses.
    Another,
    /// One execution of this model: with it, the model has nothing else.
    This(Box<Model>),
}

/// What is asked of `model`.
///
/// # Panics
/// If the variable names a file that is none of ours.
pub(in crate::model) fn asked(model: &Model) -> Asked {
    if model.settings.path.is_some() || !model.settings.mutations.is_empty() {
        return Asked::Nothing;
    }
    let Some((file, circumstances)) = circumstances() else {
        return Asked::Nothing;
    };
    if circumstances.model != model.name() {
        Asked::Nothing
    } else if circumstances.points != model.settings.points {
        Asked::Another
    } else {
        Asked::This(Box::new(alone(model, circumstances.bound, file)))
    }
}

/// Whether one execution is to be done, of whichever model.
pub(in crate::model) fn wanted() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// The deaths and pauses of the execution that is to be done, if it is one of `model`.
///
/// # Panics
/// As [`asked`].
pub(in crate::model) fn asked_points(model: &Model) -> Option<Vec<Point>> {
    let circumstances = circumstances()?;
    (circumstances.1.model == model.name()).then_some(circumstances.1.points)
}

/// The file that the variable names, and what is in it.
fn circumstances() -> Option<(PathBuf, Circumstances)> {
    let file = PathBuf::from(env::var_os(VARIABLE)?);
    match read(&file) {
        Ok(circumstances) => Some((file, circumstances)),
        Err(error) => panic!(
            "{VARIABLE} names {}, which is no run of a model: {error}",
            file.display()
        ),
    }
}

/// `model`, to do the execution in `file` alone; an error if that is about another model.
pub(super) fn from_file(model: &Model, file: &Path) -> io::Result<Model> {
    let run = read(file)?;
    if run.model == model.name() && run.points == model.settings.points {
        return Ok(alone(model, run.bound, file.to_owned()));
    }
    let (file, name) = (file.display(), model.name());
    let other = format!("{file} is a run of {}, not of {name}", run.model);
    Err(io::Error::new(io::ErrorKind::InvalidInput, other))
}

fn alone(model: &Model, bound: Option<usize>, file: PathBuf) -> Model {
    let mut model = model.clone().bounded(bound).at_most(1);
    model.settings.path = Some(PathFile {
        file,
        written_before: usize::MAX,
    });
    model
}

fn read(file: &Path) -> io::Result<Circumstances> {
    let text = fs::read_to_string(file)?;
    let mut value: Value = serde_json::from_str(&text)?;
    Ok(serde_json::from_value(value[OURS].take())?)
}

/// Does the execution of `model` again that its path leads to, and writes down what happens.
pub(super) fn trace(model: &Model) -> Option<Trace> {
    let mut model = model.clone();
    model.settings.tracing = true;
    let failure = model.run().result.err()?;
    Trace::of(&model, &model.settings.points, &failure)
}

/// `model`, to do the failing `execution` alone; its path is in the file then.
pub(super) fn lead_to(model: &Model, execution: usize) -> io::Result<Model> {
    let file = file(model.name(), &model.settings.points, "json")?;
    // loom reads a file that is there.
    match fs::remove_file(&file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut leading = model.clone();
    leading.settings.path = Some(PathFile {
        file: file.clone(),
        written_before: execution,
    });
    let _ = leading.run();
    let mut value: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
    value[OURS] = serde_json::to_value(Circumstances {
        model: model.name().to_owned(),
        bound: model.preemptions(),
        points: model.settings.points.clone(),
    })?;
    fs::write(&file, value.to_string())?;
    Ok(alone(model, model.preemptions(), file))
}

/// Writes the picture; with `variable` in its environment the test that runs does the run again.
pub(super) fn save(trace: &Trace, run: Option<PathBuf>, variable: &str) -> io::Result<Saved> {
    let picture = file(&trace.model, &trace.points, "svg")?;
    fs::write(&picture, trace.svg())?;
    let thread = std::thread::current();
    let test = match thread.name() {
        Some(test) if test != "main" => format!("--exact '{test}'"),
        _ => format!("'{}'", trace.model),
    };
    let again = format!("{variable} cargo test -- --include-ignored {test}");
    Ok(Saved {
        picture,
        run,
        again,
    })
}

/// The file for `model` with these deaths and pauses in `target/aqueduct`, which is made.
fn file(model: &str, points: &[impl Display], extension: &str) -> io::Result<PathBuf> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    let plain = |letter: char| {
        if letter.is_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    let points = points.iter().map(|point| format!("-{point}"));
    let name: String = points.fold(model.to_owned(), |name, point| name + &point);
    let name: String = name.chars().map(plain).collect();
    Ok(folder.join(name).with_extension(extension))
}

/// `aqueduct` in cargo's target directory, in which the test that runs was built.
pub(in crate::model) fn folder() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let target = program
        .ancestors()
        .find(|path| path.join("CACHEDIR.TAG").exists());
    let target = target.unwrap_or(Path::new("target"));
    let here = env::current_dir().unwrap_or_default();
    target.strip_prefix(here).unwrap_or(target).join("aqueduct")
}
