//! `aqueduct bench`: it measures all that it names, and leaves nothing.

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::harness::{Running, Scene};

/// The names that samples of that run have left.
fn left_by(run: u32) -> Vec<String> {
    let prefix = format!("aqueduct-bench-{run}-");
    let names = fs::read_dir("/dev/shm").expect("a folder").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(&prefix)).collect()
}

/// What a run said, which has left nothing.
fn measured(mut run: Running) -> Output {
    let number = run.child().id();
    let output = run.output();
    assert_eq!(left_by(number), [""; 0]);
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Each contestant gives a sample, of a message at least; only the kernel may have no queue for us.
/// An interrupt ends it, too, and nothing of either is left.
#[test]
fn everything_is_measured_and_nothing_is_left() {
    let scene = Scene::new();
    let output = measured(scene.start("bench --rounds 1 --millis 2 --json"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let courses: BTreeSet<_> = rows.iter().map(|row| row["course"].as_str()).collect();
    assert_eq!(courses.len(), 11, "{courses:?}");
    for row in rows {
        let forbidden = row["left_out"]
            .as_str()
            .is_some_and(|why| why.contains("no queue"));
        let sample = &row["samples"][0];
        let is_measured = sample["count"].as_u64() > Some(0) && sample["time"].as_f64() > Some(0.0);
        assert!(is_measured || forbidden, "{row:#}");
    }

    let mut long = scene.start("bench --rounds 1000");
    thread::sleep(Duration::from_millis(700));
    long.signal(Signal::SIGINT);
    let output = measured(long);
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
}

/// So is growth; there may be no descriptors for a thousand links.
#[test]
fn growth_is_measured() {
    let scene = Scene::new();
    let command = "bench --growth --rounds 1 --millis 2 --most 1000000 --json";
    let output = measured(scene.start(command));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = report["rows"].as_array().expect("rows");
    let courses: BTreeSet<_> = rows.iter().map(|row| row["course"].as_str()).collect();
    assert_eq!(courses.len(), 6, "{courses:?}");
    let of_mpmc = |row: &&Value| row["about"]["settings"] == "mpmc";
    assert_eq!(rows.iter().filter(of_mpmc).count(), 1, "a tenth");
    for row in rows {
        let name = row["about"]["name"].as_str().expect("a name");
        let is_left_out = name.ends_with(", 1000") && row["left_out"].is_string();
        assert!(
            is_left_out || row["samples"][0]["time"].as_f64() > Some(0.0),
            "{row:#}"
        );
    }
}

/// What was kept can be shown again, as tables and as pictures.
#[test]
fn what_was_kept_is_shown_again() {
    let scene = Scene::new();
    let once = scene
        .start("bench uncontended --rounds 3 --millis 2 --keep ./kept.json")
        .output();
    let again = scene
        .start("bench --from ./kept.json --pictures ./pictures")
        .output();
    let [once, again] = [once, again].map(|output| {
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        String::from_utf8(output.stdout).expect("text")
    });
    assert_eq!(once, again);
    assert!(once.contains("**mpmc**"), "{once}");
    let picture = fs::read_to_string(scene.path("pictures/uncontended.svg"));
    assert!(picture.expect("a picture").contains("mpmc"));
}

/// Whatever is wrong is said with its name.
#[test]
fn what_cannot_be_is_named() {
    let scene = Scene::new();
    let wrong = [
        (
            "bench uncontended --processors 0,100000",
            1,
            "processor 100000",
        ),
        ("bench --from ./nothing.json", 1, "nothing.json"),
        ("bench nonsense", 2, "nonsense"),
        ("bench --rounds 0", 2, "--rounds"),
        (
            "bench uncontended --rounds 1 --millis 1 --keep ./no/where",
            1,
            "no/where",
        ),
    ];
    for (words, code, name) in wrong {
        let output = scene.start(words).output();
        assert_eq!(
            output.status.code(),
            Some(code),
            "{words}: {}",
            said(&output)
        );
        assert!(said(&output).contains(name), "{words}: {}", said(&output));
    }
}
