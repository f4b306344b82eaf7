//! What each kind of bad input gets.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt as _;

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
    let object = scene.object();
    let look = || {
        let written = fs::metadata(&object).and_then(|object| object.modified());
        let written = written.expect("it is there");
        (fs::read(&object).expect("root reads everything"), written)
    };
    for make in [
        &(|| fs::write(&object, [7; 4096]).expect("a file")) as &dyn Fn(),
        &|| leave_an_object(&scene),
    ] {
        make();
        open_to(&scene, 0o666);
        std::os::unix::fs::chown(&object, Some(4321), None).expect("given away");
        let before = look();
        for words in OPENING {
            assert_refused(&scene, words, 6, "4321");
        }
        scene.run("clean NAME");
        assert_eq!(look(), before);
        assert!(!scene.path("out").exists(), "a file was left behind");
        fs::remove_file(&object).expect("still there");
    }
    fs::write(&object, [7; 4096]).expect("a file");
    std::os::unix::fs::chown(&object, Some(4321), None).expect("given away");
    assert_refused(&scene, "show NAME --owner 4321", 10, &scene.name);
}

fn open_to(scene: &Scene, mode: u32) {
    let mode = fs::Permissions::from_mode(mode);
    fs::set_permissions(scene.object(), mode).expect("it is ours");
}

#[test]
fn what_is_open_to_others_is_shown_and_removed_and_not_used() {
    let scene = Scene::new();
    scene.file("in", 10);
    for words in ["remove NAME", "clean NAME"] {
        leave_an_object(&scene);
        open_to(&scene, 0o666);
        for words in ["send NAME ./in", "recv NAME ./out"] {
            assert_refused(&scene, words, 6, "its mode is 0666, and at most 0600");
            let words = format!("{words} --mode 660");
            assert_refused(&scene, &words, 6, "its mode is 0666, and at most 0660");
        }
        assert!(!scene.path("out").exists(), "a file was left behind");
        for words in ["list", "show NAME", words] {
            let (code, said) = scene.run(words);
            assert_eq!(code, 0, "{words}: {said}");
        }
        scene.assert_clean();
    }
}

#[test]
fn both_sides_ask_for_a_wide_mode() {
    let scene = Scene::new();
    scene.file("in", 1000);
    let receiver = scene.start("recv NAME ./out --mode 660");
    scene.wait_for_name();
    assert_refused(&scene, "send NAME ./in", 6, "--mode 660");
    assert_refused(&scene, "send NAME ./in --mode 606", 6, "0660");
    // Who would let in more may use less.
    let (code, said) = scene.run("send NAME ./in --mode 666");
    assert_eq!((code, receiver.end().0), (0, 0), "{said}");
    assert_eq!(fs::read(scene.path("out")).expect("received").len(), 1000);
    scene.assert_clean();
}

#[test]
fn another_user_gets_in_by_the_mode_and_the_owners_name() {
    if !Uid::effective().is_root() {
        return; // nobody else can start a process of another user
    }
    let other = |scene: &Scene, words: &str| {
        let mut command = scene.command(words);
        command.uid(65534).gid(65534);
        command.spawn().ok().map(|child| Running::from(child).end())
    };
    for (mode, gets_in) in [("600", false), ("644", false), ("666", true)] {
        let scene = Scene::new();
        let mut receiver = scene.start(&format!("recv NAME --mode {mode}"));
        scene.wait_for_name();
        let Some((code, said)) = other(&scene, "send NAME") else {
            return; // another user cannot run the program
        };
        assert_eq!((code, said.contains("user 0")), (6, true), "{said}");
        let (code, said) = other(&scene, "send NAME --owner 0").expect("it starts");
        assert_eq!(code, if gets_in { 0 } else { 6 }, "{mode}: {said}");
        if !gets_in {
            assert!(said.contains(&format!("its mode is 0{mode}")), "{said}");
            receiver.signal(Signal::SIGTERM);
        }
        assert_eq!(receiver.end().0, if gets_in { 0 } else { 130 });
        scene.assert_clean();
    }
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
        (16, 6, "messages of one type"),
        (20, 3, "`body`"),
        (24, 3, "`capacity` is"),
        (32, 3, "its header says"),
        (40, 3, "`terms` is"),
        (64, 3, "`check` is"),
        (80, 3, "`check` is"),
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
