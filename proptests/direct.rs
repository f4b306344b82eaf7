//! Processes that name each other: what each is told, and that nothing is left of them.

mod claims;
mod processes;

use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{Ended, RecvTimeoutError, Role, SendError, TryRecvError, TrySendError};
use aqueduct::open::direct::{DirectError, NameError, NoSender, Process, ProcessName};
use aqueduct::open::{AttachError, mailbox};
use aqueduct::place::{Plain, Schema};
use aqueduct::shm::Name;

use crate::running::LONG;
use crate::scratch::{Scratch, names_with};

/// Names of processes for one test, of whose objects nothing may be left.
struct World(Scratch);

impl World {
    fn new() -> Self {
        Self(Scratch::new())
    }

    /// The name of a process, as one that helpers can have.
    fn name(&self, letter: &str) -> String {
        let scratch = self.0.name();
        let base = scratch.as_os_str().to_str().expect("it is text");
        format!("{base}-{letter}")
    }

    fn process(&self, letter: &str) -> Process {
        Process::new(self.name(letter)).expect("the name is free")
    }

    /// The objects of these processes.
    fn objects(&self) -> Vec<Name> {
        names_with(&format!("/direct.{}", self.name("")))
    }

    #[track_caller]
    fn is_empty(&self) {
        assert_eq!(self.objects(), []);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for name in self.objects() {
            let _ = std::fs::remove_file(name.path());
        }
    }
}

#[test]
fn a_link_is_made_by_whoever_comes_first() {
    let world = World::new();
    let (p, q) = (world.process("P"), world.process("Q"));
    let mut to_q = p.to::<u64>(q.name()).unwrap();
    let mut from_p = q.from::<u64>(p.name()).unwrap();
    let mut from_q = p.from::<u64>(q.name()).unwrap();
    let mut to_p = q.to::<u64>(p.name()).unwrap();
    assert_eq!((to_q.to(), from_p.from()), (q.name(), p.name()));
    assert_eq!(to_q.object_name(), from_p.object_name());
    assert_ne!(to_q.object_name(), to_p.object_name());
    to_q.send(1).unwrap();
    to_p.send(2).unwrap();
    assert_eq!((from_p.recv(), from_q.recv()), (Ok(1), Ok(2)));
    assert_eq!(from_p.try_recv(), Err(TryRecvError::Empty));
    drop((to_q, from_p, from_q, to_p, p, q));
    world.is_empty();
}

#[test]
fn there_is_one_link_for_each_ordered_pair() {
    let world = World::new();
    let (p, q) = (world.process("P"), world.process("Q"));
    let to_q = p.to::<u64>(q.name()).unwrap();
    let from_p = q.from::<u64>(p.name()).unwrap();
    for (taken, seat) in [
        (p.to::<u64>(q.name()).map(drop), Role::Sender),
        (q.from::<u64>(p.name()).map(drop), Role::Receiver),
    ] {
        let error = taken.expect_err("it is taken");
        let DirectError::SeatTaken { from, to, role } = error else {
            panic!("{error}");
        };
        assert_eq!((from, to, role), (p.name(), q.name(), seat));
        assert!(error.to_string().contains(p.name().as_str()), "{error}");
    }
    // The sender goes, and may not begin another stream where the receiver counts on the first.
    drop(to_q);
    let left = p.to::<u64>(q.name()).expect_err("it is left");
    assert!(matches!(
        left,
        DirectError::Left {
            role: Role::Sender,
            peer_lives: true,
            ..
        }
    ));
    drop(from_p);
    assert_eq!(world.objects().len(), 2, "the two names");
    drop((p.to::<u64>(q.name()).unwrap(), p, q));
    assert_eq!(world.objects().len(), 1, "the link waits for Q");
}

#[test]
fn what_was_sent_waits_for_who_has_not_come() {
    let world = World::new();
    let p = world.process("P");
    let mut to_q = p.to::<u64>(world.name("Q")).unwrap();
    for message in 1..=3 {
        to_q.send(message).unwrap();
    }
    drop(to_q);
    let left = p.to::<u64>(world.name("Q")).expect_err("Q has not come");
    assert!(matches!(
        left,
        DirectError::Left {
            peer_lives: false,
            ..
        }
    ));
    assert!(
        left.to_string().contains("aqueduct remove /direct."),
        "{left}"
    );
    drop(p);
    let q = world.process("Q");
    let mut from_p = q.from::<u64>(world.name("P")).unwrap();
    assert_eq!(from_p.iter().collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(from_p.recv(), Err(Ended::Closed));
    drop((from_p, q));
    world.is_empty();
}

#[test]
fn a_receiver_that_goes_ends_the_link() {
    let world = World::new();
    let (p, q) = (world.process("P"), world.process("Q"));
    let mut to_q = p.to::<u64>(q.name()).unwrap();
    drop(q.from::<u64>(p.name()).unwrap());
    let (message, why) = (7, Ended::Closed);
    assert_eq!(to_q.send(message), Err(SendError { message, why }));
    // The next link is a new one, also while an end of the last is there.
    let mut next = p.to::<u64>(q.name()).unwrap();
    let mut from_p = q.from::<u64>(p.name()).unwrap();
    drop(to_q);
    next.send(8).unwrap();
    assert_eq!(from_p.recv(), Ok(8));
    drop((next, from_p, p, q));
    world.is_empty();
}

#[test]
fn a_process_may_send_to_itself() {
    let world = World::new();
    let p = world.process("P");
    let mut from = p.from::<u8>(p.name()).unwrap();
    p.to::<u8>(p.name()).unwrap().send(1).unwrap();
    assert_eq!(from.recv(), Ok(1));
    let inbox = p.receiver::<u8>(Capacity::Bounded(1)).unwrap();
    p.sender::<u8>(p.name()).unwrap().send(2).unwrap();
    let letter = inbox.recv().unwrap();
    assert_eq!((letter.sender(), letter.message()), (Ok(p.name()), 2));
    drop((from, inbox, p));
    world.is_empty();
}

#[test]
fn a_name_is_held_while_something_of_it_is_in_use() {
    let world = World::new();
    let p = world.process("P");
    let clone = p.clone();
    let inbox = p.receiver::<u8>(Capacity::Zero).unwrap();
    let taken = || {
        let error = Process::new(world.name("P")).expect_err("it is taken");
        assert!(matches!(error, DirectError::Taken { .. }), "{error}");
        assert!(error.to_string().contains("taken by a living"), "{error}");
    };
    taken();
    drop(p);
    taken();
    drop(clone);
    taken();
    drop(inbox);
    drop(world.process("P"));
    world.is_empty();
}

#[test]
fn each_odd_name_has_its_error() {
    let world = World::new();
    let p = world.process("P");
    let odd = |text: &str| {
        let errors = [
            Process::new(text).map(drop),
            p.to::<u8>(text).map(drop),
            p.from::<u8>(text).map(drop),
            p.sender::<u8>(text).map(drop),
        ];
        let [first, ..] = errors.map(|error| match error.expect_err(text) {
            DirectError::Name(error) => error,
            other => panic!("{other}"),
        });
        first
    };
    assert_eq!(odd(""), NameError::Empty);
    assert_eq!(odd(&"n".repeat(33)), NameError::TooLong { len: 33 });
    for character in ['.', '/', ' ', '\0', '\n', 'ä'] {
        let error = NameError::Character { character };
        assert_eq!(odd(&format!("a{character}b")), error);
    }
}

#[test]
fn another_type_is_refused_while_the_link_is_in_use() {
    let world = World::new();
    let (p, q) = (world.process("P"), world.process("Q"));
    let to_q = p.to::<u64>(q.name()).unwrap();
    let inbox = q.receiver::<u64>(Capacity::Bounded(1)).unwrap();
    for error in [
        q.from::<i64>(p.name()).map(drop),
        p.sender::<i64>(q.name()).map(drop),
    ] {
        let error = error.expect_err("another type");
        let text = error.to_string();
        assert!(
            matches!(error, DirectError::Attach(AttachError::Mismatch { .. })),
            "{text}"
        );
        assert!(text.contains("u64") && text.contains("i64"), "{text}");
    }
    drop((to_q, inbox, p, q));
    assert_eq!(world.objects().len(), 1, "the link waits for Q");
}

#[test]
fn an_inbox_is_waited_for() {
    let world = World::new();
    let (p, s) = (world.process("P"), world.process("S"));
    let none = p.sender::<u64>(s.name()).expect_err("no inbox");
    assert!(matches!(none, DirectError::NoInbox { process } if process == s.name()));
    let late = p.sender_timeout::<u64>(s.name(), Duration::from_millis(5));
    let late = late.expect_err("still none");
    assert!(matches!(late, DirectError::TimedOut { .. }), "{late}");
    let name = s.name();
    let waiting = thread::spawn(move || {
        let sender = p.sender_timeout::<u64>(name, LONG).unwrap();
        sender.send(1).unwrap();
        assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
        sender
    });
    thread::sleep(Duration::from_millis(20));
    let inbox = s.receiver::<u64>(Capacity::Bounded(1)).unwrap();
    let sender = waiting.join().unwrap();
    let twice = s.receiver::<u64>(Capacity::Bounded(1)).map(drop);
    assert!(matches!(twice, Err(DirectError::InboxTaken { .. })));
    let letter = inbox.recv_timeout(LONG).unwrap();
    assert_eq!(letter.sender(), Ok(sender.process().name()));
    assert_eq!(inbox.try_recv().map(drop), Err(TryRecvError::Empty));
    let none = inbox.recv_timeout(Duration::ZERO).map(drop);
    assert_eq!(none, Err(RecvTimeoutError::TimedOut));
    drop(inbox);
    let (message, why) = (3, Ended::Closed);
    assert_eq!(sender.send(message), Err(SendError { message, why }));
    drop((sender, s));
    world.is_empty();
}

/// What another program may write in an inbox: the same header, and any bytes.
#[derive(Clone, Copy, Schema)]
#[repr(C, packed)]
struct Letter<T> {
    sender: [u8; 32],
    message: T,
}

// SAFETY: plain parts, packed.
unsafe impl Plain for Letter<u64> {}

#[test]
fn the_name_on_a_letter_is_checked() {
    let world = World::new();
    let s = world.process("S");
    let inbox = s.receiver::<u64>(Capacity::Bounded(2)).unwrap();
    let object = inbox.mailbox().object().name();
    let forger = mailbox::Options::new().open::<Letter<u64>>(object).unwrap();
    let mut sender = [b'x'; 32];
    assert!(forger.sender().send(Letter { sender, message: 1 }).is_ok());
    sender[3] = b'/';
    assert!(forger.sender().send(Letter { sender, message: 2 }).is_ok());
    let longest = ProcessName::parse("x".repeat(32)).unwrap();
    for (sender, message) in [(Ok(longest), 1), (Err(NoSender), 2)] {
        let letter = inbox.recv().unwrap();
        assert_eq!((letter.sender(), letter.message()), (sender, message));
    }
}
