//! What the command line asks for.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;

use super::parts::PARTS;

/// The buffers beside each other.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench buffers --")]
pub struct Options {
    /// What to measure; all of it if nothing is named
    #[arg(value_name = "PART", value_parser = PossibleValuesParser::new(PARTS.map(|part| part.name)))]
    parts: Vec<String>,
    /// Samples of each competitor
    #[arg(long, value_name = "N", default_value = "7")]
    pub rounds: NonZeroUsize,
    /// Length of a sample
    #[arg(long, value_name = "N", default_value = "60")]
    millis: u64,
    /// Length of a sample of fairness
    #[arg(long, value_name = "N", default_value = "10")]
    fair_seconds: u64,
    /// Messages that a buffer holds; a power of two
    #[arg(long, value_name = "N", default_value = "1024", value_parser = power_of_two)]
    pub capacity: usize,
    /// Also writes every sample there
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    pub fn sample(&self) -> Duration {
        Duration::from_millis(self.millis)
    }

    pub fn fair(&self) -> Duration {
        Duration::from_secs(self.fair_seconds)
    }

    pub fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

fn power_of_two(text: &str) -> Result<usize, String> {
    let capacity = text.parse().ok();
    let capacity = capacity.filter(|&capacity: &usize| capacity.is_power_of_two());
    capacity.ok_or_else(|| format!("{text} is no power of two"))
}
