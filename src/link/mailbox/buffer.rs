//! What a mailbox is made of, whatever it holds.

use crate::buffer::rendezvous::{Offer, PopError, Popped, Rendezvous, Want};
use crate::buffer::unbounded::{Memory, Shape, Unbounded, many};
use crate::buffer::{Busy, Corrupt, Owner, Recover, mpmc};
use crate::position::{self, CapacityError};
use crate::wait::Attempt;

/// One of the buffers that many share.
pub enum Buffer<'a, M: Memory> {
    /// None: who sends meets who receives.
    Zero(&'a Rendezvous<M::Platform, M::Message>),
    /// A ring.
    Bounded(&'a mpmc::Ring<M::Platform, M::Message>),
    /// Segments.
    Unbounded(&'a Unbounded<M>),
}

impl<M: Memory> Clone for Buffer<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Memory> Copy for Buffer<'_, M> {}

impl<M: Memory> Recover for Buffer<'_, M> {
    unsafe fn recover(&self, dead: Owner, owner: Owner) -> Result<usize, Corrupt> {
        match *self {
            // SAFETY: by the caller's word.
            Self::Zero(point) => unsafe { point.recover(dead) },
            // SAFETY: as above.
            Self::Bounded(ring) => unsafe { Recover::recover(ring, dead, owner) },
            // SAFETY: as above.
            Self::Unbounded(buffer) => unsafe { Recover::recover(buffer, dead, owner) },
        }
    }
}

/// What became of a message that was put in.
pub(super) enum Put<'a, M: Memory> {
    /// It is sent.
    Sent,
    /// It lies there until somebody receives it.
    Offered(Offer<'a, M::Platform, M::Message>),
}

// The sides are made for each call: what they remember is quickly found again.
impl<'a, M: Memory> Buffer<'a, M> {
    /// Sends a message that needs nobody to wait for.
    ///
    /// # Safety
    /// No other attachment is `owner`; all messages of the buffer are of this type.
    #[inline]
    pub(super) unsafe fn push(
        self,
        owner: Owner,
        message: M::Message,
    ) -> Result<(), many::PushError<M::Message>> {
        match self {
            Self::Zero(point) => Ok(point.push(owner, message)?),
            Self::Bounded(ring) => {
                // SAFETY: by the caller's word.
                let producer = unsafe { mpmc::Producer::attach(ring, owner) };
                Ok(producer.push(message)?)
            }
            Self::Unbounded(buffer) => {
                // SAFETY: by the caller's word.
                let mut producer = unsafe { many::Producer::attach(buffer, owner) };
                producer.push(message)
            }
        }
    }

    /// Puts a message where somebody will find it.
    ///
    /// # Safety
    /// As for [`push`](Self::push).
    #[inline]
    pub(super) unsafe fn put(
        self,
        owner: Owner,
        message: M::Message,
    ) -> Result<Put<'a, M>, many::PushError<M::Message>> {
        if let Self::Zero(point) = self {
            return Ok(Put::Offered(point.offer(owner, message)?));
        }
        // SAFETY: by the caller's word.
        unsafe { self.push(owner, message)? };
        Ok(Put::Sent)
    }

    /// Takes a message.
    ///
    /// # Safety
    /// As for [`push`](Self::push).
    #[inline]
    pub(super) unsafe fn pop(self, owner: Owner) -> Result<Popped<M::Message>, PopError> {
        let message = match self {
            Self::Zero(point) => return point.pop(owner),
            Self::Bounded(ring) => {
                // SAFETY: by the caller's word.
                let consumer = unsafe { mpmc::Consumer::attach(ring, owner) };
                let taken = consumer.pop_ref()?;
                let maybe_redelivered = taken.maybe_redelivered();
                return Ok(Popped {
                    message: taken.into_inner(),
                    maybe_redelivered,
                });
            }
            Self::Unbounded(buffer) => {
                // SAFETY: by the caller's word.
                let mut consumer = unsafe { many::Consumer::attach(buffer, owner) };
                consumer.pop()?
            }
        };
        Ok(Popped {
            message,
            maybe_redelivered: false,
        })
    }

    /// Says that somebody waits for a message, where senders have to know.
    pub(super) fn want(self, owner: Owner) -> Result<Option<Want>, Corrupt> {
        match self {
            Self::Zero(point) => point.want(owner),
            Self::Bounded(_) | Self::Unbounded(_) => Ok(None),
        }
    }

    /// Says that nobody waits any more; whether that could be said.
    pub(super) fn give_up(self, owner: Owner, want: &Want) -> Result<bool, Corrupt> {
        match self {
            Self::Zero(point) => point.give_up(owner, want),
            Self::Bounded(_) | Self::Unbounded(_) => Ok(true),
        }
    }

    /// What a try comes to that met the call of another one.
    pub(super) fn pending<R>(self, busy: Busy) -> Attempt<R> {
        match self {
            // A call that claims something rings when it is done.
            Self::Zero(_) | Self::Bounded(_) if busy.owner.is_some() => Attempt::Pending,
            // There were many, and all may be done. And whoever has gone through a gate and found
            // nothing to do does not ring: those who wait would wake each other for ever.
            _ => Attempt::Suspended,
        }
    }

    /// Whether those of one side wait for each other: for the place where they meet.
    pub(super) fn is_in_the_way(self) -> bool {
        matches!(self, Self::Zero(_))
    }
}

/// The shape of a mailbox without a limit: as many messages as nobody will have, 2^32 or 1 TiB, in
/// 65,536 segments, whose table on the heap takes 512 KiB.
pub(crate) fn without_limit<T>() -> Result<Shape, CapacityError> {
    const BYTES: usize = 1 << 40;
    const SEGMENTS: usize = 1 << 16;
    let messages = (BYTES / size_of::<T>().max(1)).clamp(SEGMENTS, 1 << 32);
    let [limit, segment] = [messages, messages / SEGMENTS].map(position::Capacity::new);
    Shape::with_segment(limit?, segment?)
}
