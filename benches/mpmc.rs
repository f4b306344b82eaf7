//! The many-to-many rings beside each other: `cargo bench --bench mpmc -- [PART ...] [OPTION ...]`.
//!
//! A harness of its own: criterion times one function after the other, and here the competitors take
//! turns in each round, so that what disturbs the machine disturbs all of them; threads last for a
//! whole sample; and fairness is a share, not a time. Ratios within a run count, not numbers of two.
//!
//! Parts: `pairs` (a push and a pop on one thread), `threads` (1+1, 2+2, 8+8), `fairness` (4 and 16
//! threads), `sizes` (capacities and counts of messages). All of them, if none is named.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench looks behind the machine, and counts in fractions"
)]

#[path = "mpmc/options.rs"]
mod options;
#[path = "mpmc/parts.rs"]
mod parts;
#[path = "mpmc/queues.rs"]
mod queues;
#[path = "mpmc/samples.rs"]
mod samples;
#[path = "mpmc/traffic.rs"]
mod traffic;

use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match options::Options::from_args() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    let mut rows = Vec::new();
    for part in parts::PARTS {
        if options.wants(part.name) {
            println!("\n{}: {}", part.name, part.what);
            rows.extend((part.run)(&options));
        }
    }
    let Some(file) = &options.json else {
        return ExitCode::SUCCESS;
    };
    let rows: Vec<_> = rows.iter().map(samples::Row::json).collect();
    match std::fs::write(file, format!("{:#}\n", serde_json::Value::Array(rows))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{file}: {why}");
            ExitCode::FAILURE
        }
    }
}
