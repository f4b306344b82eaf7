//! Calibration of the checker: is what it explores what RC11 allows?
//!
//! It runs before any model is believed; docs/checker.md has the method and the numbers.
//!
//! - programs: `program` (a small language), `litmus`, `litmus_fences` (shapes written by hand),
//!   `random`;
//! - judges: `rc11` with `skeleton`, `graph`, `relation` and `breach` (the axioms), `interleaving`
//!   and `shuttle` (sequential consistency), `explore` (the machine), by way of `run` and `bare`;
//! - trials: `asymmetric` (the halves of an asymmetric fence), `axioms`, `shuttle`, `trials` with
//!   `compare`, `discipline`, `upstream`.

use libtest_mimic::Trial;

mod asymmetric;
mod axioms;
mod bare;
mod breach;
mod compare;
mod discipline;
mod explore;
mod graph;
mod interleaving;
mod litmus;
mod litmus_fences;
mod program;
mod random;
mod rc11;
mod relation;
mod run;
mod shuttle;
mod skeleton;
mod trials;
mod upstream;

pub(crate) use self::shuttle::without_its_panic_hook as without_the_panic_hook_of_shuttle;

/// Every trial of the calibration.
pub(crate) fn trials() -> Vec<Trial> {
    let groups = [
        asymmetric::trials(),
        axioms::trials(),
        shuttle::trials(),
        trials::trials(),
        discipline::trials(),
        upstream::trials(),
    ];
    groups.into_iter().flatten().collect()
}
