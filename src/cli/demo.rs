//! `aqueduct demo`: a real file through shared memory between real processes, beside a FIFO; then
//! with kills in the middle. Every byte is compared.

mod event;
pub(super) mod part;
mod report;
mod stage;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

use aqueduct::open::status;
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;

use self::event::Event;
use self::report::{Kills, Report, Run};
use self::stage::Stage;
use super::args::Output;
use super::failure::Failure;
use super::files::Input;
use super::inspect::{print, print_json};
use super::interrupt::Interrupt;
use super::progress::say;
use super::streams::output_must_be_open;

/// So many bytes pass at least, so that there is something to measure.
const LEAST: u64 = 512 << 20;

/// How often the sender is killed.
const KILLS: u64 = 5;

/// How often the transfer with the kills is tried.
const TRIES: u32 = 5;

/// Plays the demo.
pub(super) fn run(file: Option<PathBuf>, output: Output) -> Result<(), Failure> {
    output_must_be_open()?;
    let interrupt = Interrupt::watch()?;
    let file = match file {
        Some(file) => file,
        None => std::env::current_exe().map_err(Failure::system("find this program"))?,
    };
    let input = Input::open(Some(&file))?;
    let Some(length) = input.length().filter(|&length| length > 0) else {
        let file = file.display();
        return Err(Failure::Usage(format!(
            "{file} is empty or no regular file; take another FILE"
        )));
    };
    let rounds = LEAST.div_ceil(length);
    let stage = Stage::build(file, length * rounds, interrupt)?;
    let narrate = |line: String| {
        if !output.json {
            say(line);
        }
    };
    let report = play(&stage, rounds, &narrate)?;
    let printed = if output.json {
        print_json(&report.json(&stage.file))
    } else {
        print(&report.text())
    };
    drop(stage);
    if report.is_right() {
        printed
    } else {
        Err(Failure::Demo("what arrived is not what was sent".into()))
    }
}

fn play(stage: &Stage, rounds: u64, narrate: &dyn Fn(String)) -> Result<Report, Failure> {
    let (file, total) = (stage.file.display(), stage.total);
    let (name, repeats) = (&stage.name, if rounds > 1 { 5 } else { 3 });
    let times = match rounds {
        1 => String::new(),
        rounds => format!(" ({rounds} times over, to have something to measure)"),
    };
    narrate(format!(
        "one process sends {file}{times}, {total} bytes, through {name}; another compares them"
    ));
    narrate(format!(
        "the same through a FIFO, in turn; each {repeats} times"
    ));
    let (mut link, mut fifo) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
        link.push(pass(stage, "link", Path::new(name.as_os_str()))?);
        fifo.push(pass(stage, "fifo", &stage.fifo())?);
    }
    narrate(format!(
        "now the sender gets SIGKILL at {KILLS} random moments; each time another takes over"
    ));
    let kills = all_kills(stage, narrate)?;
    Ok(Report { link, fifo, kills })
}

/// One transfer from end to end.
fn pass(stage: &Stage, way: &str, place: &Path) -> Result<Run, Failure> {
    let mut receiver = stage.start(&format!("{way}-receiver"), place)?;
    let _sender = stage.start(&format!("{way}-sender"), place)?;
    match stage.next(&mut receiver)? {
        Event::Ended(took, bytes, same) => Ok(Run { bytes, took, same }),
        Event::Died(..) => Err(Failure::Demo("the sender died".into())),
    }
}

/// A transfer that sees all its kills. On a busy machine a sender may be at the end before it is
/// killed; then everything begins anew.
fn all_kills(stage: &Stage, narrate: &dyn Fn(String)) -> Result<Kills, Failure> {
    for _ in 1..TRIES {
        let kills = kills(stage, narrate)?;
        if kills.notices.len() as u64 == KILLS {
            return Ok(kills);
        }
        narrate("the sender was faster than the next kill; once more".into());
    }
    kills(stage, narrate)
}

/// One transfer whose sender is killed again and again.
fn kills(stage: &Stage, narrate: &dyn Fn(String)) -> Result<Kills, Failure> {
    let place = Path::new(stage.name.as_os_str());
    let mut receiver = stage.start("link-receiver", place)?;
    let mut sender = stage.start("link-sender", place)?;
    let object = stage.object()?;
    let mut notices = Vec::new();
    let mut last = 0;
    for kill in 0..KILLS {
        // Somewhere behind the last death, so that the successor is there.
        let point = moment(stage.total, kill).max(last + 1);
        let reached = || status(&object).map_or(0, |status| status.map_or(0, |s| s.received));
        stage.until(|| reached() >= point || sender.has_ended())?;
        let killed = Native::now();
        sender.kill()?;
        match stage.next(&mut receiver)? {
            Event::Died(when, position) => {
                let notice = when.saturating_sub(killed);
                notices.push(notice);
                last = position;
                narrate(format!(
                    "killed: after byte {position} the receiver knew it in {} µs; \
                     a new sender takes over",
                    notice.as_micros()
                ));
            }
            // The sender was faster than the kill.
            Event::Ended(took, bytes, same) => {
                let run = Run { bytes, took, same };
                return Ok(Kills { run, notices });
            }
        }
        sender = stage.start("link-sender", place)?;
    }
    match stage.next(&mut receiver)? {
        Event::Ended(took, bytes, same) => {
            let run = Run { bytes, took, same };
            Ok(Kills { run, notices })
        }
        Event::Died(..) => Err(Failure::Demo("a sender died that nobody killed".into())),
    }
}

/// A random position in the part of the stream that belongs to this kill; the last part has none.
fn moment(total: u64, kill: u64) -> u64 {
    let part = total / (KILLS + 1);
    let random = RandomState::new().build_hasher().finish();
    kill * part + random % part.max(1)
}
