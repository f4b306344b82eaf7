//! Which sources are swept, and that no ordering stands in another one.

use libtest_mimic::Failed;
use std::fs;
use std::path::Path;

/// The sources of the ring.
pub const RING: [&str; 2] = ["src/buffer/spsc/producer.rs", "src/buffer/spsc/consumer.rs"];
/// The sources of links. A ring of a bell is a site of whoever rings.
pub const LINK: [&str; 5] = [
    "src/wait.rs",
    "src/life.rs",
    "src/link.rs",
    "src/link/sender.rs",
    "src/link/receiver.rs",
];
/// Where algorithms live.
const ROOMS: [&str; 7] = [
    "src/place.rs",
    "src/position.rs",
    "src/life.rs",
    "src/buffer.rs",
    "src/buffer",
    "src/wait.rs",
    "src/link",
];

/// An ordering that weakening can touch stands only in sources that are swept.
pub fn no_other() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for room in ROOMS {
        found += look(root, &root.join(room))?;
    }
    // The two files of the ring, the bell and the seat.
    if found == 4 {
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
    let swept = RING.iter().chain(&LINK).any(|file| *file == name);
    swept
        .then_some(1)
        .ok_or_else(|| format!("{name} has an ordering and is not swept").into())
}

fn has_ordering(line: &str) -> bool {
    let line = line.trim_start();
    let code = line.split("//").next().unwrap_or_default();
    let orderings = ["Acquire", "Release", "AcqRel", "SeqCst"];
    !code.starts_with("use ") && orderings.iter().any(|ordering| code.contains(ordering))
}
