//! Our enumeration of RC11 against the hand-written table, and against itself.

use std::collections::BTreeSet;

use libtest_mimic::{Failed, Trial};

use super::litmus::{self, Litmus};
use super::program::{Outcome, Program};
use super::rc11::{self, Rules};
use super::{interleaving, random};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("calibration::rc11::litmus_table", || {
            each_litmus(|litmus, program| agrees(litmus, &rc11::verdict(program).outcomes))
        }),
        Trial::test("calibration::rc11::text_round_trip", || {
            each_litmus(|litmus, program| {
                (program.to_string() == litmus.program)
                    .then_some(())
                    .ok_or_else(|| program.to_string().into())
            })
        }),
        Trial::test("calibration::rc11::needs_coherence", || {
            table_notices(Rules::WithoutCoherence)
        }),
        Trial::test("calibration::rc11::needs_atomicity", || {
            table_notices(Rules::WithoutAtomicity)
        }),
        Trial::test("calibration::rc11::needs_fence_order", || {
            table_notices(Rules::WithoutFenceOrder)
        }),
        Trial::test(
            "calibration::rc11::allows_interleavings",
            allows_interleavings,
        ),
    ]
}

/// Compares a set of outcomes with the hand-written one.
pub(crate) fn agrees(litmus: &Litmus, found: &BTreeSet<Outcome>) -> Result<(), Failed> {
    let found: BTreeSet<String> = found.iter().map(Outcome::to_string).collect();
    let expected: BTreeSet<String> = litmus
        .outcomes
        .split_whitespace()
        .map(String::from)
        .collect();
    if found == expected {
        return Ok(());
    }
    let lost: Vec<_> = expected.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected).collect();
    Err(format!(
        "{} ({}): lost {lost:?}, extra {extra:?}",
        litmus.name, litmus.program
    )
    .into())
}

fn each_litmus(
    mut check: impl FnMut(&Litmus, &Program) -> Result<(), Failed>,
) -> Result<(), Failed> {
    litmus::table().try_for_each(|litmus| check(litmus, &litmus.program.parse()?))
}

/// Without one of the axioms some shape of the table has outcomes too many, and none too few.
fn table_notices(rules: Rules) -> Result<(), Failed> {
    let mut noticed = 0;
    each_litmus(|litmus, program| {
        let complete = rc11::verdict(program).outcomes;
        let weakened = rc11::verdict_under(program, rules).outcomes;
        if !weakened.is_superset(&complete) {
            return Err(format!("{} lost outcomes without an axiom", litmus.name).into());
        }
        noticed += usize::from(weakened != complete);
        Ok(())
    })?;
    (noticed > 0)
        .then_some(())
        .ok_or_else(|| "no shape notices".into())
}

/// Interleavings are executions of RC11 too; with a `SeqCst` fence between all operations there are
/// no others.
fn allows_interleavings() -> Result<(), Failed> {
    for seed in 0..2_000 {
        let program = random::disciplined(seed, random::SMALL);
        let interleaved = interleaving::outcomes(&program);
        if !interleaved.is_subset(&rc11::verdict(&program).outcomes) {
            return Err(format!("seed {seed}: {program}: an interleaving is missing").into());
        }
        let small = random::disciplined(seed, random::TINY);
        let fenced = small.fenced();
        if rc11::verdict(&fenced).outcomes != interleaving::outcomes(&fenced) {
            return Err(format!("seed {seed}: {fenced}: not the interleavings").into());
        }
    }
    Ok(())
}
