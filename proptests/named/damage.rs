//! Each bit of a header, and each length: one that changes is an error that names the field and both
//! values, whatever the object carries; and what is put back is as good as ever.

use std::any::Any;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use aqueduct::link::mailbox::Capacity;
use aqueduct::open::{self, AttachError, Remains, RemoveError, State, mailbox, pipe};
use aqueduct::place::header::{BODY, Header, HeaderError, Kind};
use aqueduct::position;
use aqueduct::shm::{self, Name, Uid};
use zerocopy::FromBytes as _;

use crate::fuzzed::targets::sum;
use crate::running::LONG;
use crate::shm::Scratch;

const LEN: usize = BODY as usize;

/// A kind of object.
struct Object {
    what: &'static str,
    kind: Kind,
    /// Makes one, which stays for as long as what comes back is kept.
    make: fn(&Name) -> Box<dyn Any>,
    /// Comes to it, and leaves.
    attach: fn(&Name) -> Result<(), AttachError>,
}

const OBJECTS: [Object; 7] = [
    Object {
        what: "a link",
        kind: Kind::Messages,
        make: |name| Box::new(link().sender::<u64>(name).expect("the name is free")),
        attach: |name| link().receiver::<u64>(name).map(drop),
    },
    Object {
        what: "a stream of bytes",
        kind: Kind::Bytes,
        make: |name| Box::new(link().byte_sender(name, Kind::Bytes).expect("it is free")),
        attach: |name| link().byte_receiver(name, Kind::Bytes).map(drop),
    },
    Object {
        what: "records",
        kind: Kind::Records,
        make: |name| Box::new(link().byte_sender(name, Kind::Records).expect("it is free")),
        attach: |name| link().byte_receiver(name, Kind::Records).map(drop),
    },
    Object {
        what: "a mailbox where they meet",
        kind: Kind::Mailbox,
        make: |name| made(name, Capacity::Zero),
        attach: come,
    },
    Object {
        what: "a bounded mailbox",
        kind: Kind::Mailbox,
        make: |name| made(name, Capacity::Bounded(4)),
        attach: come,
    },
    Object {
        what: "an unbounded mailbox",
        kind: Kind::Mailbox,
        make: |name| made(name, Capacity::Unbounded),
        attach: come,
    },
    Object {
        what: "a pipe",
        kind: Kind::Pipe,
        make: |name| Box::new(one_end().reader(name).expect("the name is free")),
        attach: |name| one_end().writer(name).map(drop),
    },
];

/// Whoever was there before.
fn link() -> open::Options {
    let capacity = position::Capacity::new(4).expect("a small one");
    open::Options::new().capacity(capacity).resume(true)
}

fn one_end() -> pipe::Options {
    pipe::Options::new().wait_for_peer(false)
}

fn made(name: &Name, capacity: Capacity) -> Box<dyn Any> {
    let mailbox = mailbox::Options::new().capacity(capacity);
    Box::new(mailbox.create::<u64>(name).expect("the name is free"))
}

fn come(name: &Name) -> Result<(), AttachError> {
    mailbox::Options::new().open::<u64>(name).map(drop)
}

/// An object of a kind, and its header as it was made.
struct Whole {
    object: &'static Object,
    scratch: Scratch,
    _kept: Box<dyn Any>,
    file: File,
    header: [u8; LEN],
}

impl Whole {
    fn new(object: &'static Object) -> Self {
        let scratch = Scratch::new();
        let kept = (object.make)(&scratch.name());
        let path = scratch.name().path();
        let file = File::options().read(true).write(true).open(path);
        let file = file.expect("it is there");
        let mut header = [0; LEN];
        file.read_exact_at(&mut header, 0).expect("it has a header");
        let whole = Self {
            object,
            scratch,
            _kept: kept,
            file,
            header,
        };
        whole.is_well();
        whole
    }

    fn attach(&self) -> Result<(), AttachError> {
        (self.object.attach)(&self.scratch.name())
    }

    #[track_caller]
    fn is_well(&self) {
        let attached = self.attach();
        attached.unwrap_or_else(|error| panic!("{}: {error}", self.object.what));
    }

    fn write(&self, header: &[u8; LEN]) {
        self.file.write_all_at(header, 0).expect("written");
    }

    fn size(&self) -> u64 {
        self.file.metadata().expect("its size").len()
    }

    /// It is refused because of this, and the message says so, and of which name.
    #[track_caller]
    fn is_refused(&self, expected: &HeaderError) {
        let what = self.object.what;
        let error = self.attach().expect_err(what);
        let text = error.to_string();
        let name = self.scratch.name();
        assert!(text.contains(&expected.to_string()), "{what}: {text}");
        assert!(text.contains(&name.to_string()), "{what}: {text}");
        let as_it_is = match error {
            AttachError::NotOurs { source, .. } => source == *expected && source.is_foreign(),
            AttachError::Damaged { source, .. } => source == *expected && source.is_damage(),
            AttachError::Mismatch { source, .. } => source == *expected,
            _ => false,
        };
        assert!(as_it_is, "{what}: {text}");
    }

    /// Who does not know what lies there takes it for nothing else.
    fn is_no_other_kind(&self, header: &[u8; LEN]) {
        let carries = Header::read(header, self.size()).map(|header| header.carries());
        assert!(matches!(carries, Err(_) | Ok(None)), "{carries:?}");
    }

    /// Who only looks at it is told the same.
    #[track_caller]
    fn says_so(&self, expected: &HeaderError) {
        let object = shm::Object::open(self.scratch.name(), Uid::effective()).expect("it is there");
        let status = open::status(&object).expect("it can be read");
        assert_eq!(
            status.err().as_ref(),
            Some(expected),
            "{}",
            self.object.what
        );
        let remains = Remains::of(&object, LONG).expect("it can be read");
        let State::Unfit(error) = remains.state() else {
            panic!("{}: {:?}", self.object.what, remains.state());
        };
        assert_eq!(error, expected, "{}", self.object.what);
        assert_eq!(remains.remove().ok(), Some(false));
    }

    /// Somebody uses it.
    fn is_not_removed(&self) {
        let object = shm::Object::open(self.scratch.name(), Uid::effective()).expect("it is there");
        let error = open::remove(&object).expect_err(self.object.what);
        assert!(
            matches!(
                error,
                RemoveError::NotOurs { .. }
                    | RemoveError::Attached { .. }
                    | RemoveError::InUse { .. }
            ),
            "{error}"
        );
        assert!(self.scratch.name().path().exists());
    }

    /// What is wrong with `header`, of which the byte at this offset has changed.
    fn fault(&self, header: &[u8; LEN], offset: usize) -> HeaderError {
        let narrow = |at| u32::read_from_bytes(&header[at..at + 4]).expect("four bytes");
        let wide = |at| u64::read_from_bytes(&header[at..at + 8]).expect("eight bytes");
        let twice = |field, first, second| HeaderError::Twice {
            field,
            first: wide(first),
            second: !wide(second),
        };
        match offset {
            0..8 => HeaderError::Magic {
                found: header[..8].try_into().expect("eight bytes"),
            },
            8..12 => HeaderError::Version { found: narrow(8) },
            12..16 => HeaderError::Endian { found: narrow(12) },
            16..20 => HeaderError::Kind {
                found: narrow(16),
                expected: self.object.kind,
            },
            20..24 => HeaderError::Layout {
                field: "body",
                found: narrow(20).into(),
                expected: BODY.into(),
            },
            24..32 | 48..56 => twice("capacity", 24, 48),
            32..40 => HeaderError::Size {
                found: self.size(),
                expected: wide(32),
            },
            40..48 | 56..64 => twice("terms", 40, 56),
            _ => HeaderError::Sum {
                found: wide(64),
                computed: sum::computed(header),
            },
        }
    }
}

#[test]
fn each_bit_of_a_header_is_missed() {
    for object in &OBJECTS {
        let whole = Whole::new(object);
        for bit in 0..8 * LEN {
            let (mut header, offset) = (whole.header, bit / 8);
            header[offset] ^= 1 << (bit % 8);
            whole.write(&header);
            whole.is_refused(&whole.fault(&header, offset));
            whole.is_no_other_kind(&header);
            whole.is_not_removed();
        }
        whole.write(&whole.header);
        whole.is_well();
    }
}

#[test]
fn an_object_of_any_other_length_is_refused() {
    /// The longest of which each length is tried; of longer ones, also those beside their own.
    const LONGEST: u64 = 32 << 10;
    for object in &OBJECTS {
        let whole = Whole::new(object);
        let size = whole.size();
        let mut start = vec![0; usize::try_from(size.min(LONGEST)).expect("it is short")];
        whole
            .file
            .read_exact_at(&mut start, 0)
            .expect("it is there");
        // From the longest on: what is cut off is zeros afterwards, and the header stands to the last.
        let lengths = (0..size.min(LONGEST)).rev();
        for length in [size + 1, size - 1].into_iter().chain(lengths) {
            whole.file.set_len(length).expect("it can be cut");
            let expected = match length {
                0..1024 => HeaderError::TooShort { size: length },
                _ => HeaderError::Size {
                    found: length,
                    expected: size,
                },
            };
            whole.is_refused(&expected);
            whole.says_so(&expected);
            whole.is_not_removed();
        }
        whole.file.set_len(size).expect("it can grow");
        whole.file.write_all_at(&start, 0).expect("written");
        whole.is_well();
    }
}

#[test]
fn a_header_of_the_other_byte_order_is_refused() {
    /// Where its numbers begin, and how long they are.
    const NUMBERS: [(usize, usize); 13] = [
        (8, 4),
        (12, 4),
        (16, 4),
        (20, 4),
        (24, 8),
        (32, 8),
        (40, 8),
        (48, 8),
        (56, 8),
        (64, 8),
        (72, 8),
        (80, 4),
        (84, 4),
    ];
    for object in &OBJECTS {
        let whole = Whole::new(object);
        let mut header = whole.header;
        for (offset, len) in NUMBERS {
            header[offset..offset + len].reverse();
        }
        whole.write(&header);
        let found = 0x0102_0304_u32.swap_bytes();
        whole.is_refused(&HeaderError::Endian { found });
        whole.write(&whole.header);
        whole.is_well();
    }
}
