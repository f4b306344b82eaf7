//! What has a name, opened for one who will use it.

use super::error::AttachError;
use super::read_header;
use crate::shm::{Name, Object, Uid};

/// Opens the object of `owner` that has `name`, for one who would make it with the permission bits
/// `mode`. Nothing was written or locked, so nobody can keep this waiting.
///
/// What is no object of ours is called that, before its gate is locked, and whatever its mode: to change
/// that would not help.
pub(super) fn open(name: &Name, owner: Uid, mode: u32) -> Result<Object, AttachError> {
    let object = Object::open(name.clone(), owner)?;
    match read_header(&object).map_err(AttachError::io("read", name))? {
        Err(source) if source.is_foreign() => Err(AttachError::unfit(name, source)),
        _ => object.check_mode(mode).map(|()| object).map_err(Into::into),
    }
}
