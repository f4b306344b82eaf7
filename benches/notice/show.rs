//! The distribution of what was measured.

use std::fs;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use super::kill::{End, Until};

/// The longest bar of a histogram.
const WIDTH: usize = 50;

/// The samples of one kind, in microseconds.
#[derive(Serialize, Deserialize)]
pub struct Row {
    end: End,
    gibibytes: usize,
    pub until: Until,
    samples: Vec<f64>,
}

impl Row {
    pub fn new(end: End, gibibytes: usize, until: Until) -> Row {
        Row {
            end,
            gibibytes,
            until,
            samples: Vec::new(),
        }
    }

    pub fn add(&mut self, taken: Duration) {
        self.samples.push(taken.as_secs_f64() * 1e6);
    }

    /// Quantiles, and a bar for each doubling of the time.
    pub fn print(&self) {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: usize| time(sorted[(sorted.len() - 1) * share / 100]);
        println!(
            "\n{} with {} GiB, {}: {} times; min {}, p50 {}, p90 {}, p99 {}, max {}",
            self.end,
            self.gibibytes,
            self.until,
            sorted.len(),
            at(0),
            at(50),
            at(90),
            at(99),
            at(100)
        );
        // From one power of two to the next.
        let power = |sample: f64| (sample.max(1.0) as u64).ilog2();
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
            return;
        };
        for bucket in power(first)..=power(last) {
            let count = sorted.iter().filter(|&&sample| power(sample) == bucket);
            let count = count.count();
            let bar = "#".repeat((count * WIDTH).div_ceil(sorted.len()));
            let from = time((1_u64 << bucket) as f64);
            println!("  from {from:>9}  {count:>4}  {bar}");
        }
    }
}

/// How far the kills are, on a terminal.
pub fn progress(end: End, gibibytes: usize, kills: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}, {eta} left");
    ProgressBar::new(kills as u64)
        .with_style(style.expect("a good template"))
        .with_message(format!("{end} with {gibibytes} GiB"))
}

fn time(microseconds: f64) -> String {
    match microseconds {
        us if us < 1e3 => format!("{us:.0} µs"),
        us if us < 1e6 => format!("{:.2} ms", us / 1e3),
        us => format!("{:.2} s", us / 1e6),
    }
}

/// What the machine does with a core.
pub fn core_pattern() -> String {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    format!("the pattern of this machine is `{}`", pattern.trim())
}
