//! Calibration of the checker: is what it explores what RC11 allows?
//!
//! It runs before any model is believed; docs/checker.md has the method and the numbers.

use libtest_mimic::Trial;

mod axioms;
mod bare;
mod breach;
mod compare;
mod discipline;
mod explore;
mod graph;
mod interleaving;
mod litmus;
mod program;
mod random;
mod rc11;
mod relation;
mod run;
mod shuttle;
mod skeleton;
mod trials;
mod upstream;

/// Every trial of the calibration.
pub(crate) fn trials() -> Vec<Trial> {
    let groups = [
        axioms::trials(),
        shuttle::trials(),
        trials::trials(),
        discipline::trials(),
        upstream::trials(),
    ];
    groups.into_iter().flatten().collect()
}
