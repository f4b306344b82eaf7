//! A second opinion on sequential consistency: shuttle's depth-first search.

use std::collections::BTreeSet;
use std::panic;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Failed, Trial};
use shuttle::scheduler::DfsScheduler;

use super::bare::Shuttle;
use super::explore::{Explored, explore};
use super::program::{Outcome, Program};
use super::run::run;
use super::{interleaving, random, rc11};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("calibration::shuttle::random", || compare(0..60)),
        Trial::test("calibration::shuttle::fenced", || compare_fenced(0..25)),
        Trial::test("calibration::shuttle::long_random", || compare(60..1_000))
            .with_ignored_flag(true),
        Trial::test("calibration::shuttle::long_fenced", || {
            compare_fenced(25..300)
        })
        .with_ignored_flag(true),
    ]
}

/// Takes out the panic hook that shuttle leaves behind after its first run. It would print for every
/// panic of the process, and the machine raises and catches thousands.
pub(crate) fn without_its_panic_hook() {
    let before = panic::take_hook();
    let search = DfsScheduler::new(Some(1), false);
    shuttle::Runner::new(search, config()).run(|| {});
    panic::set_hook(before);
}

fn config() -> shuttle::Config {
    let mut config = shuttle::Config::new();
    config.silence_warnings = true;
    config
}

/// With a `SeqCst` fence between all operations the machine sees what shuttle sees.
fn compare_fenced(mut seeds: std::ops::Range<u64>) -> Result<(), Failed> {
    seeds.try_for_each(|seed| {
        let program = random::disciplined(seed, random::TINY).fenced();
        match explore(&program, &[], 100_000) {
            Explored::Whole { outcomes, .. } if outcomes == self::outcomes(&program) => Ok(()),
            _ => Err(format!("seed {seed}: {program}: not what shuttle sees").into()),
        }
    })
}

/// shuttle finds the interleavings of a program, all of them executions of RC11.
fn compare(mut seeds: std::ops::Range<u64>) -> Result<(), Failed> {
    seeds.try_for_each(|seed| {
        let program = random::disciplined(seed, random::TINY);
        let found = outcomes(&program);
        if found != interleaving::outcomes(&program) {
            return Err(format!("seed {seed}: {program}: not the interleavings").into());
        }
        if !found.is_subset(&rc11::verdict(&program).outcomes) {
            return Err(format!("seed {seed}: {program}: RC11 forbids one").into());
        }
        Ok(())
    })
}

/// What shuttle's depth-first search sees.
pub(crate) fn outcomes(program: &Program) -> BTreeSet<Outcome> {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let (program, seen_inside) = (Arc::new(program.clone()), Arc::clone(&seen));
    let search = DfsScheduler::new(None, false);
    shuttle::Runner::new(search, config()).run(move || {
        let outcome = run::<Shuttle>(&program);
        seen_inside
            .lock()
            .expect("no panic while locked")
            .insert(outcome);
    });
    std::mem::take(&mut *seen.lock().expect("no panic while locked"))
}
