//! Where and when something was measured, and how.

use std::fmt;
use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::options::Options;
use super::{Course, Failure};

/// Where and when something was measured, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Surroundings {
    date: String,
    processor: String,
    kernel: String,
    /// The load of the machine when it began.
    load: String,
    /// The processors of the two sides.
    processors: [usize; 2],
    rounds: u32,
    /// Of a sample where nobody sleeps.
    millis: u128,
    /// Of this library.
    version: String,
}

impl Surroundings {
    pub(super) fn now(options: &Options) -> Result<Self, Failure> {
        let read = |file: &str| {
            fs::read_to_string(file)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let date = Command::new("date").arg("+%F %R %Z").output();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let cpuinfo = read("/proc/cpuinfo");
        let model = model(&cpuinfo).unwrap_or("an unknown processor");
        Ok(Self {
            date: date.map_or_else(
                |_| "an unknown date".into(),
                |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            ),
            processor: format!("{model}, {cores} {} cores", std::env::consts::ARCH),
            kernel: read("/proc/sys/kernel/osrelease"),
            load: read("/proc/loadavg"),
            processors: options.processors()?,
            rounds: options.rounds(),
            millis: options.length(Course::RoundTrip).as_millis(),
            version: env!("CARGO_PKG_VERSION").into(),
        })
    }
}

/// What the processor calls itself.
fn model(cpuinfo: &str) -> Option<&str> {
    let mut lines = cpuinfo.lines();
    let line = lines.find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

impl fmt::Display for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            date,
            processor,
            kernel,
            load,
            processors: [one, other],
            rounds,
            millis,
            version,
        } = self;
        write!(
            f,
            "aqueduct {version}; {date}; {processor}, Linux {kernel}, load {load}; sides on \
             processors {one} and {other}; {rounds} rounds, samples of {millis} ms or more"
        )
    }
}
