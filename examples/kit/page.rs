//! docs/kit.md, compared with the code and with what it prints.

use std::panic::{AssertUnwindSafe, catch_unwind};

const PAGE: &str = include_str!("../../docs/kit.md");

const SOURCES: [&str; 7] = [
    include_str!("wrong.rs"),
    include_str!("stack.rs"),
    include_str!("models.rs"),
    include_str!("queue.rs"),
    include_str!("deaths.rs"),
    include_str!("history.rs"),
    include_str!("larger.rs"),
];

/// How many outputs the page shows; each is compared by the test that makes it.
const OUTPUTS: usize = 4;

/// The blocks of the page in this language, each as its lines.
fn blocks(language: &str) -> Vec<Vec<&'static str>> {
    let fence = format!("```{language}\n");
    let blocks = PAGE.split(&fence).skip(1);
    let blocks = blocks.map(|rest| rest.split("\n```").next().expect("there is a first part"));
    blocks.map(|block| block.lines().collect()).collect()
}

/// Whether `lines` stand in `source`, one after the other, indentation apart.
fn stands(lines: &[&str], source: &str) -> bool {
    let source: Vec<&str> = source.lines().map(str::trim).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    source.windows(lines.len()).any(|part| part == lines)
}

#[test]
fn the_code_of_the_page_is_here() {
    let blocks = blocks("rust");
    assert!(
        blocks.len() > 8,
        "{} blocks: is the search broken?",
        blocks.len()
    );
    for block in blocks {
        let found = SOURCES.iter().any(|source| stands(&block, source));
        assert!(found, "this is in no source:\n{}", block.join("\n"));
    }
}

#[test]
fn all_outputs_are_compared() {
    assert_eq!(blocks("text").len(), OUTPUTS);
    let others = PAGE.matches("\n```").count() / 2;
    let compared = OUTPUTS + blocks("rust").len();
    assert_eq!(
        others,
        compared + blocks("toml").len(),
        "a block that nobody looks at"
    );
}

/// What `check` panics with.
pub fn caught<T>(check: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(check)).err();
    let panic = panic.expect("the check does not fail");
    *panic.downcast().expect("the panic has a message")
}

/// Holds if the lines of output `number` of the page stand in `output`, in their order; a line of
/// three dots alone is for any number of lines.
pub fn shows(number: usize, output: &str) {
    let page = &blocks("text")[number];
    let mut printed = output.trim_end().lines().map(anywhere);
    let mut skipping = false;
    for line in page.iter().copied() {
        if line.trim() == "..." {
            skipping = true;
            continue;
        }
        let expected = anywhere(line);
        let found = if skipping {
            printed.any(|printed| printed == expected)
        } else {
            printed.next().is_some_and(|printed| printed == expected)
        };
        assert!(found, "the page says\n{line}\nand the output is\n{output}");
        skipping = false;
    }
    assert!(
        skipping || printed.next().is_none(),
        "there is more:\n{output}"
    );
}

/// A line of output, wherever the target directory lies.
fn anywhere(line: &str) -> String {
    let Some((what, path)) = line.split_once(": ").filter(|_| line.contains("aqueduct/")) else {
        return line.to_owned();
    };
    let file = path.rsplit("aqueduct/").next().unwrap_or_default();
    format!("{what}: {file}")
}
