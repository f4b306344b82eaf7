//! Measures channels beside each other, and beside what the machine allows.
//!
//! ```text
//!   Contestant   one way to carry messages, in one course, with its settings
//!       |        runs as a sample: a process of its own that forks, or starts a thread, for the other side
//!   Sample       what came of it, beside a cache line that the same two sides bounced raw
//!       |        all contestants in random order, again and again
//!   Report       medians, ranges, percentiles, ratios, goals; as tables, JSON and pictures
//! ```
//!
//! What disturbs the machine disturbs everybody in a round, so ratios within a run count and times of
//! two runs do not compare. A difference smaller than the spread is a draw, and called so.
//!
//! [`main`] is the whole program, for the contestants of this library, the kernel's, and any that are
//! given to it: `benches/peers` adds other libraries. To measure a channel of your own, write its ends by the
//! traits of [`ends`], make a [`Contestant`], and hand it over.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a bench looks behind the machine, and counts in fractions"
)]

mod clock;
mod contestant;
mod course;
pub mod ends;
mod goals;
mod kernel;
mod limits;
mod options;
mod ours;
mod picture;
mod report;
mod run;
mod sample;
mod sides;
mod spread;
mod surroundings;
mod tables;
mod traffic;
pub mod words;

use std::error::Error;
use std::io::{self, Write};

pub use self::contestant::{About, Contestant, Field, Made, Opens, Waits, duplex, made};
pub use self::course::Course;
pub use self::options::Options;
pub use self::report::Report;
pub use self::run::Interrupted;
pub use self::sample::Sample;
pub use self::sides::Between;

/// What ends a sample, or the bench.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Measures what `options` ask for, or prints what was measured before: the limits, this library, the
/// kernel, and `peers`.
///
/// The same program is executed again, with the same words, for each sample.
///
/// # Errors
/// What cannot be measured at all, read or written. A contestant that fails is left out, and the report
/// says why.
pub fn main(options: &Options, peers: Vec<Contestant>) -> Result<(), Failure> {
    let mut contestants = limits::all();
    contestants.extend(ours::all(options.most()));
    contestants.extend(kernel::all());
    contestants.extend(peers);
    contestants.retain(|contestant| options.names(contestant.course));
    if let Some(number) = run::sample_asked_for() {
        return run::one(&contestants, number, options);
    }
    let mut report = match options.from() {
        Some(file) => Report::read(file)?,
        None => run::all(&contestants, options)?,
    };
    report.rows.retain(|row| options.names(row.course));
    let text = if options.json() {
        report.to_json()?
    } else {
        report.to_string()
    };
    writeln!(io::stdout(), "{text}")?;
    if let Some(file) = options.keep() {
        report.write(file)?;
    }
    match options.pictures() {
        Some(folder) => picture::draw(&report, folder),
        None => Ok(()),
    }
}
