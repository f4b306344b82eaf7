//! What a consumer is about to write down, in the first word of the object: one that follows knows
//! by it which message may have been received before.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use aqueduct::shm::Mapping;

use super::Taken;
use crate::crowd::Message;

/// The bytes before the buffer, where the word is.
pub const FRONT: usize = 128;

/// No message.
const NOTHING: Message = Message::MAX;

pub struct Noted<'a>(&'a AtomicU64);

impl<'a> Noted<'a> {
    /// That of the object with this mapping, before anybody has noted anything.
    pub fn new(mapping: &'a Mapping) -> Self {
        let noted = Self::of(mapping);
        noted.0.store(NOTHING, SeqCst);
        noted
    }

    pub fn of(mapping: &'a Mapping) -> Self {
        assert!(FRONT <= mapping.len());
        // SAFETY: the first word of the object is before the buffer, and all use it as this.
        Self(unsafe { AtomicU64::from_ptr(mapping.as_ptr().cast()) })
    }

    /// Notes a message that is not released yet, then has it written down.
    pub fn then(&self, message: Message, write_down: &mut dyn FnMut(Taken)) {
        let again = self.0.swap(message, SeqCst) == message;
        write_down(Taken { message, again });
    }
}
