//! What is measured.

use crate::options::Options;
use crate::queues::{self, Queue, competitors};
use crate::samples::{Competitor, Point, Row, in_turns};
use crate::traffic::{self, Message};
use std::time::Duration;

/// A part of the bench.
pub struct Part {
    pub name: &'static str,
    pub what: &'static str,
    pub run: fn(&Options) -> Vec<Row>,
}

/// The share of the mean that each thread gets at the least, where it is fair.
const FAIR: f64 = 0.25;

pub const PARTS: [Part; 3] = [
    Part {
        name: "pairs",
        what: "a push and a pop on one thread",
        run: pairs,
    },
    Part {
        name: "threads",
        what: "messages that are popped, 8 bytes each",
        run: threads,
    },
    Part {
        name: "fairness",
        what: "the smallest share of a thread, relative to the mean of its side; 0.25 is asked for",
        run: fairness,
    },
];

/// A sample at one point.
struct Job {
    capacity: usize,
    /// Threads on each side.
    sides: usize,
    length: Duration,
}

impl Job {
    fn new(options: &Options) -> Job {
        Job {
            capacity: options.capacity,
            sides: 1,
            length: options.sample(),
        }
    }
}

fn pairs(options: &Options) -> Vec<Row> {
    fn sample<T: Message, Q: Queue<T>>(job: &Job) -> f64 {
        traffic::pairs::<T, Q>(job.capacity, job.length)
    }
    let job = Job::new(options);
    let point = |bytes| Point::new("pairs", format!("{bytes} bytes"), bytes, "ns a pair");
    let small: [Competitor<Job>; _] = competitors!(sample, u64, one to one);
    let large: [Competitor<Job>; _] = competitors!(sample, [u64; 8], one to one);
    let mut rows = in_turns(&point(8), options.rounds.get(), &job, &small);
    rows.extend(in_turns(&point(64), options.rounds.get(), &job, &large));
    rows
}

fn threads(options: &Options) -> Vec<Row> {
    fn sample<T: Message, Q: Queue<T>>(job: &Job) -> f64 {
        let ([_, popped], lasted) = traffic::stream::<T, Q>(job.capacity, job.sides, job.length);
        popped.iter().sum::<u64>() as f64 / lasted.as_secs_f64() / 1e6
    }
    let one: [Competitor<Job>; _] = competitors!(sample, u64, one to one);
    let many: [Competitor<Job>; _] = competitors!(sample, u64);
    let points = [(1, &one[..]), (2, &many), (8, &many)];
    let rows = points.map(|(sides, competitors)| {
        let what = format!("{sides} to {sides} threads");
        let point = Point::new("threads", what, sides as u64, "M/s");
        let job = Job {
            sides,
            ..Job::new(options)
        };
        in_turns(&point, options.rounds.get(), &job, competitors)
    });
    rows.into_iter().flatten().collect()
}

fn fairness(options: &Options) -> Vec<Row> {
    fn sample<T: Message, Q: Queue<T>>(job: &Job) -> f64 {
        let (sides, _) = traffic::stream::<T, Q>(job.capacity, job.sides, job.length);
        let shares = sides.map(|counts| share(&counts));
        shares[0].min(shares[1])
    }
    let many: [Competitor<Job>; _] = competitors!(sample, u64);
    let mut rows = Vec::new();
    for sides in [2, 8] {
        let length = options.fair();
        let job = Job {
            sides,
            length,
            ..Job::new(options)
        };
        for (design, sample) in many {
            let what = format!("{} threads", 2 * sides);
            let share = sample(&job);
            let row = Row {
                point: Point::new("fairness", what.clone(), 2 * sides as u64, "min / mean"),
                design: design.into(),
                samples: vec![share],
            };
            let verdict = if is_unfair(&row) { "  UNFAIR" } else { "" };
            println!("  {what:<28} {design:<12} {share:9.3}{verdict}");
            rows.push(row);
        }
    }
    rows
}

/// Whether a row says that somebody got too little; no sample at all is none that is fair.
pub fn is_unfair(row: &Row) -> bool {
    let is_fair = |&share: &f64| share >= FAIR;
    row.point.part == "fairness" && !row.samples.iter().all(is_fair)
}

/// The smallest share, relative to the mean.
fn share(counts: &[u64]) -> f64 {
    let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    *counts.iter().min().expect("a thread") as f64 / mean
}
