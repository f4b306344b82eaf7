//! How soon a sleeping peer notices a kill: `cargo bench --bench notice -- [OPTION ...]`.
//!
//! A victim, this program executed again, attaches to a link as its sender and makes some gibibytes
//! of memory its own. Then it is killed, while the receiver sleeps. Measured, from just before the
//! kill:
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
#[path = "notice/show.rs"]
mod show;
#[path = "notice/victim.rs"]
mod victim;

use std::error::Error;
use std::process::{Command, ExitCode};

use clap::Parser as _;
use kill::{End, Kill};
use options::Options;
use show::Row;

fn main() -> ExitCode {
    if victim::is_one() {
        victim::wait_for_the_end();
    }
    match report(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn report(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("{}", machine::describe());
    if options.apart {
        let own = std::process::id().to_string();
        let pinned = Command::new("taskset").args(["-cp", "0", &own]).output()?;
        println!("{}", String::from_utf8_lossy(&pinned.stdout).trim());
    }
    let mut rows = Vec::new();
    for &gibibytes in &options.sizes.0 {
        let kills = options.kills_at(gibibytes);
        rows.extend(measure(End::Killed, gibibytes, kills, options.apart)?);
    }
    for &gibibytes in &options.dumps.0 {
        rows.extend(measure(
            End::Dumped,
            gibibytes,
            options.dumped.get(),
            options.apart,
        )?);
    }
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{}\n", serde_json::to_string_pretty(&rows)?))?;
    }
    Ok(())
}

/// So many kills of each kind, in turns; prints them.
fn measure(
    end: End,
    gibibytes: usize,
    kills: usize,
    apart: bool,
) -> Result<[Row; 3], Box<dyn Error>> {
    let mut rows = ["suspected", "freed", "certain"].map(|what| Row::new(end, gibibytes, what));
    let mut core = None;
    // The first of each is a warm-up.
    for number in 0..=kills {
        for (row, notice) in rows
            .iter_mut()
            .zip([kill::suspected, kill::freed, kill::certain])
        {
            let kill = Kill::prepare(end, gibibytes, apart)?;
            let taken = notice(&kill)?;
            core = core.max(kill.finish()?);
            if number > 0 {
                row.add(taken);
            }
        }
    }
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
