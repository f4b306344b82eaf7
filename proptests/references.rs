//! Where references are made from addresses, and what each leads to: none leads to bytes that a peer who is
//! not trusted may write, but to atomic words.
//!
//! Sealed memory is used through [`Wary`](aqueduct::platform::native::Wary) alone, whose cells hand out
//! private copies. So what the sides of a buffer make of what a cell hands out is a reference to such a
//! copy there; on `Native` it is one to the slot itself, whose other users are trusted.
//!
//! Whoever makes another reference finds this test red, and says here what it leads to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a reference leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leads {
    /// To memory of this process alone.
    Private,
    /// To a structure of atomic words and cells.
    Words,
    /// To what a cell has handed out: on `Wary` a private copy.
    Handed,
    /// To bytes of a named object, whose users trust each other; never to sealed memory.
    Trusted,
}
use Leads::{Handed, Private, Trusted, Words};

/// Each file that makes references from addresses: how many, and to what.
const REFERENCES: &[(&str, usize, &[Leads])] = &[
    ("buffer/frames.rs", 2, &[Words]),
    ("buffer/frames/claim.rs", 3, &[Handed, Trusted]),
    ("buffer/frames/consumer.rs", 2, &[Handed, Trusted]),
    ("buffer/mpmc/claim.rs", 1, &[Handed]),
    ("buffer/mpmc/pop_ref.rs", 2, &[Handed]),
    ("buffer/spsc.rs", 1, &[Words]),
    ("buffer/spsc/consumer.rs", 3, &[Handed]),
    ("buffer/spsc/producer.rs", 2, &[Handed]),
    ("buffer/unbounded.rs", 1, &[Words]),
    ("buffer/unbounded/consumer.rs", 1, &[Handed]),
    ("buffer/unbounded/heap.rs", 1, &[Private]),
    ("buffer/unbounded/producer.rs", 1, &[Handed]),
    ("link.rs", 1, &[Words]),
    ("link/bytes.rs", 1, &[Handed]),
    ("link/select/few.rs", 1, &[Words]),
    ("open.rs", 1, &[Words]),
    ("open/mailbox/contents.rs", 1, &[Words]),
    ("open/mailbox/status.rs", 1, &[Private]),
    ("open/named.rs", 2, &[Words]),
    ("open/pipe/contents.rs", 1, &[Words]),
    ("open/pipe/status.rs", 1, &[Private]),
    ("open/sealed/end.rs", 2, &[Words]),
    ("open/status.rs", 2, &[Private, Words]),
    ("place/plain.rs", 1, &[Private]),
    ("platform/native/wary.rs", 3, &[Private, Words]),
    ("shm/attachment.rs", 2, &[Words]),
    ("shm/hand_over/receive.rs", 2, &[Private]),
    ("shm/keeper.rs", 1, &[Words]),
    ("shm/mapping.rs", 1, &[Trusted]),
    ("shm/placed.rs", 1, &[Words]),
    ("shm/process.rs", 2, &[Private]),
    ("shm/sparse.rs", 2, &[Words]),
];

/// What makes a reference from an address.
const MAKERS: [&str; 8] = [
    "unsafe { &*",
    "unsafe { &mut *",
    "slice::from_raw_parts(",
    "slice::from_raw_parts_mut(",
    ".as_ref() }",
    ".as_mut() }",
    "assume_init_ref()",
    "assume_init_mut()",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// How many references a source makes, its tests aside, however its lines are broken.
fn references(source: &str) -> usize {
    let code = source
        .split("#[cfg(test)]\nmod ")
        .next()
        .expect("a first piece");
    let code = code
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"));
    let words: Vec<&str> = code.flat_map(str::split_whitespace).collect();
    let code = words.join(" ");
    MAKERS.iter().map(|maker| code.matches(maker).count()).sum()
}

#[test]
fn each_reference_from_an_address_is_accounted_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut found = BTreeMap::new();
    for file in files {
        let name = file.strip_prefix(&root).expect("it lies there");
        let name = name.to_str().expect("it is text").to_owned();
        // The checker and the command line have no memory that others write, and the bench trusts itself.
        if ["model", "cli", "bench"]
            .iter()
            .any(|room| name.starts_with(room))
        {
            continue;
        }
        let count = references(&fs::read_to_string(&file).expect("it is text"));
        if count > 0 {
            found.insert(name, count);
        }
    }
    let expected = REFERENCES
        .iter()
        .map(|&(name, count, _)| (name.to_owned(), count));
    let expected: BTreeMap<_, _> = expected.collect();
    assert_eq!(found, expected);
}

#[test]
fn nothing_that_a_stranger_may_write_is_referred_to_but_by_words() {
    // The rooms in which there is sealed memory.
    for room in ["open/sealed", "platform/native/wary", "buffer/spsc", "link"] {
        let here = REFERENCES
            .iter()
            .filter(|(name, ..)| name.starts_with(room));
        for (name, _, leads) in here {
            assert!(!leads.contains(&Trusted), "{name}");
        }
    }
}
