//! Threads that work for this library in the programs of others: small ones, which no signal disturbs.
//!
//! They are the C library's: one of the standard library ends the process if there is memory for its stack,
//! and then none for what it puts beside it. For the same reason their work takes no memory: what it needs is
//! made before it starts.

use core::ffi::{CStr, c_void};
use core::mem::{self, MaybeUninit};
use core::ptr;
use core::time::Duration;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};

use nix::errno::Errno;
use nix::libc;

use super::signals;

/// They sleep nearly always and call little.
const STACK: usize = 64 * 1024;

type Work = Box<dyn FnOnce() + Send>;

/// A thread, which goes on by itself if it is dropped.
#[derive(Debug)]
pub(crate) struct Servant(libc::pthread_t);

// SAFETY: it is the name of a thread, which any other may use, and a pointer with some C libraries.
unsafe impl Send for Servant {}
// SAFETY: a shared one can do nothing.
unsafe impl Sync for Servant {}

/// Starts a thread of this name, of at most 15 bytes, for work that takes no memory.
///
/// # Errors
/// If there is no memory for it, or the process may have no more.
pub(crate) fn start(
    name: &'static CStr,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<Servant> {
    let work: Work = Box::new(move || {
        // SAFETY: it has no conditions.
        let own = unsafe { libc::pthread_self() };
        // SAFETY: the name ends with a zero, and stays; one that is too long is refused.
        unsafe { libc::pthread_setname_np(own, name.as_ptr()) };
        work();
    });
    let work = Box::into_raw(Box::new(work));
    // The handlers of the program would run on a stack as small as this.
    let created = signals::blocked(|| match create(Some(STACK), work) {
        // What the program has for each of its threads lies on the stack as well, and does not fit.
        Err(Errno::EINVAL) => create(None, work),
        created => created,
    });
    created.map_err(|error| {
        // SAFETY: it is the box from above, and no thread has it.
        drop(unsafe { Box::from_raw(work) });
        error.into()
    })
}

/// What `work` answers; none if it has not answered after this time: then its thread goes on without anybody
/// who waits for it. In a call that no signal ends it keeps the process from its end.
///
/// # Errors
/// Those of [`start`]; and if `work` panics.
pub(crate) fn within<T: Send + 'static>(
    name: &'static CStr,
    time: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let (told, answer) = mpsc::sync_channel(1);
    start(name, move || {
        let _ = told.send(work());
    })?;
    match answer.recv_timeout(time) {
        Ok(answer) => Ok(Some(answer)),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("it panicked")),
    }
}

impl Servant {
    /// Waits for its end.
    pub(crate) fn join(self) {
        // SAFETY: it is waited for once, since it is used up, and has not been let go.
        unsafe { libc::pthread_join(self.0, ptr::null_mut()) };
        mem::forget(self);
    }
}

impl Drop for Servant {
    fn drop(&mut self) {
        // SAFETY: it is let go once, and nobody has waited for it.
        unsafe { libc::pthread_detach(self.0) };
    }
}

/// A thread with a stack of this size, or of the program's usual one, that has `work` from now on.
fn create(stack: Option<usize>, work: *mut Work) -> Result<Servant, Errno> {
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: it writes the attributes, which are ours.
    answered(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
    // SAFETY: they were written right now.
    let mut attributes = unsafe { attributes.assume_init() };
    if let Some(stack) = stack {
        // SAFETY: they are attributes. If the size is refused, it is the usual one.
        unsafe { libc::pthread_attr_setstacksize(&raw mut attributes, stack) };
    }
    let mut thread = MaybeUninit::uninit();
    // SAFETY: `run` gets the box that it wants, once: no thread has it if this fails.
    let created = answered(unsafe {
        libc::pthread_create(thread.as_mut_ptr(), &raw const attributes, run, work.cast())
    });
    // SAFETY: they are attributes, and used no more.
    unsafe { libc::pthread_attr_destroy(&raw mut attributes) };
    created?;
    // SAFETY: it was written, since the thread is there.
    Ok(Servant(unsafe { thread.assume_init() }))
}

extern "C" fn run(work: *mut c_void) -> *mut c_void {
    // SAFETY: it is the box of `start`, which no one else has.
    let work = unsafe { Box::from_raw(work.cast::<Work>()) };
    // What it has panicked about was said; nobody asks how it has ended.
    let _ = catch_unwind(AssertUnwindSafe(work));
    ptr::null_mut()
}

/// What these calls answer: 0, or the error itself.
fn answered(answer: i32) -> Result<(), Errno> {
    match answer {
        0 => Ok(()),
        error => Err(Errno::from_raw(error)),
    }
}
