//! What the demo saw.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::super::inspect::table;

/// One transfer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) bytes: u64,
    /// From the first bytes to the end.
    pub(super) took: Duration,
    /// Whether every byte was right.
    pub(super) same: bool,
}

/// The transfer with kills.
#[derive(Clone, Debug)]
pub(super) struct Kills {
    pub(super) run: Run,
    /// From each kill to its notice.
    pub(super) notices: Vec<Duration>,
}

/// Everything.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) link: Vec<Run>,
    pub(super) fifo: Vec<Run>,
    pub(super) kills: Kills,
}

impl Run {
    /// Bytes a nanosecond.
    #[expect(clippy::cast_precision_loss, reason = "a figure to show")]
    fn rate(&self) -> f64 {
        self.bytes as f64 / self.took.as_secs_f64().max(1e-9) / 1e9
    }
}

/// The middle one of figures, the least and the greatest.
struct Spread {
    median: f64,
    least: f64,
    greatest: f64,
}

impl Spread {
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_by(f64::total_cmp);
        let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
        Self {
            median: at(figures.len() / 2),
            least: at(0),
            greatest: at(figures.len().saturating_sub(1)),
        }
    }

    fn rates(runs: &[Run]) -> Self {
        Self::of(runs.iter().map(Run::rate))
    }

    fn json(&self) -> Value {
        json!({ "median": self.median, "least": self.least, "greatest": self.greatest })
    }
}

impl Report {
    /// Whether every byte of every transfer was right.
    pub(super) fn is_right(&self) -> bool {
        let runs = self.link.iter().chain(&self.fifo);
        runs.chain([&self.kills.run]).all(|run| run.same)
    }

    fn notices(&self) -> Spread {
        let micros = |notice: &Duration| notice.as_secs_f64() * 1e6;
        Spread::of(self.kills.notices.iter().map(micros))
    }

    fn ratio(&self) -> f64 {
        Spread::rates(&self.link).median / Spread::rates(&self.fifo).median
    }

    /// A short table.
    pub(super) fn text(&self) -> String {
        let kills = self.kills.notices.len();
        let head = ["", "BYTES", "SECONDS", "GB/s", "RANGE", "ARRIVED"].map(String::from);
        let rows = [
            head,
            row("shared memory", &self.link),
            row("FIFO", &self.fifo),
            row(&format!("with {kills} kills"), &[self.kills.run]),
        ];
        let notices = self.notices();
        format!(
            "\n{}\nshared memory : FIFO       {:.1}\n\
             from kill to notice        {:.0} µs, range {:.0} to {:.0}\n",
            table(&rows),
            self.ratio(),
            notices.median,
            notices.least,
            notices.greatest
        )
    }

    /// The same for programs.
    pub(super) fn json(&self, file: &Path) -> Value {
        json!({
            "file": file.display().to_string(),
            "bytes": self.kills.run.bytes,
            "link_gb_per_s": Spread::rates(&self.link).json(),
            "fifo_gb_per_s": Spread::rates(&self.fifo).json(),
            "ratio": self.ratio(),
            "kills": self.kills.notices.len(),
            "kill_to_notice_us": self.notices().json(),
            "same": self.is_right(),
        })
    }
}

fn row(what: &str, runs: &[Run]) -> [String; 6] {
    let rates = Spread::rates(runs);
    let seconds = Spread::of(runs.iter().map(|run| run.took.as_secs_f64()));
    let same = runs.iter().all(|run| run.same);
    [
        what.to_owned(),
        runs.first().map_or(0, |run| run.bytes).to_string(),
        format!("{:.3}", seconds.median),
        format!("{:.2}", rates.median),
        format!("{:.2} to {:.2}", rates.least, rates.greatest),
        if same { "as sent" } else { "DIFFERENT" }.to_owned(),
    ]
}
