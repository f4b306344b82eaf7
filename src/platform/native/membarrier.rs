//! A fence that one thread makes for all processes that have asked for it: `membarrier`.

use nix::libc::{self, c_long};

/// Which commands there are, as bits.
const QUERY: c_long = 0;
/// A fence of all processes that have registered for it.
const GLOBAL_EXPEDITED: c_long = 1 << 1;

/// Whether the kernel has the fence of all registered processes (Linux 4.16, and no filter against it).
///
/// It is the heavy half of an asymmetric fence: whoever goes to sleep pays for the one that would else
/// stand beside each message. Nothing here rests on it yet.
#[must_use]
pub fn membarrier_supported() -> bool {
    // SAFETY: a question, which takes numbers and changes nothing.
    let commands = unsafe { libc::syscall(libc::SYS_membarrier, QUERY, 0, 0) };
    commands >= 0 && commands & GLOBAL_EXPEDITED != 0
}
