//! Runs the contestants in turns, each sample in a process of its own.

use std::env;
use std::io::{IsTerminal, Read, stderr};
use std::process::{self, Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use thiserror::Error;

use super::contestant::Stand;
use super::options::Options;
use super::report::{Report, Row};
use super::sides::die_with;
use super::surroundings::Surroundings;
use super::{Contestant, Course, Failure, Sample};
use crate::shm;

/// How a process learns which contestant is its own, and who has started it.
const NUMBER: &str = "AQUEDUCT_BENCH_CONTESTANT";
const PARENT: &str = "AQUEDUCT_BENCH_PARENT";

/// The contestant of which a sample is asked for, if this process is one.
pub(super) fn sample_asked_for() -> Option<usize> {
    env::var(NUMBER).ok()?.parse().ok()
}

/// Takes one sample, and prints it.
pub(super) fn one(
    contestants: &[Contestant],
    number: usize,
    options: &Options,
) -> Result<(), Failure> {
    let parent = env::var(PARENT).ok();
    let parent = parent.map(|number| number.parse()).transpose()?;
    if let Some(parent) = parent {
        die_with(parent);
    }
    let contestant = contestants
        .get(number)
        .ok_or("there is no such contestant")?;
    let stand = Stand {
        processors: options.processors()?,
        length: options.length(contestant.course),
        name: name_of(parent.unwrap_or_else(process::id), process::id()),
    };
    let sample = (contestant.run)(&stand)?;
    println!("{}", serde_json::to_string(&sample)?);
    Ok(())
}

/// Somebody has sent an interrupt, or asked this process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("interrupted")]
pub struct Interrupted;

/// What the names of a sample begin with: the process that asked for it, and its own one.
fn name_of(run: u32, sample: u32) -> String {
    format!("aqueduct-bench-{run}-{sample}")
}

/// Takes samples of all, in as many rounds as asked for. In each, the courses and the contestants of a
/// course are in another order: those that are compared follow each other. Who fails once is left out from
/// then on.
pub(super) fn all(contestants: &[Contestant], options: &Options) -> Result<Report, Failure> {
    let mut rows: Vec<Row> = contestants.iter().map(Row::new).collect();
    let surroundings = Surroundings::now(options)?;
    let samples = contestants.len() * options.rounds() as usize;
    let progress = progress(samples as u64, options)?;
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&interrupted))?;
    }
    for _ in 0..options.rounds() {
        for number in order(contestants) {
            let (contestant, row) = (&contestants[number], &mut rows[number]);
            progress.set_message(format!("{}: {}", contestant.course, contestant.about.name));
            if row.left_out.is_none() {
                let limit = contestant.course.patience() + 2 * options.length(contestant.course);
                match start(number).and_then(|child| finish(child, limit, &interrupted)) {
                    Ok(sample) => row.samples.push(sample),
                    Err(_) if interrupted.load(Ordering::Relaxed) => return Err(Interrupted.into()),
                    Err(why) => row.left_out = Some(why.to_string()),
                }
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    Ok(Report { surroundings, rows })
}

fn progress(samples: u64, options: &Options) -> Result<ProgressBar, Failure> {
    if options.quiet() || !stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = "{wide_bar} {pos} of {len}, {eta} left  {msg:40!}";
    Ok(ProgressBar::new(samples).with_style(ProgressStyle::with_template(style)?))
}

/// The numbers of the contestants, course by course.
fn order(contestants: &[Contestant]) -> Vec<usize> {
    let mut courses = Course::ALL;
    fastrand::shuffle(&mut courses);
    let of = |course| {
        let all = contestants.iter().enumerate();
        let numbers = all.filter(move |(_, contestant)| contestant.course == course);
        let mut numbers: Vec<usize> = numbers.map(|(number, _)| number).collect();
        fastrand::shuffle(&mut numbers);
        numbers
    };
    courses.into_iter().flat_map(of).collect()
}

/// This program again, with the same words, for a sample of that contestant.
fn start(number: usize) -> Result<Child, Failure> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args(env::args_os().skip(1))
        .env(NUMBER, number.to_string())
        .env(PARENT, process::id().to_string())
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command.spawn()?)
}

/// What it measured. One that takes too long is killed, and its other side with it.
fn finish(mut child: Child, limit: Duration, interrupted: &AtomicBool) -> Result<Sample, Failure> {
    let end = Instant::now() + limit;
    let is_over = || Instant::now() > end || interrupted.load(Ordering::Relaxed);
    let status = loop {
        match child.try_wait()? {
            Some(status) => break Some(status),
            None if is_over() => break None,
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    // The other side has the streams as well: they end when it has, and it makes no name after that.
    let (printed, said) = (text(child.stdout.take()), text(child.stderr.take()));
    clear(&name_of(process::id(), child.id()));
    match status {
        Some(status) if status.success() => {
            let line = printed.lines().last().unwrap_or_default();
            Ok(serde_json::from_str(line)?)
        }
        Some(status) => Err(format!("{status}: {}", first_words(&said)).into()),
        None => Err(format!("it hung: {}", first_words(&said)).into()),
    }
}

fn text(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What was not read is not shown.
        let _ = stream.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The beginning of what a process said, in one line.
fn first_words(said: &str) -> String {
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(200).collect()
}

/// Removes what a sample may have left in shared memory, folders too.
fn clear(prefix: &str) {
    let Ok(entries) = std::fs::read_dir(shm::FOLDER) else {
        return;
    };
    for entry in entries.flatten() {
        if !is_of(prefix, &entry.file_name().to_string_lossy()) {
            continue;
        }
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // If it is gone meanwhile, so much the better.
        let _ = if is_folder {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        };
    }
}

/// Whether `name` begins with `prefix`, and not with the number of another sample that begins alike.
fn is_of(prefix: &str, name: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
}
