//! Which process made something: a forked child has copies of all that is its parent's.
//!
//! ```text
//!     a page of this process's own          in a child
//!     +-----------------------+            +-----------------------+
//!     | number of the process |   fork     | 0, by the kernel      |   numbered anew when asked
//!     +-----------------------+  ------->  +-----------------------+
//! ```
//!
//! The kernel empties the page in every child (`MADV_WIPEONFORK`), so to ask costs a load and no
//! system call, and no way to fork is overlooked. A child that shares its parent's memory (`vfork`,
//! until it executes a program) is the parent, as far as this can tell.

use std::io;
use std::num::NonZeroUsize;
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU64};

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};

use super::mapping::page;

/// The word that the kernel empties in a child; null until somebody asks.
static WORD: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());

/// The last number given. A child goes on from its parent's, so that nobody has the number of one
/// of its ancestors.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A process, for as long as one executes the same program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(u64);

impl Process {
    /// This process.
    ///
    /// # Errors
    /// If there is no memory for a page, or the kernel knows nothing of pages that a child does not
    /// get.
    pub(crate) fn this() -> io::Result<Process> {
        let word = word()?;
        let number = word.load(Relaxed); // orders nothing: it is compared, here and below
        if number != 0 {
            return Ok(Process(number));
        }
        let fresh = LAST.fetch_add(1, Relaxed) + 1;
        match word.compare_exchange(0, fresh, Relaxed, Relaxed) {
            Ok(_) => Ok(Process(fresh)),
            Err(number) => Ok(Process(number)),
        }
    }

    /// Whether it is this one, and not one that this one was forked from.
    #[inline]
    pub(crate) fn is_this(self) -> bool {
        let word = WORD.load(Acquire);
        // SAFETY: a `Process` exists, so the page does, which is never unmapped.
        let number = unsafe { &*word };
        number.load(Relaxed) == self.0
    }
}

/// The word of this process.
fn word() -> io::Result<&'static AtomicU64> {
    let mut word = WORD.load(Acquire);
    if word.is_null() {
        let fresh = new_page()?;
        match WORD.compare_exchange(word, fresh.as_ptr().cast(), Release, Acquire) {
            Ok(_) => word = fresh.as_ptr().cast(),
            Err(other) => {
                // SAFETY: nobody else knows the page.
                unsafe { munmap(fresh, page()) }?;
                word = other;
            }
        }
    }
    // SAFETY: the page is never unmapped, aligned, and used as an atomic word only.
    Ok(unsafe { &*word })
}

/// A page of zeros, which in a child is one again.
fn new_page() -> io::Result<ptr::NonNull<std::ffi::c_void>> {
    let len = NonZeroUsize::new(page()).expect("a page has bytes");
    let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: the kernel chooses an address that is free, so no memory of ours changes.
    let start = unsafe { mmap_anonymous(None, len, rights, MapFlags::MAP_PRIVATE) }?;
    // SAFETY: the page is ours, and zero, so that to empty it in a child loses nothing.
    let advised = unsafe { madvise(start, len.get(), MmapAdvise::MADV_WIPEONFORK) };
    if let Err(error) = advised {
        // SAFETY: nobody knows the page.
        unsafe { munmap(start, len.get()) }?;
        return Err(error.into());
    }
    Ok(start)
}
