//! The rows of a certificate.

use crate::model::deaths::Stop;
use crate::model::history::Histories;
use serde::Serialize;

/// A model that holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explored {
    /// Its name.
    pub model: String,
    /// Its bound on preemptions; `None` if there was none.
    pub bound: Option<usize>,
    /// How many executions it has.
    pub executions: usize,
    /// All its outcomes.
    pub outcomes: Vec<String>,
    /// The histories that were judged.
    pub histories: Histories,
    /// How long it took.
    pub seconds: f64,
}

/// A model that holds with a process stopped at each of its accesses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stopped {
    /// Its name.
    pub model: String,
    /// What was done to processes.
    pub stop: Stop,
    /// Its bound on preemptions; `None` if there was none.
    pub bound: Option<usize>,
    /// At how many points, or pairs of them.
    pub points: usize,
    /// Where in the source these are.
    pub places: Vec<String>,
    /// How many executions there were, all together.
    pub executions: usize,
    /// All outcomes.
    pub outcomes: Vec<String>,
    /// The histories that were judged.
    pub histories: Histories,
    /// How long it took.
    pub seconds: f64,
}

/// A model that held in random runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AtRandom {
    /// Its name.
    pub model: String,
    /// How many runs there were.
    pub runs: usize,
    /// In how many of them somebody was killed or paused.
    pub struck: usize,
    /// The seed that makes them again.
    pub seed: u64,
    /// The histories that were judged.
    pub histories: Histories,
    /// How long it took.
    pub seconds: f64,
}

/// An access of an algorithm, before which a process can be killed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Accessed {
    /// The source file.
    pub file: String,
    /// Where it is and what, as [`Stopped::places`] has it.
    pub place: String,
    /// The statement there.
    pub source: String,
    /// What is done there.
    pub access: String,
}

/// A weakening, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Weakened {
    /// The source file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The statement there.
    pub source: String,
    /// What is there, and what was made of it.
    pub change: String,
    /// The model that fails then and how, or the reason why none has to.
    pub answer: String,
}

/// A mistake that was made on purpose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mistake {
    /// Where it was made.
    pub structure: String,
    /// The mistake.
    pub mistake: String,
    /// How it was found.
    pub found: String,
    /// After how many executions.
    pub executions: usize,
    /// How long it took.
    pub seconds: f64,
}
