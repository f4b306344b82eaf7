//! Threads that work for this library in the programs of others: small ones, which no signal disturbs.

use std::io;
use std::num::NonZeroUsize;
use std::thread::{self, JoinHandle};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use super::signals;

/// They sleep nearly always and call little.
const STACK: usize = 64 * 1024;

/// What a thread needs beside its stack, at the most: a second one for signals, and what it allocates.
const BESIDE: usize = 192 * 1024;

/// Starts a thread of this name.
///
/// # Errors
/// If there is no memory for it, or the process may have no more.
pub(crate) fn start(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    has_room()?;
    let builder = thread::Builder::new().name(name.into()).stack_size(STACK);
    // The handlers of the program would run on a stack as small as this.
    signals::blocked(|| builder.spawn(work))
}

/// Whether there is memory for a thread. The standard library ends the process if there is enough for its
/// stack, and then not for the rest.
fn has_room() -> io::Result<()> {
    let len = NonZeroUsize::new(STACK + BESIDE).expect("it is not 0");
    let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: the kernel chooses an address that is free, so no memory of ours changes.
    let room = unsafe { mmap_anonymous(None, len, rights, MapFlags::MAP_PRIVATE) }?;
    // SAFETY: nobody knows it.
    unsafe { munmap(room, len.get()) }?;
    Ok(())
}
