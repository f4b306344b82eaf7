//! An asymmetric fence by `membarrier`: whoever makes the heavy half makes a fence on each processor that
//! runs a process which has registered for it, so the light half need only keep the compiler from
//! reordering.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

use nix::libc::{self, c_long};

use super::servant;
#[cfg(doc)]
use crate::platform::Futex;

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

/// Whether this process has registered. A forked child is like its parent, and one that runs another
/// program is new.
static REGISTERED: AtomicU32 = AtomicU32::new(NOBODY_ASKED);

const NOBODY_ASKED: u32 = 0;
const UNDER_WAY: u32 = 1;
const REFUSED: u32 = 2;
const DONE: u32 = 3;

/// Prepares this process for [light fences](Futex::light_fence). Whether it may make them from now on.
///
/// The kernel takes some 15 ms for it, once, and next to no time while there is one thread. Who does not call
/// this rings by full fences at first: a thread of the library's prepares it as soon as light ones would pay.
pub fn prepare_light_fences() -> bool {
    if REGISTERED.load(Relaxed) < REFUSED {
        let done = membarrier(REGISTER_GLOBAL_EXPEDITED) == 0;
        REGISTERED.store(if done { DONE } else { REFUSED }, Relaxed);
    }
    REGISTERED.load(Relaxed) == DONE
}

/// Whether this process may make light fences; else lets a thread prepare it, once. In a child that was
/// forked meanwhile nobody does.
pub(super) fn is_prepared() -> bool {
    let asked = REGISTERED.compare_exchange(NOBODY_ASKED, UNDER_WAY, Relaxed, Relaxed);
    if asked.is_ok() {
        let prepare = || {
            prepare_light_fences();
        };
        if servant::start(c"aqueduct-fence", prepare).is_err() {
            REGISTERED.store(NOBODY_ASKED, Relaxed);
        }
    }
    asked == Err(DONE)
}

/// A fence here, and on every processor that runs a registered process. Whether it was made.
pub(super) fn everywhere() -> bool {
    membarrier(GLOBAL_EXPEDITED) == 0
}

fn membarrier(command: c_long) -> c_long {
    // SAFETY: it takes numbers and touches no memory.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }
}
