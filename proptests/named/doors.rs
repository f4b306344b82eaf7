//! Who gets in by a name: whoever its mode lets in and who names its owner. What somebody else has
//! made under it is refused and left alone, and so is an object of one's own that is open to others.

mod ends;

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::sync::Arc;

use aqueduct::link::mailbox;
use aqueduct::open::direct::{DirectError, Process};
use aqueduct::open::{self, AttachError, RemoveError};
use aqueduct::shm::{Name, Object, OpenError, Uid, list};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, mkfifo};

use self::ends::{Asks, ENDS, KINDS, NUMBER, Row};
use crate::shm::{Scratch, helper, name_for_helper, suffixed};

/// The permission bits that are tried.
const MODES: [u32; 6] = [0o600, 0o640, 0o644, 0o660, 0o666, 0o606];

/// Those that are expected unless others are asked for.
const DEFAULT: u32 = 0o600;

/// A user, and a group, who own nothing.
const NOBODY: u32 = 65534;

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
    Look {
        bytes: fs::read(&path).expect("it may be read"),
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
    let things: [(&str, Lay); 6] = [
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
    for (end, attach) in ENDS {
        for (thing, lay) in things {
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

/// Runs a helper as another user, of this group; says whether that can be done here.
fn as_nobody(of: &str, group: u32, name: &Name) -> bool {
    if !Uid::effective().is_root() {
        println!("skipped: only root can start a process of another user");
        return false;
    }
    let mut child = helper(&format!("named::doors::{of}"), name);
    match child.uid(NOBODY).gid(group).output() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            println!("skipped: another user cannot run this test program");
            false
        }
        answer => {
            let answer = answer.expect("the helper runs");
            let said = [answer.stdout, answer.stderr].concat();
            let text = String::from_utf8_lossy(&said);
            assert!(
                answer.status.success() && text.contains("1 passed"),
                "{text}"
            );
            true
        }
    }
}

/// Somebody else's object, which lies under a name that is about to be used. Anybody may write into
/// it, and so would whoever came to it.
fn planted(base: &Name) -> [Name; 5] {
    ["link", "mailbox", "pipe", "empty", "text"].map(|what| suffixed(base, what))
}

#[test]
fn a_name_that_somebody_else_has_taken_is_refused() {
    let base = Scratch::new();
    let planted = planted(&base.name());
    let _removed = planted.clone().map(Scratch::of);
    if !as_nobody("takes_names_as_nobody", NOBODY, &base.name()) {
        return;
    }
    let (nobody, own) = (Uid::from_raw(NOBODY), Uid::effective());
    for name in &planted {
        let before = look(name);
        assert_eq!((before.owner, before.mode & 0o777), (NOBODY, 0o666));
        for (end, attach) in ENDS {
            let error = attach(name).expect_err(end);
            let text = error.to_string();
            assert!(text.contains(&name.to_string()), "{end}: {text}");
            match error {
                AttachError::Open(OpenError::ForeignOwner {
                    owner, expected, ..
                }) => assert_eq!((owner, expected), (nobody, own), "{end}"),
                other => panic!("{end}: {other}"),
            }
            assert_eq!(look(name), before, "{end}");
        }
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn takes_names_as_nobody() {
    let Some(base) = name_for_helper() else {
        return;
    };
    let [objects @ .., empty, text] = planted(&base);
    for (kind, name) in KINDS.iter().zip(objects) {
        // Who dies without a goodbye leaves its names.
        std::mem::forget((kind.make)(Asks::own(0o666), &name));
    }
    for (name, content) in [(empty, ""), (text, "a letter to somebody")] {
        fs::write(name.path(), content).expect("a file");
        open_to(&name, 0o666);
    }
}

#[test]
fn a_process_has_no_name_that_somebody_else_has_taken() {
    let scratch = Scratch::new();
    let base = scratch.name();
    let process = base.as_os_str().to_str().expect("it is text");
    let [claim, inbox, link] = [
        format!("direct.{process}"),
        format!("direct.{process}.inbox"),
        format!("direct.{process}.to.{process}"),
    ]
    .map(|name| Scratch::of(Name::parse(name).expect("a good name")));
    let give_away = |name: &Name| {
        fs::write(name.path(), [7; 4096]).expect("a file");
        open_to(name, 0o666);
        std::os::unix::fs::chown(name.path(), Some(NOBODY), None).expect("root can");
    };
    if !Uid::effective().is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    let is_refused = |error: &DirectError| {
        let foreign = matches!(
            error,
            DirectError::Attach(AttachError::Open(OpenError::ForeignOwner { .. }))
        );
        assert!(foreign, "{error}");
    };
    give_away(&claim.name());
    is_refused(&Process::new(process).expect_err("it is somebody else's"));
    fs::remove_file(claim.name().path()).expect("root can");
    let own = Process::new(process).expect("the name is free");
    let (inbox, link) = (inbox.name(), link.name());
    for name in [&inbox, &link] {
        give_away(name);
    }
    let before = [look(&inbox), look(&link)];
    let capacity = mailbox::Capacity::Bounded(1);
    is_refused(&own.receiver::<u64>(capacity).expect_err("it is taken"));
    is_refused(&own.sender::<u64>(process).expect_err("it is taken"));
    is_refused(&own.to::<u64>(process).expect_err("it is taken"));
    is_refused(&own.from::<u64>(process).expect_err("it is taken"));
    assert_eq!([look(&inbox), look(&link)], before);
}

/// The names of the objects of each kind and mode.
fn table(base: &Name) -> impl Iterator<Item = (&'static Row, u32, Name)> {
    KINDS.iter().flat_map(move |kind| {
        MODES.map(|mode| {
            let name = suffixed(base, &format!("{}-{mode:o}", kind.what));
            (kind, mode, name)
        })
    })
}

/// Whether these bits let another user read and write: one of the object's group, or not.
fn lets_in(mode: u32, is_of_the_group: bool) -> bool {
    let bits = if is_of_the_group { mode >> 3 } else { mode };
    bits & 0o6 == 0o6
}

#[test]
fn another_user_gets_in_if_the_mode_says_so_and_it_names_the_owner() {
    for group in [NOBODY, Gid::effective().as_raw()] {
        let base = Scratch::new();
        let mut made = Vec::new();
        for (kind, mode, name) in table(&base.name()) {
            let taken = (kind.make)(Asks::own(mode), &name);
            let before = look(&name);
            made.push((kind.what, mode, Scratch::of(name), before, taken));
        }
        if !as_nobody("comes_as_nobody", group, &base.name()) {
            return;
        }
        for (what, mode, scratch, before, mut taken) in made {
            let gets_in = lets_in(mode, group != NOBODY);
            if !gets_in {
                assert_eq!(look(&scratch.name()), before, "a {what} of {mode:04o}");
            }
            let expected = gets_in.then_some(NUMBER);
            assert_eq!(taken(), expected, "a {what} of {mode:04o}");
        }
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn comes_as_nobody() {
    let Some(base) = name_for_helper() else {
        return;
    };
    let (root, own) = (Uid::from_raw(0), Uid::effective());
    for (kind, mode, name) in table(&base) {
        let what = format!("a {} of {mode:04o}", kind.what);
        match (kind.send)(Asks::own(DEFAULT), &name).expect_err(&what) {
            AttachError::Open(OpenError::ForeignOwner {
                owner, expected, ..
            }) => assert_eq!((owner, expected), (root, own), "{what}"),
            other => panic!("{what}: {other}"),
        }
        let group = fs::symlink_metadata(name.path())
            .expect("it is there")
            .gid();
        let gets_in = lets_in(mode, group == Gid::effective().as_raw());
        // The owner has chosen the mode, and it is not asked for.
        let named = Asks {
            mode: DEFAULT,
            owner: root,
        };
        match (kind.send)(named, &name) {
            Ok(()) => assert!(gets_in, "{what}"),
            Err(AttachError::Open(OpenError::Permission {
                mode: said, owner, ..
            })) => {
                assert!(!gets_in, "{what}");
                assert_eq!((said, owner), (mode, root), "{what}");
            }
            Err(other) => panic!("{what}: {other}"),
        }
    }
}
