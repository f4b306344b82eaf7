//! An asymmetric fence by `membarrier`: whoever makes the heavy half makes a fence on each processor that
//! runs a process which has registered for it, so the light half need only keep the compiler from
//! reordering.

use core::sync::atomic::{AtomicU32, Ordering};

use nix::libc::{self, c_long};

/// Which commands there are, as bits.
const QUERY: c_long = 0;
/// A fence of all processes that have registered for it.
const GLOBAL_EXPEDITED: c_long = 1 << 1;
/// Registers this process.
const REGISTER_GLOBAL_EXPEDITED: c_long = 1 << 2;

/// Whether the kernel has the fence of all registered processes (Linux 4.16, and no filter against it).
///
/// It is the heavy half of an asymmetric fence: whoever goes to sleep pays for the one that would else
/// stand beside each message. Without it there is one beside each message.
#[must_use]
pub fn membarrier_supported() -> bool {
    let commands = membarrier(QUERY);
    commands >= 0 && commands & GLOBAL_EXPEDITED != 0
}

/// Whether this process has registered, in which a forked child is like its parent.
static REGISTERED: AtomicU32 = AtomicU32::new(UNKNOWN);

const UNKNOWN: u32 = 0;
const NOT: u32 = 1;
const DONE: u32 = 2;

/// Registers this process, once. Whether it is.
pub(super) fn register() -> bool {
    if REGISTERED.load(Ordering::Relaxed) == UNKNOWN {
        let done = membarrier(REGISTER_GLOBAL_EXPEDITED) == 0;
        REGISTERED.store(if done { DONE } else { NOT }, Ordering::Relaxed);
    }
    REGISTERED.load(Ordering::Relaxed) == DONE
}

/// A fence here, and on every processor that runs a registered process. Whether it was made.
pub(super) fn everywhere() -> bool {
    membarrier(GLOBAL_EXPEDITED) == 0
}

fn membarrier(command: c_long) -> c_long {
    // SAFETY: it takes numbers and touches no memory.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }
}
