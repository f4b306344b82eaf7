//! A stream of bytes on a link of bytes: written and read in place, with what reads and writes
//! anything else, such as a file, in between.

use core::mem::MaybeUninit;

use super::{End, Ended, Receiver, RecvTimeoutError, SendError, SendTimeoutError, Sender};
use crate::buffer::Corrupt;
use crate::wait::Patience;

/// Waits with `patience` for room, lets `f` fill up to `most` bytes in place, and sends the first
/// so many of them as it returns, at once.
///
/// What stands in the bytes that `f` is given is arbitrary: what earlier rounds left. Nothing is
/// sent if it fails, or returns 0.
///
/// # Errors
/// Why there was no room, `f` was not called then; and within, the error of `f`.
///
/// # Panics
/// If `f` returns more than it was given.
pub fn send_with<E: End<Message = u8>, X>(
    sender: &mut Sender<E>,
    most: usize,
    patience: Patience,
    f: impl FnOnce(&mut [u8]) -> Result<usize, X>,
) -> Result<Result<usize, X>, SendTimeoutError<()>> {
    let mut outcome = Ok(0);
    let filled = sender.send_batch(1, patience, |batch| {
        let fill = |free: &mut [MaybeUninit<u8>]| {
            // SAFETY: a slot of a ring is zeroed when it is placed and has held bytes since, so
            // all of them are initialised, whatever `f` does.
            outcome = f(unsafe { free.assume_init_mut() });
            *outcome.as_ref().unwrap_or(&0)
        };
        // SAFETY: as above, so the first so many are.
        unsafe { batch.fill(most, fill) }
    })?;
    match filled {
        Ok(_) => Ok(outcome),
        Err(Corrupt) => Err(SendError {
            message: (),
            why: Ended::Corrupt,
        }
        .into()),
    }
}

/// Waits with `patience` for bytes, lets `f` read up to `most` of them in place, and releases the
/// first so many as it returns; none if it fails.
///
/// # Errors
/// Why no bytes came, `f` was not called then; and within, the error of `f`.
///
/// # Panics
/// If `f` returns more than it was given.
pub fn recv_with<E: End<Message = u8>, X>(
    receiver: &mut Receiver<E>,
    most: usize,
    patience: Patience,
    f: impl FnOnce(&[u8]) -> Result<usize, X>,
) -> Result<Result<usize, X>, RecvTimeoutError> {
    let mut outcome = Ok(0);
    let read = receiver.recv_batch(patience, |incoming| {
        incoming.read(most, |bytes| {
            outcome = f(bytes);
            *outcome.as_ref().unwrap_or(&0)
        })
    })?;
    match read {
        Ok(_) => Ok(outcome),
        Err(Corrupt) => Err(Ended::Corrupt.into()),
    }
}
