//! The pages of the book, and the commands on them.
#![allow(
    dead_code,
    reason = "the properties and the models each use a part of it"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// What stands behind a command on a page.
pub struct Command {
    pub page: PathBuf,
    pub arguments: Vec<String>,
}

/// Each place of README.md and docs/ that has `command`, with the words behind it: no options, and no
/// numbers.
pub fn commands(command: &str) -> Vec<Command> {
    let mut found = Vec::new();
    for (page, text) in pages() {
        for line in text.lines() {
            for rest in line.split(command).skip(1) {
                let rest = rest.split(['`', '#', '&', '(']).next().unwrap_or_default();
                let words = rest.split_whitespace();
                let arguments = words
                    .filter(|word| !word.starts_with('-') && word.parse::<u32>().is_err())
                    .map(String::from);
                let (page, arguments) = (page.clone(), arguments.collect());
                found.push(Command { page, arguments });
            }
        }
    }
    assert!(!found.is_empty(), "no page has {command:?}");
    found
}

/// A row of docs/reliability.md: what is promised, and what tests it.
pub struct Promise {
    pub words: String,
    /// Filters of models, and of properties.
    pub models: Vec<String>,
    pub properties: Vec<String>,
    /// With which number, and when.
    pub seen: String,
}

/// All that docs/reliability.md promises.
pub fn promises() -> Vec<Promise> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/reliability.md")).expect("the page is there");
    let mut promises = Vec::new();
    for table in page.split("| promise | test | seen |\n").skip(1) {
        let rows = table.lines().take_while(|line| line.starts_with('|'));
        promises.extend(rows.skip(1).map(promise));
    }
    assert!(!promises.is_empty(), "the page promises nothing");
    promises
}

fn promise(row: &str) -> Promise {
    let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
    let &[words, tests, seen] = cells.as_slice() else {
        panic!("three cells: {row}");
    };
    let (models, others): (Vec<_>, Vec<_>) = tests
        .split("; ")
        .partition(|tests| tests.starts_with("models "));
    let quoted = |texts: Vec<&str>| -> Vec<String> {
        let quoted = texts
            .into_iter()
            .flat_map(|text| text.split('`').skip(1).step_by(2));
        quoted.map(String::from).collect()
    };
    Promise {
        words: words.to_owned(),
        models: quoted(models),
        properties: quoted(others),
        seen: seen.to_owned(),
    }
}

/// Each page and its text.
pub fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = files("docs", "md").into_iter();
    let pages = docs.chain([root.join("README.md")]);
    pages
        .map(|page| {
            let text = fs::read_to_string(&page).expect("a page that can be read");
            (page, text)
        })
        .collect()
}

/// The files of a folder whose names end so, in order.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(folder).expect("a folder that can be read");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let is_wanted = |file: &PathBuf| file.extension().is_some_and(|found| found == ending);
    let mut files: Vec<_> = files.filter(is_wanted).collect();
    files.sort();
    files
}

/// What follows `field` at the beginning of a line, in the patches to try.
pub fn fields(field: &str) -> Vec<String> {
    let patches = files("docs/exercises", "patch").into_iter();
    let texts = patches.map(|file| fs::read_to_string(file).expect("a file that can be read"));
    texts
        .flat_map(|text| {
            let lines = text.lines().filter_map(|line| line.strip_prefix(field));
            lines.map(String::from).collect::<Vec<_>>()
        })
        .collect()
}
