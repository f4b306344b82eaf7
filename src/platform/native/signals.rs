//! Calls that no signal disturbs.

use std::mem;
use std::ptr;

use nix::libc;

/// Calls `f` with all signals of this thread blocked; a thread that it starts never gets one.
pub(crate) fn blocked<R>(f: impl FnOnce() -> R) -> R {
    // SAFETY: a set of signals is plain bits, and zeros are the empty set.
    let mut all: libc::sigset_t = unsafe { mem::zeroed() };
    let mut before = all;
    // SAFETY: the set is ours to write.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: both sets are ours; it fails only for an unknown first argument.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
    let answer = f();
    // SAFETY: as above, with the set that the thread had.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    answer
}
