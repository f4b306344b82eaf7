//! Litmus table and random programs on the machine, whole and with parts switched off.

use crate::report;
use aqueduct::model::Part;
use libtest_mimic::{Failed, Trial};

use super::compare::{Source, Tally};
use super::explore::{Explored, explore};
use super::program::{Outcome, Program};
use super::{axioms, litmus, random, rc11};

/// Programs for every test run.
const QUICK: Source = Source {
    make: random::disciplined,
    shape: random::SMALL,
    limit: 20_000,
};
/// Programs in which acquire and release matter, for every test run.
const QUICK_ORDERED: Source = Source {
    make: random::ordered,
    ..QUICK
};
/// Programs in which fences matter, for every test run.
const QUICK_FENCED: Source = Source {
    make: random::fenced,
    shape: random::SMALL,
    limit: 20_000,
};
/// Programs for the long run.
const LONG: Source = Source {
    make: random::disciplined,
    shape: random::LARGE,
    limit: 100_000,
};
const LONG_ORDERED: Source = Source {
    make: random::ordered,
    ..LONG
};
const LONG_FENCED: Source = Source {
    make: random::fenced,
    shape: random::LARGE,
    limit: 100_000,
};

/// The smallest programs found that lose an outcome without a part of the machine.
const NEEDS: [(Part, &str); 4] = [
    (Part::Readers, "x rlx | x rlx; x=1 rlx"),
    (Part::Readers, "x rlx | x0>1 rlx rlx"),
    (Part::Readers, "x1>2 rlx rlx | x0>1 rlx rlx"),
    (Part::LeadingLoad, "y rlx; x1>2 rlx rlx | x<1 rlx; y=1 rlx"),
];

/// Programs in which loom alone shows too much: a release by a fence leaves out what the same
/// fence, being sequentially consistent, has just met.
const RELEASED: [&str; 2] = [
    "x=1 rel; F sc; x=2 rlx | y=2 rlx; F sc; x acq | x acq; y acq",
    "x=2 rlx; F sc; x=1 rlx | y=2 rel; F sc; x acq | x acq; y rlx",
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials: Vec<Trial> = litmus::table().map(on_machine).collect();
    for chunk in 0..4 {
        trials.push(random("random", QUICK, chunk, 30));
        trials.push(random("ordered", QUICK_ORDERED, chunk, 30));
        trials.push(random("fenced", QUICK_FENCED, chunk, 15));
    }
    for chunk in 0..20 {
        trials.push(random("long_random", LONG, chunk, 200).with_ignored_flag(true));
        trials.push(random("long_ordered", LONG_ORDERED, chunk, 200).with_ignored_flag(true));
        trials.push(random("long_fenced", LONG_FENCED, chunk, 100).with_ignored_flag(true));
    }
    let strong_failure = (STRONG_FAILURE, "010:13");
    trials.extend(
        TAKEN
            .into_iter()
            .chain([strong_failure])
            .map(|(program, outcome)| {
                Trial::test(format!("calibration::limit::{program}"), || {
                    taken(program, outcome)
                })
            }),
    );
    trials.extend(RELEASED.map(|program| {
        Trial::test(format!("calibration::released::{program}"), || {
            let mut tally = Tally::default();
            tally.add("pinned", &program.parse()?, &[], 100_000);
            exact(&tally)
        })
        .with_ignored_flag(program != RELEASED[0])
    }));
    trials.extend(NEEDS.map(|(part, program)| needed(part, program)));
    trials.push(random_needs(Part::Readers, 400));
    trials.push(random_needs(Part::LeadingLoad, 1_000).with_ignored_flag(true));
    trials
}

/// Without `part` the machine loses an outcome of some random program.
fn random_needs(part: Part, count: u64) -> Trial {
    let name = format!("calibration::without::{part:?}_random");
    Trial::test(name, move || {
        let tally = Tally::of(QUICK, 0..count, &[part]);
        report::say(&format!("without {part:?}: {tally}"));
        (tally.lost > 0)
            .then_some(())
            .ok_or_else(|| "nothing is lost".into())
    })
}

/// The hand-written outcomes of a shape are what the machine shows.
fn on_machine(litmus: &'static litmus::Litmus) -> Trial {
    Trial::test(
        format!("calibration::litmus::{}", litmus.name),
        || match explore(&litmus.program.parse()?, &[], 1_000_000) {
            Explored::Whole { outcomes, .. } => axioms::agrees(litmus, &outcomes),
            other => Err(format!("{other:?}").into()),
        },
    )
    .with_ignored_flag(litmus.long)
}

/// The machine explores random programs exactly.
fn random(name: &str, source: Source, chunk: u64, count: u64) -> Trial {
    let name = format!("calibration::{name}::{chunk}");
    Trial::test(name.clone(), move || {
        let first = chunk * count;
        let tally = Tally::of(source, first..first + count, &[]);
        report::say(&format!("{name}: {tally}"));
        exact(&tally)
    })
}

fn exact(tally: &Tally) -> Result<(), Failed> {
    if let Some(example) = &tally.example {
        return Err(format!("{tally}\n{example}").into());
    }
    if tally.reported > 0 || tally.cut * 20 > tally.programs {
        return Err(format!("too few were compared: {tally}").into());
    }
    if tally.limit > 0 {
        return Err(format!("loom's limit of fences was met: {tally}").into());
    }
    Ok(())
}

/// Outcomes that loom's acquire fences take: a thread's fence acquires what another thread read
/// without acquiring it, as long as that read happens before. Three threads and three words.
const TAKEN: [(&str, &str); 2] = [
    (
        "z=1 rlx; x=1 rel | x rlx; y=1 rel | y acq; F acq; z rlx",
        "110:111",
    ),
    (
        "z=1 rlx; x=1 rel | x rlx; y=1 rel | y acq; F sc; z rlx",
        "110:111",
    ),
];

/// The leading load of a compare-exchange has the order of failure, so one that is stronger than
/// that of success acquires on success too. The library has none.
const STRONG_FAILURE: &str = "x=1 rlx; y+1 rel | y1>3 rlx acq; x rlx";

/// A known limit, exactly as large as we believe.
fn taken(text: &str, outcome: &str) -> Result<(), Failed> {
    let program: Program = text.parse()?;
    let allowed = rc11::verdict(&program).outcomes;
    let Explored::Whole { outcomes, .. } = explore(&program, &[], 20_000) else {
        return Err("not explored".into());
    };
    let lost: Vec<String> = allowed
        .difference(&outcomes)
        .map(Outcome::to_string)
        .collect();
    if lost == [outcome] && outcomes.is_subset(&allowed) {
        return Ok(());
    }
    Err(format!("lost {lost:?}").into())
}

/// Without `part` the machine loses an outcome of `program`.
fn needed(part: Part, program: &'static str) -> Trial {
    Trial::test(
        format!("calibration::without::{part:?}: {program}"),
        move || {
            let program: Program = program.parse()?;
            let mut whole = Tally::default();
            whole.add("pinned", &program, &[], 20_000);
            exact(&whole)?;
            let mut partial = Tally::default();
            partial.add("pinned", &program, &[part], 20_000);
            (partial.lost > 0)
                .then_some(())
                .ok_or_else(|| "nothing is lost".into())
        },
    )
}
