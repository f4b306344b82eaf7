//! What is said of a link that is offered.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{Plain, SealedError};
use crate::link::{Link, Role};
use crate::place::header::{Header, HeaderError, Kind};
use crate::platform::native::Wary;
use crate::position::Capacity;

/// What is said of a link that is offered.
#[derive(Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Offer {
    header: Header,
    /// The end that is offered.
    role: u32,
    /// How many descriptors come along: one, or one for the words and one for the messages.
    objects: u32,
}

impl Offer {
    pub(super) const BYTES: usize = size_of::<Self>();

    pub(super) fn new<T: Plain>(
        kind: Kind,
        capacity: Capacity,
        role: Role,
        is_split: bool,
    ) -> Result<Self, SealedError> {
        Ok(Self {
            header: Header::new::<Link<Wary, T>, T>(kind, capacity)?,
            role: role as u32,
            objects: 1 + u32::from(is_split),
        })
    }

    /// How many descriptors these bytes say they come with.
    pub(super) fn objects(bytes: &[u8; Self::BYTES]) -> usize {
        let offer = Self::read_from_bytes(bytes);
        offer.map_or(0, |offer| offer.objects as usize)
    }

    /// What these bytes say, if they are an offer at all.
    pub(super) fn read(bytes: &[u8; Self::BYTES]) -> Result<Self, HeaderError> {
        let offer = Self::read_from_bytes(bytes).expect("there are so many bytes");
        // Its size is no object's yet: that is checked when the object is.
        Header::read(offer.header.as_bytes(), offer.header.size())?;
        match offer.objects {
            1 | 2 => Ok(offer),
            found => Err(field("objects", found, 1)),
        }
    }

    pub(super) fn role(&self) -> Result<Role, HeaderError> {
        let known = [Role::Sender, Role::Receiver];
        let role = known.into_iter().find(|&role| role as u32 == self.role);
        role.ok_or(field("role", self.role, Role::Receiver as u32))
    }

    /// Its capacity, if it carries `T` so.
    pub(super) fn capacity<T: Plain>(&self, kind: Kind) -> Result<Capacity, HeaderError> {
        self.header.check::<Link<Wary, T>, T>(kind)
    }

    /// Whether the messages lie in memory of their own.
    pub(super) fn is_split(&self) -> bool {
        self.objects == 2
    }
}

fn field(field: &'static str, found: u32, expected: u32) -> HeaderError {
    HeaderError::Layout {
        field,
        found: u64::from(found),
        expected: u64::from(expected),
    }
}
