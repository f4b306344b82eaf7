//! What the kernel has.

use aqueduct::platform::native::{Uring, futex_waitv_supported};
use nix::sys::utsname::uname;

use super::Finding;

pub(super) fn look() -> Vec<Finding> {
    vec![futex_waitv(), io_uring()]
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
