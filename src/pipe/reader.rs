//! The end that reads.

use core::ops::Deref;

use super::{BLOCK, Hold};
use crate::buffer::Corrupt;
use crate::buffer::frames::{Consumer, Frames, TakeError};
use crate::link::{Ended, RecvTimeoutError, Role};
use crate::platform::{Flat, Platform};
use crate::wait::{Attempt, Patience, TimedOut};

/// The handle that reads. When it is dropped the pipe is broken.
pub struct Reader<H: Hold<SIZE>, const SIZE: usize = BLOCK> {
    hold: H,
    unread: Unread<H>,
}

/// What was not read.
struct Unread<H> {
    consumer: Consumer<H>,
    /// How much of the first piece was.
    read: usize,
}

impl<H: Hold<SIZE>, const SIZE: usize> Reader<H, SIZE> {
    /// The reader of a pipe.
    ///
    /// # Safety
    /// The pipe has no other, and what an earlier one did happened before.
    pub unsafe fn attach(hold: H) -> Self {
        hold.join(Role::Receiver);
        // SAFETY: by the caller's word.
        let consumer = unsafe { Consumer::attach(hold.clone()) };
        let read = 0;
        Self {
            hold,
            unread: Unread { consumer, read },
        }
    }

    /// How this handle holds the pipe. A clone of it is one more handle: while it lives, its process is
    /// attached.
    pub fn hold(&self) -> &H {
        &self.hold
    }

    /// Reads what is there now into `bytes`; says how much.
    ///
    /// # Errors
    /// As for [`read_with_patience`](Self::read_with_patience); `TimedOut` if nothing is there.
    pub fn try_read(&mut self, bytes: &mut [u8]) -> Result<usize, RecvTimeoutError> {
        self.read_with_patience(bytes, Patience::AT_ONCE)
    }

    /// Reads what is there into `bytes`, waiting with `patience` until that is anything; says how much.
    /// Into no bytes nothing is read, and nothing said.
    ///
    /// # Errors
    /// Why nothing was read: [`Closed`](Ended::Closed) is the end of the file, `Dead` says that a writer
    /// was killed, after everything that was written.
    pub fn read_with_patience(
        &mut self,
        bytes: &mut [u8],
        patience: Patience,
    ) -> Result<usize, RecvTimeoutError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        self.wait_for(patience, |unread| unread.read(bytes))
    }

    /// Waits with `patience` until something is there, tried by `look`, which may also take it.
    fn wait_for<R>(
        &mut self,
        patience: Patience,
        mut look: impl FnMut(&mut Unread<H>) -> Result<R, TakeError>,
    ) -> Result<R, RecvTimeoutError> {
        let (hold, unread) = (&self.hold, &mut self.unread);
        let waited = hold.wait(Role::Receiver, patience, |gone| {
            if let Some(why @ (Ended::Forked | Ended::Corrupt)) = gone {
                return Attempt::Done(Err(why));
            }
            let before = unread.consumer.position();
            let looked = look(unread);
            // Also for what was only skipped: one that died had claimed it.
            if unread.consumer.position() != before {
                hold.ring(Role::Receiver);
            }
            match looked {
                Ok(found) => Attempt::Done(Ok(found)),
                Err(TakeError::Corrupt(_)) => Attempt::Done(Err(Ended::Corrupt)),
                Err(TakeError::Empty | TakeError::Busy(_)) => {
                    gone.map_or(Attempt::Pending, |why| Attempt::Done(Err(why)))
                }
            }
        });
        match waited {
            Ok(found) => Ok(found?),
            Err(TimedOut) => Err(RecvTimeoutError::TimedOut),
        }
    }
}

impl<H: Hold<SIZE, Platform: Flat>, const SIZE: usize> Reader<H, SIZE> {
    /// What is there, in place, up to the end of a piece; waits with `patience` until that is anything.
    /// It stays there until it is [consumed](Self::consume).
    ///
    /// # Errors
    /// As for [`read_with_patience`](Self::read_with_patience).
    pub fn fill(&mut self, patience: Patience) -> Result<&[u8], RecvTimeoutError> {
        self.wait_for(patience, Unread::look)?;
        let Unread { consumer, read } = &mut self.unread;
        match consumer.peek() {
            Ok(piece) => Ok(&piece.into_bytes()[*read..]),
            Err(_) => Err(Ended::Corrupt.into()),
        }
    }
}

impl<H: Hold<SIZE>, const SIZE: usize> Reader<H, SIZE> {
    /// Takes `count` bytes of the first piece out of the pipe; in a forked child of the process that
    /// attached, nothing.
    ///
    /// # Panics
    /// If it has not so many.
    pub fn consume(&mut self, count: usize) {
        if count > 0 && !self.hold.is_forked() {
            self.unread.consume(count);
            self.hold.ring(Role::Receiver);
        }
    }
}

impl<P: Platform, H: Deref<Target = Frames<P, SIZE>>, const SIZE: usize> Unread<H> {
    /// Whether there is a piece.
    fn look(&mut self) -> Result<(), TakeError> {
        let from = self.read;
        let piece = self.consumer.peek()?;
        if piece.read(|piece| piece.len() > from) {
            Ok(())
        } else {
            Err(Corrupt.into())
        }
    }

    /// Copies as many pieces as `bytes` have room for, the last one perhaps in part.
    fn read(&mut self, mut bytes: &mut [u8]) -> Result<usize, TakeError> {
        let mut total = 0;
        while !bytes.is_empty() {
            let piece = match self.consumer.peek() {
                Ok(piece) => piece,
                Err(_) if total > 0 => break,
                Err(why) => return Err(why),
            };
            let from = self.read;
            let copied = piece.read(|piece| {
                let rest = piece.get(from..).unwrap_or_default();
                let copied = rest.len().min(bytes.len());
                bytes[..copied].copy_from_slice(&rest[..copied]);
                (copied, copied == rest.len())
            });
            let (copied, all) = match copied {
                // No piece is empty, and none gets shorter.
                (0, _) => return Err(Corrupt.into()),
                copied => copied,
            };
            self.read += copied;
            if all {
                piece.release();
                self.read = 0;
            }
            bytes = &mut bytes[copied..];
            total += copied;
        }
        Ok(total)
    }

    fn consume(&mut self, count: usize) {
        let piece = self.consumer.peek().expect("it was filled");
        let left = piece.read(<[u8]>::len).saturating_sub(self.read);
        assert!(count <= left, "more is consumed than was there");
        self.read += count;
        if count == left {
            piece.release();
            self.read = 0;
        }
    }
}

impl<H: Hold<SIZE>, const SIZE: usize> Drop for Reader<H, SIZE> {
    fn drop(&mut self) {
        self.hold.leave(Role::Receiver);
    }
}
