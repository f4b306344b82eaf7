//! How soon a sleeping peer notices a kill: `cargo bench --bench notice -- [OPTION ...]`.
//!
//! A victim, this program executed again, attaches to a link as its sender and makes some gibibytes
//! of memory its own. Then it is killed, while the receiver sleeps. Measured, from just before the
//! kill:
//! - `answered`: nobody is killed; until the victim has answered a byte in a pipe by a message, which
//!   takes two wake-ups, as the news of a death does: what is slow there is slow for another reason;
//! - `suspected`: until a sleeper on the sender's life word is awake and sees that its holder died;
//! - `freed`: until the kernel has freed the lock of the sender's seat, which comes after the last
//!   access; it is looked at every 20 µs and a little;
//! - `certain`: until `recv` answers `Ended::Dead`, which looks at the lock ever less often, down to
//!   ten times a second.
//!
//! In turns, each with its own kills: the kernel wakes one sleeper. Victims that dump their core
//! follow. A death is not told before the dump is written, as the threads of the process are kept
//! until then.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a bench looks behind the machine, and counts in fractions"
)]

#[path = "notice/kill.rs"]
mod kill;
#[path = "common/machine.rs"]
mod machine;
#[path = "notice/options.rs"]
mod options;
#[path = "common/outcome.rs"]
mod outcome;
#[path = "common/processors.rs"]
mod processors;
#[path = "notice/show.rs"]
mod show;
#[path = "notice/victim.rs"]
mod victim;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use kill::{End, Kill};
use options::Options;
use show::Row;

fn main() -> ExitCode {
    if victim::is_one() {
        victim::wait_for_the_end();
    }
    outcome::exit(report(&Options::parse()))
}

fn report(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("{}", machine::describe());
    if let Some(processors) = options.processors() {
        println!("{}", processors.pin()?);
    }
    let mut rows = Vec::new();
    for &gibibytes in &options.sizes.0 {
        let kills = options.kills_at(gibibytes);
        rows.extend(measure(options, End::Killed, gibibytes, kills)?);
    }
    for &gibibytes in &options.dumps.0 {
        let dumps = options.dumped.get();
        rows.extend(measure(options, End::Dumped, gibibytes, dumps)?);
    }
    outcome::keep(options.json.as_deref(), &rows)
}

/// So many kills for each thing that is waited for, in turns; prints them.
fn measure(
    options: &Options,
    end: End,
    gibibytes: usize,
    kills: usize,
) -> Result<Vec<Row>, Box<dyn Error>> {
    let until = options.until.iter();
    let mut rows: Vec<_> = until
        .map(|&until| Row::new(end, gibibytes, until))
        .collect();
    let mut core = None;
    let progress = show::progress(end, gibibytes, (kills + 1) * rows.len());
    // The first of each is a warm-up.
    for number in 0..=kills {
        for row in &mut rows {
            let kill = Kill::prepare(end, gibibytes, options.processors())?;
            let taken = row.until.noticed(&kill)?;
            core = core.max(kill.finish()?);
            if number > 0 {
                row.add(taken);
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    for row in &rows {
        row.print();
    }
    if end == End::Dumped {
        match core {
            Some(bytes) => println!("  core files of up to {:.1} MB", bytes as f64 / 1e6),
            None => println!("  no core was written: {}", show::core_pattern()),
        }
    }
    Ok(rows)
}
