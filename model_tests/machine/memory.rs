//! What loads, fences, compare-exchanges and cells may see.

use super::{Slot, expect, is, passes};
use crate::Test;
use aqueduct::model::{self, AtomicU32, AtomicU64, Defect, Failure, Machine, Model, Part};
use aqueduct::platform::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use aqueduct::platform::{Atomic, Cell, Platform};
use std::sync::Arc;

pub fn tests() -> Vec<Test> {
    vec![
        ("a ring that reads its own index", ring),
        ("fences, both orders", fences),
        (
            "known limit: an acquire fence takes too much",
            acquire_fence,
        ),
        ("a compare-exchange fails with an old value", old_failure),
        ("cells side by side", cells),
    ]
}

/// Three tries to push and three to pop, in a ring of one slot whose ends read their own index
/// again each time.
fn rereading_ring() -> Model {
    Model::new("a ring that reads its own index", || {
        let ring = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let thread = model::spawn({
            let ring = Arc::clone(&ring);
            move || [(); 3].map(|()| advance(&ring.1, &ring.0, 1))
        });
        let popped = [(); 3].map(|()| advance(&ring.0, &ring.1, 0));
        (popped, thread.join().unwrap())
    })
}

/// Moves `own` on by one if it is less than `room` ahead of `peer`.
fn advance(own: &AtomicU64, peer: &AtomicU64, room: u64) -> bool {
    let position = own.load(Relaxed);
    let free = peer.load(Acquire).wrapping_add(room) != position;
    if free {
        own.store(position + 1, Release);
    }
    free
}

/// Twenty outcomes, as counted by enumerating views of release and acquire by hand; loom alone
/// sees one.
fn ring() -> Result<(), String> {
    let whole = rereading_ring().explore();
    let whole = whole.map_err(|failure| failure.to_string())?.outcomes.len();
    if whole != 20 {
        return Err(format!("{whole} outcomes of 20"));
    }
    expect(
        rereading_ring().without(Part::Readers).explore(),
        |failure| matches!(failure, Failure::OneExecution { .. }),
    )
}

/// Store buffering with fences: at least one thread sees the other's store.
fn store_buffering() -> Model {
    Model::new("store buffering", || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let thread = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words.0.store(1, Relaxed);
                Machine::fence(SeqCst);
                words.1.load(Relaxed)
            }
        });
        words.1.store(1, Relaxed);
        Machine::fence(SeqCst);
        let seen = words.0.load(Relaxed);
        (seen, thread.join().unwrap())
    })
}

fn fences() -> Result<(), String> {
    passes(
        store_buffering()
            .outcomes(["(0, 1)", "(1, 0)", "(1, 1)"])
            .explore(),
    )
}

/// An acquire fence of the third thread, after a relaxed load by the second only: nothing orders
/// the first store of the first thread before the last load.
fn fence_of_another() -> Model {
    Model::new("fence of another", || {
        let words = Arc::new([(); 3].map(|()| AtomicU32::new(0)));
        let one = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words[0].store(1, Relaxed);
                words[1].store(1, Release);
            }
        });
        let two = model::spawn({
            let words = Arc::clone(&words);
            move || {
                let seen = words[1].load(Relaxed);
                words[2].store(1 + seen, Release);
            }
        });
        let seen = words[2].load(Acquire);
        Machine::fence(Acquire);
        let data = words[0].load(Relaxed);
        one.join().unwrap();
        two.join().unwrap();
        (seen, data)
    })
}

/// A limit of loom, kept in sight: its acquire fence takes what others have read as well, so that
/// with three threads and such a fence an outcome is missing.
fn acquire_fence() -> Result<(), String> {
    let all = ["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)", "(2, 0)", "(2, 1)"];
    expect(
        fence_of_another().outcomes(all).explore(),
        |failure| matches!(failure, Failure::MissingOutcome { outcome, .. } if outcome == "(2, 0)"),
    )
}

/// A compare-exchange by a thread that another store overtakes.
fn overtaken() -> Model {
    Model::new("overtaken", || {
        let words = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let thread = model::spawn({
            let words = Arc::clone(&words);
            move || {
                words.0.fetch_add(1, Relaxed);
                words.1.store(1, Relaxed);
            }
        });
        let late = words.1.load(Relaxed);
        let result = words.0.compare_exchange(5, 6, Relaxed, Relaxed);
        thread.join().unwrap();
        (late, result)
    })
}

fn old_failure() -> Result<(), String> {
    let all = ["(0, Err(0))", "(0, Err(1))", "(1, Err(0))", "(1, Err(1))"];
    passes(overtaken().outcomes(all).explore())?;
    let lossy = overtaken().without(Part::LeadingLoad).outcomes(all);
    expect(lossy.explore(), |failure| {
        matches!(failure, Failure::MissingOutcome { .. })
    })
}

struct Cells([Slot<u32>; 3], AtomicU32);

// SAFETY: the model machine reports accesses of the cells that are not ordered.
unsafe impl Sync for Cells {}

fn side_by_side(order: Ordering) -> Model {
    Model::new("cells side by side", move || {
        let cells = Arc::new(Cells([0, 1, 2].map(Slot::new), AtomicU32::new(0)));
        let thread = model::spawn({
            let cells = Arc::clone(&cells);
            move || {
                Slot::with_all_mut(&cells.0[1..], |array| {
                    // SAFETY: the machine reports a race before the pointer is used.
                    let array = unsafe { &mut *array };
                    array.copy_from_slice(&[8, 9]);
                });
                cells.1.store(1, order);
            }
        });
        let flag = cells.1.load(Acquire);
        let mut seen = Vec::new();
        if flag == 1 {
            Slot::with_all(&cells.0, |array| {
                // SAFETY: the machine reports a race before the pointer is used.
                let array = unsafe { &*array };
                seen.extend_from_slice(array);
            });
        }
        thread.join().unwrap();
        seen
    })
}

fn cells() -> Result<(), String> {
    passes(
        side_by_side(Release)
            .outcomes(["[]", "[0, 8, 9]"])
            .explore(),
    )?;
    expect(side_by_side(Relaxed).explore(), is(Defect::Race))
}
