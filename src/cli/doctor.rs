//! `aqueduct doctor`: whether this machine has what links need, and what to do where it has not.

mod folder;
mod kernel;
mod limits;
mod names;

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::Output;
use super::failure::Failure;
use super::inspect::{print, print_json, table};

/// What one look has found.
struct Finding {
    /// What was looked at.
    what: &'static str,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do, if anything.
    advice: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Some things will not work, or will surprise.
    Warning,
    /// Nothing works.
    Bad,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self {
            what,
            verdict: Verdict::Good,
            found: found.into(),
            advice: None,
        }
    }

    fn warning(what: &'static str, found: impl Into<String>, advice: &'static str) -> Self {
        Self {
            verdict: Verdict::Warning,
            advice: Some(advice),
            ..Self::good(what, found)
        }
    }

    fn bad(what: &'static str, found: impl Into<String>, advice: &'static str) -> Self {
        Self {
            verdict: Verdict::Bad,
            ..Self::warning(what, found, advice)
        }
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what,
            "verdict": self.verdict.word(),
            "found": self.found,
            "advice": self.advice,
        })
    }
}

/// Looks at everything, and fails if something is bad.
pub(super) fn run(output: Output) -> Result<(), Failure> {
    let mut findings = folder::look();
    findings.extend(names::look());
    findings.extend(kernel::look());
    findings.extend(limits::look());
    if output.json {
        print_json(&findings.iter().map(Finding::json).collect())?;
    } else {
        print(&report(&findings))?;
    }
    let bad = findings.iter().filter(|one| one.verdict == Verdict::Bad);
    match bad.count() {
        0 => Ok(()),
        count => Err(Failure::Unwell { count }),
    }
}

/// A table, and below it what to do.
fn report(findings: &[Finding]) -> String {
    let row = |one: &Finding| [one.verdict.word(), one.what, &one.found].map(str::to_owned);
    let rows: Vec<_> = findings.iter().map(row).collect();
    let mut text = table(&rows);
    for one in findings {
        if let Some(advice) = one.advice {
            let _ = writeln!(text, "\n{}: {advice}", one.what);
        }
    }
    text
}
