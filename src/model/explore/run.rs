//! One exploration, on an OS thread of its own.

use super::Model;
use crate::model::engine::{Chance, LOOM_THREADS};
use crate::model::execution::{self, Exploration, Point};
use crate::model::failure::{Failure, GivenUp, Unexpected, failure};
use crate::model::history::{self, Histories};
use crate::model::lots;
use crate::model::panics;
use crate::model::site::Site;
use crate::model::trace::replay::{self, Asked};
use crate::model::watch;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

/// What an exploration saw, all of it.
pub(in crate::model) struct Run {
    /// Whether one execution was asked for, of this model or of another: then how many there are,
    /// and with which outcomes, says nothing.
    pub(in crate::model) one_asked: bool,
    pub(in crate::model) result: Result<(), Failure>,
    pub(in crate::model) executions: usize,
    pub(in crate::model) outcomes: BTreeMap<String, usize>,
    pub(in crate::model) sites: HashSet<Site>,
    /// Where processes were killed or paused.
    pub(in crate::model) stopped_at: HashSet<Site>,
    /// One bit for each point that was asked for.
    pub(in crate::model) points_reached: usize,
    /// Whether all of them were reached in the same execution.
    pub(in crate::model) points_together: bool,
    /// Who was killed or paused in the last execution.
    pub(in crate::model) last_struck: Vec<Point>,
    /// In how many executions somebody was, of those tried at random.
    pub(in crate::model) struck: usize,
    pub(in crate::model) histories: Histories,
}

impl Run {
    /// What is said of an exploration that is left out because another one was asked for.
    fn skipped() -> Self {
        Run {
            one_asked: true,
            result: Ok(()),
            executions: 0,
            outcomes: BTreeMap::new(),
            sites: HashSet::new(),
            stopped_at: HashSet::new(),
            points_reached: 0,
            points_together: false,
            last_struck: Vec::new(),
            struck: 0,
            histories: Histories::default(),
        }
    }
}

impl Model {
    /// Explores, and judges each execution but not their number or the outcomes that are missing.
    ///
    /// On an OS thread of its own: a failed exploration leaves its threads' stacks behind, and
    /// the state of the machine is the OS thread's.
    pub(in crate::model) fn run(&self) -> Run {
        match replay::asked(self) {
            Asked::Nothing => self.clone().run_apart(None),
            Asked::This(model) => model.run_again(),
            Asked::Another => Run::skipped(),
        }
    }

    /// Does the execution that the path leads to, and no other.
    fn run_again(self) -> Run {
        let name = self.name.clone();
        let mut run = self.run_apart(None);
        run.one_asked = true;
        if let Ok(()) | Err(Failure::TooManyExecutions { .. }) = run.result {
            eprintln!("{name}: the run that was asked for does not fail any more");
            run.result = Ok(());
        }
        run
    }

    /// Runs executions that chance chooses, and judges each.
    pub(in crate::model) fn run_at_random(&self, chance: Chance) -> Run {
        self.clone().run_apart(Some(chance))
    }

    fn run_apart(self, chance: Option<Chance>) -> Run {
        let thread = std::thread::Builder::new().name(self.name.clone());
        let thread = thread.spawn(move || self.run_here(chance));
        let thread = thread.expect("an OS thread for the exploration");
        thread.join().expect("panics are caught")
    }

    fn run_here(self, chance: Option<Chance>) -> Run {
        let exploration = Rc::new(Exploration {
            settings: self.settings.clone(),
            ..Exploration::default()
        });
        execution::begin_exploration(Rc::clone(&exploration));
        let loom = self.loom();
        let (body, stated, most) = (self.body, self.outcomes, self.at_most);
        let checked = panics::catch(move || {
            let run = move || run_once(&*body, stated.as_ref(), most);
            match chance {
                Some(chance) => chance.run(run),
                None => loom.check(run),
            }
        });
        let executions = exploration.executions.get();
        let model = self.name;
        Run {
            one_asked: false,
            executions,
            outcomes: exploration.outcomes.take(),
            sites: exploration.sites.take(),
            stopped_at: exploration.stopped_at.take(),
            points_reached: exploration.points_reached.get(),
            points_together: exploration.points_together.get(),
            last_struck: execution::last_struck(),
            struck: exploration.drawn.take().struck,
            histories: exploration.histories.get(),
            result: checked.map_err(|(payload, place)| {
                failure(
                    model,
                    executions,
                    &*payload,
                    &place,
                    execution::take_events(),
                )
            }),
        }
    }

    /// Every setting is given: loom would take what is left out from the environment.
    fn loom(&self) -> loom::model::Builder {
        let mut loom = loom::model::Builder::new();
        loom.max_threads = LOOM_THREADS;
        loom.max_branches = self.branches;
        loom.max_permutations = None;
        loom.max_duration = None;
        loom.preemption_bound = self.bound;
        let path = self.settings.path.as_ref();
        loom.checkpoint_file = path.map(|path| path.file.clone());
        loom.checkpoint_interval = path.map_or(usize::MAX, |path| path.written_before);
        loom.expect_explicit_explore = false;
        loom.location = false;
        loom.log = false;
        loom
    }
}

fn run_once(body: &dyn Fn() -> String, stated: Option<&BTreeSet<String>>, most: usize) {
    execution::begin_execution();
    let exploration = execution::exploration();
    if exploration.executions.get() > most {
        std::panic::resume_unwind(Box::new(GivenUp));
    }
    let outcome = body();
    watch::forget(execution::execution().watches.take());
    history::assert_checked(&exploration);
    lots::learn(&exploration, &execution::execution());
    if stated.is_some_and(|stated| !stated.contains(&outcome)) {
        std::panic::resume_unwind(Box::new(Unexpected(outcome)));
    }
    *exploration
        .outcomes
        .borrow_mut()
        .entry(outcome)
        .or_default() += 1;
}
