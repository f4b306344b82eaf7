//! The methods of a word that programs call.

use super::Word;
use crate::model::engine::Raw;
use crate::model::event::Effect;
use crate::model::execution::{Entry, enter};
use crate::model::site::Access;
use crate::model::watch::looking;
use crate::platform::{Atomic, Ordering};
use std::panic::Location;

impl<R: Raw, Q: Default> Word<R, Q> {
    /// Every read-modify-write but the compare-exchange.
    fn modify(
        &self,
        order: Ordering,
        location: &'static Location<'static>,
        change: impl FnOnce(&R, Ordering) -> R::Value,
        written: impl FnOnce(R::Value) -> R::Value,
    ) -> R::Value {
        check_order(order);
        let Some(entry) = enter(Access::ReadModifyWrite(order), location) else {
            return R::Value::default();
        };
        let (old, new);
        match entry.access {
            Access::ReadModifyWrite(order) => {
                old = self
                    .change_as(&entry, location, |raw| Ok(change(raw, order)))
                    .unwrap_or_else(|same| same);
                new = written(old);
                self.holds(new);
            }
            Access::LoadThenStore(load, store) => {
                old = self.load_as(&entry, load);
                new = written(old);
                self.store_as(&entry, new, store, location);
            }
            other => unreachable!("a read-modify-write becomes no {other}"),
        }
        entry.done(Effect {
            replaced: Some(old.into()),
            ..self.effect(Some(old), Some(new))
        });
        old
    }
}

/// While its thread unwinds a word does nothing: loads and changes return zero, a compare-exchange
/// says that it succeeded.
///
/// # Panics
/// Outside a model; for `SeqCst`, which the checker does not model on accesses; for a breach of
/// the word discipline.
impl<R: Raw, Q: Default + Send + Sync> Atomic<R::Value> for Word<R, Q> {
    #[track_caller]
    fn new(value: R::Value) -> Self {
        Self::unseen(value)
    }

    #[track_caller]
    fn load(&self, order: Ordering) -> R::Value {
        if looking() {
            return self.newest().value;
        }
        check_order(order);
        match enter(Access::Load(order), Location::caller()) {
            Some(
                entry @ Entry {
                    access: Access::Load(order),
                    ..
                },
            ) => {
                let value = self.load_as(&entry, order);
                entry.done(self.loaded(value));
                value
            }
            _ => R::Value::default(),
        }
    }

    #[track_caller]
    fn store(&self, value: R::Value, order: Ordering) {
        check_order(order);
        let location = Location::caller();
        if let Some(
            entry @ Entry {
                access: Access::Store(order),
                ..
            },
        ) = enter(Access::Store(order), location)
        {
            let old = self.newest().value;
            self.store_as(&entry, value, order, location);
            entry.done(Effect {
                replaced: Some(old.into()),
                ..self.effect(None, Some(value))
            });
        }
    }

    #[track_caller]
    fn swap(&self, value: R::Value, order: Ordering) -> R::Value {
        self.modify(
            order,
            Location::caller(),
            |raw, order| raw.swap(value, order),
            |_| value,
        )
    }

    #[track_caller]
    fn fetch_add(&self, value: R::Value, order: Ordering) -> R::Value {
        self.modify(
            order,
            Location::caller(),
            |raw, order| raw.fetch_add(value, order),
            |old| R::sum(old, value),
        )
    }

    #[track_caller]
    fn fetch_or(&self, value: R::Value, order: Ordering) -> R::Value {
        self.modify(
            order,
            Location::caller(),
            |raw, order| raw.fetch_or(value, order),
            |old| R::union(old, value),
        )
    }

    #[track_caller]
    fn compare_exchange(
        &self,
        current: R::Value,
        new: R::Value,
        success: Ordering,
        failure: Ordering,
    ) -> Result<R::Value, R::Value> {
        check_order(success);
        check_order(failure);
        let location = Location::caller();
        let Some(entry) = enter(Access::CompareExchange(success, failure), location) else {
            return Ok(current);
        };
        let result = match entry.access {
            Access::CompareExchange(success, failure) => {
                self.compare_exchange_as(&entry, (current, new), (success, failure), location)
            }
            Access::LoadThenStore(load, store) => {
                self.load_then_store(&entry, (current, new), (load, store), location)
            }
            other => unreachable!("a compare-exchange becomes no {other}"),
        };
        entry.done(match result {
            Ok(found) => Effect {
                replaced: Some(found.into()),
                ..self.effect(Some(found), Some(new))
            },
            Err(found) => self.loaded(found),
        });
        result
    }
}

impl<R: Raw, Q: Default> Word<R, Q> {
    /// A compare-exchange that is not atomic, to see whether it had to be.
    fn load_then_store(
        &self,
        entry: &Entry,
        (current, new): (R::Value, R::Value),
        (load, store): (Ordering, Ordering),
        location: &'static Location<'static>,
    ) -> Result<R::Value, R::Value> {
        let found = self.load_as(entry, load);
        if found != current {
            return Err(found);
        }
        self.store_as(entry, new, store, location);
        Ok(found)
    }
}

#[track_caller]
fn check_order(order: Ordering) {
    assert!(
        order != Ordering::SeqCst,
        "a sequentially consistent access is not modelled; use a fence"
    );
}
