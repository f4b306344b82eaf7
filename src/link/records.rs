//! Byte records of any length on a link of bytes: each is received whole or not at all.
//!
//! A record is its length, four bytes in the machine's order, and then its bytes, all published
//! at once; so a sender that dies leaves no part of one.

use alloc::vec::Vec;

use super::{End, Ended, Incoming, Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use crate::platform::Platform;
use crate::wait::Patience;

const LENGTH: usize = size_of::<u32>();

/// The longest record that fits into a link of `capacity` bytes. With fewer bytes than a length
/// takes, none does, not even an empty one.
#[must_use]
pub const fn longest(capacity: usize) -> usize {
    let room = capacity.saturating_sub(LENGTH);
    if room > u32::MAX as usize {
        u32::MAX as usize
    } else {
        room
    }
}

/// Why a record was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendRecordError {
    /// It would never fit.
    #[error("a record of {length} bytes does not fit: this link takes up to {longest}")]
    TooLong {
        /// The bytes of the record.
        length: usize,
        /// The bytes of the longest record.
        longest: usize,
    },
    /// It could not be sent, or not in time.
    #[error(transparent)]
    Link(#[from] SendTimeoutError<()>),
}

/// Sends `record` as a whole, waiting for room with `patience`.
///
/// # Errors
/// [`SendRecordError`]; nothing of the record was sent then.
pub fn send<E: End<Message = u8>>(
    sender: &mut Sender<E>,
    record: &[u8],
    patience: Patience,
) -> Result<(), SendRecordError> {
    let capacity = sender.end().capacity().get();
    let (length, longest) = (record.len(), longest(capacity));
    let fits = length <= longest && LENGTH <= capacity;
    let prefix = u32::try_from(length).ok().filter(|_| fits);
    let prefix = prefix.ok_or(SendRecordError::TooLong { length, longest })?;
    let pushed = sender.send_batch(LENGTH + length, patience, |batch| {
        batch.push_slice(&prefix.to_ne_bytes())?;
        batch.push_slice(record)
    })?;
    match pushed {
        Ok(_) => Ok(()),
        Err(_) => Err(SendTimeoutError::from(super::SendError {
            message: (),
            why: Ended::Corrupt,
        })
        .into()),
    }
}

/// Receives the next record into `record`, replacing what it held, waiting with `patience`.
///
/// # Errors
/// Why none came; `record` may hold anything then. A length that cannot be is
/// [`Ended::Corrupt`], for good.
pub fn recv<E: End<Message = u8>>(
    receiver: &mut Receiver<E>,
    record: &mut Vec<u8>,
    patience: Patience,
) -> Result<(), RecvTimeoutError> {
    receiver.recv_batch(patience, |incoming| {
        let whole = take(incoming, record);
        if whole.is_none() {
            incoming.condemn();
        }
        whole.ok_or(Ended::Corrupt)
    })??;
    Ok(())
}

/// Reads one record; `None` if what is there cannot be one.
fn take<P: Platform>(incoming: &mut Incoming<'_, P, u8>, record: &mut Vec<u8>) -> Option<()> {
    read_exactly(incoming, LENGTH, record)?;
    let length = u32::from_ne_bytes(record.as_slice().try_into().ok()?);
    read_exactly(incoming, usize::try_from(length).ok()?, record)
}

/// Reads `count` bytes into `bytes`, replacing what it held; `None` if there are not so many.
fn read_exactly<P: Platform>(
    incoming: &mut Incoming<'_, P, u8>,
    count: usize,
    bytes: &mut Vec<u8>,
) -> Option<()> {
    bytes.clear();
    // A record was published whole. So it is known before a byte of it is read, and who publishes more
    // and more of one keeps nobody.
    if incoming.filled(count).ok()? < count {
        return None;
    }
    while bytes.len() < count {
        let wanted = count - bytes.len();
        let copy = |run: &[u8]| {
            bytes.extend_from_slice(run);
            run.len()
        };
        if incoming.read(wanted, copy).ok()? == 0 {
            return None;
        }
    }
    Some(())
}
