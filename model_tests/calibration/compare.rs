//! The machine against the axioms, on random programs.

use std::fmt::{self, Write};
use std::ops::Range;

use aqueduct::model::Part;

use super::explore::{Explored, explore};
use super::program::Program;
use super::{random, rc11};

/// How programs are made and how long each may take.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub(crate) make: fn(u64, random::Shape) -> Program,
    pub(crate) shape: random::Shape,
    /// Executions of one program, at most.
    pub(crate) limit: usize,
}

/// What a comparison saw.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) programs: usize,
    pub(crate) outcomes: usize,
    pub(crate) executions: usize,
    /// Outcomes of the axioms that the machine did not see.
    pub(crate) lost: usize,
    /// Outcomes that the machine saw and the axioms forbid.
    pub(crate) extra: usize,
    /// Programs with lost or extra outcomes.
    pub(crate) differing: usize,
    /// Programs given up at the limit; not compared.
    pub(crate) cut: usize,
    /// Programs reported for a breach of discipline; not compared.
    pub(crate) reported: usize,
    /// Programs that the fence axiom takes an outcome from.
    pub(crate) fences_matter: usize,
    /// Outcomes that loom's acquire fences take from programs: a known limit.
    pub(crate) limit: usize,
    /// The first program that differs, made small.
    pub(crate) example: Option<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} programs, {} outcomes, {} executions: {} programs lost {} outcomes and had {} too \
             many; {} cut, {} reported; fences matter in {}, and cost {} outcomes by loom's limit",
            self.programs,
            self.outcomes,
            self.executions,
            self.differing,
            self.lost,
            self.extra,
            self.cut,
            self.reported,
            self.fences_matter,
            self.limit
        )
    }
}

impl Tally {
    /// Compares one program.
    pub(crate) fn add(&mut self, name: &str, program: &Program, off: &[Part], limit: usize) {
        self.programs += 1;
        let allowed = rc11::verdict_with_loom_fences(program).outcomes;
        let all = rc11::verdict(program).outcomes;
        self.fences_matter += usize::from(rc11::fences_matter(program));
        match explore(program, off, limit) {
            Explored::Cut => self.cut += 1,
            Explored::Undisciplined => self.reported += 1,
            Explored::Whole {
                outcomes,
                executions,
            } => {
                self.outcomes += all.len();
                self.limit += all.difference(&allowed).count();
                self.executions += executions;
                self.lost += allowed.difference(&outcomes).count();
                self.extra += outcomes.difference(&allowed).count();
                if allowed != outcomes {
                    self.differing += 1;
                    self.example
                        .get_or_insert_with(|| explain(name, program, off, limit));
                }
            }
        }
    }

    /// Compares the programs of `seeds`.
    pub(crate) fn of(source: Source, seeds: Range<u64>, off: &[Part]) -> Self {
        let mut tally = Self::default();
        for seed in seeds {
            let program = (source.make)(seed, source.shape);
            tally.add(&format!("seed {seed}"), &program, off, source.limit);
        }
        tally
    }
}

/// Whether machine and axioms disagree about a program.
fn differs(program: &Program, off: &[Part], limit: usize) -> bool {
    match explore(program, off, limit) {
        Explored::Whole { outcomes, .. } => {
            outcomes != rc11::verdict_with_loom_fences(program).outcomes
        }
        Explored::Cut | Explored::Undisciplined => false,
    }
}

/// A program from which no operation can be taken without losing the property.
pub(crate) fn shrink(program: &Program, keeps: impl Fn(&Program) -> bool) -> Program {
    let mut small = program.clone();
    'again: loop {
        for thread in 0..small.threads.len() {
            for place in 0..small.threads[thread].len() {
                let mut smaller = small.clone();
                smaller.threads[thread].remove(place);
                if smaller.guards_look() && keeps(&smaller) {
                    small = smaller;
                    continue 'again;
                }
            }
        }
        small.threads.retain(|ops| !ops.is_empty());
        return small;
    }
}

/// The program, and the smallest one within it with its outcomes.
fn explain(name: &str, program: &Program, off: &[Part], limit: usize) -> String {
    let small = shrink(program, |program| differs(program, off, limit));
    let mut text = format!("{name}: {program}; made small: {small}");
    if let Explored::Whole { outcomes, .. } = explore(&small, off, limit) {
        let allowed = rc11::verdict_with_loom_fences(&small).outcomes;
        for (what, set) in [
            (" lost", allowed.difference(&outcomes)),
            (" extra", outcomes.difference(&allowed)),
        ] {
            text.push_str(what);
            for outcome in set {
                write!(text, " {outcome}").expect("a string takes all");
            }
        }
    }
    text
}
