//! What was checked, and how: for people, for a file, for a page.

mod grid;
mod rows;

pub use self::rows::{Accessed, AtRandom, Explored, Mistake, Stopped, Weakened};

use super::deaths::{Deaths, Stop};
use super::explore::Report;
use super::history::Histories;
use super::random::Tried;
use super::site::Site;
use super::sweep::Table;
use super::trace::replay;
use grid::Grid;
use serde::Serialize;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

/// What a checker of this kind does not see.
const LIMITS: [&str; 8] = [
    "load buffering, sequentially consistent accesses (they are refused), spurious failures of a weak compare-exchange (there is none), values older than the last seven of a word, more than five threads",
    "with three threads or more: what an acquire fence does not order though the checker believes it does; and races that only the order of two sequentially consistent fences covers",
    "a thread that really slept and relies on its wake-up for more order than futex(2) promises, and waits that end for no reason, but where a model says so",
    "runs with more preemptions than the bound of a model",
    "other capacities, starting positions, messages and numbers of calls than those of the models",
    "programs that spin until another thread has done something: models try, or sleep",
    "deaths inside of one access, such as half of a message copied",
    "two weakenings that hide each other: one is made at a time, and all that are argued for together",
];

/// What was checked, collected while it is done.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Certificate {
    /// The models that hold.
    pub models: Vec<Explored>,
    /// The models that hold whoever is killed, or paused, where.
    pub points: Vec<Stopped>,
    /// The models that held in random runs.
    pub random: Vec<AtRandom>,
    /// What the algorithms do to shared memory.
    pub accesses: Vec<Accessed>,
    /// The orderings, fences and wake-ups that are needed, or argued for.
    pub orderings: Vec<Weakened>,
    /// The mistakes that were made on purpose, and found.
    pub mistakes: Vec<Mistake>,
    /// What all this does not say, beside the limits of the checker.
    pub not_covered: Vec<String>,
}

impl Certificate {
    /// Adds a model that holds.
    pub fn explored(&mut self, report: &Report) {
        self.models.push(Explored {
            model: report.name.clone(),
            bound: report.bound,
            executions: report.executions,
            outcomes: report.outcomes.keys().cloned().collect(),
            histories: report.histories,
            seconds: report.duration.as_secs_f64(),
        });
    }

    /// Adds a model that holds with processes killed or paused.
    pub fn stopped(&mut self, seen: &Deaths) {
        let mut places: Vec<String> = seen.sites.iter().map(Site::to_string).collect();
        places.sort();
        self.points.push(Stopped {
            model: seen.name.clone(),
            stop: seen.stop,
            bound: seen.bound,
            points: seen.points,
            places,
            executions: seen.executions,
            outcomes: seen.outcomes.keys().cloned().collect(),
            histories: seen.histories,
            seconds: seen.duration.as_secs_f64(),
        });
    }

    /// Adds a model that held in random runs.
    pub fn tried(&mut self, seen: &Tried) {
        self.random.push(AtRandom {
            model: seen.name.clone(),
            runs: seen.runs,
            struck: seen.struck,
            seed: seen.seed,
            histories: seen.histories,
            seconds: seen.duration.as_secs_f64(),
        });
    }

    /// Adds a sweep over orderings.
    pub fn swept(&mut self, table: &Table) {
        let accesses = table.accesses.iter().map(|site| Accessed {
            file: site.location.file().to_owned(),
            place: site.to_string(),
            source: site.source(),
            access: site.access.to_string(),
        });
        self.accesses.extend(accesses);
        let rows = table.rows.iter().map(|row| Weakened {
            file: row.site.location.file().to_owned(),
            line: row.site.location.line(),
            source: row.site.source(),
            change: format!("{} -> {}", row.site.access, row.into),
            answer: match (&row.killed, &row.argued) {
                (Some(failure), _) => failure.in_short(),
                (None, Some(reason)) => format!("argued: {reason}"),
                (None, None) => "survives".to_owned(),
            },
        });
        self.orderings.extend(rows);
    }

    /// Writes it to `target/aqueduct/certificate.json`.
    ///
    /// # Errors
    /// The file system's.
    pub fn save(&self) -> io::Result<PathBuf> {
        let folder = replay::folder();
        fs::create_dir_all(&folder)?;
        let file = folder.join("certificate.json");
        fs::write(&file, serde_json::to_string_pretty(self)?)?;
        Ok(file)
    }

    /// All of it but the times, and what differs with the seed of random runs, as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let sections = self.sections(false);
        let mut text: String = sections.iter().map(Grid::markdown).collect();
        text.push_str(&self.histories());
        text.push_str(&self.limits());
        text
    }

    /// What all this does not say, a line each.
    #[must_use]
    pub fn limits(&self) -> String {
        let own = self.not_covered.iter().map(String::as_str);
        let limits: Vec<&str> = LIMITS.into_iter().chain(own).collect();
        format!("\nNot covered:\n- {}\n", limits.join("\n- "))
    }

    /// How many models kill, or pause, a process before this access.
    fn stopped_at(&self, access: &Accessed, killed: bool) -> usize {
        let points = self.points.iter();
        let points = points.filter(|row| (row.stop != Stop::Paused) == killed);
        points
            .filter(|row| row.places.contains(&access.place))
            .count()
    }

    /// The accesses before which no model kills a process.
    #[must_use]
    pub fn never_killed(&self) -> Vec<&Accessed> {
        self.never(true)
    }

    /// The accesses before which no model pauses a process.
    #[must_use]
    pub fn never_paused(&self) -> Vec<&Accessed> {
        self.never(false)
    }

    fn never(&self, killed: bool) -> Vec<&Accessed> {
        let accesses = self.accesses.iter();
        let never = accesses.filter(|access| self.stopped_at(access, killed) == 0);
        never.collect()
    }

    fn histories(&self) -> String {
        let mut all = Histories::default();
        let models = self.models.iter().map(|model| model.histories);
        for histories in models.chain(self.points.iter().map(|points| points.histories)) {
            all += histories;
        }
        match all.checked {
            0 => String::new(),
            checked => format!(
                "\n{checked} histories were judged, of {} calls.\n",
                all.calls
            ),
        }
    }

    /// How fast the models were explored, and which took longest.
    fn speed(&self) -> String {
        let models = self.models.iter();
        let models = models.map(|row| (row.executions, row.seconds, &row.model));
        let points = self.points.iter();
        let points = points.map(|row| (row.executions, row.seconds, &row.model));
        let mut all: Vec<_> = models.chain(points).collect();
        if all.is_empty() {
            return String::new();
        }
        let sum = all.iter().fold((0, 0.0), |(executions, seconds), row| {
            (executions + row.0, seconds + row.1)
        });
        all.sort_by(|one, other| other.1.total_cmp(&one.1));
        let mut text = format!("\n{} executions, {}\n", sum.0, a_second(sum.0, sum.1));
        for (executions, seconds, model) in all.into_iter().take(5) {
            let speed = a_second(executions, seconds);
            let line = format!("the longest: {model}: {executions} executions, {speed}\n");
            text.push_str(&line);
        }
        text
    }

    fn sections(&self, times: bool) -> Vec<Grid> {
        let models = self.models.iter().map(|row| {
            let counts = [
                in_words(row.bound),
                row.executions.to_string(),
                row.outcomes.len().to_string(),
            ];
            grid::row([&row.model], counts, row.seconds)
        });
        let points = self.points.iter().map(|row| {
            let counts = [
                in_words(row.bound),
                row.points.to_string(),
                row.executions.to_string(),
                row.outcomes.len().to_string(),
            ];
            grid::row([&row.model, &row.stop.to_string()], counts, row.seconds)
        });
        let random = self.random.iter().map(|row| {
            let counts = [
                row.runs.to_string(),
                row.struck.to_string(),
                row.seed.to_string(),
            ];
            let counts = counts.into_iter().take(if times { 3 } else { 1 });
            grid::row([&row.model], counts, row.seconds)
        });
        let random_head = if times {
            "at random | runs | somebody struck | seed | time"
        } else {
            "at random | runs | time"
        };
        let mistakes = self.mistakes.iter().map(|row| {
            let texts = [&row.structure, &row.mistake, &row.found];
            grid::row(texts, [row.executions.to_string()], row.seconds)
        });
        let accesses = self.accesses.iter().map(|row| {
            let source = format!("{}: `{}`", row.file, row.source);
            let counts = [true, false].map(|killed| self.stopped_at(row, killed).to_string());
            grid::row([&source, &row.access], counts, 0.0)
        });
        let orderings = self.orderings.iter().map(|row| {
            let source = if times {
                format!("{}:{}", row.file, row.line)
            } else {
                format!("{}: `{}`", row.file, row.source)
            };
            grid::row([&source, &row.change, &row.answer], [], 0.0)
        });
        vec![
            Grid::new(
                "model | bound | executions | outcomes | time",
                1,
                times,
                models,
            ),
            Grid::new(
                "at each access | a process is | bound | points | executions | outcomes | time",
                2,
                times,
                points,
            ),
            Grid::new(random_head, 1, times, random),
            Grid::new(
                "broken on purpose | by | found as | executions | time",
                3,
                times,
                mistakes,
            ),
            Grid::new(
                "access | what | models that kill before it | models that pause | ",
                2,
                false,
                accesses,
            ),
            Grid::new("ordering | weakened | fails without it", 3, true, orderings),
        ]
    }
}

/// So many in so many seconds.
#[expect(clippy::cast_precision_loss, reason = "a speed")]
fn a_second(executions: usize, seconds: f64) -> String {
    let speed = executions as f64 / seconds.max(f64::MIN_POSITIVE);
    format!("{seconds:.1} s, {speed:.0} a second")
}

/// A bound on preemptions.
fn in_words(bound: Option<usize>) -> String {
    bound.map_or("none".to_owned(), |bound| bound.to_string())
}

/// For a terminal, with the times.
impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for grid in self.sections(true) {
            f.write_str(&grid.text())?;
        }
        f.write_str(&self.speed())?;
        f.write_str(&self.histories())
    }
}
