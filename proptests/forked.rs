//! Forked children, and programs that a process executes: what they have of the ends that their
//! parent attached.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::Duration;

use aqueduct::link::{End, Role, TrySendError};
use aqueduct::link::{Ended, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError};
use aqueduct::open::{Options, Receiver, Sender};
use aqueduct::shm::Name;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup, fork, pause};

use crate::running::{LONG, Running, patience, state, until};
use crate::scratch::{Scratch, suffixed};
use crate::shm::{helper, name_for_helper};

/// A process that outlives its parent; killed at the end.
struct Orphan(Pid);

impl Orphan {
    /// The one whose number comes as the next message.
    fn from(receiver: &mut Receiver<u64>) -> Orphan {
        let number = receiver.recv_timeout(LONG).expect("the parent tells");
        Orphan(Pid::from_raw(i32::try_from(number).expect("a number")))
    }

    fn lives(&self) -> bool {
        let state = state(self.0.as_raw().cast_unsigned());
        state.is_some_and(|state| state != 'Z')
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGKILL);
    }
}

fn sender(name: &Name) -> Sender<u64> {
    Options::new().sender(name).expect("a free seat")
}

fn receiver(name: &Name) -> Receiver<u64> {
    Options::new().receiver(name).expect("a free seat")
}

const DEAD: Result<u64, RecvTimeoutError> = Err(RecvTimeoutError::Ended(Ended::Dead));

/// Kills a helper that has made a child; the child as it was after that was noticed.
fn noticed_although_a_child_lives(parent: &str) {
    let scratch = Scratch::new();
    let mut receiver = receiver(&scratch.name());
    let mut parent = Running::start(&mut helper(parent, &scratch.name()));
    let child = Orphan::from(&mut receiver);
    parent.kill().killed().expect("it waited");
    assert_eq!(receiver.recv_timeout(LONG), DEAD);
    assert!(child.lives(), "it would hide nothing");
}

#[test]
fn the_death_of_a_parent_is_noticed_although_its_forked_child_lives() {
    noticed_although_a_child_lives("forked::attaches_and_forks");
}

#[test]
fn the_death_of_a_parent_is_noticed_although_a_program_has_its_descriptors() {
    noticed_although_a_child_lives("forked::attaches_and_executes_in_a_child");
}

/// In a helper: attaches, makes a child by `make`, tells its number, and waits to be killed.
fn helper_makes(make: impl FnOnce(&Sender<u64>) -> i32) {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut sender = sender(&name);
    let child = make(&sender);
    let number = u64::try_from(child).expect("a number");
    sender.send(number).expect("the test receives");
    std::thread::sleep(2 * LONG);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_forks() {
    // SAFETY: the child does nothing but wait.
    helper_makes(|_| match unsafe { fork() }.expect("a child") {
        ForkResult::Child => loop {
            pause();
        },
        ForkResult::Parent { child } => child.as_raw(),
    });
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_executes_in_a_child() {
    helper_makes(|sender| {
        // A duplicate is not closed when a program is executed.
        let inherited = dup(&**sender.end().object()).expect("another descriptor");
        let child = Command::new("sleep").arg("60").spawn();
        drop(inherited);
        child.expect("sleep is executed").id().cast_signed()
    });
}

/// A child of which the C library knows nothing: no handler has run in it.
#[test]
fn a_child_of_a_bare_system_call_only_delays_the_news() {
    let scratch = Scratch::new();
    let mut receiver = receiver(&scratch.name());
    let mut parent = Running::start(&mut helper("forked::attaches_and_clones", &scratch.name()));
    let child = Orphan::from(&mut receiver);
    parent.kill().killed().expect("it waited");
    let early = receiver.recv_timeout(Duration::from_millis(300));
    assert_eq!(early, Err(RecvTimeoutError::TimedOut), "it is not certain");
    drop(child);
    assert_eq!(receiver.recv_timeout(LONG), DEAD);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_clones() {
    helper_makes(|_| {
        let copy = libc::c_long::from(libc::SIGCHLD);
        // SAFETY: without flags it is a fork, and the child only waits.
        let child = unsafe { libc::syscall(libc::SYS_clone, copy, 0, 0, 0, 0) };
        match i32::try_from(child).expect("a number") {
            0 => loop {
                pause();
            },
            child => child,
        }
    });
}

/// How a child ends if all went well; one that panicked would end with another code.
const ALL_WELL: i32 = 7;

#[test]
fn an_attached_end_answers_forked_in_a_child_and_both_may_attach() {
    let scratch = Scratch::new();
    let (there, own) = (scratch.with_suffix("there"), scratch.with_suffix("own"));
    let mut back = receiver(&scratch.name());
    let mut to = sender(&there.name());
    to.send(5).expect("there is room");
    let mut parent = Running::start(&mut helper(
        "forked::uses_what_it_inherited",
        &scratch.name(),
    ));
    assert_eq!(back.recv_timeout(LONG), Ok(1), "the parent's end is whole");
    assert_eq!(back.recv_timeout(LONG), Err(Ended::Closed.into()));
    parent.wait().expect(0);
    assert_eq!(to.try_send(6), Err(closed(6)), "and has said goodbye");
    assert!(
        !own.name().path().exists(),
        "the child has removed its name"
    );
}

fn closed(message: u64) -> TrySendError<u64> {
    let why = Ended::Closed;
    SendError { message, why }.into()
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn uses_what_it_inherited() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut back = sender(&name);
    let mut there = receiver(&suffixed(&name, "there"));
    let own = suffixed(&name, "own");
    let mut to_child = sender(&own);
    // SAFETY: the child allocates, which the C library allows, and ends without the rest of the
    // test program.
    match unsafe { fork() }.expect("a child") {
        ForkResult::Child => {
            let refused = all_refused(&mut back, &mut there);
            drop((back, there, to_child));
            let whole = refused && attaches_for_itself(&own);
            // SAFETY: it ends the child.
            unsafe { libc::_exit(if whole { ALL_WELL } else { 1 }) };
        }
        ForkResult::Parent { child } => {
            to_child.send(9).expect("the child comes");
            to_child.wait_until_received(patience()).expect("it does");
            let status = waitpid(child, None).expect("the child ends");
            assert_eq!(status, WaitStatus::Exited(child, ALL_WELL));
            assert_eq!(there.try_recv(), Ok(5), "the child took nothing");
            assert_eq!(there.try_recv(), Err(TryRecvError::Empty));
            back.send(1).expect("the test receives");
        }
    }
}

/// In a forked child: every call of an end that is the parent's is refused.
fn all_refused(sender: &mut Sender<u64>, receiver: &mut Receiver<u64>) -> bool {
    let why = Ended::Forked;
    let unsent = SendTimeoutError::Ended(SendError { message: (), why });
    let unreceived = RecvTimeoutError::Ended(why);
    let message = SendError { message: 3, why };
    sender.try_send(3) == Err(message.into())
        && sender.send(3) == Err(message)
        && sender.send_batch(1, patience(), |_| ()) == Err(unsent)
        && sender.wait_for_receiver(patience()) == Err(unsent)
        && sender.wait_until_received(patience()) == Err(unsent)
        && receiver.try_recv() == Err(why.into())
        && receiver.recv() == Err(why)
        && receiver.recv_batch(patience(), |_| ()) == Err(unreceived)
        && receiver.wait_for_sender(patience()) == Err(unreceived)
        && sender.end().is_forked()
        && receiver.end().role() == Role::Receiver
}

/// In a forked child: the other end of what the parent sends on.
fn attaches_for_itself(name: &Name) -> bool {
    let Ok(mut receiver) = Options::new().receiver::<u64>(name) else {
        return false;
    };
    let removed = receiver.end().remove_name();
    removed.is_ok_and(|removed| removed) && receiver.recv_timeout(LONG) == Ok(9)
}

/// The descriptors that hold locks are closed in a program that is executed at once, too.
#[test]
fn a_process_that_executes_another_program_has_died() {
    let scratch = Scratch::new();
    let mut receiver = receiver(&scratch.name());
    let mut peer = Running::start(&mut helper("forked::attaches_and_becomes", &scratch.name()));
    assert_eq!(receiver.recv_timeout(LONG), Ok(1));
    assert_eq!(receiver.recv_timeout(LONG), DEAD);
    assert!(!peer.has_ended(), "the program runs");
    until("the end of a stream", || {
        (receiver.try_recv() == Err(Ended::Dead.into())).then_some(())
    });
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_becomes() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut sender = sender(&name);
    sender.send(1).expect("there is room");
    let error = Command::new("sleep").arg("60").exec();
    panic!("cannot execute sleep: {error}");
}
