//! Half of the trials in a process of their own.
//!
//! loom maps a stack for each thread of each execution, and two threads of one process that map
//! memory all the time wait for each other in the kernel: two explorations at once in one process
//! are slower than one after the other. In two processes they are not.

use libtest_mimic::{Arguments, Trial};
use std::env;
use std::process::{Child, Command, Stdio};

/// Set for the process that runs the other half.
const OTHER: &str = "AQUEDUCT_OTHER_HALF";

pub enum Halves {
    /// Some trials were asked for, or one core is there: all in this process.
    Whole,
    /// This process runs the first half, and the child the other one.
    First(Child),
    /// This process is the child.
    Other,
}

impl Halves {
    /// Starts the other half if everything is to run.
    pub fn of(arguments: &Arguments) -> Self {
        if env::var_os(OTHER).is_some() {
            return Self::Other;
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let some = arguments.filter.is_some() || !arguments.skip.is_empty() || arguments.list;
        if some || arguments.test_threads == Some(1) || cores < 2 {
            return Self::Whole;
        }
        let itself = env::current_exe().expect("this program");
        let mut other = Command::new(itself);
        other.args(env::args_os().skip(1)).env(OTHER, "1");
        let child = other.stdin(Stdio::null()).spawn();
        Self::First(child.expect("the other half"))
    }

    /// One trial after the other in each half.
    pub fn arguments(&self, mut arguments: Arguments) -> Arguments {
        if !matches!(self, Self::Whole) {
            arguments.test_threads = Some(1);
        }
        arguments
    }

    /// Every second trial, so that neighbours, which are alike, are shared out.
    pub fn mine(&self, trials: Vec<Trial>) -> Vec<Trial> {
        let first = match self {
            Self::Whole => return trials,
            Self::First(_) => 0,
            Self::Other => 1,
        };
        trials.into_iter().skip(first).step_by(2).collect()
    }

    /// Waits for the other half, if there is one.
    pub fn other_passed(self) -> bool {
        match self {
            Self::Whole | Self::Other => true,
            Self::First(mut child) => child.wait().expect("it ends").success(),
        }
    }
}
