//! The checker: a machine that explores every execution of a small concurrent program.
//!
//! An algorithm that is generic over [`Platform`](crate::platform::Platform) runs on [`Machine`]
//! as it runs on real memory, and a [`Model`] runs a body on it again and again, once for each way
//! in which threads can interleave and loads can read old values. The engine is loom; what this
//! module adds is
//!
//! - *nothing is skipped*: loom alone overlooks interleavings (tokio-rs/loom issues 166, 392), the
//!   machine adds the dependencies that it misses ([`Part`]), and it reports programs for which
//!   that is not enough (the word discipline of [`platform`](crate::platform));
//! - *sleeping*: a futex with the kernel's promises and no more, deadlines that pass at any
//!   moment ([`expire`]), wake-ups for no reason ([`Model::spurious`]);
//! - *every ordering is necessary*: [`Sweep`] weakens one after the other, and a model must fail;
//! - *death*: a [`process`] is killed at each of its accesses in turn ([`deaths`]);
//! - *histories*: what several threads did to a structure, judged by a sequential
//!   [`specification`] ([`History`]);
//! - *larger instances*: the same body in executions that chance chooses, with shuttle as the
//!   engine ([`Model::random`]), which proves nothing and tries more.
//!
//! Each has a `check` for tests, which panics with the failing run drawn: [`Model::check`],
//! [`Model::check_deaths`], [`Model::check_two_deaths`], [`Model::check_pauses`], [`Sweep::check`],
//! [`Model::check_random`].
//! The page `docs/kit.md` goes through all of them with one small structure.
//!
//! ```
//! use aqueduct::model::{self, Machine, Model};
//! use aqueduct::platform::{Atomic, Ordering, Platform};
//! use std::sync::Arc;
//!
//! type Word = <Machine as Platform>::AtomicU32;
//!
//! let report = Model::new("a store and a load", || {
//!     let word = Arc::new(Word::new(0));
//!     let writer = model::spawn({
//!         let word = Arc::clone(&word);
//!         move || word.store(1, Ordering::Release)
//!     });
//!     let seen = word.load(Ordering::Acquire);
//!     writer.join().unwrap();
//!     seen
//! })
//! .outcomes(["0", "1"])
//! .explore()
//! .unwrap();
//! assert!(report.executions >= 2);
//! ```
//!
//! # What a model may do
//! At most five threads, the first included; sixteen in random runs. The body must be deterministic: no clock, no random
//! numbers, nothing shared with another execution. Models try or sleep; they do not spin: a loop
//! that waits for another thread without sleeping has infinitely many executions. While a thread
//! unwinds its accesses do nothing, so destructors are quiet after a failure or a death.
//!
//! # What the checker does not see
//! Load buffering; more than seven older stores of a word; sequentially consistent accesses (they
//! are refused). And loom's acquire fences, those in `AcqRel` and `SeqCst` fences included, are too
//! strong where three threads meet: they acquire also what *other* threads have read, relaxed,
//! before they released to the thread that fences. A model that has such fences shall also be
//! explored with two threads, where they are exact.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this room stands beside the machine, not on it"
)]

mod attempt;
mod cell;
mod certificate;
mod check;
mod deaths;
mod discipline;
mod engine;
mod event;
mod execution;
mod explore;
mod failure;
mod fence;
mod futex;
mod history;
mod lots;
mod machine;
mod panics;
mod process;
mod random;
mod site;
pub mod specification;
mod sweep;
mod threads;
mod trace;
mod watch;
mod word;

pub use attempt::attempt;
pub use cell::Cell;
pub use certificate::{Accessed, AtRandom, Certificate, Explored, Mistake, Stopped, Weakened};
pub use deaths::{DeathFailure, Deaths, Stop, deaths, deaths_after_suspicion, pauses, two_deaths};
pub use event::{Effect, Event, Missed, Step};
pub use execution::Part;
pub use explore::{Model, Report};
pub use failure::{Defect, Failure};
pub use futex::expire;
pub use history::{AtDeath, Calls, Histories, History, Refusal};
pub use machine::Machine;
pub use process::{
    FUTEX_OWNER_DIED, FUTEX_TID_MASK, FUTEX_WAITERS, Process, is_dead, killed_before, lock,
    process, robust,
};
pub use random::{Random, RandomFailure, Tried};
pub use site::{Access, Site};
pub use sweep::{Argument, Row, Sweep, Table};
pub use threads::{JoinHandle, spawn};
pub use trace::{Saved, Trace};
pub use watch::{note, watch};
pub use word::{AtomicU32, AtomicU64, Word};
