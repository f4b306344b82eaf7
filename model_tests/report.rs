//! What the run explored, collected for the table at its end.

use aqueduct::model::{Deaths, Failure, Histories, Report, Table, Tried};
use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;

static MODELS: Mutex<Vec<[String; 5]>> = Mutex::new(Vec::new());
static DEATHS: Mutex<Vec<[String; 5]>> = Mutex::new(Vec::new());
static TRIED: Mutex<Vec<[String; 5]>> = Mutex::new(Vec::new());
static FAULTS: Mutex<Vec<[String; 5]>> = Mutex::new(Vec::new());
static ORDERINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HISTORIES: Mutex<Vec<Histories>> = Mutex::new(Vec::new());

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

fn add<T>(table: &Mutex<Vec<T>>, row: T) {
    table.lock().expect("rows are only added").push(row);
}

pub fn model(report: &Report) {
    let bound = report
        .bound
        .map_or("none".into(), |bound| bound.to_string());
    let row = [
        report.name.clone(),
        bound,
        report.executions.to_string(),
        report.outcomes.len().to_string(),
        seconds(report.duration),
    ];
    add(&MODELS, row);
    add(&HISTORIES, report.histories);
}

pub fn deaths(name: &str, seen: &Deaths, duration: Duration) {
    let row = [
        name.into(),
        seen.points.to_string(),
        seen.executions.to_string(),
        seen.outcomes.len().to_string(),
        seconds(duration),
    ];
    add(&DEATHS, row);
    add(&HISTORIES, seen.histories);
}

pub fn tried(seen: &Tried) {
    let row = [
        seen.name.clone(),
        seen.seed.to_string(),
        seen.runs.to_string(),
        seen.struck.to_string(),
        seconds(seen.duration),
    ];
    add(&TRIED, row);
    add(&HISTORIES, seen.histories);
}

/// A fault of a broken structure, how it was found, and after how many executions.
pub fn fault(
    structure: &str,
    fault: &impl Debug,
    found: &impl Debug,
    executions: usize,
    duration: Duration,
) {
    let row = [
        structure.into(),
        format!("{fault:?}"),
        format!("{found:?}"),
        executions.to_string(),
        format!("{:.1} ms", duration.as_secs_f64() * 1000.0),
    ];
    add(&FAULTS, row);
}

pub fn sweep(table: &Table) {
    for row in &table.rows {
        let fate = match (&row.killed, &row.argued) {
            (Some(failure), _) => caught(failure),
            (None, Some(reason)) => format!("argued: {reason}"),
            (None, None) => "SURVIVES".into(),
        };
        add(&ORDERINGS, format!("{} -> {}: {fate}", row.site, row.into));
    }
}

/// Which model fails without an ordering, and how.
fn caught(failure: &Failure) -> String {
    match failure {
        Failure::Panicked { model, defect, .. } => format!("{model}: {defect}"),
        Failure::UnexpectedOutcome { model, outcome, .. } => {
            format!("{model}: outcome {outcome}")
        }
        other => other.to_string(),
    }
}

pub fn print() {
    let models = MODELS.lock().expect("no more rows");
    table(
        ["model", "bound", "executions", "outcomes", "time"],
        &models,
    );
    let deaths = DEATHS.lock().expect("no more rows");
    table(
        [
            "killed at each access",
            "points",
            "executions",
            "outcomes",
            "time",
        ],
        &deaths,
    );
    let tried = TRIED.lock().expect("no more rows");
    table(
        ["tried at random", "seed", "runs", "struck", "time"],
        &tried,
    );
    let faults = FAULTS.lock().expect("no more rows");
    table(
        [
            "broken on purpose",
            "fault",
            "found as",
            "executions",
            "time",
        ],
        &faults,
    );
    let mut histories = Histories::default();
    for seen in &*HISTORIES.lock().expect("no more rows") {
        histories += *seen;
    }
    if histories.checked > 0 {
        let Histories { checked, calls } = histories;
        println!("\n{checked} histories judged, of {calls} calls");
    }
    let mut orderings = ORDERINGS.lock().expect("no more rows");
    orderings.sort();
    if !orderings.is_empty() {
        println!("\neach ordering, weakened, and the model that fails without it");
        orderings.iter().for_each(|row| println!("  {row}"));
    }
}

fn table(head: [&str; 5], rows: &[[String; 5]]) {
    if rows.is_empty() {
        return;
    }
    let mut rows = rows.to_vec();
    rows.sort();
    rows.insert(0, head.map(Into::into));
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    println!();
    for [name, columns @ ..] in &rows {
        print!("{name:<width$}", width = widths[0]);
        for (value, width) in columns.iter().zip(&widths[1..]) {
            print!("  {value:>width$}");
        }
        println!();
    }
}
