//! What is measured.

use crate::options::Options;
use crate::queues::{self, Queue, competitors};
use crate::samples::{Competitor, Row, in_turns};
use crate::traffic::{self, Message};
use std::time::Duration;

/// A part of the bench.
pub struct Part {
    pub name: &'static str,
    pub what: &'static str,
    pub run: fn(&Options) -> Vec<Row>,
}

pub const PARTS: [Part; 4] = [
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
    Part {
        name: "sizes",
        what: "time a message, one thread to another, 8 bytes each",
        run: sizes,
    },
];

/// A sample at one point.
struct Job {
    capacity: usize,
    /// Threads on each side.
    sides: usize,
    length: Duration,
    messages: u64,
}

impl Job {
    fn new(options: &Options) -> Job {
        Job {
            capacity: options.capacity,
            sides: 1,
            length: options.sample,
            messages: 0,
        }
    }
}

fn pairs(options: &Options) -> Vec<Row> {
    fn sample<T: Message, Q: Queue<T>>(job: &Job) -> f64 {
        traffic::pairs::<T, Q>(job.capacity, job.length)
    }
    let job = Job::new(options);
    let title = |bytes| ("pairs", format!("{bytes} bytes"), "ns a pair");
    let small: [Competitor<Job>; _] = competitors!(sample, u64, one to one);
    let large: [Competitor<Job>; _] = competitors!(sample, [u64; 8], one to one);
    let mut rows = in_turns(title(8), options.rounds, &job, &small);
    rows.extend(in_turns(title(64), options.rounds, &job, &large));
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
        let title = ("threads", format!("{sides} to {sides} threads"), "M/s");
        let job = Job {
            sides,
            ..Job::new(options)
        };
        in_turns(title, options.rounds, &job, competitors)
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
        let length = options.fair;
        let job = Job {
            sides,
            length,
            ..Job::new(options)
        };
        for (design, sample) in many {
            let what = format!("{} threads", 2 * sides);
            let samples = vec![sample(&job)];
            let verdict = if samples[0] < 0.25 { "  UNFAIR" } else { "" };
            println!("  {what:<28} {design:<12} {:9.3}{verdict}", samples[0]);
            let (part, unit) = ("fairness", "min / mean");
            rows.push(Row {
                part,
                what,
                design,
                unit,
                samples,
            });
        }
    }
    rows
}

/// The smallest share, relative to the mean.
fn share(counts: &[u64]) -> f64 {
    let mean = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    *counts.iter().min().expect("a thread") as f64 / mean
}

fn sizes(options: &Options) -> Vec<Row> {
    fn sample<T: Message, Q: Queue<T>>(job: &Job) -> f64 {
        traffic::all::<T, Q>(job.capacity, job.messages)
    }
    let one: [Competitor<Job>; _] = competitors!(sample, u64, one to one);
    let capacities = [1, 4, 7, 10, 13, 16, 20].map(|log| (1 << log, 300_000));
    let counts = [100_000, 1_000_000, 10_000_000, 100_000_000];
    let counts = counts.map(|messages| (options.capacity, messages));
    let points = capacities.into_iter().chain(counts);
    let mut rows = Vec::new();
    for (capacity, messages) in points.filter(|&(_, messages)| messages <= options.most) {
        let job = Job {
            capacity,
            messages,
            ..Job::new(options)
        };
        let what = format!("capacity {capacity}, {messages:e}");
        // The long ones have their rounds within.
        let rounds = if messages > 1_000_000 {
            1
        } else {
            options.rounds.min(3)
        };
        rows.extend(in_turns(
            ("sizes", what, "ns a message"),
            rounds,
            &job,
            &one,
        ));
    }
    rows
}
