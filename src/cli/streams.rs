//! Whether the standard streams were open when the process began.
//!
//! Before `main`, Rust's runtime opens `/dev/null` in place of a standard stream that is closed:
//! afterwards, what is written to it is gone without an error. So it is looked at earlier.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use nix::libc::{self, c_int};

use super::failure::Failure;

static INPUT: AtomicBool = AtomicBool::new(true);
static OUTPUT: AtomicBool = AtomicBool::new(true);

/// Called by the C runtime, before that of Rust begins.
// SAFETY: the section takes addresses of functions of the C calling convention; this one touches
// nothing that has to be initialized first.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

extern "C" fn look() {
    // Relaxed: there is one thread yet, and it starts all others.
    INPUT.store(is_open(libc::STDIN_FILENO, libc::O_WRONLY), Relaxed);
    OUTPUT.store(is_open(libc::STDOUT_FILENO, libc::O_RDONLY), Relaxed);
}

/// Whether `descriptor` is open, and in another way than `useless`.
fn is_open(descriptor: c_int, useless: c_int) -> bool {
    // SAFETY: it asks for the flags of a number, which need not be a descriptor.
    let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFL) };
    flags != -1 && flags & libc::O_ACCMODE != useless
}

/// Refuses to read from a standard input that nobody gave.
pub(super) fn input_must_be_open() -> Result<(), Failure> {
    if INPUT.load(Relaxed) {
        Ok(())
    } else {
        Err(Failure::InputClosed)
    }
}

/// Refuses to write to a standard output that nobody gave.
pub(super) fn output_must_be_open() -> Result<(), Failure> {
    if OUTPUT.load(Relaxed) {
        Ok(())
    } else {
        Err(Failure::OutputClosed)
    }
}
