//! Objects that nobody has made so: what whoever comes to each of them is told, to the letter, and that
//! nothing is done to it.

mod table;

use std::any::Any;
use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::panic::catch_unwind;
use std::sync::Arc;

use aqueduct::buffer::Owner;
use aqueduct::link::mailbox::Capacity;
use aqueduct::open::{self, AttachError, RemoveError, mailbox, pipe};
use aqueduct::place::header::Kind;
use aqueduct::position;
use aqueduct::shm::{Byte, Guard, Name, Object, Uid};

use self::Of::{Bytes, Link, Mailbox, Meeting, Pipe, Records};
use self::Refused::{Corrupt, Damaged, Mismatch, NoOwner, NotOurs, Positions};
use self::table::table;
use crate::shm::Scratch;

/// A kind of object, and those who come to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Of {
    /// Of four `u64`.
    Link,
    /// Of four bytes.
    Bytes,
    Records,
    /// Of three `u64`.
    Mailbox,
    /// A mailbox of `u64` that holds nothing.
    Meeting,
    /// Of 8,192 bytes.
    Pipe,
}

type Attach = fn(&Name) -> Result<(), AttachError>;

impl Of {
    /// Makes one, which stays for as long as what comes back is kept.
    fn make(self, name: &Name) -> Box<dyn Any> {
        match self {
            Link => Box::new(link().receiver::<u64>(name).expect("the name is free")),
            Bytes => Box::new(link().byte_receiver(name, Kind::Bytes).expect("it is free")),
            Records => Box::new(link().byte_receiver(name, Kind::Records).expect("free")),
            Mailbox => Box::new(bounded().create::<u64>(name).expect("the name is free")),
            Meeting => Box::new(meeting().create::<u64>(name).expect("the name is free")),
            Pipe => Box::new(one_end().reader(name).expect("the name is free")),
        }
    }

    /// Both ways to come to one.
    fn ends(self) -> [Attach; 2] {
        match self {
            Link => [
                |name| link().sender::<u64>(name).map(drop),
                |name| link().receiver::<u64>(name).map(drop),
            ],
            Bytes => [
                |name| link().byte_sender(name, Kind::Bytes).map(drop),
                |name| link().byte_receiver(name, Kind::Bytes).map(drop),
            ],
            Records => [
                |name| link().byte_sender(name, Kind::Records).map(drop),
                |name| link().byte_receiver(name, Kind::Records).map(drop),
            ],
            Mailbox => [
                |name| bounded().open::<u64>(name).map(drop),
                |name| bounded().create::<u64>(name).map(drop),
            ],
            Meeting => [
                |name| meeting().open::<u64>(name).map(drop),
                |name| meeting().create::<u64>(name).map(drop),
            ],
            Pipe => [
                |name| one_end().writer(name).map(drop),
                |name| one_end().reader(name).map(drop),
            ],
        }
    }

    /// The bytes of one that somebody has attached to, and nobody used.
    fn honest(self) -> Vec<u8> {
        let scratch = Scratch::new();
        let _kept = self.make(&scratch.name());
        let bytes = fs::read(scratch.name().path()).expect("it is there");
        let expected = match self {
            Link | Bytes | Records => 18_048,
            Mailbox => 2944,
            Meeting => 2816,
            Pipe => PIPE,
        };
        assert_eq!(bytes.len(), expected, "{self:?}");
        bytes
    }
}

/// The bytes of a pipe.
const PIPE: usize = 12_032;

/// Whoever was there before.
fn link() -> open::Options {
    let capacity = position::Capacity::new(4).expect("a small one");
    open::Options::new().capacity(capacity).resume(true)
}

fn bounded() -> mailbox::Options {
    mailbox::Options::new().capacity(Capacity::Bounded(3))
}

fn meeting() -> mailbox::Options {
    mailbox::Options::new().capacity(Capacity::Zero)
}

fn one_end() -> pipe::Options {
    pipe::Options::new().capacity(8192).wait_for_peer(false)
}

/// What whoever comes is told; the name and what to do stand around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    NotOurs(&'static str),
    Mismatch(&'static str),
    Damaged(&'static str),
    NoOwner(&'static str),
    Positions(&'static str),
    Corrupt,
}

impl Refused {
    fn text(self, name: &Name) -> String {
        match self {
            NotOurs(what) => format!(
                "{name} is not an aqueduct object: {what}; \
                 take another name, or remove it yourself"
            ),
            Mismatch(what) => format!(
                "{name} is another link than asked for: {what}; \
                 ask for what is there, take another name, or `aqueduct remove {name}`"
            ),
            Damaged(what) => format!(
                "{name} is damaged: {what}; end those who use it, and `aqueduct remove {name}`"
            ),
            NoOwner(what) | Positions(what) => {
                format!("{name} is corrupt: {what}; `aqueduct remove {name}`")
            }
            Corrupt => format!(
                "{name} is corrupt: its buffer is in no state that its users leave it in; \
                 `aqueduct remove {name}`"
            ),
        }
    }
}

/// What is done to the bytes of an honest object.
type Change = fn(&mut Vec<u8>);

/// A malformed object.
struct Row(Of, &'static str, Change, Refused);

/// An object of these bytes, and of this user alone.
///
/// A seat that nobody meets is held: nobody asks what a pipe holds that nobody has open, and it is
/// cleared away.
fn lay(name: &Name, bytes: &[u8]) -> Guard {
    fs::write(name.path(), bytes).expect("there is room");
    fs::set_permissions(name.path(), Permissions::from_mode(0o600)).expect("it is ours");
    let object = Object::open(name.clone(), Uid::effective()).expect("it is there");
    let seat = Arc::new(object).try_lock(Byte::Attachment(Owner::new(7)));
    seat.expect("it can be locked").expect("nobody has it")
}

/// What whoever is refused leaves as it was.
fn look(name: &Name) -> (Vec<u8>, u64, (i64, i64)) {
    let metadata = fs::symlink_metadata(name.path()).expect("it is still there");
    let bytes = fs::read(name.path()).expect("it can be read");
    (
        bytes,
        metadata.ino(),
        (metadata.mtime(), metadata.mtime_nsec()),
    )
}

/// Both who come to these bytes are told this, and nothing else happens.
fn is_refused(what: &str, scratch: &Scratch, bytes: &[u8], come: Of, refused: Refused) {
    let name = scratch.name();
    let seat = lay(&name, bytes);
    let before = look(&name);
    for attach in come.ends() {
        let Err(error) = attach(&name) else {
            panic!("{what}: somebody attached");
        };
        assert_eq!(error.to_string(), refused.text(&name), "{what}");
        let variant = match error {
            AttachError::NotOurs { .. } => matches!(refused, NotOurs(_)),
            AttachError::Mismatch { .. } => matches!(refused, Mismatch(_)),
            AttachError::Damaged { .. } => matches!(refused, Damaged(_)),
            AttachError::NoOwner { .. } => matches!(refused, NoOwner(_)),
            AttachError::Positions { .. } => matches!(refused, Positions(_)),
            AttachError::Corrupt { .. } => refused == Corrupt,
            _ => false,
        };
        assert!(variant, "{what}: {error:?}");
        assert!(look(&name) == before, "{what}: it was changed");
    }
    drop(seat);
    // What the message says to do is possible.
    let object = Object::open(name, Uid::effective()).expect("it is there");
    match open::remove(&object) {
        Ok(()) => assert!(!matches!(refused, NotOurs(_)), "{what}"),
        Err(RemoveError::NotOurs { .. }) => assert!(matches!(refused, NotOurs(_)), "{what}"),
        Err(other) => panic!("{what}: {other}"),
    }
}

#[test]
fn each_malformed_object_has_an_error_that_says_what_it_is() {
    let (mut count, mut failed) = (0, Vec::new());
    for &Row(of, what, change, refused) in table() {
        let mut bytes = of.honest();
        change(&mut bytes);
        // All that fail are named, each with its own message.
        let tried = catch_unwind(|| is_refused(what, &Scratch::new(), &bytes, of, refused));
        if tried.is_err() {
            failed.push(what);
        }
        count += 1;
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(count >= 60, "{count}");
}

#[test]
fn no_two_malformed_objects_are_told_the_same() {
    let name = Scratch::new().name();
    let mut told = HashMap::new();
    for &Row(of, what, _, refused) in table() {
        // A buffer that cannot be has no better text; and positions have two words that hold them.
        if matches!(refused, Corrupt | Positions(_)) {
            continue;
        }
        let before = told.insert(refused.text(&name), what);
        assert_eq!(before, None, "{what}, of {of:?}");
    }
    assert!(told.len() >= 60, "{}", told.len());
}

#[test]
fn each_kind_of_object_is_none_of_the_others() {
    const KINDS: [(Of, &str); 5] = [
        (Bytes, "a stream of bytes"),
        (Records, "byte records"),
        (Link, "messages of one type"),
        (Mailbox, "a mailbox"),
        (Pipe, "a pipe"),
    ];
    let scratch = Scratch::new();
    for (of, found) in KINDS {
        let bytes = of.honest();
        for (come, expected) in KINDS {
            if of == come {
                continue;
            }
            let says = format!("it carries {found}, not {expected}");
            let what = format!("{of:?}, and {come:?} comes");
            is_refused(&what, &scratch, &bytes, come, Mismatch(says.leak()));
        }
    }
}

/// The bytes that the rows begin with are good: to each of them its own end comes.
#[test]
fn what_is_not_changed_is_not_refused() {
    for of in [Link, Bytes, Records, Mailbox, Meeting, Pipe] {
        let scratch = Scratch::new();
        let name = scratch.name();
        let _kept = of.make(&name);
        let [attach, _] = of.ends();
        attach(&name).unwrap_or_else(|error| panic!("{of:?}: {error}"));
    }
}
