//! `aqueduct clean`: what it removes, what it keeps, and why.
//!
//! Other tests have names in the same folder, so each test names its own, but where nothing is
//! removed, or in a [folder of its own](folder).

mod folder;
mod gate;

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt, symlink};

use aqueduct::buffer::Owner;
use aqueduct::link::Ended;
use aqueduct::open::Options;
use aqueduct::shm::{Byte, Name, Object, Uid};
use nix::sys::signal::Signal::{SIGCONT, SIGKILL, SIGSTOP};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::harness::{Running, Scene, until};
use crate::running::look;

/// Runs to the end; what it printed, and what it said.
fn clean(scene: &Scene, words: &str) -> (i32, String, String) {
    let output = scene.start(&format!("clean {words}")).output();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Asserts that it says this of the name, with and without a dry run, and keeps it.
#[track_caller]
fn assert_kept(scene: &Scene, reason: &str) {
    for words in ["NAME", "NAME --dry-run"] {
        let (code, printed, said) = clean(scene, words);
        let kept = printed.starts_with("kept") && printed.contains(&scene.name);
        assert!(
            code == 0 && kept && printed.contains(reason),
            "{words}: {code}, {printed}{said}"
        );
        assert!(fs::symlink_metadata(scene.object()).is_ok(), "removed");
    }
}

/// Asserts that a dry run says so and changes nothing, and that it is then removed with these words.
#[track_caller]
fn assert_removed(scene: &Scene, reason: &str) {
    let before = fs::metadata(scene.object()).expect("there");
    let bytes = fs::read(scene.object()).expect("it can be read");
    let (code, printed, _) = clean(scene, "NAME --dry-run");
    let would = printed.starts_with("would remove") && printed.contains(reason);
    assert!(code == 0 && would, "{code}, {printed}");
    let after = fs::metadata(scene.object()).expect("nothing is removed");
    assert_eq!(before.ino(), after.ino());
    assert_eq!(before.modified().ok(), after.modified().ok());
    assert_eq!(bytes, fs::read(scene.object()).expect("it can be read"));
    let (code, printed, _) = clean(scene, "NAME");
    let removed = printed.starts_with("removed") && printed.contains(reason);
    assert!(code == 0 && removed, "{code}, {printed}");
    scene.assert_clean();
}

fn open(scene: &Scene) -> Object {
    Object::open(name(scene), Uid::effective()).expect("the object")
}

fn name(scene: &Scene) -> Name {
    Name::parse(&scene.name).expect("a name")
}

/// Starts one side, and waits until the name is there.
fn side(scene: &Scene, words: &str) -> Running {
    let running = scene.start(words);
    scene.wait_for_name();
    running
}

/// Leaves an object whose sender was killed when it had sent so many bytes.
fn leave_unread(scene: &Scene, bytes: usize) {
    scene.file("in", bytes);
    let mut sender = side(scene, "send NAME ./in");
    let object = open(scene);
    until("the bytes", || look(&object).sent == bytes as u64);
    sender.signal(SIGKILL);
    sender.end();
}

/// Leaves an object whose receiver was killed before anybody sent.
fn leave_unused(scene: &Scene) {
    let mut receiver = side(scene, "recv NAME ./out");
    receiver.signal(SIGKILL);
    receiver.end();
}

#[test]
fn who_is_attached_is_left_alone_also_when_stopped() {
    let scene = Scene::new();
    let mut receiver = side(&scene, "recv NAME ./out");
    assert_kept(&scene, "its receiver is attached");
    receiver.signal(SIGSTOP);
    assert_kept(&scene, "its receiver is attached");
    receiver.signal(SIGCONT);
    receiver.signal(SIGKILL);
    receiver.end();
    assert_removed(&scene, "nobody is attached");
}

#[test]
fn a_side_that_waits_for_a_successor_is_left_alone() {
    let scene = Scene::new();
    scene.file("in", 5000);
    let mut sender = side(&scene, "send NAME ./in");
    let mut receiver = scene.start("recv NAME ./out --resume --capacity 1000");
    receiver.signal(SIGKILL);
    receiver.end();
    assert_kept(&scene, "its sender is attached");
    sender.signal(SIGKILL);
    sender.end();
    let _ = fs::remove_file(scene.object());
    let mut receiver = side(&scene, "recv NAME ./out --resume");
    let mut sender = scene.start("send NAME ./in --resume");
    receiver.signal(SIGSTOP);
    sender.signal(SIGKILL);
    sender.end();
    assert_kept(&scene, "its receiver is attached");
    receiver.signal(SIGKILL);
    receiver.end();
}

#[test]
fn what_both_left_is_removed_and_what_is_lost_is_told() {
    let scene = Scene::new();
    leave_unread(&scene, 1234);
    let (code, printed, _) = clean(&scene, "NAME --keep-unfinished");
    let kept = printed.starts_with("kept") && printed.contains("byte 1234, and it can be resumed");
    assert!(code == 0 && kept, "{printed}");
    assert_removed(&scene, "1234 bytes sent and not received are lost");
    leave_unused(&scene);
    assert_removed(&scene, "nobody is attached\n");
}

#[test]
fn a_whole_stream_waits_for_its_receiver() {
    let scene = Scene::new();
    let mut sender = Options::new().sender::<u64>(&name(&scene)).expect("free");
    for message in 0..3 {
        sender.send(message).expect("there is room");
    }
    drop(sender);
    assert_kept(&scene, "3 messages wait for a receiver");
    let mut receiver = Options::new().receiver::<u64>(&name(&scene)).expect("free");
    for message in 0..3 {
        assert_eq!(receiver.recv(), Ok(message));
    }
    assert_eq!(receiver.recv(), Err(Ended::Closed));
    drop(receiver);
    assert_removed(&scene, "nobody is attached\n");
}

#[test]
fn a_lock_of_any_byte_is_a_use() {
    let scene = Scene::new();
    leave_unused(&scene);
    let object = std::sync::Arc::new(open(&scene));
    let far = Byte::Attachment(Owner::new(700));
    let held = object
        .try_lock(far)
        .expect("it can be")
        .expect("it is free");
    assert_kept(&scene, "somebody holds a lock");
    drop(held);
    assert_removed(&scene, "nobody is attached");
}

#[test]
fn what_is_none_of_ours_is_kept() {
    let scene = Scene::new();
    let target = scene.file("target", 5000);
    let object = scene.object();
    let no_object = "not an aqueduct object";
    let kinds: [(&dyn Fn(), &str); 6] = [
        (
            &|| symlink(&target, &object).expect("a link"),
            "a symbolic link",
        ),
        (
            &|| mkfifo(&object, Mode::S_IRWXU).expect("a FIFO"),
            "a FIFO",
        ),
        (
            &|| fs::create_dir(&object).expect("a folder"),
            "a directory",
        ),
        (&|| fs::write(&object, "").expect("a file"), no_object),
        (
            &|| fs::write(&object, [7; 4096]).expect("a file"),
            no_object,
        ),
        (
            &|| fs::write(&object, "aqueduct").expect("a file"),
            no_object,
        ),
    ];
    for (make, reason) in kinds {
        make();
        assert_kept(&scene, reason);
        let removed = fs::remove_file(&object).or_else(|_| fs::remove_dir(&object));
        removed.expect("still there");
    }
    assert!(target.exists(), "the target of the link");
}

#[test]
fn what_this_program_does_not_understand_is_kept() {
    let scene = Scene::new();
    let table: [(u64, &[u8], &str); 6] = [
        (8, &[9], "version 9"),
        (12, &[9], "byte order"),
        (16, &[12], "does not know what it carries"),
        // One bit of a stream of bytes.
        (16, &[2], "does not know what it carries"),
        (32, &[3], "its header says"),
        // The sender's position, a quarter of the world ahead of the receiver's.
        (1024 + 512, &[1, 0, 0, 0, 0, 0, 0, 0x40], "corrupt"),
    ];
    for (offset, bytes, reason) in table {
        leave_unused(&scene);
        let file = OpenOptions::new().write(true).open(scene.object());
        let written = file.expect("the object").write_all_at(bytes, offset);
        written.expect("written");
        assert_kept(&scene, reason);
        assert_eq!(scene.run("remove NAME").0, 0);
    }
}

#[test]
fn nothing_to_do_is_no_failure() {
    let scene = Scene::new();
    let (code, printed, said) = clean(&scene, "NAME");
    assert_eq!((code, printed.as_str()), (0, ""), "{said}");
    assert!(said.contains("nothing to remove"), "{said}");
    let (code, printed, _) = clean(&scene, "NAME --json");
    assert_eq!((code, printed.as_str()), (0, "[]\n"));
}

/// Of the names of other tests, nothing is told that would stay as it is, and nothing is done.
#[test]
fn a_dry_run_of_the_whole_folder_changes_nothing() {
    let (dead, alive) = (Scene::new(), Scene::new());
    leave_unread(&dead, 10);
    let mut receiver = side(&alive, "recv NAME ./out");
    let (code, printed, said) = clean(&dead, "--dry-run --json");
    assert_eq!(code, 0, "{said}");
    let told: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let of = |scene: &Scene| {
        let name = format!("/{}", scene.name);
        let mut all = told.as_array().expect("a list").iter();
        all.find(|one| one["name"] == *name).cloned().expect("told")
    };
    assert_eq!(of(&dead)["verdict"], "would remove");
    assert_eq!(of(&dead)["unread"], 10);
    assert_eq!(of(&alive)["verdict"], "kept");
    assert!(dead.object().exists() && alive.object().exists());
    receiver.signal(SIGKILL);
    receiver.end();
}

#[test]
fn each_of_several_names_gets_its_answer() {
    let (dead, missing, other) = (Scene::new(), Scene::new(), Scene::new());
    leave_unused(&dead);
    leave_unused(&other);
    let (code, printed, said) = clean(&dead, &format!("{} NAME", missing.name));
    assert_eq!((code, said.as_str()), (0, ""));
    assert_eq!(printed.lines().count(), 1, "{printed}");
    dead.assert_clean();
    assert!(other.object().exists(), "its name was not given");
}

#[test]
fn an_object_of_another_than_expected_is_kept() {
    let scene = Scene::new();
    leave_unused(&scene);
    let (code, printed, _) = clean(&scene, "NAME --owner 4321");
    let kept = printed.starts_with("kept") && printed.contains("belongs to user");
    assert!(code == 0 && kept, "{code}, {printed}");
    assert!(scene.object().exists());
}
