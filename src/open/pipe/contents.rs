//! What lies in the object of a pipe.

use std::io;
use std::ptr::NonNull;
use std::sync::Arc;

use crossbeam_utils::CachePadded;
use zerocopy::IntoBytes;

use crate::buffer::frames::Frames;
use crate::buffer::{Corrupt, Owner, Recover};
use crate::link::shared::Office;
use crate::open::error::AttachError;
use crate::pipe::shared::{Past, Shared};
use crate::pipe::{self, BLOCK};
use crate::place::header::{BODY, Header, Kind};
use crate::platform::native::Native;
use crate::position::{Capacity, CapacityError, Position};
use crate::shm::{Mapping, Name, Object, Placed};

/// The words beside the buffer. Any bytes are some.
#[repr(C)]
pub(super) struct Words {
    pub(super) office: Office<Native>,
    pub(super) past: CachePadded<Past<Native>>,
}

/// Where the words lie, and where the buffer does.
pub(super) const WORDS: usize = BODY as usize;
const FRONT: usize = WORDS + size_of::<Words>();
const _: () = assert!(align_of::<Words>() <= WORDS && FRONT.is_multiple_of(128));

/// A pipe in an object.
pub(super) struct Contents(Placed<Frames<Native>>);

/// So many bytes in blocks.
fn blocks(bytes: usize) -> Result<Capacity, CapacityError> {
    let rounded = pipe::bytes(bytes).ok_or(CapacityError::TooLarge(bytes))?;
    Capacity::new(rounded / BLOCK)
}

impl Contents {
    /// How many bytes the object has; `None` if there cannot be so many.
    pub(super) fn size(capacity: usize) -> Option<usize> {
        let blocks = blocks(capacity).ok()?;
        Placed::<Frames<Native>>::len(FRONT, blocks).ok()
    }

    /// Makes a pipe that nobody has used, in an object that has no name yet.
    pub(super) fn create(name: &Name, mode: u32, bytes: usize) -> Result<Self, AttachError> {
        let blocks = blocks(bytes)?;
        let frames =
            Placed::<Frames<Native>>::create(name.clone(), mode, FRONT, blocks, Position::new(0))?;
        let size = frames.object().len();
        let size = size.map_err(AttachError::io("look at", name))?;
        let capacity = (blocks.slots() * BLOCK) as u64;
        let header = Header::with_size::<u8>(Kind::Pipe, capacity, size, 0);
        let header = header.as_bytes();
        let start = frames.mapping().as_ptr();
        // SAFETY: the mapping has room for the header, and nobody else knows the object. The words are
        // zeros, as they are in a new object.
        unsafe { start.copy_from(header.as_ptr(), header.len()) };
        Ok(Self(frames))
    }

    /// The pipe in an object that another process has made, whose header was checked.
    pub(super) fn attach(object: &Arc<Object>, bytes: usize) -> io::Result<Self> {
        let unfit = |error: CapacityError| io::Error::new(io::ErrorKind::InvalidInput, error);
        let blocks = blocks(bytes).map_err(unfit)?;
        Ok(Self(Placed::attach(Arc::clone(object), FRONT, blocks)?))
    }

    /// Where the seats lie in the mapping.
    pub(super) fn seats(&self) -> usize {
        let words = self.words();
        let within = (&raw const *words.office.seats()).addr() - (&raw const *words).addr();
        WORDS + within
    }

    /// The object.
    pub(super) fn object(&self) -> &Arc<Object> {
        self.0.object()
    }

    /// Its bytes.
    pub(super) fn mapping(&self) -> &Arc<Mapping> {
        self.0.mapping()
    }

    /// The words beside the buffer.
    fn words(&self) -> &Words {
        let start = NonNull::new(self.mapping().as_ptr()).expect("no mapping is at zero");
        // SAFETY: the mapping is longer than header and words.
        let words: NonNull<Words> = unsafe { start.add(WORDS) }.cast();
        // SAFETY: they lie there, aligned, while the mapping does, and any bytes are some.
        unsafe { words.as_ref() }
    }

    /// The words of those who are attached.
    pub(super) fn office(&self) -> &Office<Native> {
        &self.words().office
    }

    /// The pipe as its handles use it.
    pub(super) fn shared(&self) -> Shared<'_, Native> {
        let Words { office, past } = self.words();
        Shared {
            office,
            past,
            frames: &self.0,
        }
    }
}

impl Recover for Contents {
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { self.shared().recover(dead, owner) }
    }
}
