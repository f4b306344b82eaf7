//! How many bytes pass through a pipe in a second: `cargo bench --bench pipe -- [OPTION ...]`.
//!
//! One process, this program executed again, writes as fast as it can, by writes of one size; this one
//! reads with a buffer of 64 KiB until the end of the file. In turns:
//! - `pipe`: a pipe on a name;
//! - `kernel`: an ordinary pipe of the kernel, as it is made;
//! - `kernel, grown`: the same with as large a buffer as the first has, 1 MiB.
//!
//! What counts is the ratio of neighbours: what disturbs the machine disturbs both. The time goes from
//! the first byte to the end of the file.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench looks behind the machine, and counts in fractions"
)]

#[path = "pipe/competitor.rs"]
mod competitor;
#[path = "common/machine.rs"]
mod machine;
#[path = "pipe/options.rs"]
mod options;
#[path = "common/outcome.rs"]
mod outcome;
#[path = "common/processors.rs"]
mod processors;
#[path = "common/quartiles.rs"]
mod quartiles;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use competitor::Competitor;
use indicatif::{ProgressBar, ProgressStyle};
use options::Options;
use quartiles::Quartiles;

/// Bytes a second of one competitor, by the size of a write.
type Samples = BTreeMap<usize, BTreeMap<Competitor, Vec<f64>>>;

fn main() -> ExitCode {
    if let Some(write) = competitor::to_write() {
        return write.all();
    }
    outcome::exit(report(&Options::parse()))
}

fn report(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("{}", machine::describe());
    if let Some(processors) = options.processors {
        processors.pin()?;
    }
    let samples = measure(options)?;
    println!("MB a second: median (lower - upper quartile), and by the neighbour of the kernel's");
    for (size, of_size) in &samples {
        println!("\nwrites of {size} bytes");
        let kernel = &of_size[&Competitor::Kernel];
        for (competitor, rates) in of_size {
            let speed = Quartiles::of(rates.iter().map(|rate| rate / 1e6));
            let ratio = Quartiles::of(rates.iter().zip(kernel).map(|(one, other)| one / other));
            println!("  {:<15} {speed:>8.1}   x {ratio:.2}", competitor.name());
        }
    }
    outcome::keep(options.json.as_deref(), &samples)
}

fn measure(options: &Options) -> Result<Samples, Box<dyn Error>> {
    let mut samples = Samples::new();
    let turns = options.blocks.get() * options.sizes.len() * Competitor::ALL.len();
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len}, {eta} left")?;
    let progress = ProgressBar::new(turns as u64).with_style(style);
    for block in 0..options.blocks.get() {
        for &size in &options.sizes {
            let mut turns = Competitor::ALL;
            // Whoever follows whom.
            turns.rotate_left(block % Competitor::ALL.len());
            for competitor in turns {
                let rate = competitor.measure(options, size)?;
                let of_size = samples.entry(size).or_default();
                of_size.entry(competitor).or_default().push(rate);
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    Ok(samples)
}
