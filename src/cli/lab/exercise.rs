//! What an exercise is.

use std::fmt;

use aqueduct::model::{Defect, Model, Trace};

/// A mistake in a bounded buffer, and its repair.
#[derive(Clone, Copy)]
pub(super) struct Exercise {
    pub(super) name: &'static str,
    /// In half a sentence.
    pub(super) mistake: &'static str,
    /// In five lines.
    pub(super) explanation: &'static str,
    /// In half a sentence.
    pub(super) repair: &'static str,
    pub(super) found: Found,
    pub(super) broken: fn() -> Model,
    pub(super) repaired: fn() -> Model,
    /// The file of the exercise, as the compiler calls it, and what stands in it.
    pub(super) file: &'static str,
    pub(super) source: &'static str,
}

/// How a mistake must be found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// Two accesses of plain memory that are not ordered.
    Race,
    /// Two plain stores of a word that are not ordered.
    Discipline,
    /// Somebody sleeps for ever.
    Deadlock,
    /// What came out is not what went in.
    WrongItems,
}

/// What a body says when other items come out than went in.
pub(super) const WRONG_ITEMS: &str = "went in, and what came out is";

impl Found {
    pub(super) fn is(self, trace: &Trace) -> bool {
        match self {
            Found::Race => trace.defect == Some(Defect::Race),
            Found::Discipline => trace.defect == Some(Defect::Discipline),
            Found::Deadlock => trace.defect == Some(Defect::Deadlock),
            Found::WrongItems => {
                trace.defect == Some(Defect::Panic) && trace.fault.contains(WRONG_ITEMS)
            }
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Found::Race => "a race",
            Found::Discipline => "unordered stores of a word",
            Found::Deadlock => "a deadlock",
            Found::WrongItems => "wrong items",
        })
    }
}

/// Which lines of an exercise.
#[derive(Clone, Copy)]
pub(super) enum Version {
    Broken,
    Repaired,
}

impl Exercise {
    /// The lines of a version: those between its mark in the source and the next end.
    pub(super) fn lines(&self, version: Version) -> String {
        let mark = match version {
            Version::Broken => "// lab: broken",
            Version::Repaired => "// lab: repaired",
        };
        let lines = self.source.lines().skip_while(|line| line.trim() != mark);
        let lines = lines
            .skip(1)
            .take_while(|line| line.trim() != "// lab: end");
        // Each version stands in a module of its own.
        let lines = lines.map(|line| line.strip_prefix("    ").unwrap_or(line));
        text(lines.map(ToOwned::to_owned))
    }
}

/// Lines as a text, without spaces at their ends.
pub(super) fn text(lines: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
