//! The models: one file per algorithm file; before them the calibration of the checker, without
//! which none is believed, and the tests of the machine itself.
//!
//! The run ends with a certificate of what was checked: each model with its bound, executions,
//! outcomes and time, each ordering with the model that fails without it, each sweep of deaths with
//! its points, and each fault of the structures that are broken on purpose. A whole run leaves it
//! in `target/aqueduct/certificate.json`, and fails if docs/verification.md says anything else.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests look behind the machine"
)]

mod bell;
mod broken;
mod calibration;
mod call;
mod crowd;
mod frames;
mod histories;
mod link;
mod machine;
mod mailbox;
mod memory;
mod mpmc;
#[path = "../proptests/book/pages.rs"]
mod pages;
mod picture;
mod pipe;
mod quiet;
mod random;
mod rendezvous;
mod report;
mod select;
mod spsc;
mod stacks;
mod swept;
mod textbook;
mod unbounded;

use aqueduct::model::{
    DeathFailure, Deaths, Model, Sweep, deaths, deaths_after_suspicion, pauses, two_deaths,
};
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;

/// A test: its name, and what fails it.
type Test = (&'static str, fn() -> Result<(), String>);

fn trial(room: &str, (name, test): Test) -> Trial {
    Trial::test(format!("{room}::{name}"), move || {
        test().map_err(Failed::from)
    })
}

/// Explores a model.
fn explore(room: &str, model: Model) -> Trial {
    Trial::test(format!("{room}::{}", model.name()), move || {
        let report = model.explore().map_err(|failure| model.explain(&failure))?;
        report::model(&report);
        Ok(())
    })
}

/// The long form of those models that have a bound: one preemption more.
fn one_more(room: &str, models: impl IntoIterator<Item = Model>) -> Vec<Trial> {
    let bounded = models.into_iter().filter_map(|model| {
        let bound = model.preemptions()?;
        Some(explore(room, model.bound(bound + 1)))
    });
    bounded.map(|trial| trial.with_ignored_flag(true)).collect()
}

/// The longest form of models of two threads: each interleaving.
fn without_bound(room: &str, models: impl IntoIterator<Item = Model>) -> Vec<Trial> {
    let bounded = models
        .into_iter()
        .filter(|model| model.preemptions().is_some());
    let trials = bounded.map(|model| explore(room, model.without_bound()));
    trials.map(|trial| trial.with_ignored_flag(true)).collect()
}

/// Explores a model with each of the processes `victims` killed at each of its accesses.
fn kill(room: &str, model: Model, victims: &'static [u32]) -> Trial {
    let room = format!("{room}::deaths");
    stop(&room, model, move |model| deaths(model, victims))
}

/// The same, with the death suspected before each of the accesses that the victim still does.
fn suspect(room: &str, model: Model, victims: &'static [u32]) -> Trial {
    let room = format!("{room}::suspected");
    stop(&room, model, move |model| {
        deaths_after_suspicion(model, victims)
    })
}

/// The model where learning of a death orders nothing: it fails if it needs that order, and else
/// holds.
fn without_order(room: &str, model: Model, needed: bool, victims: &'static [u32]) -> Trial {
    let model = model.unordered_deaths();
    if !needed {
        return kill(room, model, victims);
    }
    let name = format!("{room}::deaths::{}: fails", model.name());
    Trial::test(name, move || match deaths(&model, victims) {
        Err(death) if death.failure.execution().is_some() => Ok(()),
        Err(death) => Err(death.explain().into()),
        Ok(_) => Err("it needs no order".into()),
    })
}

/// Explores a model with both processes killed, each at each of its accesses.
fn kill_twice(room: &str, model: Model, [first, second]: [u32; 2]) -> Trial {
    let room = format!("{room}::two deaths");
    let sweep = move |model: &Model| two_deaths(model, first, second);
    stop(&room, model, sweep)
}

/// Explores a model with each of the processes `victims` paused at each of its accesses.
fn pause(room: &str, model: Model, victims: &'static [u32]) -> Trial {
    let room = format!("{room}::pauses");
    stop(&room, model, move |model| pauses(model, victims))
}

/// Explores a model at each point of `sweep`.
fn stop(
    room: &str,
    model: Model,
    sweep: impl Fn(&Model) -> Result<Deaths, DeathFailure> + Send + 'static,
) -> Trial {
    Trial::test(format!("{room}::{}", model.name()), move || {
        let seen = sweep(&model).map_err(|death| death.explain())?;
        report::stopped(&seen);
        Ok(())
    })
}

/// Weakens each ordering of some source files in turn.
fn sweep(what: &'static str, sweep: Sweep) -> Trial {
    Trial::test(format!("sweep::{what}"), move || {
        let table = sweep.run().map_err(Failed::from)?;
        report::sweep(&table);
        match table.faults().as_slice() {
            [] => Ok(()),
            faults => Err(faults.join("\n").into()),
        }
    })
}

fn trials() -> Vec<Trial> {
    let tests = machine::tests()
        .into_iter()
        .map(|test| trial("machine", test));
    let mut trials = calibration::trials();
    trials.extend(tests);
    trials.extend(spsc::trials());
    trials.extend(mpmc::trials());
    trials.extend(unbounded::trials());
    trials.extend(rendezvous::trials());
    trials.extend(frames::trials());
    trials.extend(textbook::trials());
    trials.extend(bell::trials());
    trials.extend(link::trials());
    trials.extend(mailbox::trials());
    trials.extend(call::trials());
    trials.extend(pipe::trials());
    trials.extend(crowd::trials());
    trials.extend(select::trials());
    trials.extend(broken::trials());
    trials.extend(histories::trials());
    trials.extend(random::trials());
    trials.push(Trial::test("sweep::no ordering elsewhere", swept::no_other));
    let names: Vec<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    trials.push(Trial::test("book::each model is there", move || {
        on_pages(&names)
    }));
    trials
}

/// Each filter that a page, or a patch beside the pages, gives to this program chooses a trial.
fn on_pages(names: &[String]) -> Result<(), Failed> {
    let filters = pages::commands("cargo test --test model_tests").into_iter();
    let filters = filters.flat_map(|command| command.arguments);
    let missing: Vec<_> = filters
        .chain(pages::fields("Models: "))
        .chain(
            pages::promises()
                .into_iter()
                .flat_map(|promise| promise.models),
        )
        .filter(|filter| !names.iter().any(|name| name.contains(filter)))
        .collect();
    match missing.as_slice() {
        [] => Ok(()),
        missing => Err(format!("no model is called so: {missing:?}").into()),
    }
}

/// Whether some trials were asked for, and not all.
fn are_some(arguments: &Arguments) -> bool {
    let Arguments {
        filter,
        skip,
        list,
        ignored,
        include_ignored,
        ..
    } = arguments;
    filter.is_some() || !skip.is_empty() || *list || *ignored || *include_ignored
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    quiet::install();
    calibration::without_the_panic_hook_of_shuttle();
    let some = are_some(&arguments);
    report::ask(some);
    let conclusion = libtest_mimic::run(&arguments, trials());
    let certificate = report::certificate();
    print!("{certificate}");
    if some || conclusion.has_failed() {
        return conclusion.exit_code();
    }
    match report::certify(certificate) {
        Ok((limits, file)) => println!("{limits}\ncertificate: {}", file.display()),
        Err(why) => {
            eprintln!("\n{why}");
            return ExitCode::from(101);
        }
    }
    ExitCode::SUCCESS
}
