//! What can be said of a name without attaching to it, and removing one.

use std::io;
use std::ptr::NonNull;
use std::slice;

use super::{RemoveError, byte, read_header};
use crate::buffer::Owner;
use crate::life::Presence;
use crate::link::shared::SEATS;
use crate::link::{Link, Role};
use crate::place::Place;
use crate::place::header::{BODY, Header, HeaderError};
use crate::platform::native::Native;
use crate::position::Capacity;
use crate::shm::{Byte, Object, OpenError};

/// What an object says of itself, read without mapping it.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its header.
    pub header: Header,
    /// Who sends.
    pub sender: SeatStatus,
    /// Who receives.
    pub receiver: SeatStatus,
    /// How many messages were sent.
    pub sent: u64,
    /// How many messages were received: more than were sent, if the link was in use meanwhile.
    pub received: u64,
}

/// What is known of a seat.
#[derive(Clone, Copy, Debug)]
pub struct SeatStatus {
    /// What its life word says.
    pub presence: Presence,
    /// Whether its lock is held: the truth about the holder.
    pub held: bool,
    /// How many holders it has had.
    pub epoch: u32,
}

/// Reads the state of an object that carries a link. It may be in use, so the parts need not fit together.
///
/// # Errors
/// The kernel's; and within, what is wrong with the header.
pub fn status(object: &Object) -> io::Result<Result<Status, HeaderError>> {
    let header = match read_header(object)? {
        Ok(header) => header,
        Err(error) => return Ok(Err(error)),
    };
    let mut lines = words_of(object)?;
    let block = NonNull::from(lines.as_mut_slice()).cast();
    // SAFETY: it is a block of the size and alignment of a link of one byte, of plain words.
    let link = unsafe { Link::<Native, u8>::at(block, one()).as_ref() };
    let (head, tail) = link.positions();
    let seat = |role| -> io::Result<SeatStatus> {
        Ok(SeatStatus {
            presence: Presence::of(link.seat(role).look()),
            held: object.is_locked(byte(role))?,
            epoch: link.seat(role).epoch(),
        })
    };
    Ok(Ok(Status {
        header,
        sender: seat(Role::Sender)?,
        receiver: seat(Role::Receiver)?,
        sent: tail.count(),
        received: head.count(),
    }))
}

/// How many are attached to an object that many share, as the locks of their seats say.
pub(super) fn attached(object: &Object) -> io::Result<usize> {
    let mut attached = 0;
    for number in (0..).take(SEATS) {
        attached += usize::from(object.is_locked(Byte::Attachment(Owner::new(number)))?);
    }
    Ok(attached)
}

/// Removes a name that nobody is attached to.
///
/// # Errors
/// [`RemoveError`]; nothing was removed then.
pub fn remove(object: &Object) -> Result<(), RemoveError> {
    let name = || object.name().clone();
    let io = |source| RemoveError::Io {
        name: name(),
        source,
    };
    // What is none of ours is not locked.
    let kind = match read_header(object).map_err(io)? {
        Ok(header) => header.carries(),
        Err(source) if source.is_foreign() => {
            return Err(RemoveError::NotOurs {
                name: name(),
                source,
            });
        }
        Err(_) => None,
    };
    let gate = object.lock_gate().map_err(io)?;
    let is_link = kind.is_some_and(|kind| !kind.is_shared());
    for role in [Role::Sender, Role::Receiver] {
        if is_link && object.is_locked(byte(role)).map_err(io)? {
            return Err(RemoveError::InUse { name: name(), role });
        }
    }
    // Whatever it carries, and whatever has become of its header.
    if object.is_in_use().map_err(io)? {
        return Err(RemoveError::Attached { name: name() });
    }
    if gate.unlink_if_ours().map_err(io)? {
        Ok(())
    } else {
        // It went, or leads elsewhere, since the object was opened.
        Err(OpenError::NotFound { name: name() }.into())
    }
}

/// A part of a link, aligned as that has to be.
#[derive(Clone, Copy)]
#[repr(C, align(128))]
struct Line([u8; 128]);

/// A copy of the words of the link that `object` carries. They lie before its slots, so those of a link of
/// one byte are enough.
fn words_of(object: &Object) -> io::Result<Vec<Line>> {
    let layout = Link::<Native, u8>::layout(one()).expect("it is small");
    assert!(layout.align() <= align_of::<Line>());
    let mut lines = vec![Line([0; 128]); layout.size().div_ceil(size_of::<Line>())];
    // SAFETY: the lines are as many bytes, and more.
    let bytes = unsafe { slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), layout.size()) };
    object.read_at(bytes, u64::from(BODY))?;
    Ok(lines)
}

fn one() -> Capacity {
    Capacity::new(1).expect("one is a capacity")
}
