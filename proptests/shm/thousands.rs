//! More attachments in one process than the kernel looks at in one list.

use std::time::Instant;

use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::open::{Options, Receiver, Sender};
use aqueduct::position::Capacity;
use aqueduct::shm::Name;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{Scratch, helper, name_for_helper, suffixed};
use crate::running::{LONG, Running};

/// The kernel's `ROBUST_LIST_LIMIT` is 2048.
const ATTACHMENTS: u32 = 2100;

/// Lets this process have so many files open; whether it may.
fn may_open(files: u64) -> bool {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let enough = files <= most;
    if enough {
        setrlimit(Resource::RLIMIT_NOFILE, most, most).expect("it is permitted");
    }
    enough
}

#[test]
fn each_of_thousands_of_attachments_is_told_of() {
    if !may_open(u64::from(ATTACHMENTS) * 2 + 500) {
        eprintln!("skipped: this user may not open so many files");
        return;
    }
    let scratch = Scratch::new();
    let places: Vec<_> = (0..ATTACHMENTS)
        .map(|number| scratch.with_suffix(&number.to_string()))
        .collect();
    let mut receivers: Vec<Receiver<u64>> =
        places.iter().map(|place| receiver(&place.name())).collect();
    let attaching = "shm::thousands::attaches_thousands_of_times";
    let mut peer = Running::start(&mut helper(attaching, &scratch.name()));
    for receiver in &mut receivers {
        assert_eq!(receiver.recv_timeout(LONG), Ok(1));
    }
    peer.kill().killed().expect("it waited");
    let told = Instant::now();
    for (number, receiver) in receivers.iter_mut().enumerate() {
        let end = receiver.recv_timeout(LONG);
        let dead = Err(RecvTimeoutError::Ended(Ended::Dead));
        assert_eq!(end, dead, "number {number}, after {:?}", told.elapsed());
    }
}

fn receiver(name: &Name) -> Receiver<u64> {
    let small = Options::new().capacity(Capacity::new(1).expect("a capacity"));
    small.receiver(name).expect("a free seat")
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_thousands_of_times() {
    let Some(name) = name_for_helper() else {
        return;
    };
    assert!(may_open(u64::from(ATTACHMENTS) * 2 + 500), "as the parent");
    let _senders: Vec<Sender<u64>> = (0..ATTACHMENTS)
        .map(|number| {
            let name = suffixed(&name, &number.to_string());
            let mut sender = Options::new().sender(&name).expect("a free seat");
            sender.send(1).expect("there is room");
            sender
        })
        .collect();
    std::thread::sleep(2 * LONG);
}
