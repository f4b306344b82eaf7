//! A process is killed at each of its accesses in turn.

use super::explore::{Failure, Model};
use std::collections::BTreeMap;

/// What a sweep of deaths saw.
#[derive(Clone, Debug, Default)]
pub struct Deaths {
    /// At how many points a process died, over all processes.
    pub points: usize,
    /// How many executions there were.
    pub executions: usize,
    /// The outcomes, and how many executions had each.
    pub outcomes: BTreeMap<String, usize>,
}

/// A death that a model does not survive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("process {process} killed at its access {access}: {failure}")]
pub struct DeathFailure {
    /// The process that was killed.
    pub process: u32,
    /// At which of its accesses, from 1.
    pub access: usize,
    /// What went wrong then.
    pub failure: Failure,
}

/// Explores `model` with each of the processes `victims` killed at its first access, at its
/// second, and so on, until a whole exploration passes in which it does not come that far; in that
/// one nobody is killed.
///
/// The outcomes that the model states are those of all explorations together.
///
/// # Errors
/// The first exploration that fails, or a stated outcome that none of them had.
pub fn deaths(model: &Model, victims: &[u32]) -> Result<Deaths, DeathFailure> {
    let mut seen = Deaths::default();
    let mut last = (0, 0);
    for &process in victims {
        for access in 1.. {
            last = (process, access);
            let failed = |failure| DeathFailure {
                process,
                access,
                failure,
            };
            let mut model = model.clone();
            model.settings.death = Some(last);
            let run = model.run();
            seen.executions += run.executions;
            for (outcome, count) in run.outcomes {
                *seen.outcomes.entry(outcome).or_default() += count;
            }
            run.result.map_err(failed)?;
            if !run.death_reached {
                break;
            }
            seen.points += 1;
        }
    }
    let missing = model.check_missing(seen.outcomes.keys(), seen.executions);
    missing.map_err(|failure| DeathFailure {
        process: last.0,
        access: last.1,
        failure,
    })?;
    Ok(seen)
}
