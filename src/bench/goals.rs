//! What this library sets itself, as ratios within a run.

use std::fmt;

use super::Course;
use super::contestant::{Field, Waits};
use super::report::{Report, Row};
use super::sides::Between;
use super::spread::{Digits, Spread};

/// Whom a contestant is measured against.
#[derive(Clone, Copy)]
enum Against {
    /// The cache line that the same two sides bounced raw.
    Line,
    /// One contestant.
    Named(Field, &'static str),
    /// The fastest of other libraries, asleep or not.
    Best(Between),
    /// The fastest of other libraries whose threads sleep when they wait.
    BestAsleep(Between),
}

/// `ours` should take at most `most` times as long as another.
pub(super) struct Goal {
    course: Course,
    ours: &'static str,
    against: Against,
    most: f64,
}

const fn goal(course: Course, ours: &'static str, against: Against, most: f64) -> Goal {
    Goal {
        course,
        ours,
        against,
        most,
    }
}

/// `ours` with more of something by the same with less, or the other way round: what should take as long.
const fn growth(course: Course, ours: &'static str, other: &'static str) -> Goal {
    goal(course, ours, Against::Named(Field::Ours, other), 1.10)
}

const PROCESSES: Against = Against::Best(Between::Processes);
const THREADS: Against = Against::Best(Between::Threads);
const BLOCKING: Against = Against::BestAsleep(Between::Threads);

/// Where a goal is a speed, its inverse stands here.
pub(super) const GOALS: [Goal; 28] = [
    goal(Course::RoundTrip, "ring", Against::Line, 1.05),
    goal(Course::RoundTrip, "ring", PROCESSES, 0.70),
    goal(
        Course::Asleep,
        "link",
        Against::Named(Field::Limit, "futex"),
        1.10,
    ),
    goal(
        Course::Asleep,
        "link",
        Against::Named(Field::Kernel, "pipe"),
        1.0,
    ),
    goal(Course::OneByOne, "ring", PROCESSES, 1.0 / 10.0),
    goal(Course::OneByOne, "ring", THREADS, 1.0 / 1.1),
    goal(
        Course::OneByOne,
        "link",
        Against::Named(Field::Ours, "ring"),
        1.10,
    ),
    goal(Course::Batches, "ring", PROCESSES, 1.0 / 1.2),
    goal(Course::Batches, "ring", THREADS, 1.0),
    goal(Course::Kilobytes, "ring", PROCESSES, 1.0 / 1.1),
    goal(Course::Kilobytes, "ring", THREADS, 1.0),
    goal(Course::Blocks, "ring", PROCESSES, 1.0 / 1.1),
    goal(Course::Blocks, "ring", THREADS, 1.0),
    goal(
        Course::Bytes,
        "pipe",
        Against::Named(Field::Kernel, "pipe"),
        0.5,
    ),
    goal(
        Course::Uncontended,
        "mpmc",
        Against::Named(Field::Peer, "crossbeam ArrayQueue"),
        1.0,
    ),
    goal(Course::TwoToTwo, "mailbox", BLOCKING, 1.0),
    goal(Course::FourToFour, "mailbox", BLOCKING, 1.0),
    goal(Course::SixteenToSixteen, "mailbox", BLOCKING, 1.0),
    growth(Course::Messages, "ring, 10^9", "ring, 10^5"),
    growth(Course::Messages, "link, 10^9", "link, 10^5"),
    growth(Course::Messages, "unbounded, 10^8", "unbounded, 10^5"),
    growth(Course::Messages, "mpmc, 10^8", "mpmc, 10^5"),
    growth(
        Course::Capacities,
        "two processes, 2^4",
        "two processes, 2^20",
    ),
    growth(Course::Capacities, "one thread, 2^20", "one thread, 2^4"),
    growth(
        Course::Capacities,
        "unbounded, one thread, 2^20",
        "unbounded, one thread, 2^4",
    ),
    growth(
        Course::Capacities,
        "mpmc, one thread, 2^20",
        "mpmc, one thread, 2^4",
    ),
    growth(Course::Links, "links, 1000", "links, 1"),
    growth(Course::Selects, "links, 1000", "links, 1"),
];

/// What came of a goal.
pub(super) struct Outcome<'a> {
    pub goal: &'a Goal,
    /// Whom it was measured against, in this run.
    pub other: String,
    /// The time of ours by that of the other one, round by round.
    pub ratio: Spread,
}

/// Whether a goal is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    /// The goal lies within the middle half of the ratios.
    Draw,
    Missed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Draw => "a draw",
            Self::Missed => "NOT MET",
        })
    }
}

impl Outcome<'_> {
    pub fn verdict(&self) -> Verdict {
        if self.ratio.has(self.goal.most) {
            Verdict::Draw
        } else if self.ratio.median() < self.goal.most {
            Verdict::Met
        } else {
            Verdict::Missed
        }
    }

    pub fn asked(&self) -> String {
        format!("at most {}", Digits(self.goal.most))
    }

    pub fn what(&self) -> String {
        let Goal { course, ours, .. } = self.goal;
        format!("{course}: {ours} by {}", self.other)
    }
}

impl Goal {
    /// What came of it; `None` if that was not measured.
    pub fn outcome(&self, report: &Report) -> Option<Outcome<'_>> {
        let ours = report.find(self.course, Field::Ours, self.ours)?;
        if let Against::Line = self.against {
            let ratio = ours
                .samples
                .iter()
                .map(|sample| Some(sample.time / sample.line?));
            return Some(Outcome {
                goal: self,
                other: "the raw line".into(),
                ratio: Spread::of(ratio.collect::<Option<Vec<_>>>()?)?,
            });
        }
        let other = self.other(report)?;
        Some(Outcome {
            goal: self,
            other: other.about.name.clone(),
            ratio: ours.ratio(other)?,
        })
    }

    fn other<'a>(&self, report: &'a Report) -> Option<&'a Row> {
        let best = |wanted: &dyn Fn(&Row) -> bool| {
            report.best(self.course, |row| {
                row.about.field == Field::Peer && wanted(row)
            })
        };
        match self.against {
            Against::Line => None,
            Against::Named(field, name) => report.find(self.course, field, name),
            Against::Best(between) => best(&|row| row.about.between == between),
            Against::BestAsleep(between) => {
                best(&|row| row.about.between == between && row.about.waits != Waits::Busy)
            }
        }
    }
}
