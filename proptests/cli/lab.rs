//! The lab: what it prints, and what it leaves.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use nix::unistd::Uid;

use super::harness::{Running, Scene};

const EXERCISES: [&str; 6] = [
    "plain-counters",
    "relaxed-indices",
    "publish-before-write",
    "shared-count",
    "two-producers",
    "sleep-without-recheck",
];

/// Runs in the folder of the scene.
fn run(scene: &Scene, words: &str) -> Output {
    Running::of(scene.command(words).current_dir(scene.path("."))).output()
}

/// The exit code, and what was said on the standard output and on the standard error.
fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_exercises_are_listed() {
    let scene = Scene::new();
    let (code, listed, _) = said(&run(&scene, "lab"));
    let names = listed.lines().map(|line| line.split(' ').next());
    assert_eq!(code, 0);
    assert!(names.eq(EXERCISES.map(Some)), "{listed}");
}

#[test]
fn an_unknown_exercise_is_usage_and_names_the_known_ones() {
    let scene = Scene::new();
    let (code, printed, told) = said(&run(&scene, "lab plane-counters"));
    assert_eq!((code, printed.as_str()), (2, ""));
    for name in EXERCISES {
        assert!(told.contains(name), "{told}");
    }
    for words in [
        "lab --fix",
        "lab --picture x.svg",
        "lab --all plain-counters",
        "lab plain-counters --fix --picture x.svg",
    ] {
        assert_eq!(said(&run(&scene, words)).0, 2, "{words}");
    }
}

#[test]
fn a_mistake_is_shown_and_drawn_twice_in_a_row() {
    let scene = Scene::new();
    let mut printed = Vec::new();
    for _ in 0..2 {
        let (code, shown, told) = said(&run(&scene, "lab plain-counters"));
        assert_eq!(code, 0, "{told}");
        for part in [
            "write(&self.r#in, (r#in + 1) % BUFFER_SIZE);",
            "thread 1",
            "plain_counters.rs:",
            "! race",
            "as a picture: plain-counters.svg",
        ] {
            assert!(shown.contains(part), "no {part:?} in\n{shown}");
        }
        assert!(told.contains("lab plain-counters --fix"), "{told}");
        let picture = fs::read_to_string(scene.path("plain-counters.svg"));
        assert!(picture.expect("a picture").starts_with("<svg"));
        printed.push(shown);
    }
    assert_eq!(printed[0], printed[1]);
    let left: Vec<_> = fs::read_dir(scene.path(".")).expect("a folder").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_repair_is_a_diff_that_holds() {
    let scene = Scene::new();
    let (code, shown, told) = said(&run(&scene, "lab plain-counters --fix"));
    assert_eq!(code, 0, "{told}");
    for part in [
        "-       r#in: Plain,",
        "+       r#in: Word,",
        " executions, which is all there are, and none fails",
        "[1, 2] came out at once",
    ] {
        assert!(shown.contains(part), "no {part:?} in\n{shown}");
    }
    assert!(!scene.path("plain-counters.svg").exists());
}

#[test]
fn every_mistake_is_found_and_every_repair_holds() {
    let scene = Scene::new();
    let (code, shown, told) = said(&run(&scene, "lab --all"));
    assert_eq!(code, 0, "{told}");
    for name in EXERCISES {
        assert!(shown.contains(name), "{shown}");
    }
}

#[test]
fn the_picture_goes_where_it_is_asked_for() {
    let scene = Scene::new();
    let (code, shown, _) = said(&run(&scene, "lab two-producers --picture ./here.svg"));
    let here = scene.path("here.svg");
    assert_eq!(code, 0);
    assert!(shown.contains(&format!("as a picture: {}", here.display())));
    assert!(here.exists() && !scene.path("two-producers.svg").exists());
    let (code, _, told) = said(&run(&scene, "lab two-producers --picture ./no/x.svg"));
    assert_eq!(code, 1);
    assert!(told.contains("no/x.svg"), "{told}");
}

/// What nobody asked for is no failure.
#[test]
fn a_folder_that_cannot_be_written_gets_no_picture() {
    if Uid::effective().is_root() {
        return; // root writes everywhere
    }
    let scene = Scene::new();
    let folder = scene.path(".");
    fs::set_permissions(&folder, Permissions::from_mode(0o500)).expect("closed");
    let (code, shown, told) = said(&run(&scene, "lab two-producers"));
    let asked = said(&run(&scene, "lab two-producers --picture x.svg")).0;
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("opened");
    assert_eq!((code, asked), (0, 6), "{told}");
    assert!(
        shown.contains("! race") && told.contains("--picture"),
        "{told}"
    );
}
