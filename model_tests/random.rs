//! Random runs: larger instances of the ring and the links than loom can explore, and what random
//! runs must find.

mod found;
mod judged;
mod large;
mod rules;

use crate::{report, trial};
use aqueduct::model::{Model, Random};
use libtest_mimic::Trial;

pub fn trials() -> Vec<Trial> {
    let large = large::trials().into_iter().chain(judged::trials());
    let tests = found::tests().into_iter().chain(rules::tests());
    large
        .chain(tests.map(|test| trial("random", test)))
        .collect()
}

/// Tries a model so many times, and in the long form a hundred times as often.
pub fn try_it(
    model: &Model,
    how: &'static str,
    runs: usize,
    set: fn(Random) -> Random,
) -> [Trial; 2] {
    [("random", runs, false), ("random::long", runs * 100, true)].map(|(room, runs, long)| {
        let model = model.clone();
        let name = format!("{room}::{}, {how}", model.name());
        Trial::test(name, move || {
            let mut seen = model
                .random(&set(Random::new(runs)))
                .map_err(|failure| failure.explain())?;
            seen.name = format!("{}, {how}", seen.name);
            report::tried(&seen);
            Ok(())
        })
        .with_ignored_flag(long)
    })
}
