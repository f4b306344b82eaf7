//! Mailboxes between processes: names, owners, and what each is told.

use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::{Capacity, Succession, Tenancy};
use aqueduct::link::{
    Ended, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use aqueduct::open::mailbox::{Mailbox, Options, status};
use aqueduct::open::{self, AttachError, Remains, State, read_header};
use aqueduct::place::header::HeaderError;
use aqueduct::shm::{Name, Object, OpenError, Uid};
use aqueduct::threads;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use proptest::collection::vec;
use proptest::prelude::*;

use super::capacity;
use crate::running::{LONG, Running};
use crate::scratch::Scratch;
use crate::shm::{helper, name_for_helper};
use crate::spec::property;

fn create(name: &Name, capacity: Capacity) -> Mailbox<u64> {
    let options = Options::new().capacity(capacity);
    options.create(name).expect("the name is free")
}

fn open(name: &Name) -> Mailbox<u64> {
    Options::new().open(name).expect("it is there")
}

#[derive(Clone, Copy, Debug)]
enum Op {
    TrySend,
    Send,
    TryReceive,
    Receive,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        Just(Op::TrySend),
        Just(Op::Send),
        Just(Op::TryReceive),
        Just(Op::Receive)
    ]
}

/// What one of them answers to a script, in words. A time of nothing is over at once.
macro_rules! answers {
    ($sender:expr, $receiver:expr, $script:expr) => {{
        let (sender, receiver) = ($sender, $receiver);
        let each = |(number, op): (usize, &Op)| {
            let message = number as u64;
            match op {
                Op::TrySend => format!("{:?}", sender.try_send(message)),
                Op::Send => format!("{:?}", sender.send_timeout(message, Duration::ZERO)),
                Op::TryReceive => format!("{:?}", receiver.try_recv()),
                Op::Receive => format!("{:?}", receiver.recv_timeout(Duration::ZERO)),
            }
        };
        $script.iter().enumerate().map(each).collect::<Vec<_>>()
    }};
}

property! {
    fn the_same_script_has_the_same_answers_between_threads_and_processes(
        capacity in capacity(),
        script in vec(op(), 0..40),
    ) {
        let (sender, receiver) = threads::mailbox::<u64>(capacity)?;
        let of_threads = answers!(sender, receiver, script);
        let scratch = Scratch::new();
        let owner = create(&scratch.name(), capacity);
        let guest = open(&scratch.name());
        let of_processes = answers!(guest.sender(), owner.receiver(), script);
        prop_assert_eq!(of_threads, of_processes);
    }
}

#[test]
fn an_owner_that_goes_closes_the_mailbox_and_takes_the_name_along() {
    let scratch = Scratch::new();
    let owner = create(&scratch.name(), Capacity::Bounded(2));
    let guest = open(&scratch.name());
    let (sender, receiver) = (guest.sender(), guest.receiver());
    assert!(owner.is_owner() && !guest.is_owner() && !guest.close());
    sender.send(1).unwrap();
    drop(owner);
    let why = Ended::Closed;
    assert_eq!(
        sender.try_send(2),
        Err(SendError { message: 2, why }.into())
    );
    assert_eq!(sender.send(3), Err(SendError { message: 3, why }));
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(receiver.recv(), Err(why));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Ended(why)));
    let gone = Options::new().open::<u64>(&scratch.name());
    assert!(matches!(
        gone,
        Err(AttachError::Open(OpenError::NotFound { .. }))
    ));
    // Another one may have the name while the guests of the first are still there.
    let next = create(&scratch.name(), Capacity::Zero);
    assert!(next.is_owner());
}

#[test]
fn each_mistake_has_its_error() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let missing = Options::new()
        .open::<u64>(&name)
        .expect_err("there is none");
    assert!(matches!(
        missing,
        AttachError::Open(OpenError::NotFound { .. })
    ));
    let owner = create(&name, Capacity::Bounded(2));
    let twice = Options::new()
        .create::<u64>(&name)
        .expect_err("it is there");
    assert!(matches!(twice, AttachError::Exists { .. }), "{twice}");
    let other = Options::new().open::<i64>(&name).expect_err("another type");
    assert!(other.to_string().contains("`u64`"), "{other}");
    let larger = Options::new().capacity(Capacity::Unbounded);
    let larger = larger.open::<u64>(&name).expect_err("another capacity");
    let AttachError::Mismatch {
        source: HeaderError::Capacity { found: 2, .. },
        ..
    } = larger
    else {
        panic!("{larger}");
    };
    let link = open::Options::new()
        .sender::<u64>(&name)
        .map(drop)
        .expect_err("no link");
    assert!(link.to_string().contains("carries a mailbox"), "{link}");
    drop(owner);
    let _sender = open::Options::new()
        .sender::<u64>(&name)
        .expect("the name is free");
    let link = Options::new().open::<u64>(&name).expect_err("a link");
    assert!(link.to_string().contains("not a mailbox"), "{link}");
    let link = Options::new().create::<u64>(&name).expect_err("a link");
    assert!(matches!(link, AttachError::Mismatch { .. }), "{link}");
}

#[test]
fn who_comes_when_all_seats_are_taken_is_told() {
    let scratch = Scratch::new();
    let owner = create(&scratch.name(), Capacity::Bounded(2));
    let mut guests: Vec<_> = (1..120).map(|_| open(&scratch.name())).collect();
    let full = Options::new().open::<u64>(&scratch.name());
    assert!(matches!(
        full,
        Err(AttachError::SeatsTaken { count: 120, .. })
    ));
    // All of them are watched by one that sleeps.
    let receiver = owner.receiver();
    let waiting = thread::spawn(move || receiver.recv());
    thread::sleep(Duration::from_millis(20));
    guests[118].sender().send(7).unwrap();
    assert_eq!(waiting.join().unwrap(), Ok(7));
    guests.pop();
    open(&scratch.name());
}

#[test]
fn a_message_that_nobody_takes_in_time_comes_back() {
    let scratch = Scratch::new();
    let owner = create(&scratch.name(), Capacity::Zero);
    let soon = Duration::from_millis(5);
    let late = owner.sender().send_timeout(1, soon);
    assert_eq!(late, Err(SendTimeoutError::TimedOut(1)));
    assert_eq!(owner.sender().try_send(2), Err(TrySendError::Full(2)));
    let none = owner.receiver().recv_timeout(soon);
    assert_eq!(none, Err(RecvTimeoutError::TimedOut));
    // A deadline in the past is one that has passed.
    let past = owner.sender().send_deadline(3, Duration::ZERO);
    assert_eq!(past, Err(SendTimeoutError::TimedOut(3)));
}

/// A helper that has made a mailbox, and says so in another one.
fn owner_elsewhere(helper_name: &str, scratch: &Scratch) -> Running {
    let beside = scratch.with_suffix("said");
    let said = create(&beside.name(), Capacity::Bounded(1));
    let running = Running::start(&mut helper(helper_name, &scratch.name()));
    assert_eq!(said.receiver().recv_timeout(LONG), Ok(0));
    running
}

/// In a helper: makes a mailbox, says so, and waits to be killed.
fn own(succession: Succession) {
    let Some(name) = name_for_helper() else {
        return;
    };
    let options = Options::new().capacity(Capacity::Bounded(1));
    let mailbox = options.succession(succession).create::<u64>(&name);
    let mailbox = mailbox.expect("the name is free");
    let said = open(&crate::scratch::suffixed(&name, "said"));
    said.sender().send(0).unwrap();
    thread::sleep(2 * LONG);
    drop(mailbox);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn owns() {
    own(Succession::Closes);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn owns_what_is_handed_over() {
    own(Succession::HandedOver);
}

#[test]
fn all_who_wait_are_told_when_the_owner_dies() {
    let scratch = Scratch::new();
    let mut owner = owner_elsewhere("mailbox::processes::owns", &scratch);
    let guest = open(&scratch.name());
    guest.sender().send(1).unwrap();
    let sending = [2, 3].map(|message| {
        let sender = guest.sender();
        thread::spawn(move || sender.send(message))
    });
    thread::sleep(Duration::from_millis(20));
    owner.kill().killed().expect("it waits");
    let why = Ended::Dead;
    for (thread, message) in sending.into_iter().zip([2, 3]) {
        assert_eq!(thread.join().unwrap(), Err(SendError { message, why }));
    }
    let receiver = guest.receiver();
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(receiver.recv(), Err(why));
    let late = Options::new().open::<u64>(&scratch.name());
    assert!(matches!(
        late,
        Err(AttachError::OwnerGone {
            why: Ended::Dead,
            ..
        })
    ));
    let next = create(&scratch.name(), Capacity::Bounded(3));
    assert!(next.is_owner());
}

#[test]
fn a_mailbox_is_handed_over_when_its_owner_dies() {
    let scratch = Scratch::new();
    let mut owner = owner_elsewhere("mailbox::processes::owns_what_is_handed_over", &scratch);
    let guest = open(&scratch.name());
    let receiver = guest.receiver();
    let waiting = thread::spawn(move || [receiver.recv(), receiver.recv()]);
    thread::sleep(Duration::from_millis(20));
    owner.kill().killed().expect("it waits");
    while !guest.is_owner() {
        thread::sleep(Duration::from_millis(1));
    }
    guest.sender().send(5).unwrap();
    assert!(guest.close());
    assert_eq!(waiting.join().unwrap(), [Ok(5), Err(Ended::Closed)]);
}

#[test]
fn what_is_left_of_a_mailbox_is_told() {
    let scratch = Scratch::new();
    let look = || {
        let object = Object::open(scratch.name(), Uid::effective()).expect("it is there");
        let header = read_header(&object).unwrap().expect("it is ours");
        let status = status(&object, &header).unwrap();
        let state = Remains::of(&object, LONG).unwrap().state().clone();
        (status, state)
    };
    let mut owner = owner_elsewhere("mailbox::processes::owns", &scratch);
    let (status, state) = look();
    assert!(matches!(status.tenancy, Tenancy::Owned(_)) && status.owner_lives);
    assert_eq!(status.attached, 1);
    assert!(matches!(state, State::Attached { .. }), "{state:?}");
    owner.kill().killed().expect("it waits");
    let (status, state) = look();
    assert!(status.is_closed() && status.attached == 0);
    assert!(matches!(state, State::Dead { .. }), "{state:?}");
    // One that waits for its next owner stays.
    let options = Options::new().succession(Succession::HandedOver);
    let kept = options.create::<u64>(&scratch.name()).unwrap();
    kept.sender().send(1).unwrap();
    drop(kept);
    let (status, state) = look();
    assert_eq!((status.tenancy, status.attached), (Tenancy::Nobody, 0));
    assert!(matches!(state, State::Waiting { .. }), "{state:?}");
    let next = open(&scratch.name());
    assert_eq!(next.receiver().recv(), Ok(1));
    assert!(next.close());
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn forks() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mailbox = create(&name, Capacity::Bounded(1));
    let (sender, receiver) = (mailbox.sender(), mailbox.receiver());
    // SAFETY: the child only looks, and ends.
    match unsafe { fork() }.expect("a child") {
        ForkResult::Child => {
            let why = Ended::Forked;
            let told = sender.send(1) == Err(SendError { message: 1, why })
                && receiver.recv() == Err(why)
                && !mailbox.is_owner();
            drop((sender, receiver, mailbox));
            // SAFETY: nothing is left to be done.
            unsafe { nix::libc::_exit(i32::from(!told)) }
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 0)));
            sender.send(2).unwrap();
            assert_eq!(receiver.recv(), Ok(2));
            assert!(mailbox.is_owner());
        }
    }
}

#[test]
fn a_forked_child_is_told() {
    let scratch = Scratch::new();
    let mut forking = Running::start(&mut helper("mailbox::processes::forks", &scratch.name()));
    forking.wait().expect(0);
}
