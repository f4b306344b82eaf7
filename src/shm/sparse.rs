//! The memory of an unbounded buffer in an object: as long as its limit asks for, and mostly a hole.
//!
//! ```text
//!     byte 0    front        a page              + stride          + 2 stride
//!     +- - - - -+-------+----+-------------------+- - - - - - - - -+-------------------+- -
//!     | header  | words |    | segment 0         | a hole: no      | segment 2         |
//!     |         |       |    |                   | memory behind   |                   |
//!     +- - - - -+-------+----+-------------------+- - - - - - - - -+-------------------+- -
//!     reserved when created   FALLOCATE           PUNCH_HOLE
//! ```
//!
//! The object has its final size from the first. The memory of a segment is reserved with
//! `fallocate` before it is touched, so a lack of memory is an error and no bus error; it goes back
//! as a hole. Reserving what is there keeps its bytes, and punching a hole twice leaves a hole.

use std::alloc::Layout;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use nix::errno::Errno;
use nix::fcntl::FallocateFlags;

use super::mapping::page;
use super::object::change;
use super::{CreateError, FitError, Mapping, Name, Object, Shareable};
use crate::buffer::unbounded::{Blank, NoMemory, Positions, Segments, Shape, Slot};
use crate::place::Plain;
use crate::platform::native::Native;

/// Memory in an object, with the words `W` and slots `S`, as one process sees it.
pub struct Sparse<W, S> {
    object: Arc<Object>,
    mapping: Arc<Mapping>,
    plan: Plan,
    contents: PhantomData<(W, S)>,
}

/// The memory of the unbounded buffer for messages of type `T`.
pub type SparseBuffer<T> = Sparse<Positions<Native>, Slot<Native, T>>;

// SAFETY: the object and its mapping belong to the process. A slot is used by one side at a time
// (`Blank`), and its message may be sent.
unsafe impl<W: Sync, S: Blank<Message: Send>> Sync for Sparse<W, S> {}
// SAFETY: as above.
unsafe impl<W: Send, S: Blank<Message: Send>> Send for Sparse<W, S> {}

/// Where everything lies in the object, computed from private numbers.
#[derive(Clone, Copy, Debug)]
struct Plan {
    shape: Shape,
    /// Where the words are.
    front: usize,
    /// Where the segments begin.
    segments: usize,
    /// From one segment to the next: whole pages.
    stride: usize,
    /// The bytes of the whole object.
    len: usize,
}

impl Plan {
    fn new<W, S>(front: usize, shape: Shape) -> Result<Self, FitError> {
        FitError::check(front, Layout::new::<W>())?;
        // A segment begins at a page.
        FitError::check(0, Layout::new::<S>())?;
        Self::of_sizes(front, shape, size_of::<W>(), size_of::<S>()).ok_or(FitError::TooLarge)
    }

    /// `None` if it is too large for the address space.
    fn of_sizes(front: usize, shape: Shape, words: usize, slot: usize) -> Option<Self> {
        let page = page();
        let words = front.checked_add(words)?;
        let segments = words.checked_next_multiple_of(page)?;
        let slots = shape.slots().checked_mul(slot)?;
        // Slots of no bytes have pages of their own, too: then nothing is special about them.
        let stride = slots.max(1).checked_next_multiple_of(page)?;
        let len = stride
            .checked_mul(shape.segments())?
            .checked_add(segments)?;
        isize::try_from(len).ok()?;
        Some(Self {
            shape,
            front,
            segments,
            stride,
            len,
        })
    }

    fn offset(&self, segment: usize) -> usize {
        assert!(segment < self.shape.segments(), "there is no such segment");
        self.segments + segment * self.stride
    }
}

impl<W: Shareable, S: Blank + Shareable> Sparse<W, S> {
    /// Creates an object for `name`, which nobody else can find until it is
    /// [published](Object::publish): `front` bytes that are the caller's, then `words`, and no
    /// segment.
    ///
    /// # Errors
    /// See [`CreateError`]; nothing is left behind.
    pub fn create(
        name: Name,
        mode: u32,
        front: usize,
        shape: Shape,
        words: W,
    ) -> Result<Self, CreateError>
    where
        <W as Shareable>::Message: Plain,
        <S as Shareable>::Message: Plain,
    {
        let plan = match Plan::new::<W, S>(front, shape) {
            Ok(plan) => plan,
            Err(source) => return Err(CreateError::Unfit { name, source }),
        };
        let object = Object::sparse(name, plan.len, plan.segments, mode)?;
        let mapping = object.map(plan.len);
        let mapping = mapping.map_err(|error| object.not_created("map", error))?;
        let sparse = Self::of(object.into(), mapping, plan);
        // SAFETY: the words lie in the mapping, aligned, and nobody else knows it.
        unsafe { sparse.words_at().write(words) };
        Ok(sparse)
    }

    /// The memory in an object that another process has created with the same `front` and `shape`.
    ///
    /// # Errors
    /// If the object is shorter than they say; or the kernel's.
    pub fn attach(object: impl Into<Arc<Object>>, front: usize, shape: Shape) -> io::Result<Self>
    where
        <W as Shareable>::Message: Plain,
        <S as Shareable>::Message: Plain,
    {
        let plan = Plan::new::<W, S>(front, shape)?;
        let object = object.into();
        let mapping = object.map(plan.len)?;
        Ok(Self::of(object, mapping, plan))
    }

    /// How many bytes the object has.
    ///
    /// # Errors
    /// [`FitError`].
    pub fn len(front: usize, shape: Shape) -> Result<usize, FitError> {
        Ok(Plan::new::<W, S>(front, shape)?.len)
    }

    fn of(object: Arc<Object>, mapping: Mapping, plan: Plan) -> Self {
        Self {
            object,
            mapping: Arc::new(mapping),
            plan,
            contents: PhantomData,
        }
    }
}

impl<W, S> Sparse<W, S> {
    /// The object.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        &self.object
    }

    /// The bytes of the object, of which those in front are the caller's.
    #[must_use]
    pub fn mapping(&self) -> &Arc<Mapping> {
        &self.mapping
    }

    fn words_at(&self) -> NonNull<W> {
        self.at(self.plan.front)
    }

    /// The address of the byte at `offset`, which lies in the mapping.
    fn at<V>(&self, offset: usize) -> NonNull<V> {
        let start = NonNull::new(self.mapping.as_ptr()).expect("no mapping is at zero");
        // SAFETY: the mapping is `len` bytes long, and the plan has only offsets below.
        unsafe { start.add(offset) }.cast()
    }
}

// SAFETY: a segment has a place of its own in the object, which is mapped while this lives. Its
// bytes are zero after `fallocate` filled a hole, and `fallocate` keeps those that are there.
unsafe impl<W, S: Blank> Segments for Sparse<W, S> {
    type Words = W;
    type Slot = S;
    const OWNS_MESSAGES: bool = false;

    fn words(&self) -> &W {
        // SAFETY: `create` wrote them, here or in another process; if not, any bytes are good ones
        // (`Shareable`).
        unsafe { self.words_at().as_ref() }
    }

    fn shape(&self) -> Shape {
        self.plan.shape
    }

    fn reserve(&self, segment: usize) -> Result<(), NoMemory> {
        let offset = self.plan.offset(segment);
        let reserved = self.object.allocate(offset, self.plan.stride);
        // ENOSPC; ENOMEM where a control group sets the limit. Anything else would be a mistake, and
        // to the caller it is the same: it cannot have the segment.
        reserved.map_err(|_| NoMemory)
    }

    unsafe fn give_back(&self, segment: usize) {
        // What cannot go back stays, and serves when the segment is reserved again.
        let _ = self
            .object
            .punch(self.plan.offset(segment), self.plan.stride);
    }

    unsafe fn slots(&self, segment: usize) -> &[S] {
        let first = self.at(self.plan.offset(segment));
        let slots = NonNull::slice_from_raw_parts(first, self.plan.shape.slots());
        // SAFETY: so many slots lie there, reserved while they are used, by the caller's word.
        unsafe { slots.as_ref() }
    }
}

impl<W, S> fmt::Debug for Sparse<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sparse")
            .field("object", &self.object)
            .field("mapping", &self.mapping)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

impl Object {
    /// Reserves the memory of so many bytes from `offset` on.
    pub(super) fn allocate(&self, offset: usize, len: usize) -> Result<(), Errno> {
        self.change(FallocateFlags::empty(), offset, len)
    }

    /// Gives the memory of so many bytes from `offset` on back.
    fn punch(&self, offset: usize, len: usize) -> Result<(), Errno> {
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        self.change(hole, offset, len)
    }

    fn change(&self, how: FallocateFlags, offset: usize, len: usize) -> Result<(), Errno> {
        change(&self.file, how, offset, len)
    }
}
