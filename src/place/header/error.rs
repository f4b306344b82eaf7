//! Why an object is not what was asked for, or could not be made.

use core::fmt;

use thiserror::Error;

use super::{ALIGN, BODY, ENDIAN, Kind, MAGIC, Message, VERSION};
use crate::position::CapacityError;

/// Why an object is not what was asked for. Each names the field and both values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// It is too short to have a header.
    #[error("it has {size} bytes, and an aqueduct object has at least {BODY}")]
    TooShort {
        /// Its size, in bytes.
        size: u64,
    },
    /// It begins with other bytes.
    #[error("it begins with {:?}, not with {:?}", Text(.found), Text(&MAGIC))]
    Magic {
        /// Its first bytes.
        found: [u8; 8],
    },
    /// Another byte order wrote it.
    #[error("its byte order mark is {found:#010x}, this machine's {ENDIAN:#010x}")]
    Endian {
        /// The mark as this machine reads it.
        found: u32,
    },
    /// Another version of the layout.
    #[error("its layout is version {found}, this program's {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It carries something else.
    #[error("it carries {}, not {}", KindName(*.found), KindName(*.expected as u32))]
    Kind {
        /// The number of its kind.
        found: u32,
        /// What was asked for.
        expected: Kind,
    },
    /// Its messages are of another type.
    #[error("its messages are {}", .found.difference(.expected))]
    Message {
        /// Its type.
        found: Box<Message>,
        /// The type asked for.
        expected: Box<Message>,
    },
    /// Its capacity is another than the one asked for.
    #[error("its capacity is {found}, and {expected} was asked for")]
    Capacity {
        /// Its capacity, in messages.
        found: u64,
        /// The capacity asked for.
        expected: u64,
    },
    /// Its capacity cannot be.
    #[error("its capacity is {found}, which cannot be")]
    NoCapacity {
        /// Its capacity, in messages.
        found: u64,
    },
    /// Its parts lie elsewhere.
    #[error("its field `{field}` is {found}, this program's {expected}")]
    Layout {
        /// The field of the header.
        field: &'static str,
        /// What it holds.
        found: u64,
        /// What this program would have written.
        expected: u64,
    },
    /// What stands there twice is not the same.
    #[error("its field `{field}` is {first}, and {second} where it stands inverted")]
    Twice {
        /// The field of the header.
        field: &'static str,
        /// What it says.
        first: u64,
        /// What it says the second time.
        second: u64,
    },
    /// What it says of its messages is not what was written there.
    #[error(
        "its field `check` is {found:#018x}, and what it says of its messages comes to {computed:#018x}"
    )]
    Sum {
        /// What it holds.
        found: u64,
        /// What it should hold.
        computed: u64,
    },
    /// It was cut, or grew.
    #[error("it has {found} bytes, and its header says {expected}")]
    Size {
        /// Its size, in bytes.
        found: u64,
        /// The size in its header.
        expected: u64,
    },
}

/// Why a header could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SizeError {
    /// No such capacity.
    #[error(transparent)]
    Capacity(#[from] CapacityError),
    /// The object would be larger than memory can be.
    #[error("a capacity of {0} messages needs more memory than can be addressed: ask for less")]
    Overflow(usize),
    /// The messages would not lie where they have to.
    #[error("messages aligned to {align} bytes do not fit: an object aligns to at most {ALIGN}")]
    Alignment {
        /// The alignment of a message, in bytes.
        align: usize,
    },
}

impl HeaderError {
    /// Whether it is no object of ours at all.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        matches!(self, Self::TooShort { .. } | Self::Magic { .. })
    }

    /// Whether nobody has made an object so: it has changed since.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Size { .. } | Self::Twice { .. } | Self::Sum { .. }
        )
    }
}

/// A kind in words, also one that this program does not know.
pub(super) struct KindName(pub(super) u32);

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            kind if kind == Kind::Bytes as u32 => f.write_str("a stream of bytes"),
            kind if kind == Kind::Records as u32 => f.write_str("byte records"),
            kind if kind == Kind::Messages as u32 => f.write_str("messages of one type"),
            kind if kind == Kind::Mailbox as u32 => f.write_str("a mailbox"),
            kind if kind == Kind::Pipe as u32 => f.write_str("a pipe"),
            other => write!(f, "something of kind {other}"),
        }
    }
}

/// Bytes that are mostly text.
struct Text<'a>(&'a [u8]);

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}
