//! What the run checked, collected for the certificate at its end.

use crate::swept;
use aqueduct::model::{Certificate, Deaths, Mistake, Report, Table, Tried};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

static SEEN: Mutex<Option<Certificate>> = Mutex::new(None);

/// Set to write the certificate into the docs.
const RENDER: &str = "AQUEDUCT_RENDER";

/// Between these lines of the docs it stands.
const BEGIN: &str = "<!-- The certificate: written by the command above. -->\n";
const END: &str = "<!-- The end of the certificate. -->\n";

/// What the certificate does not say, beside the limits of the checker.
const NOT_COVERED: [&str; 3] = [
    "the keeper thread, the locks and the kernel's robust list, which are modelled by their promises and tested with real processes",
    "that every wait ends if all others go on fairly, which is left to the model of waiting in Promela",
    "what a peer writes into named memory on purpose, beyond positions and lengths that lie",
];

/// Whether some trials were asked for, and not all: then they say more than that they passed.
static ASKED: AtomicBool = AtomicBool::new(false);

pub fn ask(some: bool) {
    ASKED.store(some, Ordering::Relaxed);
}

pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// What a trial saw, for who asked for it.
pub fn say(what: &str) {
    if asked() {
        println!("{what}");
    }
}

fn add(row: impl FnOnce(&mut Certificate)) {
    row(seen().get_or_insert_default());
}

fn seen() -> MutexGuard<'static, Option<Certificate>> {
    SEEN.lock().expect("rows are only added")
}

pub fn model(report: &Report) {
    add(|certificate| certificate.explored(report));
}

/// A model that survives a sweep of deaths or pauses.
pub fn stopped(seen: &Deaths) {
    add(|certificate| certificate.stopped(seen));
}

/// A model that held in random runs.
pub fn tried(seen: &Tried) {
    add(|certificate| certificate.tried(seen));
}

/// A fault of a broken structure, how it was found, and after how many executions.
pub fn fault(
    structure: &str,
    fault: &impl Debug,
    found: &impl Debug,
    executions: usize,
    duration: Duration,
) {
    add(|certificate| {
        certificate.mistakes.push(Mistake {
            structure: structure.to_owned(),
            mistake: format!("{fault:?}"),
            found: format!("{found:?}"),
            executions,
            seconds: duration.as_secs_f64(),
        });
    });
}

pub fn sweep(table: &Table) {
    add(|certificate| certificate.swept(table));
}

/// What was seen so far.
pub fn certificate() -> Certificate {
    seen().clone().unwrap_or_default()
}

/// Writes the certificate of a whole run to its file, and compares the docs with it; returns what it
/// does not say, and the file.
pub fn certify(mut certificate: Certificate) -> Result<(String, PathBuf), String> {
    let gaps = swept::gaps(&certificate);
    if !gaps.is_empty() {
        return Err(gaps.join("\n"));
    }
    certificate.not_covered = NOT_COVERED.map(ToOwned::to_owned).to_vec();
    let file = certificate.save();
    let file = file.map_err(|error| format!("the certificate was not written: {error}"))?;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verification.md");
    let text = fs::read_to_string(&docs).map_err(|error| format!("{}: {error}", docs.display()))?;
    let rendered = render(&text, &certificate.markdown())
        .ok_or_else(|| format!("{} has no place for the certificate", docs.display()))?;
    if std::env::var_os(RENDER).is_some() {
        fs::write(&docs, rendered).map_err(|error| format!("{}: {error}", docs.display()))?;
    } else if rendered != text {
        return Err(format!(
            "{} does not say what was seen; write it by `{RENDER}=1 cargo test --test model_tests`",
            docs.display()
        ));
    }
    Ok((certificate.limits(), file))
}

/// `text` with the certificate between its lines.
fn render(text: &str, certificate: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{certificate}\n{END}{after}"))
}
