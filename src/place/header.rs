//! What a shared object says of itself, and what is checked before anything in it is used.
//!
//! ```text
//!     byte 0                                                            64        header.body
//!     +-------+---------+--------+------+------+----------+------+-------+-------+---------+------------
//!     | magic | version | endian | kind | body | capacity | size | terms | twice | message | structure
//!     +-------+---------+--------+------+------+----------+------+-------+-------+---------+------------
//! ```
//!
//! The header is written once, before the object has a name, and never changes. A reader copies it
//! out, checks every field against what it would have written itself, and uses its own numbers
//! from then on. What only the maker knows, the capacity and the terms, stands there twice, the second
//! time inverted, and the type of a message with a sum of its bytes; and no two kinds differ by one bit. So
//! each bit that changes is noticed, by whoever looks, and the error names its field.

mod error;
mod message;

use core::alloc::Layout;
use core::fmt;
use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

pub use self::error::{HeaderError, SizeError};
pub use self::message::Message;

use self::error::KindName;
use super::{Place, Schema};
use crate::position::Capacity;

/// The first eight bytes of every object of ours.
pub const MAGIC: [u8; 8] = *b"aqueduct";
/// The version of the layout that this library writes and reads.
pub const VERSION: u32 = 6;
/// A number whose bytes tell the machine's byte order.
const ENDIAN: u32 = 0x0102_0304;
/// Where the structure begins that the header describes.
pub const BODY: u32 = 1024;
/// What a structure may be aligned to at the most, in bytes.
const ALIGN: usize = 128;
const _: () = assert!((BODY as usize).is_multiple_of(ALIGN));

/// What an object carries. Two bits of each number are set, so that one bit that changes makes none of
/// another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// A stream of bytes.
    Bytes = 0b0011,
    /// Byte records of any length.
    Records = 0b0101,
    /// Messages of one type.
    Messages = 0b0110,
    /// A mailbox of messages of one type.
    Mailbox = 0b1001,
    /// A pipe: bytes of many writers.
    Pipe = 0b1010,
}

impl Kind {
    /// Whether many may be attached to it, each with a seat of its own, and not one to each end.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Mailbox | Self::Pipe)
    }
}

/// The header of an object.
#[derive(Clone, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Header {
    magic: [u8; 8],
    version: u32,
    endian: u32,
    kind: u32,
    /// Where the structure begins.
    body: u32,
    /// How many messages the link holds.
    capacity: u64,
    /// The bytes of the whole object.
    size: u64,
    /// What else the maker chose: of a mailbox, what becomes of it when its owner goes.
    terms: u64,
    /// The capacity and the terms, each bit inverted.
    inverted: [u64; 2],
    message: Message,
}

const _: () = assert!(size_of::<Header>() == BODY as usize);
const _: () = assert!(offset_of!(Header, capacity) == 24);
const _: () = assert!(offset_of!(Header, message) == 64);

impl Header {
    /// The header of an object that carries `T` in a structure `S`.
    ///
    /// # Errors
    /// [`SizeError`] if it would be too large, or aligned to more than 128 bytes.
    pub fn new<S: Place + ?Sized, T: Schema>(
        kind: Kind,
        capacity: Capacity,
    ) -> Result<Self, SizeError> {
        let size = size::<S>(capacity)?;
        Ok(Self::with_size::<T>(kind, capacity.get() as u64, size, 0))
    }

    /// The header of an object of `size` bytes that carries `T`.
    #[must_use]
    pub fn with_size<T: Schema>(kind: Kind, capacity: u64, size: u64, terms: u64) -> Self {
        Self {
            magic: MAGIC,
            version: VERSION,
            endian: ENDIAN,
            kind: kind as u32,
            body: BODY,
            capacity,
            size,
            terms,
            inverted: [!capacity, !terms],
            message: Message::of::<T>(),
        }
    }

    /// Copies the header out of the first bytes of an object of `size` bytes, and checks what
    /// must hold for any object of ours, whatever it carries.
    ///
    /// # Errors
    /// [`HeaderError`], for the first field that is wrong.
    pub fn read(bytes: &[u8], size: u64) -> Result<Self, HeaderError> {
        if size < u64::from(BODY) {
            return Err(HeaderError::TooShort { size });
        }
        let (header, _) =
            Self::read_from_prefix(bytes).map_err(|_| HeaderError::TooShort { size })?;
        if header.magic != MAGIC {
            return Err(HeaderError::Magic {
                found: header.magic,
            });
        }
        if header.endian != ENDIAN {
            return Err(HeaderError::Endian {
                found: header.endian,
            });
        }
        if header.version != VERSION {
            return Err(HeaderError::Version {
                found: header.version,
            });
        }
        if header.size != size {
            return Err(HeaderError::Size {
                found: size,
                expected: header.size,
            });
        }
        Self::check_field("body", header.body.into(), BODY.into())?;
        Self::check_twice("capacity", header.capacity, header.inverted[0])?;
        Self::check_twice("terms", header.terms, header.inverted[1])?;
        match header.message.is_whole() {
            Ok(()) => Ok(header),
            Err((found, computed)) => Err(HeaderError::Sum { found, computed }),
        }
    }

    fn check_twice(field: &'static str, found: u64, inverted: u64) -> Result<(), HeaderError> {
        if found == !inverted {
            return Ok(());
        }
        Err(HeaderError::Twice {
            field,
            first: found,
            second: !inverted,
        })
    }

    /// Checks that the object carries `T` in a structure `S`, laid out as this program would, and
    /// returns its capacity.
    ///
    /// # Errors
    /// [`HeaderError`], for the first field that is wrong.
    pub fn check<S: Place + ?Sized, T: Schema>(&self, kind: Kind) -> Result<Capacity, HeaderError> {
        self.check_kind::<T>(kind)?;
        let found = self.capacity;
        let capacity = usize::try_from(found)
            .ok()
            .and_then(|messages| Capacity::new(messages).ok());
        let capacity = capacity.ok_or(HeaderError::NoCapacity { found })?;
        let size = size::<S>(capacity).map_err(|_| HeaderError::NoCapacity { found })?;
        self.check_layout(size)?;
        self.check_terms(0)?;
        Ok(capacity)
    }

    /// Checks that the object carries `T`.
    ///
    /// # Errors
    /// [`HeaderError`], for the first field that is wrong.
    pub fn check_kind<T: Schema>(&self, kind: Kind) -> Result<(), HeaderError> {
        if self.kind != kind as u32 {
            return Err(HeaderError::Kind {
                found: self.kind,
                expected: kind,
            });
        }
        let expected = Message::of::<T>();
        if self.message != expected {
            return Err(HeaderError::Message {
                found: self.message.clone().into(),
                expected: expected.into(),
            });
        }
        Ok(())
    }

    /// Checks that the object is laid out as one of `size` bytes that this program would make.
    ///
    /// # Errors
    /// [`HeaderError`], for the first field that is wrong.
    pub fn check_layout(&self, size: u64) -> Result<(), HeaderError> {
        Self::check_field("size", self.size, size)
    }

    /// Checks what else the maker chose. A link and a pipe have no terms.
    ///
    /// # Errors
    /// [`HeaderError`], if it is anything else.
    pub fn check_terms(&self, terms: u64) -> Result<(), HeaderError> {
        Self::check_field("terms", self.terms, terms)
    }

    fn check_field(field: &'static str, found: u64, expected: u64) -> Result<(), HeaderError> {
        if found == expected {
            return Ok(());
        }
        Err(HeaderError::Layout {
            field,
            found,
            expected,
        })
    }

    /// How many bytes the object has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many messages it holds, as it says.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// What else its maker chose.
    #[must_use]
    pub fn terms(&self) -> u64 {
        self.terms
    }

    /// What it carries; `None` if this library does not know it.
    #[must_use]
    pub fn carries(&self) -> Option<Kind> {
        let known = [
            Kind::Bytes,
            Kind::Records,
            Kind::Messages,
            Kind::Mailbox,
            Kind::Pipe,
        ];
        known.into_iter().find(|&kind| kind as u32 == self.kind)
    }

    /// What it carries, in words.
    #[must_use]
    pub fn kind(&self) -> impl fmt::Display + use<> {
        KindName(self.kind)
    }

    /// The type of its messages.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }
}

/// The size of an object with a header and then an `S`.
///
/// # Errors
/// [`SizeError`] if it overflows, or an `S` is aligned to more than 128 bytes.
fn size<S: Place + ?Sized>(capacity: Capacity) -> Result<u64, SizeError> {
    let overflow = |_| SizeError::Overflow(capacity.get());
    let body = S::layout(capacity).map_err(overflow)?;
    let align = body.align();
    if align > ALIGN {
        return Err(SizeError::Alignment { align });
    }
    let header = Layout::from_size_align(BODY as usize, ALIGN).map_err(overflow)?;
    let (object, start) = header.extend(body).map_err(overflow)?;
    debug_assert_eq!(start, BODY as usize, "the alignment was checked");
    Ok(object.pad_to_align().size() as u64)
}
