//! A buffer in an object, as one process sees it.
//!
//! ```text
//!     byte 0    front
//!     +- - - - -+--------------------------------+
//!     | header  | the buffer                     |     all of it reserved when it is created
//!     +- - - - -+--------------------------------+
//! ```

use std::alloc::Layout;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use super::{CreateError, FitError, Mapping, Name, Object, Shareable};
use crate::place::{Place, Plain};
use crate::position::{Capacity, Position};

/// A structure `S` in an object, which its clones hold with it: what the sides of a buffer in shared
/// memory are made of.
///
/// Each process has a mapping of its own, and its own number for the capacity.
///
/// ```
/// use aqueduct::buffer::spsc::{Consumer, Producer, Ring};
/// use aqueduct::platform::native::Native;
/// use aqueduct::position::{Capacity, Position};
/// use aqueduct::shm::{DEFAULT_MODE, Name, Object, Placed, Uid};
///
/// type Numbers = Placed<Ring<Native, u64>>;
/// let (front, capacity) = (0, Capacity::new(10)?);
/// let name = Name::parse(format!("doc-placed-{}", std::process::id()))?;
///
/// // One process creates it, and gives it its name once it is whole.
/// let ring = Numbers::create(name.clone(), DEFAULT_MODE, front, capacity, Position::new(0))?;
/// ring.object().publish()?;
/// // SAFETY: the ring was placed with this capacity, and has no other producer.
/// let mut producer = unsafe { Producer::attach(ring, capacity) }?;
/// producer.push(42)?;
///
/// // Another one attaches.
/// let object = Object::open(name.clone(), Uid::effective())?;
/// let ring = Numbers::attach(object, front, capacity)?;
/// // SAFETY: the ring was placed with this capacity, has no other consumer, and carries numbers.
/// let mut consumer = unsafe { Consumer::attach(ring, capacity) }?;
/// assert_eq!(consumer.pop()?, 42);
///
/// std::fs::remove_file(name.path())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Placed<S: Shareable + Place + ?Sized> {
    place: NonNull<S>,
    memory: Arc<Memory>,
}

/// The object that the structure lies in, and the mapping that shows it.
#[derive(Debug)]
struct Memory {
    object: Arc<Object>,
    mapping: Arc<Mapping>,
}

// SAFETY: it is a shared reference to the structure, which travels with its memory.
unsafe impl<S: Shareable + Place + Send + Sync + ?Sized> Send for Placed<S> {}
// SAFETY: as above.
unsafe impl<S: Shareable + Place + Send + Sync + ?Sized> Sync for Placed<S> {}

impl<S: Shareable + Place + ?Sized> Placed<S> {
    /// Creates an object for `name`, which nobody else can find until it is
    /// [published](Object::publish): `front` bytes that are the caller's, then an empty structure
    /// for `capacity` messages, whose stream stands at `start`. All its space is reserved.
    ///
    /// # Errors
    /// See [`CreateError`]; nothing is left behind.
    pub fn create(
        name: Name,
        mode: u32,
        front: usize,
        capacity: Capacity,
        start: Position,
    ) -> Result<Self, CreateError>
    where
        S::Message: Plain,
    {
        let len = match Self::len(front, capacity) {
            Ok(len) => len,
            Err(source) => return Err(CreateError::Unfit { name, source }),
        };
        let object = Object::unnamed(name, len, mode)?;
        let mapping = object.map(len);
        let mapping = mapping.map_err(|error| object.not_created("map", error))?;
        let placed = Self::of(object.into(), mapping, front, capacity);
        // SAFETY: the object is new, so the block is zeroed and nobody else uses it.
        unsafe { S::init(placed.place, start) };
        Ok(placed)
    }

    /// The structure in an object that another process has created with the same `front` and
    /// `capacity`. What stands in the object is not believed: see the sides of each buffer.
    ///
    /// # Errors
    /// If the object is shorter than they say; or the kernel's.
    pub fn attach(
        object: impl Into<Arc<Object>>,
        front: usize,
        capacity: Capacity,
    ) -> io::Result<Self>
    where
        S::Message: Plain,
    {
        let object = object.into();
        let mapping = object.map(Self::len(front, capacity)?)?;
        Ok(Self::of(object, mapping, front, capacity))
    }

    /// How many bytes the object has.
    ///
    /// # Errors
    /// [`FitError`].
    pub fn len(front: usize, capacity: Capacity) -> Result<usize, FitError> {
        let block = S::layout(capacity).map_err(|_| FitError::TooLarge)?;
        FitError::check(front, block)?;
        let len = front.checked_add(block.size());
        let object = len.and_then(|len| Layout::from_size_align(len, block.align()).ok());
        object.map(|object| object.size()).ok_or(FitError::TooLarge)
    }

    /// The object.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        &self.memory.object
    }

    /// The bytes of the object, of which those in front are the caller's.
    #[must_use]
    pub fn mapping(&self) -> &Arc<Mapping> {
        &self.memory.mapping
    }

    /// The mapping begins at a page, and is as long as [`len`] says.
    fn of(object: Arc<Object>, mapping: Mapping, front: usize, capacity: Capacity) -> Self {
        let start = NonNull::new(mapping.as_ptr()).expect("no mapping is at zero");
        // SAFETY: the mapping is longer than its front.
        let block = unsafe { start.add(front) };
        Self {
            place: S::at(block, capacity),
            memory: Arc::new(Memory {
                object,
                mapping: Arc::new(mapping),
            }),
        }
    }
}

impl<S: Shareable + Place + ?Sized> Deref for Placed<S> {
    type Target = S;

    fn deref(&self) -> &Self::Target {
        // SAFETY: a structure lies there, whatever the bytes are (`Shareable`, and its messages are
        // plain), for as long as the memory beside it is kept.
        unsafe { self.place.as_ref() }
    }
}

impl<S: Shareable + Place + ?Sized> Clone for Placed<S> {
    fn clone(&self) -> Self {
        Self {
            place: self.place,
            memory: Arc::clone(&self.memory),
        }
    }
}

impl<S: Shareable + Place + ?Sized> fmt::Debug for Placed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Placed")
            .field("place", &self.place)
            .field("memory", &self.memory)
            .finish()
    }
}
