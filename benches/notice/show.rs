//! The distribution of what was measured.

use std::fs;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::kill::End;

/// The longest bar of a histogram.
const WIDTH: usize = 50;

/// The samples of one kind, in microseconds.
#[derive(Serialize, Deserialize)]
pub struct Row {
    end: End,
    gibibytes: usize,
    what: String,
    samples: Vec<f64>,
}

impl Row {
    pub fn new(end: End, gibibytes: usize, what: &str) -> Row {
        Row {
            end,
            gibibytes,
            what: what.into(),
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
        let how = match self.end {
            End::Killed => "killed",
            End::Dumped => "dumped its core",
        };
        println!(
            "\n{how} with {} GiB, {}: {} times; min {}, p50 {}, p90 {}, p99 {}, max {}",
            self.gibibytes,
            self.what,
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
