//! Deaths and pauses at random accesses.

use super::engine::chance;
use super::execution::{Execution, Exploration, Fate, Point};
use std::collections::BTreeMap;

/// Something that happens to a process at an access that is drawn anew for each execution.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot {
    pub(super) process: u32,
    pub(super) fate: Fate,
}

/// What the executions so far have shown.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// The most accesses that each process came to.
    most: BTreeMap<u32, usize>,
    /// In how many executions something happened to somebody.
    pub(super) struck: usize,
}

/// One execution in so many leaves a process alone, to see how far it comes.
const ALONE: usize = 8;

/// The points of the execution that is about to begin.
pub(super) fn points(exploration: &Exploration) -> Vec<Point> {
    let drawn = exploration.drawn.borrow();
    let settings = &exploration.settings;
    let lots = settings.lots.iter().map(|&Lot { process, fate }| {
        let access = match drawn.most.get(&process) {
            Some(&most) if chance::below(ALONE) > 0 => 1 + chance::below(most + 1),
            _ => usize::MAX,
        };
        Point {
            process,
            access,
            fate,
        }
    });
    settings.points.iter().copied().chain(lots).collect()
}

/// After an execution: how far the processes came, and whether anything happened to them.
pub(super) fn learn(exploration: &Exploration, execution: &Execution) {
    if exploration.settings.lots.is_empty() {
        return;
    }
    let mut drawn = exploration.drawn.borrow_mut();
    for process in &*execution.processes.borrow() {
        let most = drawn.most.entry(process.id).or_default();
        *most = process.accesses.get().max(*most);
    }
    let struck = execution.points_reached.get() != 0;
    drawn.struck += usize::from(struck);
}
