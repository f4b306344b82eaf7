//! Where and when something is measured.

use std::fs;
use std::process::Command;

/// Date, processor, kernel and load, in one line.
pub fn describe() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let date = Command::new("date").arg("+%F %R %Z").output();
    let date = date.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{}; {}, {cores} {} cores, Linux {}, load {}",
        date.unwrap_or_default(),
        model(&read("/proc/cpuinfo")).unwrap_or("unknown processor"),
        std::env::consts::ARCH,
        read("/proc/sys/kernel/osrelease").trim(),
        read("/proc/loadavg").trim(),
    )
}

/// What the processor calls itself.
fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}
