//! A process that may have no more descriptors, memory, or threads.

use std::fs::{self, File};
use std::os::fd::{AsFd as _, AsRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::sync::mpsc;
use std::thread;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::open::{self, mailbox, pipe, sealed};
use aqueduct::position;
use aqueduct::shm::Name;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Uid;

use super::{KINDS, all_is_well};
use crate::running::{Running, descriptors, patience, until};
use crate::scratch::{Scratch, names_with, suffixed};
use crate::sealed::liar::Liar;
use crate::shm::{helper, name_for_helper};

/// A limit for this process, while this lives.
struct Limited {
    resource: Resource,
    before: (u64, u64),
}

impl Limited {
    fn to(resource: Resource, soft: u64) -> Self {
        let before = getrlimit(resource).expect("a limit");
        setrlimit(resource, soft, before.1).expect("less is always permitted");
        Self { resource, before }
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        setrlimit(self.resource, self.before.0, self.before.1).expect("it was so before");
    }
}

/// What each kind answers under each of these limits: at first an error with one of these words, and in
/// the end none. In between nothing is left, and in the end everything works again.
fn tightened(
    base: &Name,
    limits: &(impl Iterator<Item = u64> + Clone),
    limit: impl Fn(u64) -> Limited,
    errors: &[&str],
) {
    for (number, (kind, attempt)) in (0..).zip(KINDS) {
        let name = suffixed(base, &format!("{number}"));
        let mut refused = 0;
        let mut last = None;
        for value in limits.clone() {
            let limited = limit(value);
            let outcome = attempt(&name);
            drop(limited);
            judge(kind, &name, &outcome, errors);
            refused += usize::from(outcome.is_err());
            last = Some(outcome);
        }
        // What the kernel has it does not count.
        assert!(
            refused > 0 || kind.contains("kernel"),
            "{kind} needs nothing"
        );
        assert_eq!(last, Some(Ok(())), "{kind}: the last limit is wide");
    }
    all_is_well();
}

/// An error has one of these words, and nothing is left.
fn judge(kind: &str, name: &Name, outcome: &Result<(), String>, errors: &[&str]) {
    if let Err(error) = outcome {
        let known = errors.iter().any(|words| error.contains(words));
        assert!(known, "{kind}: {error}");
    }
    let left = names_with(&name.to_string());
    assert!(
        left.is_empty(),
        "{kind}: {left:?} is left, after {outcome:?}"
    );
}

/// Opens files until all descriptors are the lowest ones: some may have been inherited.
fn without_gaps() -> Vec<File> {
    let open = || File::open("/dev/null").expect("it is there");
    let mut files = vec![open()];
    let last = |files: &[File]| files.last().map_or(0, AsRawFd::as_raw_fd);
    while Ok(descriptors()) != usize::try_from(last(&files) + 1) {
        files.push(open());
    }
    files
}

/// In a helper: has fewer and fewer descriptors.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn has_no_descriptors() {
    let Some(base) = name_for_helper() else {
        return;
    };
    all_is_well();
    let _files = without_gaps();
    let before = descriptors();
    let limit = |spare| Limited::to(Resource::RLIMIT_NOFILE, before as u64 + spare);
    let errors = ["(os error 24)", "`ulimit -n`", "timed out", "hung up"];
    tightened(&base, &(0..40), limit, &errors);
    assert_eq!(descriptors(), before, "some were not closed");
}

#[test]
fn without_descriptors() {
    in_a_helper("scarce::limits::has_no_descriptors", None);
}

/// In a helper: owns what its parent uses, and stands still.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn owns() {
    let Some(base) = name_for_helper() else {
        return;
    };
    let writer = pipe::Options::new().writer(&suffixed(&base, "pipe"));
    let _writer = writer.expect("a reader is there");
    let mailbox = mailbox::Options::new().create::<u64>(&suffixed(&base, "mailbox"));
    let _mailbox = mailbox.expect("the name is free");
    loop {
        thread::park();
    }
}

/// In a helper: has no descriptors left when others die, and when it leaves.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn outlives_others_without_descriptors() {
    let Some(base) = name_for_helper() else {
        return;
    };
    let [theirs, ours, a_pipe] = ["mailbox", "ours", "pipe"].map(|what| suffixed(&base, what));
    let alone = pipe::Options::new().wait_for_peer(false);
    let mut reader = alone.reader(&a_pipe).expect("the name is free");
    let mut owner = Running::start(&mut helper("scarce::limits::owns", &base));
    let opened = until("a mailbox", || {
        mailbox::Options::new().open::<u64>(&theirs).ok()
    });
    let own = mailbox::Options::new().create::<u64>(&ours);
    let own = own.expect("the name is free");
    let _files = without_gaps();
    let before = descriptors();
    let limited = Limited::to(Resource::RLIMIT_NOFILE, before as u64);
    File::open("/dev/null").expect_err("there is none left");
    owner.kill().killed().expect("it stands still");
    let received = opened.receiver().recv_with_patience(patience());
    assert_eq!(received, Err(RecvTimeoutError::Ended(Ended::Dead)));
    let read = reader.read_with_patience(&mut [0], patience());
    assert_eq!(read, Err(RecvTimeoutError::Ended(Ended::Dead)));
    drop((own, reader));
    assert!(!ours.path().exists() && !a_pipe.path().exists());
    drop(limited);
    drop(Scratch::of(theirs));
}

#[test]
fn deaths_are_told_without_descriptors() {
    in_a_helper("scarce::limits::outlives_others_without_descriptors", None);
}

/// How many bytes are mapped.
fn mapped() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").expect("it is mounted");
    let pages = pages.split(' ').next().expect("a number");
    4096 * pages.parse::<u64>().expect("a number")
}

/// In a helper: has less and less memory.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn has_no_memory() {
    let Some(base) = name_for_helper() else {
        return;
    };
    all_is_well();
    // The allocator of the C library keeps what it has, and answers for small things out of that.
    // SAFETY: it sets two numbers.
    unsafe { nix::libc::mallopt(nix::libc::M_TRIM_THRESHOLD, i32::MAX) };
    drop(vec![1_u8; 100_000]);
    let small = [0, 16, 64, 128, 256, 512, 1024, 2048].map(|kibibytes| kibibytes << 10);
    // A mailbox of any number has addresses for all that it may ever hold, in each attachment.
    let large = [16, 64, 300, 4 << 20].map(|mebibytes| mebibytes << 20);
    let limits = small.into_iter().chain(large);
    let limit = |spare| Limited::to(Resource::RLIMIT_AS, mapped() + spare);
    let errors = [
        "(os error 12)",
        "(os error 11)",
        "no memory",
        "timed out",
        "hung up",
    ];
    tightened(&base, &limits, limit, &errors);
}

#[test]
fn without_memory() {
    in_a_helper("scarce::limits::has_no_memory", None);
}

/// In a helper: has memory for a part of what a thread of the library takes, page by page.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn has_memory_for_a_part_of_a_thread() {
    const PAGE: u64 = 4096;
    let Some(base) = name_for_helper() else {
        return;
    };
    let one = position::Capacity::new(1).expect("a capacity");
    let options = open::Options::new().capacity(one);
    let (mut refused, mut made) = (0, 0);
    // The C library keeps the stacks of threads that have ended, for others: so none ends.
    let mut kept = Vec::new();
    for pages in 0..100 {
        let name = suffixed(&base, &format!("{pages}"));
        let limited = Limited::to(Resource::RLIMIT_AS, mapped() + pages * PAGE);
        let receiver = options.receiver::<u64>(&name);
        let sender = options.sender::<u64>(&name);
        drop(limited);
        let attached = receiver.is_ok() && sender.is_ok();
        made += usize::from(attached);
        refused += usize::from(!attached);
        kept.push((receiver, sender, Scratch::of(name)));
    }
    assert!(refused > 20 && made > 10, "{refused} refused, {made} made");
    drop(kept);
    all_is_well();
}

/// In a helper: hears of a peer that sends as many descriptors as it can, without any memory.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn hears_too_much() {
    if name_for_helper().is_none() {
        return;
    }
    let before = descriptors();
    let (here, there) = UnixStream::pair().expect("two sockets");
    let liar = Liar(there);
    let mut receiver = liar.honest(|| sealed::Options::new().accept_receiver::<u64>(here));
    // The C library keeps the memory of threads that have ended, for others: this one takes it.
    let (over, is_over) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel();
    let busy = thread::spawn(move || {
        begun.send(vec![1_u8; 100]).expect("somebody waits");
        let _ = is_over.recv();
    });
    has_begun.recv().expect("it has begun");
    let nothing = File::open("/dev/null").expect("it is there");
    let many = vec![nothing.as_fd(); 253];
    let limited = Limited::to(Resource::RLIMIT_AS, mapped());
    liar.say(b"x", &many);
    let received = receiver.recv_with_patience(patience());
    drop(limited);
    assert_eq!(received, Err(RecvTimeoutError::Ended(Ended::Dead)));
    drop((receiver, liar));
    drop(nothing);
    until("the end of what came", || {
        (descriptors() <= before).then_some(())
    });
    drop(over);
    busy.join().expect("it does not panic");
}

#[test]
fn without_memory_for_what_a_peer_sends() {
    in_a_helper("scarce::limits::hears_too_much", None);
}

#[test]
fn with_memory_for_a_part_of_a_thread() {
    in_a_helper("scarce::limits::has_memory_for_a_part_of_a_thread", None);
}

/// In a helper: may make files of fewer and fewer bytes, beyond which the kernel sends a signal that kills.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn has_short_files() {
    let Some(base) = name_for_helper() else {
        return;
    };
    all_is_well();
    let most = getrlimit(Resource::RLIMIT_FSIZE).expect("a limit").1;
    let limits = (0..=40).step_by(4).map(|power| most.min(1 << power));
    let limit = |bytes| Limited::to(Resource::RLIMIT_FSIZE, bytes);
    let errors = ["(os error 27); the file may not grow so far: raise `ulimit -f`"];
    tightened(&base, &limits.chain([most]), limit, &errors);
    // One that is attached goes on.
    let name = suffixed(&base, "mailbox");
    let own = mailbox::Options::new().capacity(Capacity::Unbounded);
    let own = own.create::<[u64; 512]>(&name).expect("the name is free");
    let _limited = limit(1);
    for message in 0..1000 {
        own.sender().send([message; 512]).expect("there is room");
    }
    for message in 0..1000 {
        assert_eq!(own.receiver().recv().map(|found| found[0]), Ok(message));
    }
}

#[test]
fn with_short_files() {
    in_a_helper("scarce::limits::has_short_files", None);
}

/// In a helper: may start no thread.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn has_no_threads() {
    let Some(base) = name_for_helper() else {
        return;
    };
    all_is_well();
    let errors = ["(os error 11)", "timed out", "hung up"];
    for (number, (kind, attempt)) in (0..).zip(KINDS) {
        let name = suffixed(&base, &format!("{number}"));
        let limited = Limited::to(Resource::RLIMIT_NPROC, 0);
        let outcome = attempt(&name);
        drop(limited);
        judge(kind, &name, &outcome, &errors);
        assert_eq!(outcome.is_ok(), kind.contains("kernel"), "{kind}");
    }
    all_is_well();
}

#[test]
fn without_threads() {
    if !Uid::effective().is_root() {
        eprintln!("not tried: only root can be a user that has no other process");
        return;
    }
    // Root is not limited.
    in_a_helper("scarce::limits::has_no_threads", Some(65_534));
}

fn in_a_helper(name: &str, user: Option<u32>) {
    let scratch = Scratch::new();
    let mut command = helper(name, &scratch.name());
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let mut running = Running::start(&mut command);
    running.wait().expect(0);
}
