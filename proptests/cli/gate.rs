//! What waits for a gate that somebody else holds, stopped perhaps.

use std::fs;
use std::time::{Duration, Instant};

use aqueduct::shm::{Name, Object, Uid};
use nix::sys::signal::Signal::{SIGINT, SIGKILL, SIGTERM};

use super::harness::Scene;

/// Leaves an object that nobody is attached to, and opens it.
fn left(scene: &Scene) -> Object {
    let mut receiver = scene.start("recv NAME ./left");
    scene.wait_for_name();
    receiver.signal(SIGKILL);
    receiver.end();
    open(scene)
}

fn open(scene: &Scene) -> Object {
    let name = Name::parse(&scene.name).expect("a name");
    Object::open(name, Uid::effective()).expect("the object")
}

#[test]
fn waiting_at_the_gate_ends_with_its_time() {
    let scene = Scene::new();
    scene.file("in", 10);
    let object = left(&scene);
    let gate = object.lock_gate().expect("the gate");
    for words in [
        "send NAME ./in --timeout 500ms",
        "recv NAME ./out --timeout 500ms",
    ] {
        let begun = Instant::now();
        let (code, said) = scene.run(words);
        assert_eq!((code, said.contains("gate")), (7, true), "{words}: {said}");
        assert!(begun.elapsed() >= Duration::from_millis(500), "{words}");
        assert!(!scene.path("out").exists(), "a file was left behind");
    }
    drop(gate);
}

#[test]
fn who_waits_at_the_gate_can_be_interrupted() {
    for signal in [SIGINT, SIGTERM] {
        for words in ["send NAME ./in", "recv NAME ./out"] {
            let scene = Scene::new();
            scene.file("in", 10);
            let object = left(&scene);
            let gate = object.lock_gate().expect("the gate");
            let mut process = scene.start(words);
            std::thread::sleep(Duration::from_millis(200));
            let begun = Instant::now();
            process.signal(signal);
            assert_eq!(process.end().0, 130, "{words}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{words}");
            assert!(!scene.path("out").exists(), "a file was left behind");
            drop(gate);
        }
    }
}

#[test]
fn who_is_attached_ends_though_the_gate_is_held() {
    let scene = Scene::new();
    let mut receiver = scene.start("recv NAME ./out");
    scene.wait_for_name();
    let object = open(&scene);
    let gate = object.lock_gate().expect("the gate");
    let begun = Instant::now();
    receiver.signal(SIGTERM);
    let (code, said) = receiver.end();
    assert_eq!(
        (code, said.contains("cannot remove")),
        (130, true),
        "{said}"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
    drop(gate);
}

#[test]
fn a_name_that_went_meanwhile_is_not_removed() {
    let scene = Scene::new();
    let object = left(&scene);
    let gate = object.lock_gate().expect("the gate");
    let remover = scene.start("remove NAME");
    // It has opened the object by then, and waits.
    std::thread::sleep(Duration::from_millis(300));
    fs::remove_file(scene.object()).expect("there");
    drop(gate);
    let (code, said) = remover.end();
    assert_eq!((code, said.contains("no object")), (8, true), "{said}");
}
