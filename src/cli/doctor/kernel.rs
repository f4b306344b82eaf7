//! What the kernel has.

use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use aqueduct::open::sealed::{Options, SealedError};
use aqueduct::platform::native::{Uring, futex_waitv_supported, membarrier_supported};
use aqueduct::shm::HandOverError;
use nix::sys::utsname::uname;

use super::Finding;

pub(super) fn look() -> Vec<Finding> {
    vec![futex_waitv(), io_uring(), membarrier(), sealed()]
}

/// What a sleeper needs to learn of a death.
fn futex_waitv() -> Finding {
    if futex_waitv_supported() {
        return Finding::good("futex_waitv", "it is there");
    }
    let found = match uname() {
        Ok(machine) => format!("Linux {} has none", machine.release().display()),
        Err(_) => "there is none".to_owned(),
    };
    let advice = "who sleeps would not learn of a death: use Linux 5.16 or later, \
                  and let a filter of system calls pass `futex_waitv`";
    Finding::bad("futex_waitv", found, advice)
}

/// What a `Select` of many links sleeps by.
fn io_uring() -> Finding {
    match Uring::new() {
        Ok(_) => Finding::good("io_uring", "it is there, with futexes"),
        Err(why) => {
            let advice = "a `Select` costs more for each link, and has no descriptor for event loops: \
                          use Linux 6.7 or later, `sysctl kernel.io_uring_disabled=0`, \
                          and let a filter of system calls pass `io_uring_setup`";
            Finding::warning("io_uring", why.to_string(), advice)
        }
    }
}

/// What the heavy half of a cheaper fence is made of.
fn membarrier() -> Finding {
    if membarrier_supported() {
        return Finding::good("membarrier", "it is there");
    }
    let advice = "links work, and a stream costs more: use Linux 4.16 or later, and let a filter of \
                  system calls pass `membarrier`";
    Finding::warning("membarrier", "there is none", advice)
}

/// What links with peers that are not trusted are made of: memory that can be sealed, credentials and
/// pidfds of processes.
fn sealed() -> Finding {
    match try_sealed() {
        Ok(()) => Finding::good("sealed", "a sealed link was made and handed over"),
        Err(why) => {
            let advice = "links with peers that are not trusted cannot be made: use Linux 5.16 or later, \
                          let a filter of system calls pass `memfd_create` and `pidfd_open`, \
                          and let 32 files be open (`ulimit -n`)";
            Finding::warning("sealed", why.to_string(), advice)
        }
    }
}

fn try_sealed() -> Result<(), SealedError> {
    let (here, there) = UnixStream::pair().map_err(|source| HandOverError::Io {
        action: "make a pair of sockets",
        source,
    })?;
    let options = Options::new().timeout(Duration::from_secs(1));
    thread::scope(|scope| {
        let accepting = || options.accept_receiver::<u8>(there).map(drop);
        let other = thread::Builder::new().spawn_scoped(scope, accepting);
        let other = other.map_err(|source| HandOverError::Io {
            action: "start a thread",
            source,
        })?;
        let made = options.offer_receiver::<u8>(here);
        let taken = other.join().expect("it does not panic");
        made.and(taken)
    })
}
