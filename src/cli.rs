//! The commands, and what they have in common.
#![allow(
    clippy::disallowed_types,
    reason = "flags set by a signal handler and before main, a counter that the progress bar reads"
)]

mod args;
mod bench;
mod clean;
mod demo;
mod doctor;
mod failure;
mod files;
mod inspect;
mod interrupt;
#[cfg(feature = "model")]
mod lab;
#[cfg(not(feature = "model"))]
#[path = "cli/no_lab.rs"]
mod lab;
mod progress;
mod recv;
mod send;
mod session;
mod streams;
mod units;

use std::process::ExitCode;

use clap::Parser;

use self::args::{Cli, Command};
use self::failure::Failure;

/// Does what the command line says.
pub(crate) fn run() -> ExitCode {
    match interrupt::outlive_file_size_limits().and_then(|()| obey(Cli::parse().command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            progress::say(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn obey(command: Command) -> Result<(), Failure> {
    match command {
        Command::Send(args) => send::run(&args),
        Command::Recv(args) => recv::run(&args),
        Command::Demo { file, output } => demo::run(file, output),
        Command::DemoPart(part) => demo::part::run(&part),
        Command::Bench(options) => bench::run(&options),
        Command::Lab(args) => lab::run(&args),
        Command::Doctor { output } => doctor::run(output),
        Command::List { output } => inspect::list(output),
        Command::Clean(args) => clean::run(&args),
        Command::Show {
            name,
            owner,
            output,
        } => inspect::show(name, owner, output),
        Command::Remove { name, owner } => inspect::remove(name, owner),
    }
}
