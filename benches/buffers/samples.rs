//! Samples of competitors that take turns.

use serde::Serialize;

/// What is measured at one point.
#[derive(Clone, Serialize)]
pub struct Point {
    pub part: String,
    pub what: String,
    /// What varies within the part.
    pub at: u64,
    pub unit: String,
}

impl Point {
    pub fn new(part: &str, what: String, at: u64, unit: &str) -> Point {
        let (part, unit) = (part.into(), unit.into());
        Point {
            part,
            what,
            at,
            unit,
        }
    }
}

/// The samples of one competitor at one point.
#[derive(Serialize)]
pub struct Row {
    #[serde(flatten)]
    pub point: Point,
    pub design: String,
    pub samples: Vec<f64>,
}

impl Row {
    pub fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }

    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        sorted[sorted.len() / 2]
    }
}

/// A competitor: its name, and how it gives one sample of the job `J`.
pub type Competitor<J> = (&'static str, fn(&J) -> f64);

/// Each competitor once to warm up, and then `rounds` samples in turns; prints medians, ranges, and how
/// they compare with the first.
pub fn in_turns<J>(
    point: &Point,
    rounds: usize,
    job: &J,
    competitors: &[Competitor<J>],
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for &(design, sample) in competitors {
        sample(job);
        let (point, design, samples) = (point.clone(), design.into(), Vec::new());
        rows.push(Row {
            point,
            design,
            samples,
        });
    }
    for round in 0..rounds {
        // Another one begins each time.
        for turn in 0..competitors.len() {
            let index = (round + turn) % competitors.len();
            rows[index].samples.push(competitors[index].1(job));
        }
    }
    let first = rows[0].median();
    for row in &rows {
        let sorted = row.sorted();
        let ratio = row.median() / first;
        println!(
            "  {:<28} {:<12} {:9.3} {}  ({:.3} - {:.3})  x {ratio:.2}",
            point.what,
            row.design,
            row.median(),
            point.unit,
            sorted[0],
            sorted[sorted.len() - 1],
        );
    }
    rows
}
