//! Panics that a test expects: nothing of them is printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Has every panic that is not expected printed as before.
pub fn install() {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        if !EXPECTED.get() {
            before(info);
        }
    }));
}

/// What `f` says when it panics, which it does.
pub fn panic_of<T>(f: impl FnOnce() -> T) -> Result<String, String> {
    EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    EXPECTED.set(false);
    let payload = result.err().ok_or("it does not panic")?;
    let message = payload.downcast::<String>();
    message
        .map(|message| *message)
        .map_err(|_| "no message".to_owned())
}
