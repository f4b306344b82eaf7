//! All that was measured in one run.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::contestant::{About, Contestant, Field};
use super::sample::Sample;
use super::spread::Spread;
use super::surroundings::Surroundings;
use super::{Course, Failure};

/// All that was measured in one run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub(super) surroundings: Surroundings,
    pub(super) rows: Vec<Row>,
}

/// What was measured of one contestant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub course: Course,
    pub about: About,
    /// One of each round, unless it was left out.
    pub samples: Vec<Sample>,
    /// Why it was.
    pub left_out: Option<String>,
}

impl Row {
    pub fn new(contestant: &Contestant) -> Self {
        Self {
            course: contestant.course,
            about: contestant.about.clone(),
            samples: Vec::new(),
            left_out: None,
        }
    }

    /// Nanoseconds a message.
    pub fn times(&self) -> Option<Spread> {
        Spread::of(self.samples.iter().map(|sample| sample.time))
    }

    /// How many times as long as the other one it took, round by round. Of two whose sides were each
    /// measured beside a raw cache line, by that.
    pub fn ratio(&self, other: &Self) -> Option<Spread> {
        let busy = self.course == Course::RoundTrip;
        let time = |sample: &Sample| match sample.line {
            Some(line) if busy => sample.time / line,
            _ => sample.time,
        };
        let rounds = self.samples.iter().zip(&other.samples);
        Spread::of(rounds.map(|(ours, other)| time(ours) / time(other)))
    }

    /// The median over the samples of one of the percentiles.
    pub fn percentile(&self, which: usize) -> Option<f64> {
        let all = self
            .samples
            .iter()
            .map(|sample| Some(sample.percentiles?[which]));
        Some(Spread::of(all.collect::<Option<Vec<_>>>()?)?.median())
    }
}

impl Report {
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
        let report = serde_json::from_str(&text);
        report.map_err(|why| format!("{} is not what --keep writes: {why}", file.display()).into())
    }

    pub(super) fn write(&self, file: &Path) -> Result<(), Failure> {
        let text = format!("{}\n", self.to_json()?);
        fs::write(file, text).map_err(|why| format!("{}: {why}", file.display()).into())
    }

    pub(super) fn to_json(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// The rows of a course that were measured: the fastest first, or in the order of their growth.
    pub(super) fn of(&self, course: Course) -> Vec<(&Row, Spread)> {
        let rows = self
            .rows
            .iter()
            .filter(|row| row.course == course && row.left_out.is_none());
        let mut rows: Vec<_> = rows.filter_map(|row| Some((row, row.times()?))).collect();
        if !course.is_of_growth() {
            rows.sort_by(|(_, one), (_, other)| one.median().total_cmp(&other.median()));
        }
        rows
    }

    pub(super) fn find(&self, course: Course, field: Field, name: &str) -> Option<&Row> {
        self.best(course, |row| {
            row.about.field == field && row.about.name == name
        })
    }

    /// The fastest row of a course of those that are wanted.
    pub(super) fn best(&self, course: Course, wanted: impl Fn(&Row) -> bool) -> Option<&Row> {
        let mut rows = self.of(course).into_iter().map(|(row, _)| row);
        rows.find(|row| wanted(row))
    }
}
