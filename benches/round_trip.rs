//! What a blocking round trip costs: `cargo bench --bench round_trip -- [OPTION ...]`.
//!
//! Two processes, this program and itself executed again, send one number to and fro. In turns:
//! - `link`: two named links, one each way;
//! - `futex`: two words in shared memory, slept on by `FUTEX_WAIT`; the least that it can cost;
//! - `futex, life watched`: the same, slept on by `futex_waitv` together with a second word, which
//!   is what it takes to be woken by the death of the peer as well;
//! - `pipe`: two pipes of the kernel.
//!
//! In two situations: `sleeping`, where nobody busy-waits before going to sleep, and `spinning`, where
//! the first three try as often as a link does by default. A pipe sleeps always.
//!
//! A block is so many round trips of one competitor. The link and the futex follow each other, now in
//! this order and now in the other, and what counts is the ratio of neighbours: what disturbs the
//! machine disturbs both. The link should take at most 1.1 times as long as the futex, or it should be
//! a draw, a difference smaller than the spread; the program says whether it is so.
//!
//! The exit code is 0 either way, 1 if something could not be measured or written, and 2 for a command
//! line that cannot be understood.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench looks behind the machine, and counts in fractions"
)]

#[path = "common/machine.rs"]
mod machine;
#[path = "round_trip/options.rs"]
mod options;
#[path = "common/outcome.rs"]
mod outcome;
#[path = "round_trip/pairs.rs"]
mod pairs;
#[path = "round_trip/peers.rs"]
mod peers;
#[path = "common/processors.rs"]
mod processors;
#[path = "common/quartiles.rs"]
mod quartiles;
#[path = "round_trip/raw.rs"]
mod raw;
#[path = "round_trip/samples.rs"]
mod samples;
#[path = "round_trip/schedule.rs"]
mod schedule;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;
use options::Options;
use samples::Samples;
use schedule::Situation;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match peers::parent() {
        Some(parent) => peers::answer(&options, &parent),
        None => report(&options),
    };
    outcome::exit(outcome)
}

fn report(options: &Options) -> Result<(), Box<dyn Error>> {
    println!("{}", machine::describe());
    let samples = measure(options)?;
    println!(
        "{} blocks of {} round trips each",
        options.blocks, options.trips
    );
    for situation in Situation::ALL {
        samples.print(situation);
    }
    outcome::keep(options.json.as_deref(), &samples)
}

fn measure(options: &Options) -> Result<Samples, Box<dyn Error>> {
    let (mut ends, peer) = peers::meet(options)?;
    let mut samples = Samples::default();
    for turn in schedule::turns(options.blocks) {
        let taken = ends.ask(&turn, options.trips)?;
        if !turn.is_warm_up() {
            samples.add(&turn, taken.as_nanos() as f64 / options.trips.get() as f64);
        }
    }
    peer.finish()?;
    Ok(samples)
}
