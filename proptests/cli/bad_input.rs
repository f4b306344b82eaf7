//! What each kind of bad input gets.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::{Uid, mkfifo};

use super::harness::{Running, Scene, until};
use crate::running::look_under;

/// Runs, and asserts the exit code and a part of the message.
#[track_caller]
fn assert_refused(scene: &Scene, words: &str, code: i32, part: &str) {
    let (found, said) = scene.run(words);
    assert_eq!(found, code, "{words}: {said}");
    assert!(said.contains(part), "{words}: {said}");
}

/// All commands that open what is there.
const OPENING: [&str; 4] = [
    "send NAME ./in",
    "recv NAME ./out",
    "show NAME",
    "remove NAME",
];

#[test]
fn wrong_words_are_usage() {
    let scene = Scene::new();
    scene.file("in", 10);
    let long = format!("send {}", "n".repeat(256));
    let table = [
        ("send a/b", "a slash inside"),
        ("send /a/b", "a slash inside"),
        ("recv a/b", "a slash inside"),
        ("recv a/", "a slash inside"),
        ("send / ./in", "is empty"),
        ("recv /", "is empty"),
        ("recv ..", "means a folder"),
        (long.as_str(), "256 bytes"),
        ("send NAME ./in --capacity 0", "holds nothing"),
        ("send NAME ./in --capacity many", "not a number"),
        ("recv NAME --timeout soon", "not a duration"),
        ("recv NAME --mode 9", "not permission bits"),
        ("send NAME --resume", "FILE"),
        ("send NAME --resume /dev/null", "regular file"),
        ("recv NAME --resume /dev/null", "regular file"),
        ("demo /dev/null", "no regular file"),
        ("clean a/b", "a slash inside"),
        ("juggle", "unrecognized"),
    ];
    for (words, part) in table {
        assert_refused(&scene, words, 2, part);
    }
    for words in ["send", "recv", "show", "remove"] {
        let (code, said) = Running::of(scene.command(words).arg("")).end();
        assert_eq!(
            (code, said.contains("is empty")),
            (2, true),
            "{words}: {said}"
        );
    }
    scene.assert_clean();
}

#[test]
fn no_such_name_and_no_such_file() {
    let scene = Scene::new();
    assert_refused(&scene, "show NAME", 8, &scene.name);
    assert_refused(&scene, "remove NAME", 8, &scene.name);
    assert_refused(&scene, "send NAME ./missing", 1, "missing");
    assert_refused(&scene, "send NAME /tmp", 1, "/tmp");
    assert_refused(&scene, "recv NAME /tmp", 1, "/tmp");
    scene.assert_clean();
}

#[test]
fn what_is_no_object_is_left_alone() {
    let scene = Scene::new();
    scene.file("in", 10);
    let target = scene.file("target", 2_000_000);
    let object = scene.object();
    // On the file system of the object, as a hard link has to be.
    let other = object.with_extension("other");
    fs::write(&other, "").expect("a file");
    for make in [
        &(|| symlink(&target, &object).expect("a link")) as &dyn Fn(),
        &|| fs::hard_link(&other, &object).expect("a link"),
        &|| mkfifo(&object, Mode::S_IRWXU).expect("a FIFO"),
        &|| fs::write(&object, "").expect("an empty file"),
        &|| fs::write(&object, [7; 4096]).expect("a file"),
        &|| fs::write(&object, "aqueduct").expect("a short file"),
    ] {
        make();
        for words in OPENING {
            assert_refused(&scene, words, 10, &scene.name);
        }
        assert!(fs::symlink_metadata(&object).is_ok(), "removed");
        assert!(!scene.path("out").exists(), "a file was left behind");
        fs::remove_file(&object).expect("still there");
    }
    fs::remove_file(&other).expect("still there");
}

#[test]
fn an_object_of_another_than_expected_is_not_permitted() {
    let scene = Scene::new();
    scene.file("in", 10);
    leave_an_object(&scene);
    for words in OPENING {
        assert_refused(&scene, &format!("{words} --owner 4321"), 6, "4321");
    }
    assert!(!scene.path("out").exists(), "a file was left behind");
    assert_eq!(scene.run("remove NAME").0, 0);
}

#[test]
fn a_foreign_object_is_not_permitted() {
    if !Uid::effective().is_root() {
        return; // nobody else can give a file away
    }
    let scene = Scene::new();
    scene.file("in", 10);
    fs::write(scene.object(), [7; 4096]).expect("a file");
    std::os::unix::fs::chown(scene.object(), Some(4321), None).expect("given away");
    for words in OPENING {
        assert_refused(&scene, words, 6, "4321");
    }
    assert_refused(&scene, "show NAME --owner 4321", 10, &scene.name);
}

/// Leaves an object whose sender was killed when it had sent all of `in`.
fn leave_an_object(scene: &Scene) {
    let len = scene.path("in").metadata().expect("it is there").len();
    let mut sender = scene.start("send NAME ./in");
    let name = scene.name.parse().expect("a good name");
    until("the sender", || {
        look_under(&name).is_some_and(|status| status.sent == len)
    });
    sender.signal(Signal::SIGKILL);
    sender.end();
}

#[test]
fn a_header_that_differs_is_named() {
    let scene = Scene::new();
    scene.file("in", 1000);
    let table: [(u64, u8, &str); 9] = [
        (8, 9, "version 9"),
        (12, 9, "byte order"),
        (16, 3, "messages of one type"),
        (20, 3, "`body`"),
        (24, 3, "3 bytes"),
        (64, 3, "`capacity` is"),
        (72, 3, "its header says"),
        (80, 3, "`terms` is"),
        (110, 3, "byte 110"),
    ];
    for (offset, byte, part) in table {
        leave_an_object(&scene);
        let file = OpenOptions::new().write(true).open(scene.object());
        let file = file.expect("the object");
        file.write_all_at(&[byte], offset).expect("written");
        assert_refused(&scene, "recv NAME ./out", 4, part);
        assert_refused(&scene, "send NAME ./in", 4, part);
        assert_eq!(scene.run("list").0, 0);
        assert_eq!(scene.run("show NAME").0, 0);
        assert_eq!(scene.run("remove NAME").0, 0, "ours may be removed");
        scene.assert_clean();
    }
}

#[test]
fn a_truncated_object_and_another_capacity() {
    let scene = Scene::new();
    scene.file("in", 1000);
    leave_an_object(&scene);
    let capacity = "recv --capacity 64K NAME ./out";
    assert_refused(&scene, capacity, 4, "capacity");
    let file = OpenOptions::new().write(true).open(scene.object());
    file.expect("the object").set_len(5000).expect("cut");
    assert_refused(&scene, "recv NAME ./out", 4, "5000 bytes");
    assert_eq!(scene.run("remove NAME").0, 0);
}

#[test]
fn a_seat_is_for_one() {
    let scene = Scene::new();
    scene.file("in", 1000);
    let mut receiver = scene.start("recv NAME ./out");
    scene.wait_for_name();
    assert_refused(&scene, "recv NAME ./other", 9, "receiver");
    assert!(!scene.path("other").exists(), "a file was left behind");
    assert_refused(&scene, "remove NAME", 9, "in use");
    receiver.signal(Signal::SIGTERM);
    assert_eq!(receiver.end().0, 130);
    scene.assert_clean();
    let mut sender = scene.start("send NAME ./in");
    scene.wait_for_name();
    assert_refused(&scene, "send NAME ./in", 9, "sender");
    assert_refused(&scene, "send NAME ./in --resume", 9, "sender");
    sender.signal(Signal::SIGTERM);
    assert_eq!(sender.end().0, 130);
    scene.assert_clean();
}

#[test]
fn a_stream_that_was_left_says_the_way_out() {
    let scene = Scene::new();
    scene.file("in", 1000);
    leave_an_object(&scene);
    let mut receiver = scene.start("recv NAME ./out --resume");
    until("the bytes", || {
        fs::metadata(scene.path("out")).is_ok_and(|file| file.len() == 1000)
    });
    assert_refused(
        &scene,
        "send NAME ./in",
        1,
        "byte or message 1000; resume it, or end its receiver",
    );
    receiver.signal(Signal::SIGKILL);
    receiver.end();
    assert_eq!(scene.run("remove NAME").0, 0);
}

#[test]
fn too_little_space_is_an_error_before_anything_is_written() {
    let scene = Scene::new();
    scene.file("in", 1000);
    assert_refused(&scene, "send NAME ./in --capacity 4096T", 5, "no space");
    scene.assert_clean();
}

#[test]
fn an_unreadable_file_is_not_permitted() {
    if Uid::effective().is_root() {
        return; // root reads everything
    }
    let scene = Scene::new();
    let file = scene.file("in", 1000);
    fs::set_permissions(file, fs::Permissions::from_mode(0o0)).expect("closed");
    assert_refused(&scene, "send NAME ./in", 6, "in");
    scene.assert_clean();
}
