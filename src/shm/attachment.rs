//! A seat among those who share a buffer in an object.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use super::lock::Moment;
use super::{Byte, Guard, Keeper, Mapping, Object, Reserve};
use crate::buffer::{Blocked, Owner, Recover};
use crate::crowd::{Locks, SEATS, SeatError, Seats};
use crate::platform::native::Native;

/// The bytes that the seats of a shared buffer take. They are zeros at first, and lie at a multiple of
/// 128.
pub const SEATS_SIZE: usize = size_of::<Seats<Native>>();
const _: () = assert!(align_of::<Seats<Native>>() <= 128 && SEATS_SIZE.is_multiple_of(128));

/// An attachment of this process to a buffer that several share, any of which may be killed.
///
/// Its number is what the sides of the buffer are made with: as many of them as there are threads to
/// use them (but one producer of [`frames`](crate::buffer::frames), whose claims are settled when
/// another one of the same number attaches). A call of theirs goes through
/// [`outlive`](Attachment::outlive), which settles what the dead held that are in its way.
///
/// Dropped, it gives back what was leaked, and says goodbye; if the process dies, whoever comes next and whoever is in its way
/// settle what it held. `R` is how it holds the buffer: an `Arc`, a [`Placed`](super::Placed).
///
/// In a forked child of the process, [`outlive`](Attachment::outlive) answers [`Forked`]. Sides and
/// guards know nothing of forks: a child must neither use nor drop its copies of them.
///
/// ```
/// use std::sync::Arc;
/// use aqueduct::buffer::mpmc::{Consumer, Producer, Ring};
/// use aqueduct::platform::native::Native;
/// use aqueduct::position::{Capacity, Position};
/// use aqueduct::shm::{Attachment, DEFAULT_MODE, Name, Placed, SEATS_SIZE};
///
/// let name = Name::parse(format!("doc-attachment-{}", std::process::id()))?;
/// let front = SEATS_SIZE;
/// type Shared = Placed<Ring<Native, u64>>;
/// let ring = Shared::create(name, DEFAULT_MODE, front, Capacity::new(10)?, Position::new(0))?;
/// // SAFETY: in front of the ring are the seats, of which all have one who use it.
/// let here: Attachment<_> =
///     unsafe { Attachment::take(ring.object(), ring.mapping(), 0, ring.clone()) }?;
/// // SAFETY: the number is this attachment's.
/// let producer = unsafe { Producer::attach(ring.clone(), here.owner()) };
/// // SAFETY: as above; all messages are numbers.
/// let consumer = unsafe { Consumer::attach(ring.clone(), here.owner()) };
/// here.outlive(|| producer.push(42))??;
/// assert_eq!(here.outlive(|| consumer.pop())??, 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Attachment<R: Deref<Target: Recover>, const COUNT: usize = SEATS> {
    buffer: R,
    seats: NonNull<Seats<Native, COUNT>>,
    owner: Owner,
    /// Dropped before the lock: a seat is told free only when its word says why.
    keeper: Option<Keeper>,
    seat: Guard,
    reserve: Arc<Reserve>,
    _mapping: Arc<Mapping>,
}

// SAFETY: seats are shared between processes anyway, and the mapping travels along.
unsafe impl<R: Deref<Target: Recover> + Send, const COUNT: usize> Send for Attachment<R, COUNT> {}
// SAFETY: as above; a shared attachment only looks, and locks seats.
unsafe impl<R: Deref<Target: Recover> + Sync, const COUNT: usize> Sync for Attachment<R, COUNT> {}

/// This was attached before a fork, by the parent of this process, whose it still is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this attachment belongs to the parent of this process: attach again in the child")]
pub struct Forked;

impl<R: Deref<Target: Recover>, const COUNT: usize> Attachment<R, COUNT> {
    /// Takes a seat of those at `offset` in `mapping`, which shows `object`, and settles what its
    /// last holder may have left in `buffer`. From then on peers learn of this process's death.
    ///
    /// # Errors
    /// [`SeatError`]; and if the seats do not lie in the mapping.
    ///
    /// # Safety
    /// There are seats there, and all who use the buffer have one of them, in this object; `buffer`
    /// leads to the same one each time. Sides that are made with the number, and their guards, are
    /// gone before this is, and are neither used nor dropped in a forked child.
    pub unsafe fn take(
        object: &Arc<Object>,
        mapping: &Arc<Mapping>,
        offset: usize,
        buffer: R,
    ) -> Result<Self, SeatError<io::Error>> {
        let seats = find(mapping, offset).map_err(SeatError::Locks)?;
        // SAFETY: they lie in the mapping, which this holds, and any bytes are seats.
        let there = unsafe { seats.as_ref() };
        // SAFETY: by the caller's word.
        let (owner, seat) = unsafe { there.take(&Kernel(object), &*buffer)? };
        let reserve = Reserve::of(object).map_err(SeatError::Locks)?;
        let life = there.seat(owner).ok_or(SeatError::Corrupt)?.life();
        let keeper = Keeper::attach(Arc::clone(mapping), life).map_err(SeatError::Locks)?;
        Ok(Self {
            buffer,
            seats,
            owner,
            keeper: Some(keeper),
            seat,
            reserve: Arc::new(reserve),
            _mapping: Arc::clone(mapping),
        })
    }

    /// The number that the claims of this process name.
    #[must_use]
    pub fn owner(&self) -> Owner {
        self.owner
    }

    /// The seats of all.
    #[must_use]
    pub fn seats(&self) -> &Seats<Native, COUNT> {
        // SAFETY: they lie in the mapping that this holds, and any bytes are seats.
        unsafe { self.seats.as_ref() }
    }

    /// The object.
    #[must_use]
    pub fn object(&self) -> &Arc<Object> {
        self.seat.object()
    }

    /// The locks of the seats, for who settles.
    pub(crate) fn locks(&self) -> impl Locks {
        &*self.reserve
    }

    /// What locks without another descriptor, also after this has gone.
    pub(crate) fn reserve(&self) -> &Arc<Reserve> {
        &self.reserve
    }

    /// Whether this is a copy in a forked child of the process that attached.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.seat.is_forked()
    }

    /// Removes the name of the object, if it still leads to it; says whether it did. Who is attached
    /// stays so.
    ///
    /// # Errors
    /// The kernel's; [`Forked`], in a forked child.
    pub fn remove_name(&self) -> io::Result<bool> {
        if self.is_forked() {
            return Err(io::Error::other(Forked));
        }
        self.object().lock_gate()?.unlink_if_ours()
    }

    /// Tries, and tries again after what was in the way turned out to be a dead one's and was
    /// settled.
    ///
    /// # Errors
    /// [`Forked`], and nothing was tried; within, why the last try did nothing.
    pub fn outlive<T, E: Blocked>(
        &self,
        attempt: impl FnMut() -> Result<T, E>,
    ) -> Result<Result<T, E>, Forked> {
        if self.is_forked() {
            return Err(Forked);
        }
        let locks = self.locks();
        // SAFETY: all who use the buffer have seats here, and this one has its own.
        Ok(unsafe {
            self.seats()
                .outlive(&locks, &*self.buffer, self.owner, attempt)
        })
    }
}

impl<R: Deref<Target: Recover>, const COUNT: usize> Drop for Attachment<R, COUNT> {
    fn drop(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            keeper.leave(|| {
                // What it has leaked: a guard that was forgotten. Who breaks the buffer breaks it.
                // SAFETY: its sides and guards are gone, by the promise of `take`.
                let _ = unsafe { self.buffer.recover(self.owner, self.owner) };
            });
        }
    }
}

impl<R: Deref<Target: Recover>, const COUNT: usize> fmt::Debug for Attachment<R, COUNT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Attachment");
        shown.field("owner", &self.owner).field("seat", &self.seat);
        shown.finish_non_exhaustive()
    }
}

/// The kernel's locks on the bytes of an object, for who takes a seat.
struct Kernel<'a>(&'a Arc<Object>);

impl Locks for Kernel<'_> {
    type Lock = Guard;
    type Error = io::Error;

    fn try_lock(&self, owner: Owner) -> io::Result<Option<Guard>> {
        let byte = Byte::Attachment(owner);
        // A look costs less than a try, and mostly the seat is held.
        if self.0.is_locked(byte)? {
            return Ok(None);
        }
        self.0.try_lock(byte)
    }
}

/// The same for who settles: where no descriptor is left, deaths are noticed all the same.
impl<'a> Locks for &'a Reserve {
    type Lock = Moment<'a>;
    type Error = io::Error;

    fn try_lock(&self, owner: Owner) -> io::Result<Option<Moment<'a>>> {
        Reserve::try_lock(self, Byte::Attachment(owner))
    }
}

/// The seats at this place.
fn find<const COUNT: usize>(
    mapping: &Mapping,
    offset: usize,
) -> io::Result<NonNull<Seats<Native, COUNT>>> {
    let first = NonNull::new(mapping.as_ptr().wrapping_add(offset));
    let first =
        first.filter(|first| mapping.contains(first.as_ptr(), size_of::<Seats<Native, COUNT>>()));
    let found = first.map(NonNull::cast::<Seats<Native, COUNT>>);
    let found = found.filter(|seats| seats.is_aligned());
    found.ok_or_else(|| {
        let reason = "the seats do not lie in the mapping";
        io::Error::new(io::ErrorKind::InvalidInput, reason)
    })
}
