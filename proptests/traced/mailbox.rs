//! A victim makes a mailbox, comes to one, sends or receives there, or leaves it as its owner, while
//! others wait in it.

mod filling;
mod making;
mod owning;
mod waiting;

use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{TryRecvError, TrySendError};
use aqueduct::open::mailbox::{Mailbox, Options, Status, status};
use aqueduct::open::{AttachError, read_header};
use aqueduct::shm::{Name, Object, OpenError};

use self::filling::recv;
use self::making::create;
use self::owning::{come, hand_over};
use self::waiting::{goodbye, send};
use super::link::{BRIEF, LONG};
use super::message::Message;
use super::operation::Operation;

/// How much a mailbox holds.
pub trait Holds: Send + 'static {
    const WHAT: &'static str;
    const CAPACITY: Capacity;
    /// Whether a message that a dead receiver had in hand comes again.
    const GIVES_BACK: bool;
    /// How many messages somebody sends before it waits for a receiver, if it ever does.
    const ROOM: u64;
}

pub struct Zero;
pub struct Bounded;
pub struct Unbounded;

impl Holds for Zero {
    const WHAT: &'static str = "rendezvous";
    const CAPACITY: Capacity = Capacity::Zero;
    const GIVES_BACK: bool = true;
    const ROOM: u64 = 0;
}

impl Holds for Bounded {
    const WHAT: &'static str = "bounded";
    const CAPACITY: Capacity = Capacity::Bounded(2);
    const GIVES_BACK: bool = true;
    const ROOM: u64 = 2;
}

impl Holds for Unbounded {
    const WHAT: &'static str = "unbounded";
    const CAPACITY: Capacity = Capacity::Unbounded;
    const GIVES_BACK: bool = false;
    const ROOM: u64 = 2;
}

pub fn operations() -> Vec<Operation> {
    vec![
        send::<Zero>(),
        send::<Bounded>(),
        send::<Unbounded>(),
        recv::<Zero>(),
        recv::<Bounded>(),
        recv::<Unbounded>(),
        create(),
        come(),
        goodbye(),
        hand_over(),
    ]
}

/// Long enough for somebody who has come to fall asleep.
const MOMENT: Duration = Duration::from_millis(3);

fn options<H: Holds>() -> Options {
    Options::new().capacity(H::CAPACITY).timeout(Some(LONG))
}

fn look(object: &Object) -> Status {
    let header = read_header(object).expect("it can be read");
    status(object, &header.expect("it is whole")).expect("it can be read")
}

/// Asserts that the owner lives, and so may be waited for.
#[track_caller]
fn expect_life(mailbox: &Mailbox<Message>) {
    let lives = look(mailbox.object()).owner_lives;
    assert!(lives, "nobody told of the death");
}

/// In a victim: one of its own, to which somebody has come, who sleeps by now if that one does.
fn visited(options: &Options, name: &Name) -> Mailbox<Message> {
    let mailbox = options.create(name).expect("the name is free");
    while look(mailbox.object()).attached < 2 {
        thread::sleep(BRIEF);
    }
    // Whoever comes holds the gate until it is there.
    drop(mailbox.object().lock_gate().expect("it is opened"));
    thread::sleep(MOMENT);
    mailbox
}

/// Attaches, as soon as there is a mailbox.
fn come_to(name: &Name) -> Mailbox<Message> {
    loop {
        match Options::new().timeout(Some(LONG)).open(name) {
            Ok(mailbox) => return mailbox,
            Err(AttachError::Open(OpenError::NotFound { .. })) => thread::sleep(BRIEF),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The victim is dead, and the mailbox was closed by that: another one takes its name, and nothing is
/// left.
fn finish<H: Holds>(name: &Name) {
    let another = options::<H>().create(name).expect("it is cleared away");
    expect_room::<H>(&another);
    assert!(another.close(), "it is this one's");
    assert!(!name.path().exists(), "{name} is left");
}

/// It holds as much as it ever did, and nothing now.
fn expect_room<H: Holds>(mailbox: &Mailbox<Message>) {
    let (sender, receiver) = (mailbox.sender(), mailbox.receiver());
    for _ in 0..2 {
        for number in 0..H::ROOM {
            let sent = sender.try_send(Message::of(number));
            sent.expect("there is as much room as ever");
        }
        if H::CAPACITY != Capacity::Unbounded {
            let more = sender.try_send(Message::of(0));
            assert_eq!(more, Err(TrySendError::Full(Message::of(0))));
        }
        for number in 0..H::ROOM {
            assert_eq!(receiver.try_recv().map(Message::number), Ok(number));
        }
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    }
}
