//! The machine's own tests: what it must report, and what it must let pass.

mod deaths;
mod discipline;
mod explorer;
mod memory;
mod pauses;
mod replay;
mod sleeping;
mod sweep;
mod trace;

use crate::{Test, report};
use aqueduct::model::{AtomicU32, Defect, Failure, Machine, Report};
use aqueduct::platform::Ordering::{AcqRel, Relaxed};
use aqueduct::platform::{Atomic, Cell, Platform};
use std::sync::Arc;

pub(crate) fn tests() -> Vec<Test> {
    let groups = [
        explorer::tests(),
        sleeping::tests(),
        discipline::tests(),
        memory::tests(),
        deaths::tests(),
        sweep::tests(),
        pauses::tests(),
        trace::tests(),
        replay::tests(),
    ];
    groups.into_iter().flatten().collect()
}

type Slot<T> = <Machine as Platform>::Cell<T>;

/// A cell and a flag that says that it is full.
struct Message {
    cell: Slot<u32>,
    flag: AtomicU32,
}

// SAFETY: the model machine reports accesses of the cell that are not ordered.
unsafe impl Sync for Message {}

impl Message {
    fn new() -> Arc<Message> {
        Arc::new(Message {
            cell: Slot::new(0),
            flag: AtomicU32::new(0),
        })
    }

    fn write(&self, value: u32) {
        // SAFETY: the machine reports a race before the pointer is used.
        self.cell.with_mut(|cell| unsafe { *cell = value });
    }

    fn read(&self) -> u32 {
        // SAFETY: the machine reports a race before the pointer is used.
        self.cell.with(|cell| unsafe { *cell })
    }
}

/// What is dropped while a failure unwinds must not bring the model down.
struct StoresWhenDropped(Arc<AtomicU32>);

impl Drop for StoresWhenDropped {
    fn drop(&mut self) {
        self.0.store(7, Relaxed);
        let killed_or_alive = self.0.compare_exchange(7, 8, AcqRel, Relaxed);
        assert!(killed_or_alive.is_ok());
    }
}

fn expect<T: std::fmt::Debug>(
    result: Result<T, Failure>,
    expected: impl Fn(&Failure) -> bool,
) -> Result<(), String> {
    match result {
        Err(failure) if expected(&failure) => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

fn passes(result: Result<Report, Failure>) -> Result<(), String> {
    let report = result.map_err(|failure| failure.to_string())?;
    report::say(&format!("{report:?}"));
    Ok(())
}

fn is(defect: Defect) -> impl Fn(&Failure) -> bool {
    move |failure| matches!(failure, Failure::Panicked { defect: found, .. } if *found == defect)
}
