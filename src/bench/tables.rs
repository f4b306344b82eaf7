//! What was measured, as tables: Markdown, which a terminal shows as well.

use std::fmt;

use comfy_table::{Table, presets::ASCII_MARKDOWN};

use super::Course;
use super::contestant::{About, Field};
use super::goals::GOALS;
use super::report::{Report, Row};
use super::sides::Between;
use super::spread::{Digits, Spread};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}.\n\n{HOW_TO_READ}", self.surroundings)?;
        for course in Course::ALL {
            let rows = self.of(course);
            if rows.is_empty() {
                continue;
            }
            let (title, quantity, unit) = (course.title(), course.quantity(), course.unit());
            let table = self.table(course);
            writeln!(f, "\n## {title}\n{quantity} for {unit}:\n\n{table}")?;
            if !course.is_of_growth() {
                let how = rows
                    .iter()
                    .map(|(row, _)| format!("{}: {}", row.name(), row.about.settings));
                writeln!(f, "\n{}.", how.collect::<Vec<_>>().join("; "))?;
            }
        }
        if let Some(goals) = self.goals() {
            writeln!(f, "\n## Goals\n\n{goals}")?;
        }
        for row in &self.rows {
            if let Some(why) = &row.left_out {
                writeln!(f, "\nLeft out: {} in {}: {why}", row.about.name, row.course)?;
            }
        }
        Ok(())
    }
}

const HOW_TO_READ: &str = "\
Medians, with the middle half of the samples in brackets. The time of a sample is the median over its \
windows of a millisecond; the mean has all that happened meanwhile. Percentiles are those of single round \
trips, a look at the clock included, or of laps of a stream. Ratios are those \
of neighbours in a round, round trips by the raw line of each; a difference smaller than the spread is a \
draw.";

impl Report {
    fn table(&self, course: Course) -> Table {
        if course.is_of_growth() {
            self.growth(course)
        } else {
            self.times(course)
        }
    }

    /// What a course of growth has measured, and each by the first that was measured of the same: their
    /// settings are what grows.
    fn growth(&self, course: Course) -> Table {
        let mut table = table(["", "median", "all", "processors", "by the first"]);
        for (row, times) in self.of(course) {
            let first = self.best(course, |first| first.about.settings == row.about.settings);
            let ratio = first.and_then(|first| row.ratio(first));
            table.add_row([
                row.name(),
                times.to_string(),
                format!("{} to {}", Digits(times.lowest()), Digits(times.highest())),
                median(row.samples.iter().map(|sample| sample.processors)),
                ratio.map_or_else(|| "-".into(), |ratio| ratio.to_string()),
            ]);
        }
        table
    }

    /// The times of a course, the fastest first.
    fn times(&self, course: Course) -> Table {
        let mut table = table([
            "",
            "waits",
            "median",
            "all",
            "mean",
            "50, 99, 99.9 %",
            "a second",
            "processors",
            "by the limit",
            "by the best peer",
        ]);
        for (row, times) in self.of(course) {
            table.add_row([
                row.name(),
                row.about.waits.to_string(),
                times.to_string(),
                format!("{} to {}", Digits(times.lowest()), Digits(times.highest())),
                median(row.samples.iter().map(|sample| sample.mean)),
                row.percentiles(),
                rate(course, times.median()),
                median(row.samples.iter().map(|sample| sample.processors)),
                self.by_the_best(row, Field::Limit),
                self.by_the_best(row, Field::Peer),
            ]);
        }
        table
    }

    /// The ratio to the fastest of `field` that goes between the same.
    fn by_the_best(&self, row: &Row, field: Field) -> String {
        let between = row.about.between;
        let best = self.best(row.course, |other| {
            other.about.field == field && other.about.between == between
        });
        match best.and_then(|best| Some((best, row.ratio(best)?))) {
            None => "-".into(),
            Some((best, _)) if best.about == row.about => "1".into(),
            Some((_, ratio)) if ratio.has(1.0) => format!("{ratio}, a draw"),
            Some((_, ratio)) => ratio.to_string(),
        }
    }

    /// The goals that were measured.
    fn goals(&self) -> Option<Table> {
        let outcomes: Vec<_> = GOALS.iter().filter_map(|goal| goal.outcome(self)).collect();
        let mut table = table(["time of ours by another's", "asked", "measured", ""]);
        for outcome in &outcomes {
            table.add_row([
                outcome.what(),
                outcome.asked(),
                outcome.ratio.to_string(),
                outcome.verdict().to_string(),
            ]);
        }
        (!outcomes.is_empty()).then_some(table)
    }
}

impl Row {
    /// Its name, and what it goes between if that is threads.
    pub fn plain_name(&self) -> String {
        let About { name, field, .. } = &self.about;
        match field {
            Field::Kernel => format!("kernel: {name}"),
            Field::Peer if self.about.between == Between::Threads => format!("{name}, threads"),
            _ => name.clone(),
        }
    }

    /// The same; ours in bold type, a limit in italics.
    fn name(&self) -> String {
        let name = self.plain_name();
        match self.about.field {
            Field::Ours => format!("**{name}**"),
            Field::Limit => format!("*{name}*"),
            _ => name,
        }
    }

    fn percentiles(&self) -> String {
        let all = [0, 1, 2].map(|which| self.percentile(which));
        let all = all.map(|time| time.map_or_else(|| "-".into(), |time| Digits(time).to_string()));
        all.join(", ")
    }
}

/// How many a second that are.
fn rate(course: Course, nanoseconds: f64) -> String {
    let each = 1e9 / nanoseconds;
    match course {
        Course::Kilobytes | Course::Blocks | Course::Bytes => {
            format!("{} GB", Digits(each * course.bytes() as f64 / 1e9))
        }
        _ if each >= 1e5 => format!("{} M", Digits(each / 1e6)),
        _ => format!("{} k", Digits(each / 1e3)),
    }
}

/// The median of some numbers; nothing of none.
fn median(numbers: impl Iterator<Item = f64>) -> String {
    Spread::of(numbers).map_or_else(String::new, |spread| Digits(spread.median()).to_string())
}

fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(header);
    table
}
