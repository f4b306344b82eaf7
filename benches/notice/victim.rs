//! The process that is killed.

use std::io::{self, Read as _};
use std::num::NonZeroUsize;

use aqueduct::open::Options;
use aqueduct::shm::Name;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::pause;

/// How a victim learns which link it is to attach to,
pub const NAME: &str = "AQUEDUCT_NOTICE_NAME";
/// and how many gibibytes it has.
pub const GIBIBYTES: &str = "AQUEDUCT_NOTICE_GIBIBYTES";

/// Whether this process is a victim.
pub fn is_one() -> bool {
    std::env::var_os(NAME).is_some()
}

/// Attaches, fills its memory, says that it is ready, answers each byte that it is sent, and waits.
pub fn wait_for_the_end() -> ! {
    // SAFETY: it asks to be killed when its parent ends.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    let name = std::env::var_os(NAME).expect("the parent says so");
    let name = Name::parse(name).expect("a good name");
    let gibibytes = std::env::var(GIBIBYTES).expect("the parent says so");
    fill(gibibytes.parse().expect("a number"));
    let (_, most) = getrlimit(Resource::RLIMIT_CORE).expect("a limit");
    setrlimit(Resource::RLIMIT_CORE, most, most).expect("it is permitted");
    // SAFETY: the default action needs no handler.
    unsafe { signal(Signal::SIGABRT, SigHandler::SigDfl) }.expect("a signal that can be caught");
    let mut sender = Options::new().sender::<u64>(&name).expect("a free seat");
    sender.send(1).expect("the parent receives");
    while io::stdin().read_exact(&mut [0]).is_ok() {
        sender.send(1).expect("the parent receives");
    }
    loop {
        pause();
    }
}

/// Makes so many gibibytes resident: private pages of the usual size, as a heap has them.
fn fill(gibibytes: usize) {
    let Some(length) = NonZeroUsize::new(gibibytes << 30) else {
        return;
    };
    let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_POPULATE;
    // SAFETY: the mapping is new, and never used.
    unsafe { mmap_anonymous(None, length, protection, flags) }.expect("enough memory");
}
