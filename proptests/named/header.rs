//! Objects that are not what was asked for, by design or by damage: each error names the thing.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use aqueduct::life::Presence;
use aqueduct::link::{Role, TryRecvError};
use aqueduct::open::{AttachError, Options, status};
use aqueduct::place::Schema;
use aqueduct::place::header::{BODY, HeaderError, Kind, Message, SizeError};
use aqueduct::position::Capacity;
use aqueduct::shm::Name;
use proptest::collection::vec;
use proptest::prelude::*;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::role;
use super::wire::Structure;
use crate::layout::{APART, WORDS};
use crate::shm::Scratch;
use crate::spec::{CASES, config};

/// What a link may carry. Two of them are alike but for their names.
const SHAPES: [Shape; 5] = [
    Shape::of::<u64>("messages of one type", Kind::Messages, |o, n, r| {
        attach::<u64>(o, n, r)
    }),
    Shape::of::<i64>("messages of one type", Kind::Messages, |o, n, r| {
        attach::<i64>(o, n, r)
    }),
    Shape::of::<Structure>("messages of one type", Kind::Messages, |o, n, r| {
        attach::<Structure>(o, n, r)
    }),
    Shape::of::<u8>("a stream of bytes", Kind::Bytes, |o, n, r| {
        bytes(o, n, Kind::Bytes, r)
    }),
    Shape::of::<u8>("byte records", Kind::Records, |o, n, r| {
        bytes(o, n, Kind::Records, r)
    }),
];

type Attach = fn(&Options, &Name, Role) -> Result<(), AttachError>;

struct Shape {
    words: &'static str,
    kind: Kind,
    message: fn() -> Message,
    /// Attaches and leaves at once.
    attach: Attach,
}

impl Shape {
    const fn of<T: Schema>(words: &'static str, kind: Kind, attach: Attach) -> Self {
        let message = Message::of::<T>;
        Self {
            words,
            kind,
            message,
            attach,
        }
    }
}

fn attach<T: aqueduct::open::Plain>(
    options: &Options,
    name: &Name,
    role: Role,
) -> Result<(), AttachError> {
    match role {
        Role::Sender => options.sender::<T>(name).map(drop),
        Role::Receiver => options.receiver::<T>(name).map(drop),
    }
}

fn bytes(options: &Options, name: &Name, kind: Kind, role: Role) -> Result<(), AttachError> {
    match role {
        Role::Sender => options.byte_sender(name, kind).map(drop),
        Role::Receiver => options.byte_receiver(name, kind).map(drop),
    }
}

fn options(capacity: usize) -> Options {
    let capacity = Capacity::new(capacity).expect("a small capacity");
    Options::new().capacity(capacity).resume(true)
}

/// The object under the name, as a file.
fn file(scratch: &Scratch) -> File {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .open(scratch.name().path());
    opened.expect("the object is there")
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn another_link_is_named(
        made in 0..SHAPES.len(),
        asked in 0..SHAPES.len(),
        capacities in [1..=20_usize, 1..=20_usize],
        maker in role(),
        joiner in role(),
    ) {
        let scratch = Scratch::new();
        let name = scratch.name();
        let (there, wanted) = (&SHAPES[made], &SHAPES[asked]);
        (there.attach)(&options(capacities[0]), &name, maker)?;
        let answer = (wanted.attach)(&options(capacities[1]), &name, joiner);
        let [found, expected] = capacities.map(|capacity| capacity as u64);
        let (source, words) = if there.kind != wanted.kind {
            let (found, expected) = (there.kind as u32, wanted.kind);
            let words = [there.words, wanted.words].map(str::to_owned);
            (HeaderError::Kind { found, expected }, words)
        } else if made != asked {
            let (found, expected) = ((there.message)(), (wanted.message)());
            let words = [&found, &expected].map(ToString::to_string);
            let [found, expected] = [found, expected].map(Box::new);
            (HeaderError::Message { found, expected }, words)
        } else if found != expected {
            let words = [found, expected].map(|number| number.to_string());
            (HeaderError::Capacity { found, expected }, words)
        } else {
            prop_assert!(answer.is_ok(), "{:?}", answer);
            return Ok(());
        };
        let error = answer.expect_err("it is another link");
        let text = error.to_string();
        for word in words.into_iter().chain([name.to_string()]) {
            prop_assert!(text.contains(&word), "{} not in: {}", word, text);
        }
        match error {
            AttachError::Mismatch { source: said, .. } => prop_assert_eq!(said, source),
            other => return Err(TestCaseError::fail(other.to_string())),
        }
    }

    #[test]
    fn a_damaged_header_is_an_error_that_names_the_damage(
        capacity in 1..=20_usize,
        damage in vec((0..BODY, 1..=u8::MAX), 0..4),
        length in prop_oneof![2 => Just(None), 1 => (0..3_000_u64).prop_map(Some)],
        role in role(),
    ) {
        let scratch = Scratch::new();
        let (name, options) = (scratch.name(), options(capacity));
        attach::<u64>(&options, &name, Role::Sender)?;
        let file = file(&scratch);
        let mut before = [0; BODY as usize];
        file.read_exact_at(&mut before, 0)?;
        let mut after = before;
        for (offset, flips) in damage {
            after[offset as usize] ^= flips;
        }
        file.write_all_at(&after, 0)?;
        let size = file.metadata()?.len();
        file.set_len(length.unwrap_or(size))?;

        let changed = |bytes: std::ops::Range<usize>| before[bytes.clone()] != after[bytes];
        let resized = length.is_some_and(|length| length != size);
        match attach::<u64>(&options, &name, role) {
            Ok(()) => prop_assert!(!changed(0..BODY as usize) && !resized),
            Err(AttachError::NotOurs { source, .. }) => prop_assert!(match source {
                HeaderError::TooShort { .. } => resized,
                HeaderError::Magic { .. } => changed(0..8),
                _ => false,
            }, "{}", source),
            Err(AttachError::Mismatch { source, .. }) => prop_assert!(match source {
                HeaderError::Version { .. } => changed(8..12),
                HeaderError::Endian { .. } => changed(12..16),
                HeaderError::Kind { .. } => changed(16..20),
                HeaderError::Layout { .. } => changed(20..24),
                _ => false,
            }, "{}", source),
            Err(AttachError::Damaged { source, .. }) => prop_assert!(match source {
                HeaderError::Size { .. } => changed(32..40) || resized,
                HeaderError::Twice { .. } => changed(24..32) || changed(40..64),
                HeaderError::Sum { .. } => changed(64..BODY as usize),
                _ => false,
            }, "{}", source),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
        prop_assert!(name.path().exists(), "a damaged object is left alone");
    }

    #[test]
    fn a_position_outside_is_refused_at_the_door(
        capacity in 1..=20_usize,
        value in any::<u64>(),
        role in role(),
    ) {
        prop_assume!(value > capacity as u64);
        let scratch = Scratch::new();
        let (name, options) = (scratch.name(), options(capacity));
        attach::<u64>(&options, &name, Role::Sender)?;
        for word in 0..WORDS {
            file(&scratch).write_all_at(&value.to_ne_bytes(), TAIL + (word * APART) as u64)?;
        }
        let object = aqueduct::shm::Object::open(name.clone(), aqueduct::shm::Uid::effective())?;
        prop_assert_eq!(status(&object)??.sent, value, "the tail lies there");
        match attach::<u64>(&options, &name, role) {
            Err(AttachError::Positions { name: said, sent, received, capacity: holds }) => {
                prop_assert_eq!((said, sent, received, holds), (name, value, 0, capacity));
            }
            other => return Err(TestCaseError::fail(format!("{other:?}"))),
        }
    }
}

/// Who is refused says no goodbye, and takes no seat, to whoever is there.
#[test]
fn a_refusal_is_no_goodbye() {
    let scratch = Scratch::new();
    let (name, options) = (scratch.name(), options(4));
    let mut receiver = options.receiver::<u64>(&name).expect("a receiver");
    let object = aqueduct::shm::Object::open(name.clone(), aqueduct::shm::Uid::effective());
    let object = object.expect("it is there");
    file(&scratch)
        .write_all_at(&9_u64.to_ne_bytes(), TAIL)
        .expect("written");
    let refused = options.sender::<u64>(&name);
    assert!(matches!(
        refused,
        Err(AttachError::Positions { sent: 9, .. })
    ));
    let seat = status(&object).expect("read").expect("a header").sender;
    assert_eq!((seat.presence, seat.epoch), (Presence::Vacant, 0));
    file(&scratch)
        .write_all_at(&0_u64.to_ne_bytes(), TAIL)
        .expect("written");
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

/// Where the ring's first position lies: behind the header and the four words of the two ends.
const TAIL: u64 = BODY as u64 + 4 * 128;

/// A message of this alignment.
macro_rules! aligned {
    ($name:ident, $align:literal) => {
        #[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Schema)]
        #[repr(C, align($align))]
        struct $name([u8; $align]);
    };
}

aligned!(Aligned128, 128);
aligned!(Aligned256, 256);

#[test]
fn a_message_is_aligned_to_no_more_than_the_link() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let mut sender = options(2).sender::<Aligned128>(&name).expect("it fits");
    let mut receiver = options(2).receiver::<Aligned128>(&name).expect("it fits");
    sender.send(Aligned128([7; 128])).expect("there is room");
    assert_eq!(receiver.recv().expect("it is there").0, [7; 128]);

    let scratch = Scratch::new();
    match attach::<Aligned256>(&options(2), &scratch.name(), Role::Sender) {
        Err(AttachError::Size(SizeError::Alignment { align })) => assert_eq!(align, 256),
        other => panic!("it lies nowhere: {other:?}"),
    }
    assert!(!scratch.name().path().exists());
}
