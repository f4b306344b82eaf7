//! The sweep over the orderings of a file, this one.

use super::{Message, expect, is};
use crate::Test;
use aqueduct::model::{self, Access, AtomicU32, AtomicU64, Defect, Machine, Model, Sweep};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Futex};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("the sweep finds what is needed and what is not", sweep),
        ("what is argued for is weakened together", argued_together),
        ("a sweep of nothing is a fault", nothing),
    ]
}

/// Message passing with a counter whose ordering is too strong.
fn swept() -> Model {
    Model::new("message passing, too strong", || {
        let message = Message::new();
        let counter = Arc::new(AtomicU64::new(0));
        let thread = model::spawn({
            let (message, counter) = (Arc::clone(&message), Arc::clone(&counter));
            move || {
                message.write(42);
                counter.fetch_add(1, Release); // COUNTER
                message.flag.store(1, Release);
                Machine::wake(&message.flag);
            }
        });
        while message.flag.load(Acquire) == 0 {
            Machine::wait_any(&[(&message.flag, 0)], None);
        }
        let seen = message.read();
        thread.join().unwrap();
        seen
    })
    .outcomes(["42"])
}

fn sweep() -> Result<(), String> {
    let sweep = Sweep::new("machine/sweep.rs", [swept()]);
    let table = sweep.run().map_err(|failure| failure.to_string())?;
    let killed = table.rows.iter().filter(|row| row.killed.is_some()).count();
    let faults = table.faults();
    let counter = |fault: &String| fault.contains("read-modify-write Release");
    if killed != 3 || faults.len() != 2 || !faults.iter().all(counter) {
        return Err(table.to_string());
    }
    let weaker = [
        Access::ReadModifyWrite(Relaxed),
        Access::LoadThenStore(Relaxed, Release),
    ];
    let argued = weaker.into_iter().fold(sweep, |sweep, weaker| {
        sweep.argue("// COUNTER", weaker, "one thread counts")
    });
    let table = argued.run().map_err(|failure| failure.to_string())?;
    if table.faults().is_empty() {
        Ok(())
    } else {
        Err(table.faults().join("; "))
    }
}

fn nothing() -> Result<(), String> {
    let table = Sweep::new("machine/swept.rs", [swept()]).run();
    let faults = table.map_err(|failure| failure.to_string())?.faults();
    match &faults[..] {
        [fault] if fault.contains("machine/swept.rs") => Ok(()),
        faults => Err(format!("{faults:?}")),
    }
}

/// Two flags, each of them enough.
fn redundant() -> Model {
    Model::new("redundant flags", || {
        let (message, second) = (Message::new(), Arc::new(AtomicU32::new(0)));
        let thread = model::spawn({
            let (message, second) = (Arc::clone(&message), Arc::clone(&second));
            move || {
                message.write(42);
                message.flag.store(1, Release); // FIRST
                second.store(1, Release); // SECOND
            }
        });
        let first = message.flag.load(Acquire) == 1; // FIRST
        let second = second.load(Acquire) == 1; // SECOND
        let seen = (first && second).then(|| message.read());
        thread.join().unwrap();
        seen
    })
    .outcomes(["None", "Some(42)"])
}

fn argued_together() -> Result<(), String> {
    let sweep = Sweep::new("machine/sweep.rs", [redundant()])
        .argue("// FIRST", Access::Store(Relaxed), "the second is enough")
        .argue("// FIRST", Access::Load(Relaxed), "the second is enough");
    let table = sweep.clone().run().map_err(|failure| failure.to_string())?;
    if table.together.is_some() || table.faults().len() != 2 {
        return Err(table.to_string());
    }
    let sweep = sweep
        .argue("// SECOND", Access::Store(Relaxed), "the first is enough")
        .argue("// SECOND", Access::Load(Relaxed), "the first is enough");
    let table = sweep.run().map_err(|failure| failure.to_string())?;
    match table.together {
        Some(failure) => expect(Err::<(), _>(failure), is(Defect::Race)),
        None => Err(table.to_string()),
    }
}
