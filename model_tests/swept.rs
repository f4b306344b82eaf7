//! Which sources are swept; that no ordering stands in another one, and none is left out.

use aqueduct::model::{Certificate, Weakened};
use libtest_mimic::Failed;
use std::fs;
use std::path::Path;

/// The sources of the ring.
pub const RING: [&str; 3] = [
    "src/buffer/spsc.rs",
    "src/buffer/spsc/producer.rs",
    "src/buffer/spsc/consumer.rs",
];
/// The sources of the ring of many producers and consumers.
pub const MPMC: [&str; 6] = [
    "src/buffer/mpmc/claim.rs",
    "src/buffer/mpmc/consumer.rs",
    "src/buffer/mpmc/producer.rs",
    "src/buffer/mpmc/recover.rs",
    "src/buffer/mpmc/pop_ref.rs",
    "src/buffer/mpmc/view.rs",
];
/// The sources of the meeting point.
pub const RENDEZVOUS: [&str; 2] = [
    "src/buffer/rendezvous.rs",
    "src/buffer/rendezvous/producer.rs",
];
/// The source of the textbook's buffer.
pub const TEXTBOOK: &str = "src/buffer/textbook.rs";
/// The sources of the buffer of records.
pub const FRAMES: [&str; 4] = [
    "src/buffer/frames.rs",
    "src/buffer/frames/claim.rs",
    "src/buffer/frames/producer.rs",
    "src/buffer/frames/consumer.rs",
];
/// The sources of the unbounded buffer.
pub const UNBOUNDED: [&str; 6] = [
    "src/buffer/gate.rs",
    "src/buffer/unbounded.rs",
    "src/buffer/unbounded/heap.rs",
    "src/buffer/unbounded/many.rs",
    "src/buffer/unbounded/producer.rs",
    "src/buffer/unbounded/consumer.rs",
];
/// The source of the bell.
pub const BELL: &str = "src/wait/bell.rs";
/// The sources of links. A ring of a bell is a site of whoever rings.
pub const LINK: [&str; 5] = [
    "src/wait.rs",
    "src/life.rs",
    "src/link.rs",
    "src/link/sender.rs",
    "src/link/receiver.rs",
];
/// The sources of mailboxes.
pub const MAILBOX: [&str; 4] = [
    "src/link/counted.rs",
    "src/link/member.rs",
    "src/link/tenure.rs",
    "src/wait/event_count.rs",
];
/// The source of the seats of those who share a buffer.
pub const CROWD: &str = "src/crowd.rs";
/// The source of what processes know of those who share a pipe.
pub const PIPE: &str = "src/pipe/shared.rs";
/// Everything that is swept.
fn swept() -> impl Iterator<Item = &'static str> {
    let sources: [&[&str]; 11] = [
        &[TEXTBOOK],
        &RING,
        &MPMC,
        &RENDEZVOUS,
        &FRAMES,
        &UNBOUNDED,
        &[BELL],
        &LINK,
        &MAILBOX,
        &[CROWD],
        &[PIPE],
    ];
    sources.into_iter().flatten().copied()
}

/// Where algorithms live.
const ROOMS: [&str; 12] = [
    "src/place.rs",
    "src/position.rs",
    "src/life.rs",
    "src/buffer.rs",
    "src/buffer",
    "src/wait.rs",
    "src/wait",
    "src/crowd.rs",
    "src/link.rs",
    "src/link",
    "src/pipe.rs",
    "src/pipe",
];

/// An ordering that weakening can touch stands only in sources that are swept.
pub fn no_other() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for room in ROOMS {
        found += look(root, &root.join(room))?;
    }
    // The textbook's buffer; the two files of the ring, the six of that of many, two of the meeting
    // point, the four of records, two of the unbounded buffer and its gate; the bell and the seat;
    // the event count, the bells of many, the handles of threads, the owner; and who writes to a pipe.
    if found == 25 {
        Ok(())
    } else {
        Err(format!("{found} files with orderings: is the search broken?").into())
    }
}

/// How many sources below `path` have orderings; an error if one of them is not swept.
fn look(root: &Path, path: &Path) -> Result<usize, Failed> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?;
        return entries.map(|entry| look(root, &entry?.path())).sum();
    }
    if !fs::read_to_string(path)?.lines().any(has_ordering) {
        return Ok(0);
    }
    let name = path.strip_prefix(root)?.display().to_string();
    swept()
        .any(|file| file == name)
        .then_some(1)
        .ok_or_else(|| format!("{name} has an ordering and is not swept").into())
}

fn has_ordering(line: &str) -> bool {
    let line = line.trim_start();
    let code = line.split("//").next().unwrap_or_default();
    let orderings = ["Acquire", "Release", "AcqRel", "SeqCst"];
    !code.starts_with("use ") && orderings.iter().any(|ordering| code.contains(ordering))
}

/// Where nobody can be killed: ends of one process sleep on the bell alone, and threads do not die
/// singly.
const OF_THREADS: &str = "[] => P::wait_any(&[bell], deadline)";

/// Whether only threads share what lies there.
fn is_of_threads(place: &str) -> bool {
    place.starts_with("src/link/counted.rs")
}

/// The lines of the swept sources that order something, or change a word in one step, and that no row of the certificate is about,
/// and the accesses before which no model kills, or pauses, a process.
pub fn gaps(certificate: &Certificate) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut gaps = Vec::new();
    for name in swept() {
        let text = fs::read_to_string(root.join(name)).expect("a source of this package");
        for (number, line) in own_lines(&text).filter(|(_, line)| orders(line)) {
            let about = |row: &Weakened| row.file == name && is_about(row, number, line);
            if !certificate.orderings.iter().any(about) {
                gaps.push(format!(
                    "{name}:{number} orders something, and is not weakened"
                ));
            }
        }
    }
    let killed = certificate.never_killed().into_iter();
    let killed = killed.filter(|access| !access.source.contains(OF_THREADS));
    let killed = killed.filter(|access| !is_of_threads(&access.place));
    gaps.extend(killed.map(|access| format!("nobody is killed before {}", access.place)));
    let paused = certificate.never_paused().into_iter();
    gaps.extend(paused.map(|access| format!("nobody is paused before {}", access.place)));
    gaps
}

/// The lines of a source with their numbers, but for its tests and for functions whose accesses are
/// their callers'.
fn own_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut of_callers = false;
    code.lines().zip(1..).filter_map(move |(line, number)| {
        of_callers |= line.trim() == "#[track_caller]";
        let own = !of_callers;
        of_callers &= line != "    }";
        own.then_some((number, line))
    })
}

/// Whether the line has an ordering, or changes a word in one step, or rings a bell, which is a fence
/// and a wake-up.
fn orders(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let steps = [".compare_exchange(", ".swap(", ".fetch_"];
    let one_step = steps.iter().any(|step| code.contains(step));
    let rings = [
        "ring_peer(&mut self.ringer);",
        "ring_peer(ringer);",
        "peer_bell().ring();",
        ".wake();",
        "side.rouse();",
    ];
    let rings = rings.iter().any(|ring| code.trim_end().ends_with(ring));
    has_ordering(line) || one_step || rings
}

/// Whether the row is about the statement that line `number` belongs to.
fn is_about(row: &Weakened, number: usize, line: &str) -> bool {
    let behind = number.checked_sub(row.line as usize);
    behind.is_some_and(|behind| behind < 8) && row.source.contains(line.trim())
}
