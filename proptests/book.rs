//! What the book names is there: examples, tests, exercises of the lab, patches that still apply, and
//! what its links lead to.

mod links;
mod pages;

use std::path::Path;
use std::process::Command;

use self::pages::{Promise, commands, files, promises};

fn output(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn each_example_is_there() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for command in commands("cargo run --example ") {
        let name = command.arguments.first().expect("a name");
        let found = [format!("{name}.rs"), format!("{name}/main.rs")];
        assert!(
            found.iter().any(|file| examples.join(file).is_file()),
            "{}: no example {name}",
            command.page.display()
        );
    }
}

/// The names of this program's properties.
fn properties() -> Vec<String> {
    let this = std::env::current_exe().expect("this program");
    let list = output(Command::new(this).arg("--list"));
    let names = list.lines().filter_map(|line| line.strip_suffix(": test"));
    names.map(String::from).collect()
}

#[test]
fn each_property_is_there() {
    let names = properties();
    for command in commands("cargo test --test proptests") {
        for filter in command.arguments {
            assert!(
                names.iter().any(|name| name.contains(&filter)),
                "{}: no property {filter}",
                command.page.display()
            );
        }
    }
}

#[test]
fn each_promise_has_a_test() {
    let names = properties();
    for promise in promises() {
        let Promise { words, seen, .. } = promise;
        let tests = promise.models.len() + promise.properties.len();
        assert!(tests > 0 && !seen.is_empty(), "only said: {words}");
        // What has one word alone is an operation, or a program.
        for filter in promise.properties {
            let is_there = names.iter().any(|name| name.contains(&filter));
            assert!(is_there || !filter.contains("::"), "no {filter}: {words}");
        }
    }
}

#[test]
fn each_exercise_of_the_lab_is_there() {
    let list = output(Command::new(env!("CARGO_BIN_EXE_aqueduct")).arg("lab"));
    let known = |exercise: &str| {
        let mut names = list
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        exercise == "EXERCISE" || names.any(|name| name == exercise)
    };
    let on_pages = commands("-- lab").into_iter().chain(commands("`lab"));
    for command in on_pages {
        if let Some(exercise) = command.arguments.first() {
            assert!(
                known(exercise),
                "{}: no exercise {exercise}",
                command.page.display()
            );
        }
    }
}

/// A patch changes the sources as they are, or can be taken back, and has a line on the page.
#[test]
fn each_patch_applies() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../docs/exercises.md");
    let mut applied = 0;
    for patch in files("docs/exercises", "patch") {
        let applies = |how: &[&str]| {
            let mut git = Command::new("git");
            git.args(["apply", "--check"]).args(how).arg(&patch);
            let output = git.current_dir(root).output().expect("git starts");
            output.status.success()
        };
        assert!(
            applies(&[]) || applies(&["--reverse"]),
            "{}",
            patch.display()
        );
        let name = patch.file_stem().expect("a name").to_string_lossy();
        assert!(
            page.contains(&format!("| `{name}` |")),
            "not on the page: {name}"
        );
        applied += 1;
    }
    assert_eq!(
        applied,
        page.lines().filter(|line| line.starts_with("| `")).count()
    );
}
