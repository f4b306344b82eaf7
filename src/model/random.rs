//! Executions chosen at random, of models that are too large to explore.

use super::deaths::in_words;
use super::engine::Chance;
use super::execution::{Fate, Point};
use super::explore::Model;
use super::failure::Failure;
use super::history::Histories;
use super::lots::Lot;
use super::trace::Trace;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Gives the seed of all random runs.
const VARIABLE: &str = "AQUEDUCT_SEED";

/// How a model is tried at random: see [`Model::random`].
#[derive(Clone, Debug)]
pub struct Random {
    runs: usize,
    seed: u64,
    changes: Option<usize>,
    lots: Vec<Lot>,
}

impl Random {
    /// So many executions. All choices follow from a seed: the environment variable
    /// `AQUEDUCT_SEED` if it is there, else another one each time.
    ///
    /// # Panics
    /// If there is to be none; if the variable holds no number.
    #[must_use]
    pub fn new(runs: usize) -> Random {
        assert!(runs > 0, "no run shows nothing");
        let seed = match std::env::var(VARIABLE) {
            Ok(seed) => {
                let number = seed.parse();
                number.unwrap_or_else(|_| panic!("{VARIABLE} is no number: {seed}"))
            }
            Err(_) => RandomState::new().hash_one(()),
        };
        Random {
            runs,
            seed,
            changes: None,
            lots: Vec::new(),
        }
    }

    /// Makes the runs of this seed again: the same for the same model, runs and settings.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Random {
        self.seed = seed;
        self
    }

    /// Gives each thread a random priority, and takes it from a running one so many times in an
    /// execution; for faults that need few switches of threads, at the right moments (Burckhardt
    /// et al., *A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs*, ASPLOS
    /// 2010). Without this each access chooses among all threads.
    ///
    /// For long executions: one that has hardly more points of scheduling than switches has them
    /// at the same points in each run.
    #[must_use]
    pub fn few_switches(mut self, changes: usize) -> Random {
        self.changes = Some(changes);
        self
    }

    /// Kills each of these processes at a random one of its accesses; now and then at none.
    #[must_use]
    pub fn killing(self, processes: &[u32]) -> Random {
        self.striking(processes, Fate::Killed { suspected: None })
    }

    /// Stops each of these processes before a random one of its accesses, as
    /// [`pauses`](super::pauses) does; now and then before none.
    #[must_use]
    pub fn pausing(self, processes: &[u32]) -> Random {
        self.striking(processes, Fate::Paused)
    }

    /// What the engine is to do with `model`.
    fn chance(&self, model: &Model) -> Chance {
        Chance {
            runs: self.runs,
            seed: self.seed,
            changes: self.changes,
            most_steps: model.branches,
        }
    }

    fn striking(mut self, processes: &[u32], fate: Fate) -> Random {
        let lots = processes.iter().map(|&process| Lot { process, fate });
        self.lots.extend(lots);
        self
    }
}

/// What random runs saw.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The name of the model.
    pub name: String,
    /// The seed that makes the same runs again.
    pub seed: u64,
    /// How many executions there were; some may have been alike.
    pub runs: usize,
    /// In how many of them somebody was killed or paused.
    pub struck: usize,
    /// The outcomes, and how many executions had each.
    pub outcomes: BTreeMap<String, usize>,
    /// The histories that were judged.
    pub histories: Histories,
    /// How long it took.
    pub duration: Duration,
}

/// A random run that failed. The number of its execution is the number of the run.
#[derive(Clone, Debug, thiserror::Error)]
pub struct RandomFailure {
    /// Who was killed or paused in the run, in words.
    pub points: String,
    /// What went wrong.
    pub failure: Failure,
    /// What was tried, and how.
    tried: Box<(Model, Random)>,
}

impl RandomFailure {
    /// The seed that makes the same runs again.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.tried.1.seed
    }

    /// The runs done once more, for the one that fails to be drawn; its picture is left in
    /// `target/aqueduct`. `None` if no run fails any more.
    ///
    /// # Panics
    /// If the OS thread of the runs cannot be started.
    #[must_use]
    pub fn trace(&self) -> Option<Trace> {
        let (model, how) = &*self.tried;
        let mut model = model.clone().bounded(None);
        model.settings.tracing = true;
        let run = model.run_at_random(how.chance(&model));
        let trace = Trace::of(&model, &run.last_struck, &run.result.err()?)?;
        Some(trace.save(None, &format!("{VARIABLE}={}", self.seed())))
    }
}

impl fmt::Display for RandomFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.points.is_empty() {
            write!(f, "{}: ", self.points)?;
        }
        write!(f, "{}; again: {VARIABLE}={}", self.failure, self.seed())
    }
}

impl Model {
    /// Runs the body so often as `how` says, in executions that chance chooses. It tries what is
    /// too large for [`explore`](Model::explore) and proves nothing.
    ///
    /// Memory is sequentially consistent here, and every access and fence is a point of scheduling:
    /// no old value is read, no ordering is too weak, no race and no breach of the word discipline
    /// is reported. [Histories](super::History) are judged by less than happens-before: a call
    /// comes after another one of its own thread, or if the start or the end of a thread lies
    /// between. There may be sixteen threads.
    ///
    /// Each outcome must be among those stated; one that is not seen is no error. A bound on
    /// preemptions and a floor of executions mean nothing here; [`branches`](Model::branches) does.
    ///
    /// ```
    /// use aqueduct::model::{self, Machine, Model, Random};
    /// use aqueduct::platform::{Atomic, Ordering, Platform};
    /// use std::sync::Arc;
    ///
    /// let model = Model::new("ten threads count", || {
    ///     let word = Arc::new(<Machine as Platform>::AtomicU32::new(0));
    ///     let count = |_| {
    ///         let word = Arc::clone(&word);
    ///         model::spawn(move || word.fetch_add(1, Ordering::Relaxed))
    ///     };
    ///     let threads: Vec<_> = (0..10).map(count).collect();
    ///     for thread in threads {
    ///         thread.join().unwrap();
    ///     }
    ///     word.load(Ordering::Relaxed)
    /// });
    /// let seen = model.outcomes(["10"]).random(&Random::new(100)).unwrap();
    /// assert_eq!(seen.runs, 100);
    /// ```
    ///
    /// # Errors
    /// The first run that fails, with the seed that leads to it again.
    ///
    /// # Panics
    /// If the OS thread of the runs cannot be started.
    pub fn random(&self, how: &Random) -> Result<Tried, RandomFailure> {
        let start = Instant::now();
        let mut model = self.clone();
        // What makes loom look at everything means nothing to shuttle.
        model.settings.without = u8::MAX;
        model.settings.lots.clone_from(&how.lots);
        let run = model.run_at_random(how.chance(self));
        let points: Vec<Point> = run.last_struck;
        let nobody = run.struck == 0 && !how.lots.is_empty();
        let result = run.result.and(if nobody {
            let model = self.name().to_owned();
            Err(Failure::NobodyStopped { model })
        } else {
            Ok(())
        });
        result.map_err(|failure| RandomFailure {
            points: in_words(&points),
            failure,
            tried: Box::new((model, how.clone())),
        })?;
        Ok(Tried {
            name: self.name().to_owned(),
            seed: how.seed,
            runs: run.executions,
            struck: run.struck,
            outcomes: run.outcomes,
            histories: run.histories,
            duration: start.elapsed(),
        })
    }
}
