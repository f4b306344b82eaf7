//! Properties against the specifications, and real processes.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests look behind the machine"
)]

mod book;
mod call;
mod cli;
mod contested;
mod crowd;
mod direct;
mod elements;
mod examples;
mod forked;
mod frames;
mod fuzzed;
mod idle;
mod kernel;
mod kills;
mod layout;
mod link;
mod mailbox;
mod mpmc;
mod named;
mod namespaces;
mod pipe;
mod placed;
mod posix;
mod processes;
mod questions;
mod references;
mod rendezvous;
mod ring;
mod running;
mod scarce;
mod scratch;
mod sealed;
mod select;
mod shm;
mod spec;
// The models of `stepped` are explored here, too.
#[path = "../model_tests/stacks.rs"]
mod stacks;
mod stepped;
mod textbook;
// Its steps and breakpoints are those of this processor.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod traced;
mod transfer;
mod unbounded;
