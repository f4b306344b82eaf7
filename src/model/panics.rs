//! Panics that are results: nothing is printed, and what they said is kept.

use super::engine::chance;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `f`; a panic comes back as its payload, and where it was raised.
pub(super) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, (Box<dyn Any + Send>, String)> {
    install();
    CAUGHT.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    CAUGHT.set(false);
    result.map_err(|payload| (payload, PLACE.take()))
}

/// What a panic said.
pub(super) fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else if let Some(message) = payload.downcast_ref::<&str>() {
        (*message).to_owned()
    } else {
        "a panic without a message".to_owned()
    }
}

/// The hook asks whether the panicking OS thread is one of ours, and else does what it did before.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = take_hook();
        // What shuttle would add is not for every panic of the program.
        chance::hook_once();
        drop(take_hook());
        set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            if CAUGHT.get() {
                PLACE.set(info.location().map(ToString::to_string).unwrap_or_default());
            } else {
                before(info);
            }
        }));
    });
}
