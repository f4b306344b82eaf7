//! Numbers of processes: in another namespace, used again, and of a process that nobody has waited
//! for.

use std::fs;
use std::process::{Command, Stdio};

use aqueduct::life::Presence;
use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::open::{Options, Receiver, Sender};
use aqueduct::shm::Name;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::running::{LONG, Running, look_under, patience, state, until};
use crate::scratch::Scratch;
use crate::shm::{helper, name_for_helper};

const DEAD: Result<u64, RecvTimeoutError> = Err(RecvTimeoutError::Ended(Ended::Dead));

fn resuming() -> Options {
    Options::new().resume(true)
}

fn receiver(name: &Name) -> Receiver<u64> {
    resuming().receiver(name).expect("a free seat")
}

fn sender(name: &Name) -> Sender<u64> {
    resuming().sender(name).expect("a free seat")
}

/// The helper in a namespace of its own, in which it has the number 1; killed with whoever started
/// it. `None` where that is not permitted.
fn in_a_namespace(inside: &str, name: &Name) -> Option<Running> {
    const NEW: [&str; 4] = ["--pid", "--fork", "--kill-child", "--mount-proc"];
    let unshare = |words: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(NEW).args(words).stdin(Stdio::null());
        command.stdout(Stdio::null());
        command
    };
    let user: &[&str] = &["--user", "--map-root-user"];
    let permitted = [&[], user].into_iter().find(|words| {
        let tried = unshare(words).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    });
    let Some(words) = permitted else {
        eprintln!("skipped: this user may not make a namespace of processes");
        return None;
    };
    let inside = helper(inside, name);
    let mut command = unshare(words);
    command.arg(inside.get_program()).args(inside.get_args());
    command.envs(
        inside
            .get_envs()
            .filter_map(|(key, value)| Some((key, value?))),
    );
    Some(Running::start(&mut command))
}

#[test]
fn a_link_joins_two_namespaces() {
    let scratch = Scratch::new();
    let mut receiver = receiver(&scratch.name());
    for round in 0..3 {
        let sending = "namespaces::sends_and_waits";
        let Some(mut inside) = in_a_namespace(sending, &scratch.name()) else {
            return;
        };
        receiver.wait_for_sender(patience()).expect("it comes");
        for place in 0..10 {
            assert_eq!(receiver.recv_timeout(LONG), Ok(10 * round + place));
        }
        inside.kill().killed().expect("it waited");
        assert_eq!(receiver.recv_timeout(LONG), DEAD);
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends_and_waits() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut sender = sender(&name);
    for _ in 0..10 {
        let next = sender.position().count();
        sender.send(next).expect("the test receives");
    }
    std::thread::sleep(2 * LONG);
}

/// `kill(pid, 0)` finds a zombie, which is no sign of life.
#[test]
fn a_zombie_counts_as_dead() {
    let scratch = Scratch::new();
    let mut receiver = receiver(&scratch.name());
    let sending = &mut helper("namespaces::sends_and_waits", &scratch.name());
    let first = Running::start(sending);
    for place in 0..10 {
        assert_eq!(receiver.recv_timeout(LONG), Ok(place));
    }
    first.signal(Signal::SIGKILL);
    assert_eq!(receiver.recv_timeout(LONG), DEAD);
    let _successor = Running::start(sending);
    receiver.wait_for_sender(patience()).expect("it comes");
    assert_eq!(receiver.recv_timeout(LONG), Ok(10), "the seat was free");
    let number = Pid::from_raw(first.pid().cast_signed());
    assert_eq!(state(first.pid()), Some('Z'), "nobody has waited for it");
    assert_eq!(kill(number, None), Ok(()));
}

/// The receiver stands still while a sender dies and another one takes its place, whose keeper has
/// the number of the first one's: the seat's word looks as if nothing had happened.
#[test]
fn a_number_that_is_used_again_changes_nothing() {
    let scratch = Scratch::new();
    let conducting = "namespaces::conducts_a_succession";
    let Some(mut inside) = in_a_namespace(conducting, &scratch.name()) else {
        return;
    };
    inside.wait().expect(0);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn conducts_a_succession() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let start = |what: &str| Running::start(&mut helper(&format!("namespaces::{what}"), &name));
    let sent = |count: u64| {
        until("a message", || {
            look_under(&name).filter(|status| status.sent == count)
        })
    };
    let mut receiving = start("receives_one_and_two");
    // No thread is made here any more but those of senders.
    until("the receiver", || {
        look_under(&name).filter(|status| status.receiver.held)
    });
    let mut first = start("sends_one_number");
    let before = sent(1);
    assert_eq!(life(&name), KEEPER);
    until("its sleep", || {
        look_under(&name).filter(|status| status.received == 1)
    });
    receiving.signal(Signal::SIGSTOP);
    until("it stands still", || {
        (state(receiving.pid()) == Some('T')).then_some(())
    });
    first.kill().killed().expect("it waited");
    let mut second = start("sends_one_number");
    let after = sent(2);
    assert_eq!(life(&name), KEEPER, "the number was used again");
    assert_eq!((before.sender.epoch, after.sender.epoch), (1, 2));
    assert_eq!(after.sender.presence, Presence::Present);
    receiving.signal(Signal::SIGCONT);
    until("the second message", || {
        look_under(&name).filter(|status| status.received == 2)
    });
    second.kill().killed().expect("it waited");
    receiving.wait().expect(0);
}

/// The number of each sender's keeper.
const KEEPER: u32 = 5000;

/// The number that the sender's life word holds now.
fn life(name: &Name) -> u32 {
    let object = crate::running::object(name).expect("it is there");
    let mut word = [0; 4];
    let at = u64::from(aqueduct::place::header::BODY);
    object.read_at(&mut word, at).expect("it can be read");
    u32::from_ne_bytes(word) & !aqueduct::life::WAITERS
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends_one_number() {
    let Some(name) = name_for_helper() else {
        return;
    };
    // The next thread here is the keeper.
    fs::write("/proc/sys/kernel/ns_last_pid", (KEEPER - 1).to_string()).expect("our namespace");
    let mut sender = sender(&name);
    let next = sender.position().count() + 1;
    sender.send(next).expect("the other one receives");
    std::thread::sleep(2 * LONG);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn receives_one_and_two() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut receiver = receiver(&name);
    assert_eq!(receiver.recv_timeout(LONG), Ok(1));
    assert_eq!(receiver.recv_timeout(LONG), Ok(2));
    assert_eq!(receiver.recv_timeout(LONG), DEAD);
}
