//! Other libraries beside this one, in one run: `cargo run --release -- [COURSE ...]`.
//!
//! It is `aqueduct bench` with more contestants. The README says which, and how each is used.
//!
//! The exit code is 0, 1 if nothing could be measured or written, 2 for a command line that cannot be
//! understood, and 130 after an interrupt. A contestant that fails is left out, and the report says why.
#![allow(
    clippy::disallowed_methods,
    reason = "a bench looks behind the machine"
)]

mod courses;
mod peers;
mod spin;

use std::process::ExitCode;

use aqueduct::bench::{self, Interrupted, Options};
use clap::Parser;

/// Measure other libraries beside this one, beside what the machine allows, and beside the kernel's.
///
/// Each sample is taken by a process of its own, all in random order, again and again; ratios within a
/// run count.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    let Arguments { options } = Arguments::parse();
    let Err(why) = bench::main(&options, peers::all()) else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {why}");
    ExitCode::from(if why.is::<Interrupted>() { 130 } else { 1 })
}
