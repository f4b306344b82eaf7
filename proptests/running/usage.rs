//! What a process has used, as the kernel tells it.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

/// What all threads of a process have used since they began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// On a processor, by the scheduler's own clock.
    pub(crate) busy: Duration,
    /// The same as `times` counts it, in ticks of (mostly) ten milliseconds.
    pub(crate) ticks: u64,
    /// How often a thread slept or was sent to sleep.
    pub(crate) switches: u64,
}

impl Usage {
    /// Of the process with this number and all its threads.
    pub(crate) fn of(pid: u32) -> Usage {
        let mut usage = Usage {
            busy: Duration::ZERO,
            ticks: ticks(pid),
            switches: 0,
        };
        for thread in fs::read_dir(format!("/proc/{pid}/task")).expect("it runs") {
            let folder = thread.expect("its threads").path();
            let file = |file| fs::read_to_string(folder.join(file)).expect("the thread runs");
            usage.busy += Duration::from_nanos(number(file("schedstat").split(' ').next()));
            let status = file("status");
            let counts = status.lines().filter(|line| line.contains("_switches:"));
            usage.switches += counts
                .map(|line| number(line.split_whitespace().nth(1)))
                .sum::<u64>();
        }
        usage
    }
}

impl Sub for Usage {
    type Output = Usage;

    fn sub(self, earlier: Usage) -> Usage {
        Usage {
            busy: self.busy.saturating_sub(earlier.busy),
            ticks: self.ticks - earlier.ticks,
            switches: self.switches - earlier.switches,
        }
    }
}

/// User and system time of a whole process (`proc_pid_stat(5)`).
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, behind_the_name) = stat.rsplit_once(") ").expect("a stat has a name");
    let mut fields = behind_the_name.split(' ').skip(11);
    number(fields.next()) + number(fields.next())
}

/// The most memory that a process has had at once, in bytes, without what it shares by a mapping
/// of shared memory being counted twice; `None` once it has ended.
pub(crate) fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(number(line.split_whitespace().nth(1)) * 1024)
}

fn number(field: Option<&str>) -> u64 {
    let field = field.expect("the field is there");
    field.parse().expect("the field is a number")
}

/// How many descriptors this process has.
pub(crate) fn descriptors() -> usize {
    // One is that of the folder.
    entries("/proc/self/fd") - 1
}

/// How many threads this process has.
pub(crate) fn threads() -> usize {
    entries("/proc/self/task")
}

fn entries(folder: &str) -> usize {
    let entries = std::fs::read_dir(folder).expect("it is mounted");
    entries.count()
}
