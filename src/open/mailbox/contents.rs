//! What lies in the object of a mailbox.

use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use zerocopy::IntoBytes;

use crate::buffer::rendezvous::Rendezvous;
use crate::buffer::unbounded::{Positions, Unbounded};
use crate::buffer::{Corrupt, Owner, Recover, mpmc};
use crate::link::mailbox::{Buffer, Capacity, Succession, without_limit};
use crate::link::shared::{Office, Shared};
use crate::open::error::AttachError;
use crate::place::Plain;
use crate::place::header::{BODY, Header, Kind};
use crate::platform::native::Native;
use crate::position::{self, CapacityError, Position};
use crate::shm::{Mapping, Name, Object, Placed, SparseBuffer};

/// What stands in a header for what the maker chose.
pub(super) const TERMS: [(Succession, u64); 2] =
    [(Succession::Closes, 0), (Succession::HandedOver, 1)];

/// Where the office lies, and where the buffer does.
pub(super) const OFFICE: usize = BODY as usize;
const FRONT: usize = OFFICE + size_of::<Office<Native>>();
const _: () = assert!(align_of::<Office<Native>>() <= OFFICE && FRONT.is_multiple_of(128));

/// A mailbox in an object.
pub(super) struct Contents<T: Plain> {
    buffer: Memory<T>,
    succession: Succession,
}

/// Its buffer, with the object and the mapping that it lies in.
enum Memory<T: Plain> {
    Zero(Placed<Rendezvous<Native, T>>),
    Bounded(Placed<mpmc::Ring<Native, T>>),
    Unbounded(Unbounded<SparseBuffer<T>>),
}

/// The capacity as a header has it: 0, so many, or all ones.
pub(super) fn number(capacity: Capacity) -> u64 {
    match capacity {
        Capacity::Zero => 0,
        Capacity::Bounded(messages) => messages as u64,
        Capacity::Unbounded => u64::MAX,
    }
}

/// The capacity that a header has; `None` if there is none such.
pub(super) fn capacity(number: u64) -> Option<Capacity> {
    match number {
        0 => Some(Capacity::Zero),
        u64::MAX => Some(Capacity::Unbounded),
        messages => usize::try_from(messages).ok().map(Capacity::Bounded),
    }
}

/// For what has one size, whatever the capacity.
fn any() -> position::Capacity {
    position::Capacity::new(1).expect("one is a capacity")
}

impl<T: Plain> Contents<T> {
    /// How many bytes the object has; `None` if there cannot be so many.
    pub(super) fn size(capacity: Capacity) -> Option<usize> {
        let size = match capacity {
            Capacity::Zero => Placed::<Rendezvous<Native, T>>::len(FRONT, any()),
            Capacity::Bounded(messages) => {
                let messages = position::Capacity::new(messages).ok()?;
                Placed::<mpmc::Ring<Native, T>>::len(FRONT, messages)
            }
            Capacity::Unbounded => SparseBuffer::<T>::len(FRONT, without_limit::<T>().ok()?),
        };
        size.ok()
    }

    /// Makes a mailbox that nobody has used, in an object that has no name yet.
    pub(super) fn create(
        name: &Name,
        mode: u32,
        capacity: Capacity,
        succession: Succession,
    ) -> Result<Self, AttachError> {
        let (start, to_be) = (Position::new(0), name.clone());
        let buffer = match capacity {
            Capacity::Zero => Memory::Zero(Placed::create(to_be, mode, FRONT, any(), start)?),
            Capacity::Bounded(messages) => {
                let messages = position::Capacity::new(messages)?;
                Memory::Bounded(Placed::create(to_be, mode, FRONT, messages, start)?)
            }
            Capacity::Unbounded => {
                let words = Positions::new(start);
                let shape = without_limit::<T>()?;
                let memory = SparseBuffer::create(to_be, mode, FRONT, shape, words)?;
                Memory::Unbounded(Unbounded::new(memory))
            }
        };
        let terms = TERMS.iter().find(|(chosen, _)| *chosen == succession);
        let terms = terms.expect("each has a number").1;
        let contents = Self { buffer, succession };
        let size = contents.object().len();
        let size = size.map_err(AttachError::io("look at", name))?;
        let header = Header::with_size::<T>(Kind::Mailbox, number(capacity), size, terms);
        let bytes = header.as_bytes();
        // SAFETY: the mapping has room for the header, and nobody else knows the object. The office is
        // zeros, as it is in a new object.
        unsafe {
            let start = contents.mapping().as_ptr();
            start.copy_from(bytes.as_ptr(), bytes.len());
        };
        Ok(contents)
    }

    /// The mailbox in an object that another process has made, whose header was checked.
    pub(super) fn attach(
        object: &Arc<Object>,
        capacity: Capacity,
        succession: Succession,
    ) -> io::Result<Self> {
        let object = Arc::clone(object);
        let unfit = |error: CapacityError| io::Error::new(io::ErrorKind::InvalidInput, error);
        let buffer = match capacity {
            Capacity::Zero => Memory::Zero(Placed::attach(object, FRONT, any())?),
            Capacity::Bounded(messages) => {
                let messages = position::Capacity::new(messages).map_err(unfit)?;
                Memory::Bounded(Placed::attach(object, FRONT, messages)?)
            }
            Capacity::Unbounded => {
                let shape = without_limit::<T>().map_err(unfit)?;
                let memory = SparseBuffer::attach(object, FRONT, shape)?;
                Memory::Unbounded(Unbounded::new(memory))
            }
        };
        Ok(Self { buffer, succession })
    }

    /// Where the seats lie in the mapping.
    pub(super) fn seats(&self) -> usize {
        let office = self.office();
        let within = (&raw const *office.seats()).addr() - (&raw const *office).addr();
        OFFICE + within
    }

    /// The object.
    pub(super) fn object(&self) -> &Arc<Object> {
        match &self.buffer {
            Memory::Zero(point) => point.object(),
            Memory::Bounded(ring) => ring.object(),
            Memory::Unbounded(buffer) => buffer.memory().object(),
        }
    }

    /// Its bytes.
    pub(super) fn mapping(&self) -> &Arc<Mapping> {
        match &self.buffer {
            Memory::Zero(point) => point.mapping(),
            Memory::Bounded(ring) => ring.mapping(),
            Memory::Unbounded(buffer) => buffer.memory().mapping(),
        }
    }

    /// What becomes of the mailbox when its owner goes.
    pub(super) fn succession(&self) -> Succession {
        self.succession
    }

    /// The words beside the buffer.
    pub(super) fn office(&self) -> &Office<Native> {
        let start = NonNull::new(self.mapping().as_ptr()).expect("no mapping is at zero");
        // SAFETY: the mapping is longer than header and office.
        let office: NonNull<Office<Native>> = unsafe { start.add(OFFICE) }.cast();
        // SAFETY: it lies there, aligned, while the mapping does, and any bytes are an office.
        unsafe { office.as_ref() }
    }

    /// The mailbox as its handles use it.
    pub(super) fn shared(&self) -> Shared<'_, Native, Buffer<'_, SparseBuffer<T>>> {
        let buffer = match &self.buffer {
            Memory::Zero(point) => Buffer::Zero(point),
            Memory::Bounded(ring) => Buffer::Bounded(ring),
            Memory::Unbounded(buffer) => Buffer::Unbounded(buffer),
        };
        Shared {
            office: self.office(),
            buffer,
            succession: self.succession,
        }
    }
}

impl<T: Plain> Recover for Contents<T> {
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { self.shared().recover(dead, owner) }
    }
}
