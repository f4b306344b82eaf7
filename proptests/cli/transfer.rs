//! Streams that end well, and streams that do not.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use aqueduct::open::Options;
use aqueduct::place::Schema;
use nix::sys::signal::Signal::{SIGINT, SIGKILL, SIGTERM};
use zerocopy::{FromBytes, IntoBytes};

use super::harness::{Running, Scene, noise, until};

const LENGTH: usize = 5_000_000;

#[test]
fn files_pass_in_either_order() {
    for receiver_first in [true, false] {
        let scene = Scene::new();
        let sent = scene.file("in", LENGTH);
        let mut words = ["send NAME ./in", "recv NAME ./out"];
        if receiver_first {
            words.reverse();
        }
        let first = scene.start(words[0]);
        scene.wait_for_name();
        assert_eq!(scene.run(words[1]), (0, String::new()));
        assert_eq!(first.end(), (0, String::new()));
        assert!(fs::read(scene.path("out")).unwrap() == fs::read(sent).unwrap());
        scene.assert_clean();
    }
}

#[test]
fn pipes_pass_twice_over_one_name() {
    let scene = Scene::new();
    let bytes = noise(LENGTH);
    for _ in 0..2 {
        let mut sender = Running::of(scene.command("send NAME").stdin(Stdio::piped()));
        let mut stdin = sender.child().stdin.take().expect("a pipe");
        let copy = bytes.clone();
        let feeder = std::thread::spawn(move || stdin.write_all(&copy));
        let output = scene.start("recv NAME -").output();
        assert!(output.status.success() && output.stdout == bytes);
        feeder.join().unwrap().unwrap();
        assert_eq!(sender.end().0, 0);
        scene.assert_clean();
    }
}

#[test]
fn an_empty_stream_waits_for_its_receiver() {
    let scene = Scene::new();
    let sender = scene.start("send NAME");
    scene.wait_for_name();
    assert_eq!(scene.run("recv NAME ./out").0, 0);
    assert_eq!(sender.end().0, 0);
    assert_eq!(fs::read(scene.path("out")).unwrap(), b"");
    scene.assert_clean();
}

#[test]
fn what_was_read_is_sent_at_once() {
    let scene = Scene::new();
    let mut sender = Running::of(scene.command("send NAME").stdin(Stdio::piped()));
    let mut stdin = sender.child().stdin.take().expect("a pipe");
    let mut receiver = scene.start("recv NAME");
    let mut stdout = receiver.child().stdout.take().expect("a pipe");
    for word in [b"one", b"two"] {
        stdin.write_all(word).unwrap();
        let mut read = [0; 3];
        stdout.read_exact(&mut read).unwrap();
        assert_eq!(&read, word);
    }
    drop(stdin);
    assert_eq!((sender.end().0, receiver.end().0), (0, 0));
    scene.assert_clean();
}

#[test]
fn a_closed_stdout_ends_both_with_an_error() {
    let scene = Scene::new();
    scene.file("in", LENGTH);
    let sender = scene.start("send NAME ./in");
    let mut receiver = scene.start("recv NAME");
    drop(receiver.child().stdout.take());
    let (code, said) = receiver.end();
    assert_eq!((code, said.contains("output was closed")), (1, true));
    let (code, said) = sender.end();
    assert_eq!(
        (code, said.contains("closed /aqueduct-test")),
        (1, true),
        "{said}"
    );
    scene.assert_clean();
}

#[test]
fn a_full_disk_is_no_space() {
    let scene = Scene::new();
    scene.file("in", LENGTH);
    let sender = scene.start("send NAME ./in");
    let (code, said) = scene.run("recv NAME /dev/full");
    assert_eq!((code, said.contains("/dev/full")), (5, true), "{said}");
    assert_eq!(sender.end().0, 3);
    scene.assert_clean();
}

#[test]
fn waiting_ends_with_its_time() {
    let scene = Scene::new();
    scene.file("in", LENGTH);
    for words in ["recv NAME --timeout 50ms", "send NAME ./in --timeout 50ms"] {
        let (code, said) = scene.run(words);
        assert_eq!((code, said.contains(&scene.name)), (7, true), "{said}");
        scene.assert_clean();
    }
}

#[test]
fn an_interruption_is_no_end_of_the_stream() {
    for signal in [SIGINT, SIGTERM, SIGKILL] {
        let scene = Scene::new();
        let mut sender = Running::of(scene.command("send NAME").stdin(Stdio::piped()));
        let mut stdin = sender.child().stdin.take().expect("a pipe");
        stdin.write_all(b"abc").unwrap();
        let receiver = scene.start("recv NAME ./out");
        until("the bytes", || {
            fs::read(scene.path("out")).is_ok_and(|b| b == b"abc")
        });
        // As from a terminal, where the source of a pipe is interrupted too.
        sender.signal(signal);
        drop(stdin);
        assert_eq!(sender.end().0, if signal == SIGKILL { -1 } else { 130 });
        let (code, said) = receiver.end();
        assert_eq!((code, said.contains("died at byte 3")), (3, true), "{said}");
        scene.assert_clean();
    }
}

#[test]
fn an_interrupted_waiter_leaves_nothing() {
    for words in [
        "recv NAME",
        "recv NAME ./out",
        "recv NAME ./out --resume",
        "send NAME ./in",
        "send NAME ./in --resume",
    ] {
        let scene = Scene::new();
        scene.file("in", 10);
        let mut process = scene.start(words);
        scene.wait_for_name();
        process.signal(SIGINT);
        assert_eq!(process.end().0, 130, "{words}");
        assert!(!scene.path("out").exists(), "a file was left behind");
        if words.contains("--resume") {
            // What it has sent, if it came to that, may still be wanted.
            assert!(matches!(scene.run("remove NAME").0, 0 | 8));
        }
        scene.assert_clean();
    }
}

/// Kills one side again and again in the middle, and asserts that the stream arrives.
fn assert_resumed(stays: &str, dies: &str, seen: &str) {
    let scene = Scene::new();
    let sent = scene.file("in", 200_000_000);
    let words = File::create(scene.path("words")).expect("a file");
    let survivor = Running::of(scene.command(stays).stderr(words));
    let said = || fs::read_to_string(scene.path("words")).expect("words");
    scene.wait_for_name();
    for kill in 1..=4 {
        let mut process = scene.start(dies);
        let least = kill * 10_000_000;
        until("some bytes", || {
            fs::metadata(scene.path("out")).is_ok_and(|file| file.len() >= least)
        });
        process.signal(SIGKILL);
        process.end();
        // Of a death that is followed at once nobody may be told.
        until("the first death is told", || said().contains(seen));
    }
    let (code, words) = scene.run(dies);
    assert_eq!(code, 0, "{words}");
    assert_eq!(survivor.end().0, 0, "{}", said());
    assert!(fs::read(scene.path("out")).unwrap() == fs::read(sent).unwrap());
    scene.assert_clean();
}

#[test]
fn another_sender_takes_over() {
    assert_resumed(
        "recv NAME ./out --resume --capacity 64K",
        "send NAME ./in --resume",
        "the sender of",
    );
}

#[test]
fn another_receiver_takes_over() {
    assert_resumed(
        "send NAME ./in --resume --capacity 64K",
        "recv NAME ./out --resume",
        "the receiver of",
    );
}

#[test]
fn both_may_go_and_come_again() {
    let scene = Scene::new();
    let sent = scene.file("in", 3_000_000);
    let mut sender = scene.start("send NAME ./in --resume --capacity 64K");
    scene.wait_for_name();
    until("bytes", || scene.run("show NAME").0 == 0);
    std::thread::sleep(Duration::from_millis(50));
    sender.signal(SIGINT);
    let (code, said) = sender.end();
    assert_eq!((code, said.contains("left at byte")), (130, true), "{said}");
    scene.file("short", 10);
    assert_eq!(scene.run("send NAME ./short --resume").0, 1);
    let receiver = scene.start("recv NAME ./out --resume");
    assert_eq!(scene.run("send NAME ./in --resume").0, 0);
    assert_eq!(receiver.end().0, 0);
    assert!(fs::read(scene.path("out")).unwrap() == fs::read(sent).unwrap());
    scene.assert_clean();
}

#[test]
fn a_sender_that_gives_up_leaves_nobody_waiting() {
    let scene = Scene::new();
    let mut sender = Running::of(scene.command("send NAME").stdin(Stdio::piped()));
    let mut stdin = sender.child().stdin.take().expect("a pipe");
    stdin.write_all(b"abc").unwrap();
    let receiver = scene.start("recv NAME ./out --resume");
    until("the bytes", || {
        fs::read(scene.path("out")).is_ok_and(|b| b == b"abc")
    });
    sender.signal(SIGINT);
    assert_eq!((sender.end().0, receiver.end().0), (130, 3));
    scene.assert_clean();
}

#[test]
fn a_name_is_itself_for_programs_and_escaped_for_people() {
    let mut scene = Scene::new();
    scene.name.push_str("\u{1b}[2J");
    let mut receiver = scene.start("recv NAME");
    scene.wait_for_name();
    let said = scene.start("show NAME --json").output().stdout;
    let said: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
    assert_eq!(said["name"], format!("/{}", scene.name));
    for words in ["list", "show NAME"] {
        let said = String::from_utf8(scene.start(words).output().stdout).expect("text");
        assert!(said.contains("\\u{1b}[2J"), "{words}: {said}");
        assert!(!said.contains('\u{1b}'), "{words}: {said:?}");
    }
    receiver.signal(SIGTERM);
    assert_eq!(receiver.end().0, 130);
    scene.assert_clean();
}

#[test]
fn objects_are_shown() {
    let scene = Scene::new();
    let mut receiver = scene.start("recv NAME --capacity 64K --mode 640");
    scene.wait_for_name();
    let said = scene.start("list --json").output().stdout;
    let said: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
    let own = format!("/{}", scene.name);
    let rows = said.as_array().expect("rows");
    let row = rows.iter().find(|row| row["name"] == own).expect("ours");
    assert_eq!(
        (&row["capacity"], &row["mode"]),
        (&65536.into(), &"0640".into())
    );
    assert_eq!(row["receiver"]["state"], "alive");
    assert_eq!(row["sender"]["state"], "none yet");
    receiver.signal(SIGKILL);
    receiver.end();
    let said = scene.start("show NAME").output().stdout;
    assert!(String::from_utf8_lossy(&said).contains("receiver  died"));
    assert_eq!(scene.run("remove NAME").0, 0);
    scene.assert_clean();
}

#[test]
fn what_messages_consist_of_is_shown() {
    #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
    #[repr(C)]
    struct Reading {
        time: u64,
        celsius: [f32; 2],
    }
    let scene = Scene::new();
    let name = scene.name.parse().expect("a good name");
    let _receiver = Options::new()
        .receiver::<Reading>(&name)
        .expect("it is free");
    let said = scene.start("show NAME").output().stdout;
    let said = String::from_utf8(said).expect("text");
    let expected = "   message type  `Reading` (16 bytes, aligned to 8)\n\
                    \x20                 time: u64 in 0..8\n\
                    \x20                 celsius: [f32; 2] in 8..16\n";
    assert!(said.contains(expected), "{said}");
    let said = scene.start("show NAME --json").output().stdout;
    let said: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
    let lines = [
        "Reading",
        " time: u64 in 0..8",
        " celsius: [f32; 2] in 8..16",
    ];
    assert_eq!(said["schema"], serde_json::json!(lines));
}
