//! What is not opened, and why.

use std::fs;
use std::io;
use std::os::unix::fs::{chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;

use aqueduct::shm::{Kind, Name, Object, OpenError, Uid, list};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::{Scratch, helper, name_for_helper};

/// Why `name` cannot be opened, as this user's.
fn refused(name: Name) -> OpenError {
    Object::open(name, Uid::effective()).expect_err("this is not to be opened")
}

#[test]
fn a_name_that_nobody_has_is_not_found() {
    let scratch = Scratch::new();
    let error = refused(scratch.name());
    assert!(matches!(error, OpenError::NotFound { .. }), "{error}");
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let (link, target) = (Scratch::new(), Scratch::new());
    symlink(target.name().path(), link.name().path()).expect("a link");
    for step in ["dangling", "to an object"] {
        let error = refused(link.name());
        assert!(
            matches!(error, OpenError::Symlink { .. }),
            "{step}: {error}"
        );
        if step == "dangling" {
            target.object();
        }
    }
}

#[test]
fn one_of_two_names_of_a_file_is_not_opened() {
    let (first, second) = (Scratch::new(), Scratch::new());
    first.object();
    fs::hard_link(first.name().path(), second.name().path()).expect("it is this user's");
    for name in [first.name(), second.name()] {
        let error = refused(name);
        assert!(
            matches!(error, OpenError::HardLink { count: 2, .. }),
            "{error}"
        );
        assert!(error.to_string().contains("-samefile /dev/shm/"), "{error}");
    }
    fs::remove_file(second.name().path()).expect("it is there");
    first.open();
}

/// Why a name is refused under which `make` has put something.
fn kind_refused(make: impl FnOnce(&std::path::Path)) -> Kind {
    let scratch = Scratch::new();
    make(&scratch.name().path());
    let listed = list().expect("the folder can be read");
    assert!(
        !listed.contains(&scratch.name()),
        "a listing has objects only"
    );
    match refused(scratch.name()) {
        OpenError::NotRegular { kind, .. } => kind,
        other => panic!("another error: {other}"),
    }
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    // Opened, a FIFO would wait for its other side.
    let fifo = kind_refused(|path| mkfifo(path, Mode::S_IRWXU).expect("a FIFO"));
    assert_eq!(fifo, Kind::Fifo);
    assert_eq!(
        kind_refused(|path| fs::create_dir(path).expect("a directory")),
        Kind::Directory
    );
    let socket = kind_refused(|path| drop(UnixListener::bind(path).expect("a socket")));
    assert_eq!(socket, Kind::Socket);
}

#[test]
fn an_object_of_an_unexpected_user_is_refused() {
    let scratch = Scratch::new();
    scratch.object();
    let (me, other) = (Uid::effective(), Uid::from_raw(1));
    match Object::open(scratch.name(), other).expect_err("it is mine") {
        OpenError::ForeignOwner {
            owner, expected, ..
        } => {
            assert_eq!((owner, expected), (me, other));
        }
        other => panic!("another error: {other}"),
    }
    if !me.is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    chown(scratch.name().path(), Some(other.as_raw()), None).expect("root can");
    let error = refused(scratch.name());
    assert!(
        matches!(error, OpenError::ForeignOwner { owner, .. } if owner == other),
        "{error}"
    );
    assert!(
        Object::open(scratch.name(), other).is_ok(),
        "the opener says whose it expects"
    );
}

/// A user who owns nothing.
const NOBODY: u32 = 65534;

#[test]
fn an_object_that_may_not_be_written_is_refused() {
    if !Uid::effective().is_root() {
        println!("skipped: only root can start a process of another user");
        return;
    }
    let scratch = Scratch::new();
    scratch.object();
    let mut child = helper("shm::refusal::opens_as_nobody", &scratch.name());
    match child.uid(NOBODY).gid(NOBODY).output() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            println!("skipped: another user cannot run this test program");
        }
        answer => {
            let answer = answer.expect("the helper runs");
            let text = String::from_utf8_lossy(&answer.stdout);
            assert!(
                answer.status.success() && text.contains("1 passed"),
                "{text}"
            );
        }
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn opens_as_nobody() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let root = Uid::from_raw(0);
    match Object::open(name, root).expect_err("nobody may not") {
        OpenError::Permission { mode, owner, .. } => assert_eq!((mode, owner), (0o600, root)),
        other => panic!("another error: {other}"),
    }
}
