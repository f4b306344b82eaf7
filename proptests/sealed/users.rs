//! Peers of other users, and what a peer can do with the memory that it was handed.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;

use aqueduct::link::{Ended, TryRecvError};
use aqueduct::open::sealed::SealedError;
use aqueduct::position::Capacity;
use aqueduct::shm::{HandOverError, Uid};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, FcntlArg, SealFlag, fallocate, fcntl};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};

use super::liar::Liar;
use super::{helper, options, pair, socket_for_helper};
use crate::running::Running;

/// A user who owns nothing here.
const NOBODY: u32 = 65_534;

/// In a helper: receives one message of the parent, whichever user it runs as.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn receives_one() {
    let Some(socket) = socket_for_helper() else {
        return;
    };
    let root = options().user(Uid::from_raw(0));
    if let Ok(mut receiver) = root.accept_receiver::<u64>(socket) {
        let _ = receiver.recv();
    }
}

fn wrong_user(error: &SealedError, expected_found: u32) {
    let SealedError::HandOver(HandOverError::User { found, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(found.as_raw(), expected_found);
}

#[test]
fn another_user_gets_in_when_it_is_named() {
    if !Uid::effective().is_root() {
        eprintln!("not tried: only root can be another user");
        return;
    }
    for named in [false, true] {
        let [here, there] = pair();
        let mut command = helper("sealed::users::receives_one", there);
        let mut running = Running::start(command.uid(NOBODY).gid(NOBODY));
        let options = if named {
            options().user(Uid::from_raw(NOBODY))
        } else {
            options()
        };
        match options.offer_receiver::<u64>(here) {
            Ok(mut sender) => {
                assert!(named);
                sender.send(1).expect("it receives");
            }
            Err(error) => {
                assert!(!named, "{error}");
                wrong_user(&error, NOBODY);
            }
        }
        running.wait();
    }
}

/// In a helper, in a namespace of processes of its own: receives from one that it does not see.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn receives_from_one_unseen() {
    let Some(socket) = socket_for_helper() else {
        return;
    };
    let mut receiver = options().accept_receiver::<u64>(socket).expect("a link");
    assert_eq!(receiver.end().peer().pid(), 0, "nobody here has its number");
    assert!(!receiver.end().peer().is_dead());
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(receiver.recv(), Err(Ended::Closed));
}

#[test]
fn a_peer_that_is_not_seen_here_is_known_by_its_pidfd() {
    if !Uid::effective().is_root() {
        eprintln!("not tried: only root may make a namespace of processes");
        return;
    }
    let [here, there] = pair();
    let inner = helper(
        "sealed::users::receives_from_one_unseen",
        there.try_clone().expect("two"),
    );
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork"])
        .arg(inner.get_program())
        .args(inner.get_args());
    for (variable, value) in inner.get_envs() {
        command.env(variable, value.expect("it is set"));
    }
    command
        .stdin(Stdio::from(OwnedFd::from(there)))
        .stdout(Stdio::null());
    let mut running = Running::start(&mut command);
    let mut sender = options().offer_receiver::<u64>(here).expect("a link");
    assert_ne!(sender.end().peer().pid(), 0, "it is a descendant");
    sender.send(1).expect("it receives");
    drop(sender);
    running.wait().expect(0);
}

#[test]
fn who_connects_to_another_user_is_told_before_it_says_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a socket with a name");
    // Of a process of this user.
    let [here, _there] = pair();
    let mut running = Running::start(helper("sealed::users::connects", here).env("TO", &path));
    let (socket, _) = listener.accept().expect("it connects");
    let stranger = Uid::from_raw(Uid::effective().as_raw() + 1);
    let quiet = socket.try_clone().expect("a second descriptor");
    let error = options().user(stranger).offer_receiver::<u64>(socket).err();
    wrong_user(
        &error.expect("it is not this user's"),
        Uid::effective().as_raw(),
    );
    drop(quiet);
    assert_eq!(running.wait().killed(), Err(0));
}

/// In a helper: connects, and hears nothing.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn connects() {
    let Some(path) = std::env::var_os("TO") else {
        return;
    };
    let socket = UnixStream::connect(path).expect("it listens");
    assert_eq!(Liar(socket).rest(), b"", "nothing was said to a stranger");
}

#[test]
fn the_memory_can_be_neither_cut_nor_grown_nor_punched() {
    let [here, there] = pair();
    thread::scope(|scope| {
        let lying = scope.spawn(|| Liar(there.try_clone().expect("a second descriptor")).take());
        let capacity = Capacity::new(10_000).expect("a capacity");
        let mut receiver = options()
            .capacity(capacity)
            .offer_sender::<u64>(here)
            .expect("a link");
        let memory = &lying.join().expect("it does not panic")[0];
        let len = memory.metadata().expect("it is there").len();
        for other in [0, len - 1, len + 1] {
            let error = memory.set_len(other).expect_err("it is sealed");
            assert_eq!(error.raw_os_error(), Some(Errno::EPERM as i32));
        }
        let seal = fcntl(memory, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_WRITE));
        assert_eq!(seal, Err(Errno::EPERM));
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        let all = i64::try_from(len).expect("it is small");
        assert_eq!(fallocate(memory, hole, 0, all), Err(Errno::EPERM));
        let error = memory
            .write_all_at(&[7], 640)
            .expect_err("only by mappings");
        assert_eq!(error.raw_os_error(), Some(Errno::EPERM as i32));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn who_may_only_read_the_messages_cannot_write_them() {
    let [here, there] = pair();
    thread::scope(|scope| {
        let lying = scope.spawn(|| Liar(there.try_clone().expect("a second descriptor")).take());
        let mut sender = options()
            .read_only()
            .offer_receiver::<u64>(here)
            .expect("a link");
        let files = lying.join().expect("it does not panic");
        let [_words, messages] = &files[..] else {
            panic!("{} descriptors", files.len());
        };
        let error = messages
            .write_all_at(&[0], 0)
            .expect_err("it may not write here");
        assert_eq!(error.raw_os_error(), Some(Errno::EPERM as i32));
        let hole = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        assert_eq!(fallocate(messages, hole, 0, 4096), Err(Errno::EPERM));
        let page = std::num::NonZeroUsize::new(4096).expect("it is not 0");
        let rights = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: the kernel would choose an address that is free.
        let mapped = unsafe {
            mmap(
                None,
                page,
                rights,
                MapFlags::MAP_SHARED,
                messages.as_fd(),
                0,
            )
        };
        assert_eq!(mapped.err(), Some(Errno::EPERM));
        // The sender, which mapped it before, can.
        sender.send(5).expect("there is room");
        let mut message = [0; 8];
        messages
            .read_exact_at(&mut message, 0)
            .expect("it may read");
        assert_eq!(u64::from_ne_bytes(message), 5);
    });
}
