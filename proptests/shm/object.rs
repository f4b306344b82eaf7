//! Names, creation, mapping, listing, removal.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aqueduct::shm::{Byte, CreateError, FOLDER, Name, Object, list};
use nix::sys::statvfs::statvfs;
use proptest::prelude::*;

use super::{LEN, Scratch, open, word};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_name_is_a_file_directly_in_the_folder(text in "[/.a\0é]{0,3}[^\0]{0,260}") {
        if let Ok(name) = Name::parse(&text) {
            let path = name.path();
            prop_assert_eq!(path.parent(), Some(FOLDER.as_ref()));
            prop_assert_eq!(path.file_name(), Some(name.as_os_str()));
            prop_assert_eq!(&Name::parse(name.as_os_str()), &Ok(name.clone()));
            let shown = name.to_string();
            prop_assert!(!shown.contains(char::is_control), "{shown:?} speaks to a terminal");
            // Only what was written as an escape is not the name itself.
            if !text.contains(char::is_control) {
                prop_assert_eq!(&Name::parse(shown), &Ok(name));
            }
        } else {
            let bare = text.strip_prefix('/').unwrap_or(&text);
            let bad = ["", ".", ".."].contains(&bare) || bare.contains(['/', '\0']);
            prop_assert!(bad || bare.len() > 255, "{text:?} is a good name");
        }
    }
}

#[test]
fn an_object_is_whole_before_it_has_its_name() {
    let scratch = Scratch::new();
    let path = scratch.name().path();
    let created = Object::create(scratch.name(), LEN, 0o666, |mapping| {
        assert!(!path.exists(), "unfinished, and found already");
        assert_eq!((mapping.len(), word(mapping, 64).load(Relaxed)), (LEN, 0));
        word(mapping, 64).store(7, Relaxed);
    });
    let created = created.expect("the object is created");
    let found = fs::symlink_metadata(&path).expect("the object has its name");
    assert_eq!(
        found.mode() & 0o7777,
        0o666,
        "the mode does not depend on the umask"
    );
    assert_eq!(found.len(), LEN as u64);
    assert!(found.blocks() * 512 >= LEN as u64, "the space is reserved");

    let opened = scratch.open();
    assert_eq!(opened.identity(), created.identity());
    let mut bytes = [0; 4];
    assert_eq!(opened.read_at(&mut bytes, 64).expect("it can be read"), 4);
    assert_eq!(u32::from_ne_bytes(bytes), 7);
    let mapping = opened.map(LEN).expect("it can be mapped");
    assert_eq!(word(&mapping, 64).load(Relaxed), 7);
}

#[test]
fn a_byte_can_be_locked_before_anybody_finds_the_object() {
    let scratch = Scratch::new();
    let object = Object::unnamed(scratch.name(), LEN, 0o600).expect("there is space");
    let object = Arc::new(object);
    let seat = object
        .try_lock(Byte::Sender)
        .expect("it can be locked")
        .expect("it is free");
    assert!(!object.still_named().expect("it can be known"));
    object.publish().expect("the name is free");
    assert!(object.still_named().expect("it can be known"));
    assert!(
        scratch
            .open()
            .is_locked(Byte::Sender)
            .expect("it can be known")
    );
    drop(seat);
}

#[test]
fn a_name_is_given_once() {
    let scratch = Scratch::new();
    let first = scratch.object();
    let second = Object::create(scratch.name(), LEN, 0o600, |_| ());
    let error = second.expect_err("the name is taken");
    assert!(
        matches!(error, CreateError::AlreadyExists { .. }),
        "{error}"
    );
    assert!(
        error.to_string().starts_with(&scratch.name().to_string()),
        "{error}"
    );
    assert!(first.still_named().expect("it can be known"));
}

#[test]
fn more_than_there_is_is_an_error_and_leaves_nothing() {
    let scratch = Scratch::new();
    let folder = statvfs(FOLDER).expect("the folder can be asked");
    let total = folder.blocks() * folder.fragment_size();
    if total == 0 {
        println!("skipped: {FOLDER} has no limit");
        return;
    }
    for wanted in [total + LEN as u64, u64::MAX] {
        let len = usize::try_from(wanted).expect("a 64-bit machine");
        let created = Object::create(scratch.name(), len, 0o600, |_| unreachable!("no space"));
        match created.expect_err("there is not so much") {
            CreateError::NoSpace {
                name,
                wanted: said,
                available,
            } => {
                assert_eq!((name, said), (scratch.name(), wanted));
                assert!(
                    (1..=total).contains(&available),
                    "{available} of {total} bytes"
                );
            }
            other => panic!("another error: {other}"),
        }
        assert!(!scratch.name().path().exists());
    }
}

#[test]
fn no_more_is_mapped_than_there_is() {
    let object = Scratch::new().object();
    for len in [0, LEN + 1, usize::MAX] {
        let error = object.map(len).expect_err("a touch would be a bus error");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{len} bytes");
    }
}

#[test]
fn a_listing_has_every_object() {
    let scratches = [Scratch::new(), Scratch::new()];
    let objects = scratches.each_ref().map(Scratch::object);
    let listed = list().expect("the folder can be read");
    for object in &objects {
        assert!(listed.contains(object.name()));
    }
    assert!(listed.is_sorted());
}

#[test]
fn a_successor_keeps_its_name() {
    let scratch = Scratch::new();
    let old = scratch.object();
    fs::remove_file(scratch.name().path()).expect("it is there");
    let new = scratch.object();
    assert!(!old.still_named().expect("it can be known"));
    assert!(new.still_named().expect("it can be known"));

    let gate = old.lock_gate().expect("the gate opens");
    assert!(
        !gate.unlink_if_ours().expect("it can be known"),
        "the name is the successor's"
    );
    assert_eq!(open(scratch.name()).identity(), new.identity());

    let gate = new.lock_gate().expect("the gate opens");
    assert!(gate.unlink_if_ours().expect("it can be removed"));
    assert!(
        !gate.unlink_if_ours().expect("it can be known"),
        "nothing is left to remove"
    );
    assert!(!scratch.name().path().exists());
}
