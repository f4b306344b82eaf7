//! What the command line asks for.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use nix::sched::{CpuSet, sched_getaffinity};
use nix::unistd::Pid;

use super::{Course, Failure};

/// What the command line asks for.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// What to measure; everything but growth if nothing is named
    courses: Vec<Course>,
    /// Measure how costs grow, with messages, capacities and links
    #[arg(long, conflicts_with = "courses")]
    growth: bool,
    /// The most messages of a stream that is counted, for `messages`; a tenth of it through buffers that take
    /// ten times as long
    #[arg(long, value_name = "N", default_value = "1000000000")]
    most: u64,
    /// Samples of each contestant, in as many rounds
    #[arg(long, value_name = "N", default_value = "9")]
    rounds: NonZeroU32,
    /// Length of a sample; longer where somebody sleeps
    #[arg(long, value_name = "N", default_value = "40")]
    millis: NonZeroU32,
    /// The processors of the two sides; the first and the last that this program may use if nothing is
    /// said
    #[arg(long, value_name = "N,N", value_parser = processors)]
    processors: Option<[usize; 2]>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also write every sample there
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Take the samples from there (what --keep or --json wrote) instead of measuring
    #[arg(long, value_name = "FILE", conflicts_with_all = ["keep", "rounds", "millis", "processors"])]
    from: Option<PathBuf>,
    /// Draw a picture of each course into this folder
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

impl Options {
    /// Whether a course is asked for.
    pub(super) fn names(&self, course: Course) -> bool {
        if self.courses.is_empty() {
            return course.is_of_growth() == self.growth;
        }
        self.courses.contains(&course)
    }

    /// The most messages of a stream that is counted.
    pub(super) fn most(&self) -> u64 {
        self.most
    }

    pub(super) fn rounds(&self) -> u32 {
        self.rounds.get()
    }

    /// How long a sample of a course is.
    pub(super) fn length(&self, course: Course) -> Duration {
        Duration::from_millis(self.millis.get().into()) * course.longer()
    }

    /// The processors of the two sides.
    pub(super) fn processors(&self) -> Result<[usize; 2], Failure> {
        let allowed = sched_getaffinity(Pid::from_raw(0))?;
        let is_usable = |number| allowed.is_set(number) == Ok(true);
        if let Some(said) = self.processors {
            return match said.into_iter().find(|&number| !is_usable(number)) {
                None => Ok(said),
                Some(number) => Err(format!("this program may not use processor {number}").into()),
            };
        }
        let mut usable = (0..CpuSet::count()).filter(|&number| is_usable(number));
        let first = usable.next().ok_or("there is no processor")?;
        Ok([first, usable.next_back().unwrap_or(first)])
    }

    pub(super) fn json(&self) -> bool {
        self.json
    }

    pub(super) fn keep(&self) -> Option<&Path> {
        self.keep.as_deref()
    }

    pub(super) fn from(&self) -> Option<&Path> {
        self.from.as_deref()
    }

    pub(super) fn pictures(&self) -> Option<&Path> {
        self.pictures.as_deref()
    }

    pub(super) fn quiet(&self) -> bool {
        self.quiet
    }
}

fn processors(text: &str) -> Result<[usize; 2], &'static str> {
    let both = text.split_once(',');
    let both = both.and_then(|(one, other)| Some([one.parse().ok()?, other.parse().ok()?]));
    both.ok_or("two numbers are wanted, such as 0,1")
}
