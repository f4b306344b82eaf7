//! The buffers beside each other: `cargo bench --bench buffers -- [PART ...] [OPTION ...]`.
//!
//! A harness of its own: criterion times one function after the other, and here the competitors take
//! turns in each round, so that what disturbs the machine disturbs all of them; threads last for a
//! whole sample; and fairness is a share, not a time. Ratios within a run count, not numbers of two.
//!
//! Parts: `pairs` (a push and a pop on one thread), `threads` (1+1, 2+2, 8+8) and `fairness` (4 and 16
//! threads). All of them, if none is named. Whether the cost of a message stays the same is measured by
//! `aqueduct bench --growth`.
//!
//! The exit code is 0 if all that was measured is fair, 1 if something is not, or cannot be read or
//! written, and 2 for a command line that cannot be understood.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench looks behind the machine, and counts in fractions"
)]

#[path = "buffers/options.rs"]
mod options;
#[path = "buffers/parts.rs"]
mod parts;
#[path = "buffers/queues.rs"]
mod queues;
#[path = "buffers/samples.rs"]
mod samples;
#[path = "buffers/traffic.rs"]
mod traffic;

use std::error::Error;
use std::fs;
use std::process::ExitCode;

use clap::Parser as _;
use options::Options;
use samples::Row;

fn main() -> ExitCode {
    match report(&Options::parse()) {
        Ok(rows) => judge(&rows),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Names which of the library's buffers is not fair.
fn judge(rows: &[Row]) -> ExitCode {
    let mut verdict = ExitCode::SUCCESS;
    let ours = rows.iter().filter(|row| !queues::is_others(&row.design));
    for Row { point, design, .. } in ours.filter(|row| parts::is_unfair(row)) {
        eprintln!("not fair: {design}, {}", point.what);
        verdict = ExitCode::FAILURE;
    }
    verdict
}

/// Measures, and writes what is asked for.
fn report(options: &Options) -> Result<Vec<Row>, Box<dyn Error>> {
    let rows = measure(options);
    if let Some(file) = &options.json {
        fs::write(file, format!("{}\n", serde_json::to_string_pretty(&rows)?))?;
    }
    Ok(rows)
}

fn measure(options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    for part in parts::PARTS {
        if options.wants(part.name) {
            println!("\n{}: {}", part.name, part.what);
            rows.extend((part.run)(options));
        }
    }
    rows
}
