//! What is to be seen in a row of a drawing, and in which other row.

use super::layout::value;
use crate::model::event::{Event, Step};
use crate::model::site::Access;
use std::fmt;

/// A remark at a row about another one.
pub(super) enum Remark {
    /// The row loads an old value, and misses the value that the other stored.
    Misses { value: String, row: usize },
    /// The rows are not ordered.
    Races { row: usize },
}

impl Remark {
    /// The number of the other row.
    pub(super) fn row(&self) -> usize {
        match self {
            Self::Misses { row, .. } | Self::Races { row } => *row,
        }
    }

    pub(super) fn of(step: &Step) -> Option<Self> {
        let missed = step.effect.missed?;
        Some(Self::Misses {
            value: value(missed.value),
            row: missed.event + 1,
        })
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misses { value, row } => write!(f, "old: row {row} wrote {value}"),
            Self::Races { row } => write!(f, "not ordered with row {row}"),
        }
    }
}

/// The last access, of a cell, and the last one by another thread that it can race with.
pub(super) fn race(events: &[Event]) -> Option<(usize, usize)> {
    let mut steps = events
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(index, event)| match event {
            Event::Step(step) => Some((index, step)),
            _ => None,
        });
    let (last, raced) = steps.next()?;
    let writes = |step: &Step| step.site.access == Access::Write;
    let (other, _) = steps.find(|(_, step)| {
        step.effect.object == raced.effect.object
            && step.thread != raced.thread
            && (writes(step) || writes(raced))
    })?;
    Some((last, other))
}
