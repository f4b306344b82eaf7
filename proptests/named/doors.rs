//! Who gets in by a name. An object of one's own that is open to others is refused, and left alone; and so is what
//! is no object.

mod ends;
mod users;

use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use aqueduct::open::{self, AttachError, RemoveError};
use aqueduct::shm::{Name, Object, OpenError, Uid, list};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::mkfifo;

use self::ends::{Asks, ENDS, KINDS, NUMBER};
use crate::shm::Scratch;

/// The permission bits that are tried.
const MODES: [u32; 6] = [0o600, 0o640, 0o644, 0o660, 0o666, 0o606];

/// Those that are expected unless others are asked for.
const DEFAULT: u32 = 0o600;

/// What nobody who is refused may change: the bytes, when they were written, and whose they are.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    bytes: Vec<u8>,
    written: (i64, i64),
    changed: (i64, i64),
    mode: u32,
    owner: u32,
    inode: u64,
}

fn look(name: &Name) -> Look {
    let path = name.path();
    let metadata = fs::symlink_metadata(&path).expect("it is there");
    let mut bytes = Vec::new();
    // A mailbox of any number is long, and nearly all of it a hole.
    let file = File::open(&path).expect("it may be read");
    file.take(1 << 16)
        .read_to_end(&mut bytes)
        .expect("it is memory");
    Look {
        bytes,
        written: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
        mode: metadata.mode(),
        owner: metadata.uid(),
        inode: metadata.ino(),
    }
}

fn open_to(name: &Name, mode: u32) {
    fs::set_permissions(name.path(), Permissions::from_mode(mode)).expect("it is ours");
}

#[track_caller]
fn is_wide(what: &str, error: &AttachError, found: u32, asked: u32) {
    let AttachError::Open(OpenError::WideMode { mode, expected, .. }) = error else {
        panic!("{what}: {error}");
    };
    assert_eq!((*mode, *expected), (found, asked), "{what}");
    let text = error.to_string();
    let words = [
        format!("{found:04o}"),
        format!("{asked:04o}"),
        format!("--mode {found:o}"),
        "aqueduct remove".into(),
    ];
    for word in words {
        assert!(text.contains(&word), "{what}: {word} is not in: {text}");
    }
}

#[test]
fn an_object_of_ones_own_is_as_wide_as_asked_for_at_most() {
    for kind in &KINDS {
        for made in MODES {
            for asked in MODES {
                let what = format!("a {} made {made:04o}, asked for {asked:04o}", kind.what);
                let scratch = Scratch::new();
                let name = scratch.name();
                let mut taken = (kind.make)(Asks::own(made), &name);
                let before = look(&name);
                let is_wider = made & !asked != 0;
                match (kind.send)(Asks::own(asked), &name) {
                    Ok(()) => assert!(!is_wider, "{what}"),
                    Err(error) => {
                        assert!(is_wider, "{what}: {error}");
                        is_wide(&what, &error, made, asked);
                        assert_eq!(look(&name), before, "{what}");
                    }
                }
                assert_eq!(taken(), (!is_wider).then_some(NUMBER), "{what}");
            }
        }
    }
}

#[test]
fn each_end_refuses_what_is_open_to_others() {
    for kind in &KINDS {
        let scratch = Scratch::new();
        let name = scratch.name();
        let _taken = (kind.make)(Asks::own(DEFAULT), &name);
        for mode in [
            0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o666, 0o700, 0o777,
        ] {
            open_to(&name, mode);
            let before = look(&name);
            for (end, attach) in ENDS {
                let what = format!("{end} of a {} of {mode:04o}", kind.what);
                let error = attach(&name).expect_err(&what);
                is_wide(&what, &error, mode, DEFAULT);
                assert_eq!(look(&name), before, "{what}");
            }
        }
    }
}

/// Whoever may write into it may lock its gate, too, and keep it.
#[test]
fn what_is_open_to_others_is_refused_without_a_wait_for_its_gate() {
    for kind in &KINDS {
        let scratch = Scratch::new();
        let name = scratch.name();
        let _taken = (kind.make)(Asks::own(0o666), &name);
        let object = Object::open(name.clone(), Uid::effective()).expect("it is there");
        let gate = object.lock_gate().expect("it is free");
        let error = (kind.send)(Asks::own(DEFAULT), &name).expect_err("it is open to others");
        is_wide(kind.what, &error, 0o666, DEFAULT);
        drop(gate);
    }
}

#[test]
fn what_is_open_to_others_is_looked_at_and_removed() {
    for kind in &KINDS {
        let scratch = Scratch::new();
        let name = scratch.name();
        let taken = (kind.make)(Asks::own(0o666), &name);
        assert!(list().expect("the folder can be read").contains(&name));
        let object = Object::open(name.clone(), Uid::effective()).expect("it is looked at");
        open::status(&object)
            .expect("read")
            .expect("it has a header");
        let removed = open::remove(&object);
        let in_use = matches!(
            removed,
            Err(RemoveError::InUse { .. } | RemoveError::Attached { .. })
        );
        assert!(in_use, "{}: {removed:?}", kind.what);
        drop(taken);
        // A mailbox and a pipe are gone with those who had them.
        if name.path().exists() {
            open::remove(&object).expect("nobody uses it");
        }
        assert!(!name.path().exists(), "{}", kind.what);
    }
}

/// To change the mode of what is none of ours would not help.
#[test]
fn what_is_no_object_is_called_that_whatever_its_mode() {
    for (end, attach) in ENDS {
        let scratch = Scratch::new();
        let name = scratch.name();
        fs::write(name.path(), "a letter to somebody").expect("a file");
        open_to(&name, 0o666);
        let error = attach(&name).expect_err(end);
        assert!(
            matches!(error, AttachError::NotOurs { .. }),
            "{end}: {error}"
        );
    }
}

/// Lays something there that is no file of its own.
type Lay = fn(&Path);

#[test]
fn what_is_no_file_of_its_own_is_refused_by_every_end() {
    let mut things: Vec<(&str, Lay)> = vec![
        ("a FIFO", |path| {
            mkfifo(path, Mode::S_IRWXU).expect("a FIFO");
        }),
        ("a folder", |path| fs::create_dir(path).expect("a folder")),
        ("a socket", |path| {
            drop(UnixListener::bind(path).expect("a socket"));
        }),
        ("a link to nothing", |path| {
            symlink(path.with_extension("nothing"), path).expect("a link");
        }),
        ("a link to an object", |path| {
            symlink(path.with_extension("object"), path).expect("a link");
        }),
        ("one of two names", |path| {
            fs::hard_link(path.with_extension("object"), path).expect("a name");
        }),
    ];
    if lay_device(&Scratch::new().name().path()).is_ok() {
        things.push(("a device", |path| {
            lay_device(path).expect("it could be done right now");
        }));
    } else {
        println!("not tried with a device: this user may not make one");
    }
    for (end, attach) in ENDS {
        for &(thing, lay) in &things {
            let scratch = Scratch::new();
            let path = scratch.name().path();
            let other = path.with_extension("object");
            let other = Scratch::of(Name::parse(other.file_name().expect("a name")).expect("good"));
            let object = Object::create(other.name(), 4096, DEFAULT, |_| ());
            object.expect("the name is free");
            lay(&path);
            let before = fs::symlink_metadata(&path).expect("it is there");
            let error = attach(&scratch.name()).expect_err(end);
            let known = match &error {
                AttachError::Open(OpenError::NotRegular { .. }) => !thing.contains("one"),
                AttachError::Open(OpenError::Symlink { .. }) => thing.contains("link"),
                AttachError::Open(OpenError::HardLink { .. }) => thing.contains("one"),
                _ => false,
            };
            assert!(known, "{thing}, {end}: {error}");
            let after = fs::symlink_metadata(&path).expect("it is there still");
            assert_eq!(
                (after.ino(), after.ctime_nsec()),
                (before.ino(), before.ctime_nsec())
            );
            assert!(!path.with_extension("nothing").exists(), "{thing}, {end}");
        }
    }
}

/// One that looks like /dev/zero.
fn lay_device(path: &Path) -> nix::Result<()> {
    mknod(path, SFlag::S_IFCHR, Mode::S_IRWXU, makedev(1, 5))
}

/// A program may lock its own files as it likes: nobody waits for it.
#[test]
fn what_is_no_object_is_not_locked() {
    for kind in &KINDS {
        let scratch = Scratch::new();
        let name = scratch.name();
        fs::write(name.path(), "a letter to somebody").expect("a file");
        open_to(&name, DEFAULT);
        let object = Arc::new(Object::open(name.clone(), Uid::effective()).expect("it is ours"));
        let _gate = object.lock_gate().expect("nobody has it");
        let error = (kind.send)(Asks::own(DEFAULT), &name).expect_err(kind.what);
        assert!(
            matches!(error, AttachError::NotOurs { .. }),
            "{}: {error}",
            kind.what
        );
        let error = open::remove(&object).expect_err(kind.what);
        assert!(matches!(error, RemoveError::NotOurs { .. }), "{error}");
    }
}
