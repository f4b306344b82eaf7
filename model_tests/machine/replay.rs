//! One run done again, as the command that is printed does it: by a variable in the environment.

use super::trace::{for_the_dead, increments, one_of_two};
use crate::Test;
use aqueduct::model::{self, AtomicU32, DeathFailure, Deaths, Failure, Model, deaths, two_deaths};
use aqueduct::platform::Atomic;
use aqueduct::platform::Ordering::Relaxed;
use std::env;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Names the run that is to be done.
const VARIABLE: &str = "AQUEDUCT_REPLAY";

/// Tells the child which model it is about.
const WHICH: &str = "AQUEDUCT_WHICH";

/// The test that does it, in a child of the others.
const CHILD: &str = "one run is asked for";

pub fn tests() -> Vec<Test> {
    vec![
        ("a run is done again by its variable", alive),
        ("a death is done again, wherever it is", dead),
        ("two deaths are done again", both),
        ("a run that does not fail any more is no failure", mended),
        (CHILD, asked),
    ]
}

fn alive() -> Result<(), String> {
    again(&increments(), "increments")
}

fn dead() -> Result<(), String> {
    let found = deaths(&for_the_dead(), &[7]).expect_err("it waits for ever");
    again(&found.model, "for the dead")?;
    // The first death is survived here.
    let found = deaths(&slow("slow", 1), &[1]).expect_err("it is 1");
    if !found.deaths.contains("access 2") {
        return Err(found.deaths);
    }
    again(&found.model, "slow")
}

fn both() -> Result<(), String> {
    let found = two_deaths(&one_of_two(), 1, 2).expect_err("no flag");
    again(&found.model, "one of two")
}

/// The run is of a model that has been mended since, under the same name.
fn mended() -> Result<(), String> {
    let found = deaths(&slow("slow, mended", 1), &[1]).expect_err("it is 1");
    again(&found.model, "slow, mended")
}

/// A process counts to 2 in two steps, and may be killed in between; then the count must be none of
/// `wrong`. Its runs lie under its name, where a run that does not fail any more is removed.
fn slow(name: &str, wrong: u32) -> Model {
    Model::new(name, move || {
        let count = Arc::new(AtomicU32::new(0));
        let counting = model::process(1, {
            let count = Arc::clone(&count);
            move || {
                count.fetch_add(1, Relaxed);
                count.fetch_add(1, Relaxed);
            }
        });
        let early = count.load(Relaxed);
        counting.join();
        assert_ne!(count.load(Relaxed), wrong, "it is {wrong}");
        early
    })
}

/// Does the failing run of `model` again in a child, which knows its body by `name`.
fn again(model: &Model, name: &str) -> Result<(), String> {
    let trace = model.trace().ok_or("no trace")?;
    let saved = trace.saved.ok_or("nothing was saved")?;
    let run = saved.run.ok_or("no run was saved")?;
    if !saved.again.contains(VARIABLE) || !saved.again.contains(&*run.to_string_lossy()) {
        return Err(saved.again);
    }
    child(name, &run)
}

fn child(name: &str, run: &Path) -> Result<(), String> {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.arg(CHILD).env(VARIABLE, run).env(WHICH, name);
    let output = command.stdin(Stdio::null()).output().expect("a child");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(()).ok_or(said)
}

/// In the child: the run that is asked for is the only one of its model.
fn asked() -> Result<(), String> {
    let Ok(which) = env::var(WHICH) else {
        return Ok(());
    };
    match which.as_str() {
        "increments" => first(increments().explore().err().as_ref())?,
        "for the dead" => first(failure(deaths(&for_the_dead(), &[7])).as_ref())?,
        "slow" => first(failure(deaths(&slow("slow", 1), &[1])).as_ref())?,
        "one of two" => first(failure(two_deaths(&one_of_two(), 1, 2)).as_ref())?,
        _ => {
            let seen = deaths(&slow("slow, mended", 9), &[1]).map_err(|death| death.to_string())?;
            assert!(seen.executions <= 2, "{seen:?}");
        }
    }
    Ok(())
}

fn failure(found: Result<Deaths, DeathFailure>) -> Option<Failure> {
    found.err().map(|death| death.failure)
}

/// It fails in the first execution.
fn first(failure: Option<&Failure>) -> Result<(), String> {
    let execution = failure.and_then(Failure::execution);
    (execution == Some(1))
        .then_some(())
        .ok_or_else(|| format!("{failure:?}"))
}
