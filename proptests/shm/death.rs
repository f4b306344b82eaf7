//! Processes that die, pause, exit, execute and fork, and who is told of it.

use std::mem;
use std::os::unix::process::CommandExt;
use std::process::{self, Child, Command};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread;
use std::time::Duration;

use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::shm::{Byte, Guard, Keeper, Mapping, Object};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use super::keeper::{DIED, LIFE, LONG, SHORT, WAITERS, attach, sleep_while};
use super::{LEN, Scratch, helper, name_for_helper, open, word};

/// Where the word of the helper's news lies.
const NEWS: usize = 128;

/// A helper process that has attached to an object; killed at the end, if it still runs.
struct Peer {
    scratch: Scratch,
    object: Arc<Object>,
    mapping: Mapping,
    child: Child,
    alive: u32,
}

impl Peer {
    fn start(helper_name: &str) -> Peer {
        let scratch = Scratch::new();
        let object = Arc::new(scratch.object());
        let mapping = object.map(LEN).expect("it can be mapped");
        let child = helper(helper_name, &scratch.name())
            .spawn()
            .expect("the helper starts");
        let alive = sleep_while(word(&mapping, LIFE), 0);
        assert_eq!(alive & DIED, WAITERS, "{alive:#x}");
        Peer {
            scratch,
            object,
            mapping,
            child,
            alive,
        }
    }

    fn life(&self) -> &AtomicU32 {
        word(&self.mapping, LIFE)
    }

    fn news(&self) -> &AtomicU32 {
        word(&self.mapping, NEWS)
    }

    /// Lets a helper that waits for it go on.
    fn go_on(&self) {
        self.news().store(1, Release);
        Native::wake(self.news());
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed());
        kill(pid, signal).expect("it is our child, and not waited for");
    }

    fn seat_is_taken(&self) -> bool {
        self.object
            .is_locked(Byte::Sender)
            .expect("it can be known")
    }

    /// The kernel tells of a death first, and frees the seat after the last access.
    fn wait_for_the_seat(&self) {
        let deadline = Native::now() + LONG;
        while self.seat_is_taken() && Native::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        let seat = self
            .object
            .try_lock(Byte::Sender)
            .expect("it can be locked");
        assert!(seat.is_some(), "the seat is not free");
    }

    /// Calls `cause` while this thread sleeps on the life word; returns what it was woken with.
    fn woken_by(&self, cause: impl FnOnce(&Peer) + Send) -> u32 {
        assert!(self.seat_is_taken());
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(SHORT);
                cause(self);
            });
            sleep_while(self.life(), self.alive)
        })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        assert!(
            self.scratch.name().path().exists(),
            "no helper removes a name"
        );
    }
}

#[test]
fn a_sleeper_is_told_of_a_kill() {
    for _ in 0..5 {
        let peer = Peer::start("shm::death::attaches_and_waits");
        assert_eq!(peer.woken_by(|peer| peer.signal(Signal::SIGKILL)), DIED);
        peer.wait_for_the_seat();
    }
}

#[test]
fn a_sleeper_is_told_of_an_exit() {
    let peer = Peer::start("shm::death::attaches_and_exits");
    assert_eq!(peer.woken_by(Peer::go_on), DIED);
    peer.wait_for_the_seat();
}

#[test]
fn a_sleeper_is_told_that_the_process_executes_another_program() {
    let mut peer = Peer::start("shm::death::attaches_and_executes");
    assert_eq!(peer.woken_by(Peer::go_on), DIED);
    peer.wait_for_the_seat();
    assert!(
        peer.child.try_wait().expect("our child").is_none(),
        "the program itself runs"
    );
}

#[test]
fn who_is_paused_is_not_dead() {
    let peer = Peer::start("shm::death::attaches_and_waits");
    peer.signal(Signal::SIGSTOP);
    thread::sleep(4 * SHORT);
    assert_eq!(peer.life().load(Acquire), peer.alive);
    assert!(peer.seat_is_taken());
    peer.signal(Signal::SIGCONT);
    thread::sleep(SHORT);
    assert_eq!(peer.life().load(Acquire), peer.alive);
}

#[test]
fn a_forked_child_does_not_speak_for_its_parent() {
    let peer = Peer::start("shm::death::attaches_and_forks");
    peer.go_on();
    assert_eq!(sleep_while(peer.news(), 1), 2, "the child let go of all");
    assert_eq!(peer.life().load(Acquire), peer.alive);
    assert!(peer.seat_is_taken());
}

/// In a helper process: attaches, takes the seat and calls `rest` with the keeper.
fn helper_attaches(rest: impl FnOnce(Keeper, &Mapping, Guard)) {
    let Some(name) = name_for_helper() else {
        return;
    };
    let object = Arc::new(open(name));
    let seat = object
        .try_lock(Byte::Sender)
        .expect("it can be locked")
        .expect("it is free");
    let mapping = Arc::new(object.map(LEN).expect("it can be mapped"));
    rest(attach(&mapping), &mapping, seat);
}

/// In a helper process: waits for [`Peer::go_on`].
fn wait_to_go_on(mapping: &Mapping) {
    sleep_while(word(mapping, NEWS), 0);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_waits() {
    helper_attaches(|_keeper, _, _seat| thread::sleep(4 * LONG));
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_exits() {
    helper_attaches(|keeper, mapping, _seat| {
        mem::forget(keeper);
        wait_to_go_on(mapping);
        process::exit(0);
    });
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_executes() {
    helper_attaches(|_keeper, mapping, _seat| {
        wait_to_go_on(mapping);
        let error = Command::new("sleep").arg("20").exec();
        panic!("cannot execute sleep: {error}");
    });
}

/// How the child ends if all went well; one whose test thread has panicked would end with zero.
const ALL_WELL: i32 = 7;

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_forks() {
    helper_attaches(|keeper, mapping, seat| {
        wait_to_go_on(mapping);
        // SAFETY: the child lets go of what it inherited and ends; the C library's memory survives
        // a fork.
        match unsafe { fork() }.expect("a child") {
            ForkResult::Child => {
                let object = Arc::clone(seat.object());
                let copies = seat.is_forked();
                drop((keeper, seat));
                let mine = object.try_lock(Byte::Receiver);
                let others = object.try_lock(Byte::Sender);
                let right = copies && matches!(mine, Ok(Some(_))) && matches!(others, Ok(None));
                // SAFETY: it ends the child, without the rest of the test program.
                unsafe { nix::libc::_exit(if right { ALL_WELL } else { 1 }) };
            }
            ForkResult::Parent { child } => {
                let status = waitpid(child, None).expect("the child ends");
                assert_eq!(
                    status,
                    WaitStatus::Exited(child, ALL_WELL),
                    "it locks for itself"
                );
                word(mapping, NEWS).store(2, Release);
                Native::wake(word(mapping, NEWS));
                thread::sleep(4 * LONG);
                drop((keeper, seat));
            }
        }
    });
}
