//! Another user gets in exactly where the mode says so and it names the owner; and what another user has put
//! under a name is refused, and left alone.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;

use aqueduct::link::mailbox;
use aqueduct::open::AttachError;
use aqueduct::open::direct::{DirectError, Process};
use aqueduct::shm::{Name, OpenError, Uid};
use nix::unistd::Gid;

use super::ends::{Asks, ENDS, KINDS, NUMBER, Row};
use super::{DEFAULT, MODES, look, open_to};
use crate::shm::{Scratch, helper, name_for_helper, suffixed};

/// A user, and a group, who own nothing.
const NOBODY: u32 = 65534;

/// Runs a helper as another user, of this group; says whether that can be done here.
fn as_nobody(of: &str, group: u32, name: &Name) -> bool {
    if !Uid::effective().is_root() {
        println!("skipped: only root can start a process of another user");
        return false;
    }
    let mut child = helper(&format!("named::doors::users::{of}"), name);
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
fn planted(base: &Name) -> Vec<Name> {
    let kinds = KINDS.iter().map(|kind| kind.what);
    let names = kinds.chain(["empty", "text"]);
    names.map(|what| suffixed(base, what)).collect()
}

#[test]
fn a_name_that_somebody_else_has_taken_is_refused() {
    let base = Scratch::new();
    let planted = planted(&base.name());
    let _removed: Vec<_> = planted.iter().cloned().map(Scratch::of).collect();
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
    let planted = planted(&base);
    let [objects @ .., empty, text] = planted.as_slice() else {
        unreachable!("there are more");
    };
    for (kind, name) in KINDS.iter().zip(objects) {
        // Who dies without a goodbye leaves its names.
        std::mem::forget((kind.make)(Asks::own(0o666), name));
    }
    for (name, content) in [(empty, ""), (text, "a letter to somebody")] {
        fs::write(name.path(), content).expect("a file");
        open_to(name, 0o666);
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
