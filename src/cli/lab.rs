//! `aqueduct lab`: classic mistakes in a bounded buffer. Each is explained, explored until it fails,
//! and drawn; and its repair is explored until nothing is left that could fail.
//!
//! An exercise is a file that has the broken lines and the repaired ones side by side. What is shown
//! is cut out of that file, so it is what runs.
#![allow(
    clippy::struct_field_names,
    reason = "the book calls the array of its buffer so"
)]

mod bodies;
mod exercise;
mod plain_counters;
mod publish_before_write;
mod relaxed_indices;
mod shared_count;
mod sleep_without_recheck;
mod two_producers;

use std::fs;
use std::path::{Path, PathBuf};

use aqueduct::model::{Report, Trace};
use similar::{ChangeTag, TextDiff};

use self::exercise::{Exercise, Version, text};
use super::args::Lab;
use super::failure::Failure;
use super::inspect::{print, table};
use super::progress::say;

const EXERCISES: [Exercise; 6] = [
    plain_counters::EXERCISE,
    relaxed_indices::EXERCISE,
    publish_before_write::EXERCISE,
    shared_count::EXERCISE,
    two_producers::EXERCISE,
    sleep_without_recheck::EXERCISE,
];

/// Lists the exercises, or does one, or all.
pub(super) fn run(args: &Lab) -> Result<(), Failure> {
    match &args.exercise {
        None if args.all => all(),
        None => list(),
        Some(name) if args.fix => repair(&named(name)?),
        Some(name) => show(&named(name)?, args.picture.as_deref()),
    }
}

fn named(name: &str) -> Result<Exercise, Failure> {
    let found = EXERCISES.into_iter().find(|known| known.name == name);
    found.ok_or_else(|| {
        let known = EXERCISES.map(|exercise| exercise.name).join(", ");
        Failure::Usage(format!("there is no exercise {name:?}; there are {known}"))
    })
}

fn list() -> Result<(), Failure> {
    let rows = EXERCISES.map(|exercise| [exercise.name, exercise.mistake].map(String::from));
    print(&table(&rows))?;
    say("`aqueduct lab EXERCISE` shows one of them fail, with --fix its repair");
    Ok(())
}

/// Shows a mistake, and how it fails.
fn show(exercise: &Exercise, picture: Option<&Path>) -> Result<(), Failure> {
    print(&format!(
        "{}: {}\n\n{}\n\nThe lines, of {}:\n\n{}\n",
        exercise.name,
        exercise.mistake,
        exercise.explanation,
        exercise.file,
        indented(&exercise.lines(Version::Broken)),
    ))?;
    let trace = failed(exercise)?;
    print(&format!("The checker finds a run that fails.\n\n{trace}\n"))?;
    leave(exercise, &trace, picture)?;
    say(format_args!(
        "the repair: `aqueduct lab {} --fix`",
        exercise.name
    ));
    Ok(())
}

/// A run of the broken lines that fails, with the fewest preemptions, as it must.
fn failed(exercise: &Exercise) -> Result<Trace, Failure> {
    let name = exercise.name;
    let Some(trace) = (exercise.broken)().trace_unsaved() else {
        return Err(Failure::Lab(format!(
            "the checker did not find the mistake of {name}"
        )));
    };
    if !exercise.found.is(&trace) {
        let (expected, fault) = (exercise.found, trace.fault);
        return Err(Failure::Lab(format!(
            "the mistake of {name} was found as {fault}, not as {expected}"
        )));
    }
    Ok(trace.with_source(exercise.file, exercise.source))
}

/// Leaves the picture where it was asked for, or here if that is possible.
fn leave(exercise: &Exercise, trace: &Trace, picture: Option<&Path>) -> Result<(), Failure> {
    let here = || PathBuf::from(exercise.name).with_extension("svg");
    let file = picture.map_or_else(here, Path::to_owned);
    match fs::write(&file, trace.svg()).map_err(Failure::file("write the picture to", &file)) {
        Ok(()) => print(&format!("as a picture: {}\n", file.display())),
        // Nobody asked for it.
        Err(failure) if picture.is_none() => {
            say(format_args!(
                "{failure}; `--picture FILE` names one elsewhere"
            ));
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

/// Shows how a mistake is repaired, and that nothing fails then.
fn repair(exercise: &Exercise) -> Result<(), Failure> {
    print(&format!(
        "{}, repaired: {}\n\n{}\n",
        exercise.name,
        exercise.repair,
        difference(exercise)
    ))?;
    let report = held(exercise)?;
    print(&format!(
        "The checker: {} executions, which is all there are{}, and none fails.\nThe outcomes, and how often each was seen:\n{}",
        report.executions,
        bound(&report),
        outcomes(&report)
    ))
}

/// What all executions of the repaired lines showed.
fn held(exercise: &Exercise) -> Result<Report, Failure> {
    let model = (exercise.repaired)();
    model.explore().map_err(|failure| {
        let trace = model.trace_unsaved();
        let trace = trace.map(|trace| trace.with_source(exercise.file, exercise.source));
        let why = trace.map_or_else(|| failure.to_string(), |trace| trace.to_string());
        Failure::Lab(format!("the repair of {} fails: {why}", exercise.name))
    })
}

fn bound(report: &Report) -> String {
    let bound = report.bound;
    bound.map_or_else(String::new, |most| {
        format!(" with at most {most} preemptions")
    })
}

fn outcomes(report: &Report) -> String {
    let outcomes = report.outcomes.iter();
    text(outcomes.map(|(outcome, times)| format!("{times:>8}  {outcome}")))
}

/// Every mistake is found, and every repair holds.
fn all() -> Result<(), Failure> {
    let mut rows = vec![["EXERCISE", "FOUND AS", "PREEMPTIONS", "REPAIR HOLDS"].map(String::from)];
    for exercise in EXERCISES {
        let trace = failed(&exercise)?;
        let preemptions = trace
            .bound
            .map_or_else(|| "any".into(), |most| most.to_string());
        let report = held(&exercise)?;
        rows.push([
            exercise.name.into(),
            exercise.found.to_string(),
            preemptions,
            format!("in {} executions{}", report.executions, bound(&report)),
        ]);
    }
    print(&table(&rows))
}

/// The broken lines and the repaired ones, as a diff that leaves nothing out.
fn difference(exercise: &Exercise) -> String {
    let [broken, repaired] =
        [Version::Broken, Version::Repaired].map(|version| exercise.lines(version));
    let diff = TextDiff::from_lines(&broken, &repaired);
    let lines = diff.iter_all_changes().map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => "-",
            ChangeTag::Insert => "+",
            ChangeTag::Equal => " ",
        };
        format!("{sign}   {change}")
    });
    text(lines)
}

fn indented(lines: &str) -> String {
    let lines = lines.lines().map(|line| format!("    {line}"));
    text(lines)
}

#[cfg(test)]
mod tests {
    use aqueduct::model::Sweep;

    use super::*;

    #[test]
    fn each_mistake_is_found_as_it_must_be_and_each_repair_holds() {
        for exercise in EXERCISES {
            let trace = failed(&exercise).unwrap_or_else(|failure| panic!("{failure}"));
            let text = trace.to_string();
            assert!(text.contains("buffer"), "no names, no lines:\n{text}");
            held(&exercise).unwrap_or_else(|failure| panic!("{failure}"));
        }
    }

    /// No ordering of a repair is stronger than it has to be. In the other exercises no slot comes
    /// back while somebody reads it, or a slot is a word that the checker does not let be read too
    /// late.
    #[test]
    fn each_ordering_of_a_repair_is_needed() {
        for exercise in [
            plain_counters::EXERCISE,
            relaxed_indices::EXERCISE,
            shared_count::EXERCISE,
        ] {
            Sweep::new(exercise.file, [(exercise.repaired)()]).check();
        }
    }

    #[test]
    fn a_mistake_is_explained_in_five_lines() {
        for exercise in EXERCISES {
            let lines: Vec<&str> = exercise.explanation.lines().collect();
            assert_eq!(lines.len(), 5, "{}", exercise.name);
            let widest = lines.iter().map(|line| line.len()).max();
            assert!(widest <= Some(100), "{}: {widest:?}", exercise.name);
        }
    }

    #[test]
    fn the_lines_are_there_and_differ() {
        for exercise in EXERCISES {
            let difference = difference(&exercise);
            for sign in ['-', '+', ' '] {
                let there = difference.lines().any(|line| line.starts_with(sign));
                assert!(there, "{}: no {sign:?} in\n{difference}", exercise.name);
            }
            assert!(!difference.contains("// lab:"), "{difference}");
        }
    }
}
