//! The choice of who goes on.

use super::{State, raise_if_failed, with};
use crate::model::failure::{DEADLOCK, ENDLESS};
use shuttle::scheduler::{DataSource, PctScheduler, Schedule, Scheduler, Task, TaskId};

/// Who goes on.
pub(super) struct Chooser {
    pub(super) left: usize,
    pub(super) pct: Option<PctScheduler>,
}

impl Chooser {
    fn choose(&mut self, awake: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        match &mut self.pct {
            Some(pct) => pct.next_task(awake, current, yields),
            None => Some(awake[with(|state| state.below(awake.len()))].id()),
        }
    }
}

impl Scheduler for Chooser {
    fn new_execution(&mut self) -> Option<Schedule> {
        raise_if_failed();
        self.left = self.left.checked_sub(1)?;
        with(State::restart);
        match &mut self.pct {
            Some(pct) => pct.new_execution(),
            None => Some(Schedule::default()),
        }
    }

    fn next_task(
        &mut self,
        tasks: &[&Task],
        current: Option<TaskId>,
        yields: bool,
    ) -> Option<TaskId> {
        let parked = with(|state| {
            state.steps += 1;
            if state.steps > state.most_steps {
                state.fault = Some(ENDLESS);
            }
            state.parked
        });
        let awake = tasks.iter().copied();
        let awake: Vec<&Task> = awake
            .filter(|task| !parked[usize::from(task.id())])
            .collect();
        if awake.is_empty() {
            with(|state| state.fault = Some(DEADLOCK));
        }
        let goes_wrong = with(|state| state.fault.is_some() || state.failure.is_some());
        let chosen = if !goes_wrong {
            self.choose(&awake, current, yields)?
        } else if let Some(current) = current.filter(|id| tasks.iter().any(|task| task.id() == *id))
        {
            // This is its own point of scheduling: it panics there, or has and is about to end.
            current
        } else {
            raise_if_failed();
            unreachable!("something goes wrong")
        };
        with(|state| state.current = chosen.into());
        Some(chosen)
    }

    fn next_u64(&mut self) -> u64 {
        with(|state| state.dice.next_u64())
    }
}
