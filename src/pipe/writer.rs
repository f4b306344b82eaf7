//! The end that writes.

use core::ops::Deref;

use super::{ATOMIC, BLOCK, Hold};
use crate::buffer::frames::{ClaimError, Producer};
use crate::link::{Ended, Role, SendError, SendTimeoutError};
use crate::wait::{Attempt, Patience, TimedOut};

/// A handle that writes; cloned for as many as there are. When the last one is dropped the reader finds
/// the end of the file.
pub struct Writer<H: Hold<SIZE>, const SIZE: usize = BLOCK> {
    hold: H,
    producer: Producer<H>,
}

impl<H: Hold<SIZE>, const SIZE: usize> Writer<H, SIZE> {
    /// The first writer of an attachment. Others are its clones.
    ///
    /// # Safety
    /// The attachment has no other, and what an earlier one of its number did happened before.
    pub unsafe fn attach(hold: H) -> Self {
        hold.join(Role::Sender);
        // SAFETY: by the caller's word.
        let producer = unsafe { Producer::attach(hold.clone(), hold.owner()) };
        Self { hold, producer }
    }

    /// How this handle holds the pipe. A clone of it is one more handle: while it lives, its process is
    /// attached.
    pub fn hold(&self) -> &H {
        &self.hold
    }

    /// The bytes of the longest piece: an eighth of the buffer, so that others can be written while one
    /// is read, or [`ATOMIC`] if that is more and they fit.
    fn longest(&self) -> usize {
        let longest = self.producer.longest();
        longest.min(ATOMIC.max(longest / 4))
    }

    /// Writes what there is room for now.
    ///
    /// # Errors
    /// `TimedOut` if there is no room; else, why nothing more will be read.
    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, SendTimeoutError<()>> {
        self.write_with_patience(&[bytes], Patience::AT_ONCE)
    }

    /// Writes some of the bytes of `slices`, one after the other, waiting with `patience` for room; says
    /// how many. [`ATOMIC`] bytes or less are written all at once, more may be torn.
    ///
    /// Of no bytes nothing is said but that none were written.
    ///
    /// # Errors
    /// Why none were written: nobody will read them, or there was no room in time.
    pub fn write_with_patience<S: Deref<Target = [u8]>>(
        &self,
        slices: &[S],
        patience: Patience,
    ) -> Result<usize, SendTimeoutError<()>> {
        let lengths = slices.iter().map(|slice| slice.len());
        let total = lengths.fold(0, usize::saturating_add);
        if total == 0 {
            return Ok(0);
        }
        let longest = self.longest();
        let piece = |from: usize| longest.min(total - from);
        self.wait_for_room(patience, || self.put(slices, 0, piece(0)))?;
        let mut written = piece(0);
        // No waiting once something was written.
        while written < total && self.put(slices, written, piece(written)).is_ok() {
            written += piece(written);
        }
        Ok(written)
    }

    /// Whether nothing more will be read.
    pub fn is_broken(&self) -> bool {
        self.hold.ended(Role::Sender).is_some()
    }

    /// Tries, unless the pipe is broken, until there is room.
    fn wait_for_room(
        &self,
        patience: Patience,
        mut put: impl FnMut() -> Result<(), ClaimError>,
    ) -> Result<(), SendTimeoutError<()>> {
        let waited = self.hold.wait(Role::Sender, patience, |gone| {
            if let Some(why) = gone {
                return Attempt::Done(Err(why));
            }
            match put() {
                Ok(()) => Attempt::Done(Ok(())),
                Err(ClaimError::Full) => Attempt::Pending,
                // A piece that does not fit is none of a buffer that was placed as it is seen.
                Err(ClaimError::TooLong { .. } | ClaimError::Corrupt(_)) => {
                    Attempt::Done(Err(Ended::Corrupt))
                }
            }
        });
        match waited {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(SendError { message: (), why }.into()),
            Err(TimedOut) => Err(SendTimeoutError::TimedOut(())),
        }
    }

    /// Puts so many bytes of `slices` in, from a place on, if there is room, and rings.
    fn put<S: Deref<Target = [u8]>>(
        &self,
        slices: &[S],
        from: usize,
        length: usize,
    ) -> Result<(), ClaimError> {
        let mut ring = Ring(&self.hold, None);
        let mut claim = self.producer.claim(length)?;
        ring.1 = Some(Role::Sender);
        claim.write(|room| gather(slices, from, room));
        claim.commit();
        Ok(())
    }
}

/// Rings at the end, once it is said for whom: also if a slice panics, as what was claimed is skipped then
/// and others' pieces may lie behind it.
struct Ring<'a, H: Hold<SIZE>, const SIZE: usize>(&'a H, Option<Role>);

impl<H: Hold<SIZE>, const SIZE: usize> Drop for Ring<'_, H, SIZE> {
    fn drop(&mut self) {
        if let Some(role) = self.1 {
            self.0.ring(role);
        }
    }
}

/// Fills `room` from `slices`, which are long enough, one after the other.
fn gather<S: Deref<Target = [u8]>>(slices: &[S], mut from: usize, mut room: &mut [u8]) {
    for slice in slices {
        let rest = slice.get(from..).unwrap_or_default();
        from = from.saturating_sub(slice.len());
        let (filled, left) = room.split_at_mut(rest.len().min(room.len()));
        filled.copy_from_slice(&rest[..filled.len()]);
        room = left;
    }
}

impl<H: Hold<SIZE>, const SIZE: usize> Clone for Writer<H, SIZE> {
    fn clone(&self) -> Self {
        self.hold.join(Role::Sender);
        Self {
            hold: self.hold.clone(),
            producer: self.producer.clone(),
        }
    }
}

impl<H: Hold<SIZE>, const SIZE: usize> Drop for Writer<H, SIZE> {
    fn drop(&mut self) {
        self.hold.leave(Role::Sender);
    }
}
