//! What is not plain data is refused by the compiler, in our words; and so is what must not go to another
//! thread, or live so long, in the compiler's.
//!
//! The programs in `proptests/refused` are compiled, and a comment behind each line of them that is
//! refused says why. The rest of what a compiler says changes with its version. They are a package in
//! the folder for the output of tests, with the dependencies that this one is locked to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

/// Nothing here takes so long.
const DEADLINE: Duration = Duration::from_mins(5);

const CASES: [&str; 8] = [
    "lifetimes",
    "link",
    "passes",
    "placed",
    "schema",
    "sparse",
    "threads",
    "unchecked",
];

/// Where the programs are.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proptests/refused")
}

/// The manifest of a package with a program for each case.
fn manifest() -> String {
    let bins = CASES.map(|case| {
        let path = sources().join(case).with_extension("rs");
        let path = path.to_str().expect("it is text");
        format!("[[bin]]\nname = {case:?}\npath = {path:?}\n")
    });
    let root = env!("CARGO_MANIFEST_DIR");
    format!(
        "[package]\nname = \"refused\"\nedition = \"2024\"\n\
         [workspace]\n\
         [profile.dev]\ndebug = false\nincremental = false\n\
         [dependencies]\naqueduct = {{ path = {root:?} }}\nzerocopy = {{ version = \"0.8\", features = [\"derive\"] }}\n\
         {}",
        bins.concat()
    )
}

/// Writes a file, unless it holds that already: then cargo would look at everything again.
fn write(path: &Path, content: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(content) {
        fs::write(path, content).expect("it can be written");
    }
}

/// What the compiler says of the programs, a value for each line of cargo.
fn compile() -> Vec<Value> {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refused");
    fs::create_dir_all(&package).expect("it can be made");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = fs::read_to_string(lock).expect("it is there");
    fs::write(package.join("Cargo.lock"), lock).expect("it can be written");
    write(&package.join("Cargo.toml"), &manifest());
    let output = Command::new(env!("CARGO"))
        .args([
            "check",
            "--offline",
            "--keep-going",
            "--message-format=json",
        ])
        .arg("--manifest-path")
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(package.join("target"))
        .timeout(DEADLINE)
        .output()
        .expect("cargo starts");
    let said = String::from_utf8(output.stdout).expect("it is text");
    let lines = said
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>();
    lines.unwrap_or_else(|_| panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// The lines of a program, with what is said of each: of the case, as the compiler refuses them.
type Refused = BTreeSet<(String, u64, String)>;

/// The errors, each once for the line that it points at, up to the first comma.
fn errors(messages: &[Value]) -> Refused {
    let errors = messages
        .iter()
        .filter(|line| line["reason"] == "compiler-message" && line["message"]["level"] == "error");
    let refused = errors.filter_map(|line| {
        let case = line["target"]["name"].as_str()?.to_owned();
        let spans = line["message"]["spans"].as_array()?;
        let span = spans.iter().find(|span| span["is_primary"] == true)?;
        let message = line["message"]["message"].as_str()?;
        let message = message.split(',').next()?.to_owned();
        Some((case, span["line_start"].as_u64()?, message))
    });
    refused.collect()
}

/// What the comments say.
fn expected() -> Refused {
    let cases = CASES.into_iter().flat_map(|case| {
        let source = sources().join(case).with_extension("rs");
        let source = fs::read_to_string(source).expect("it is there");
        let lines = source.lines().zip(1..).filter_map(|(line, number)| {
            let (code, comment) = line.split_once("// ")?;
            let is_refused = !code.trim().is_empty() && !code.contains("//");
            is_refused.then(|| (case.to_owned(), number, comment.to_owned()))
        });
        lines.collect::<Vec<_>>()
    });
    cases.collect()
}

/// The programs that could be compiled.
fn compiled(messages: &[Value]) -> BTreeSet<&str> {
    let artifacts = messages
        .iter()
        .filter(|line| line["reason"] == "compiler-artifact");
    let names = artifacts.filter_map(|line| line["target"]["name"].as_str());
    names.filter(|name| CASES.contains(name)).collect()
}

/// What to do, in the notes of the errors that say so.
fn advice(messages: &[Value], of: &str) -> String {
    let error = messages.iter().map(|line| &line["message"]).find(|error| {
        let message = error["message"].as_str();
        message.is_some_and(|message| message.contains(of))
    });
    let error = error.expect("there is such an error");
    error["rendered"].as_str().expect("it is text").to_owned()
}

#[test]
fn what_is_wrong_is_refused_by_the_compiler() {
    let messages = compile();
    assert_eq!(compiled(&messages), BTreeSet::from(["passes"]));
    let (errors, expected) = (errors(&messages), expected());
    let missing: Vec<_> = expected.difference(&errors).collect();
    let unexpected: Vec<_> = errors.difference(&expected).collect();
    assert!(
        missing.is_empty(),
        "not refused so: {missing:#?}, but: {unexpected:#?}"
    );
    // A line that is refused may be so for more than one reason, but no other one is.
    let lines = |refused: &Refused| -> BTreeSet<(String, u64)> {
        let lines = refused.iter().map(|(case, line, _)| (case.clone(), *line));
        lines.collect()
    };
    assert_eq!(lines(&errors), lines(&expected));

    for (of, what) in [
        (
            "`Padded` is not plain data",
            "where it has padding, put a field of bytes there",
        ),
        (
            "`bool` is not plain data",
            "send `aqueduct::place::Unchecked<bool>`",
        ),
        (
            "`Box<u64>` is not plain data",
            "send what it leads to, or an index",
        ),
        (
            "`Light` cannot be checked",
            "zerocopy's `TryFromBytes`, `IntoBytes`",
        ),
        (
            "`Silent` does not say",
            "derive `aqueduct::place::Schema` for it",
        ),
        (
            "`SilentLight` cannot be checked",
            "and `aqueduct::place::Schema`",
        ),
        (
            "`Vec<u64>` is not made to lie in",
            "`spsc::Ring<Native, T>`",
        ),
    ] {
        let said = advice(&messages, of);
        assert!(said.contains(what), "{said}");
    }
}
