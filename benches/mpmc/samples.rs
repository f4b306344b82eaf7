//! Samples of competitors that take turns.

use serde_json::{Value, json};

/// The samples of one competitor at one point.
pub struct Row {
    pub part: &'static str,
    pub what: String,
    pub design: &'static str,
    pub unit: &'static str,
    pub samples: Vec<f64>,
}

impl Row {
    pub fn json(&self) -> Value {
        json!({
            "part": self.part, "what": self.what, "design": self.design, "unit": self.unit,
            "median": self.median(), "samples": self.samples,
        })
    }

    fn sorted(&self) -> Vec<f64> {
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

/// Each competitor once to warm up, unless one sample is all, and then `rounds` samples in turns; prints medians, ranges, and
/// how they compare with the first.
pub fn in_turns<J>(
    (part, what, unit): (&'static str, String, &'static str),
    rounds: usize,
    job: &J,
    competitors: &[Competitor<J>],
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for &(design, sample) in competitors {
        if rounds > 1 {
            sample(job);
        }
        let (what, samples) = (what.clone(), Vec::new());
        rows.push(Row {
            part,
            what,
            design,
            unit,
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
            "  {:<28} {:<12} {:9.3} {unit}  ({:.3} - {:.3})  x {ratio:.2}",
            row.what,
            row.design,
            row.median(),
            sorted[0],
            sorted[sorted.len() - 1],
        );
    }
    rows
}
