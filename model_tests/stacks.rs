//! The stacks of explored threads, kept for the next execution.
//!
//! loom makes a stack for each thread of each execution. The kernel took two thirds of the time of a small
//! model to map them, to fill their pages with zeros and to unmap them: 67 µs an execution, and 26 µs
//! without. So this program answers the calls for stacks itself: one that is let go is the next one of
//! its length, as long as the thread that explores a model lives. Nobody relies on zeros there. All other
//! calls go to the kernel as they are.

use std::cell::RefCell;
use std::ffi::{c_int, c_long, c_void};

use nix::libc;

/// A stack: where it begins, and its length.
type Stack = (usize, usize);

/// The stacks of one thread that explores.
#[derive(Default)]
struct Stacks {
    used: Vec<Stack>,
    kept: Vec<Stack>,
}

thread_local! {
    static STACKS: RefCell<Stacks> = RefCell::default();
}

/// Maps memory. A stack may be one that was in use before, with its guard.
///
/// # Safety
/// As of the function of POSIX.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap(
    at: *mut c_void,
    len: usize,
    protection: c_int,
    flags: c_int,
    file: c_int,
    offset: c_long,
) -> *mut c_void {
    let is_stack = at.is_null() && flags & libc::MAP_STACK != 0;
    if is_stack && let Some(kept) = with(|stacks| stacks.take(len)).flatten() {
        return std::ptr::with_exposed_provenance_mut(kept);
    }
    let [protection, flags, file] = [protection, flags, file].map(c_long::from);
    // SAFETY: by the caller's word.
    let mapped = unsafe { libc::syscall(libc::SYS_mmap, at, len, protection, flags, file, offset) };
    let mapped = isize::try_from(mapped).expect("an address, or an error");
    if mapped != -1 {
        with(|stacks| stacks.mapped((mapped.cast_unsigned(), len), is_stack));
    }
    std::ptr::with_exposed_provenance_mut(mapped.cast_unsigned())
}

/// Unmaps memory, or keeps it if it is a stack.
///
/// # Safety
/// As of the function of POSIX.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn munmap(at: *mut c_void, len: usize) -> c_int {
    if with(|stacks| stacks.keep((at.addr(), len))) == Some(true) {
        return 0;
    }
    // SAFETY: by the caller's word.
    let answer = unsafe { libc::syscall(libc::SYS_munmap, at, len) };
    c_int::try_from(answer).expect("0, or an error")
}

/// `None` where this thread is just ending.
fn with<R>(f: impl FnOnce(&mut Stacks) -> R) -> Option<R> {
    STACKS.try_with(|stacks| f(&mut stacks.borrow_mut())).ok()
}

impl Stacks {
    /// The kernel has mapped this: what was there before is no stack any more.
    fn mapped(&mut self, (at, len): Stack, is_stack: bool) {
        self.used.retain(|&(other, _)| other != at);
        if is_stack {
            self.used.push((at, len));
        }
    }

    /// One that was let go.
    fn take(&mut self, len: usize) -> Option<usize> {
        let index = self.kept.iter().rposition(|&(_, other)| other == len)?;
        let stack = self.kept.swap_remove(index);
        self.used.push(stack);
        Some(stack.0)
    }

    /// Whether this is a stack of this thread; then it is kept.
    fn keep(&mut self, stack: Stack) -> bool {
        let index = self.used.iter().rposition(|&other| other == stack);
        if let Some(index) = index {
            self.used.swap_remove(index);
            self.kept.push(stack);
        }
        index.is_some()
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        for (at, len) in self.kept.drain(..) {
            // SAFETY: nobody uses it any more.
            unsafe { libc::syscall(libc::SYS_munmap, at, len) };
        }
    }
}
