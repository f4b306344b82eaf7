//! What a word holds, apart from who can see it: for traces, and for drawings.

use super::Word;
use crate::model::engine::Raw;
use crate::model::event::{Effect, Event, Missed};
use crate::model::execution::execution;
use std::sync::PoisonError;

/// The value that the last change left, and the event that it is.
#[derive(Clone, Copy)]
pub(super) struct Newest<V> {
    pub(super) value: V,
    pub(super) event: usize,
}

impl<R: Raw, Q> Word<R, Q> {
    /// The word holds `value` from the event that comes next.
    pub(super) fn holds(&self, value: R::Value) {
        let event = execution().events.borrow().len();
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Newest { value, event };
    }

    pub(super) fn newest(&self) -> Newest<R::Value> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn effect(&self, read: Option<R::Value>, written: Option<R::Value>) -> Effect {
        Effect {
            object: Some(self.number),
            replaced: None,
            read: read.map(Into::into),
            written: written.map(Into::into),
            missed: None,
        }
    }

    /// What a load came to that read `value`. An old value that is equal to the newest one is not
    /// told from it.
    pub(super) fn loaded(&self, value: R::Value) -> Effect {
        let newest = self.newest();
        let missed = (newest.value != value).then(|| Missed {
            value: newest.value.into(),
            event: newest.event,
        });
        Effect {
            missed,
            ..self.effect(Some(value), None)
        }
    }

    /// The word, neither read nor written.
    pub(in crate::model) fn touched(&self) -> Effect {
        self.effect(None, None)
    }

    /// Notes that the kernel has changed the word, just now.
    pub(in crate::model) fn marked(&self, old: R::Value, new: R::Value) {
        execution().happened(Event::Marked {
            object: self.number,
            old: old.into(),
            new: new.into(),
        });
    }
}
