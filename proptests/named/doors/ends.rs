//! All that attaches to a name.

use std::fs;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aqueduct::link::mailbox;
use aqueduct::open::{self, AttachError, call, pipe};
use aqueduct::place::header::Kind;
use aqueduct::position::Capacity;
use aqueduct::shm::{Name, Uid};
use nix::libc;
use nix::unistd::gettid;

use crate::running::until;

/// What is sent.
pub(super) const NUMBER: u64 = 42;

/// Longer than an attempt takes that waits for nobody.
const LONG: Duration = Duration::from_secs(10);

/// With which permission bits, and as whose object, somebody comes to a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asks {
    pub(super) mode: u32,
    pub(super) owner: Uid,
}

impl Asks {
    /// For an object of one's own.
    pub(super) fn own(mode: u32) -> Self {
        let owner = Uid::effective();
        Self { mode, owner }
    }

    fn link(self) -> open::Options {
        let options = open::Options::new().mode(self.mode).owner(self.owner);
        let capacity = Capacity::new(4).expect("a small one");
        options.timeout(Some(LONG)).capacity(capacity)
    }

    fn mailbox(self, capacity: mailbox::Capacity) -> open::mailbox::Options {
        let options = open::mailbox::Options::new();
        let options = options.mode(self.mode).owner(self.owner);
        options.timeout(Some(LONG)).capacity(capacity)
    }

    fn pipe(self) -> pipe::Options {
        let options = pipe::Options::new().mode(self.mode).owner(self.owner);
        let options = options.timeout(Some(LONG)).capacity(8192);
        options.wait_for_peer(false)
    }
}

/// Takes what was sent.
pub(super) type Taker = Box<dyn FnMut() -> Option<u64>>;

/// A kind of object.
pub(super) struct Row {
    pub(super) what: &'static str,
    /// Makes one, and receives.
    pub(super) make: fn(Asks, &Name) -> Taker,
    /// Comes to one, sends [`NUMBER`], and leaves.
    pub(super) send: fn(Asks, &Name) -> Result<(), AttachError>,
}

const BOUNDED: mailbox::Capacity = mailbox::Capacity::Bounded(4);
const UNBOUNDED: mailbox::Capacity = mailbox::Capacity::Unbounded;
const ZERO: mailbox::Capacity = mailbox::Capacity::Zero;

pub(super) const KINDS: [Row; 5] = [
    Row {
        what: "link",
        make: |asks, name| {
            let receiver = asks.link().receiver::<u64>(name);
            let mut receiver = receiver.expect("the name is free");
            Box::new(move || receiver.try_recv().ok())
        },
        send: |asks, name| {
            let mut sender = asks.link().sender::<u64>(name)?;
            sender.try_send(NUMBER).expect("there is room");
            Ok(())
        },
    },
    Row {
        what: "mailbox",
        make: |asks, name| receiver(asks, BOUNDED, name),
        send: |asks, name| send(asks, BOUNDED, name),
    },
    Row {
        what: "unbounded",
        make: |asks, name| receiver(asks, UNBOUNDED, name),
        send: |asks, name| send(asks, UNBOUNDED, name),
    },
    Row {
        what: "meeting",
        make: |asks, name| {
            let mailbox = asks.mailbox(ZERO).create::<u64>(name);
            let mut waiting = Waiting::at(mailbox.expect("the name is free"));
            Box::new(move || waiting.end())
        },
        send: |asks, name| send(asks, ZERO, name),
    },
    Row {
        what: "pipe",
        make: |asks, name| {
            let mut reader = asks.pipe().reader(name).expect("the name is free");
            Box::new(move || {
                let mut bytes = [0; 8];
                let read = reader.try_read(&mut bytes).ok()?;
                (read == bytes.len()).then(|| u64::from_ne_bytes(bytes))
            })
        },
        send: |asks, name| {
            let writer = asks.pipe().writer(name)?;
            let written = writer.try_write(&NUMBER.to_ne_bytes());
            assert_eq!(written.expect("there is room"), 8);
            Ok(())
        },
    },
];

fn receiver(asks: Asks, capacity: mailbox::Capacity, name: &Name) -> Taker {
    let mailbox = asks.mailbox(capacity).create::<u64>(name);
    let receiver = mailbox.expect("the name is free").receiver();
    Box::new(move || receiver.try_recv().ok())
}

fn send(asks: Asks, capacity: mailbox::Capacity, name: &Name) -> Result<(), AttachError> {
    let sender = asks.mailbox(capacity).open::<u64>(name)?.sender();
    let sent = sender.send_timeout(NUMBER, LONG);
    sent.expect("there is room, or who takes it");
    Ok(())
}

/// A receiver that waits where nothing is kept.
struct Waiting {
    mailbox: open::mailbox::Mailbox<u64>,
    thread: Option<JoinHandle<Option<u64>>>,
}

impl Waiting {
    /// Once it is asleep, and writes to nothing.
    fn at(mailbox: open::mailbox::Mailbox<u64>) -> Self {
        let receiver = mailbox.receiver();
        let (born, birth) = mpsc::channel();
        let thread = Some(thread::spawn(move || {
            born.send(gettid()).expect("somebody waits");
            receiver.recv().ok()
        }));
        let path = format!(
            "/proc/self/task/{}/syscall",
            birth.recv().expect("a number")
        );
        until("a receiver that sleeps", || {
            let call = fs::read_to_string(&path).expect("it lives");
            let number = call
                .split(' ')
                .next()
                .and_then(|number| number.parse().ok());
            let sleeps = [libc::SYS_futex, libc::SYS_futex_waitv];
            number.filter(|number| sleeps.contains(number))
        });
        Self { mailbox, thread }
    }

    /// What it has received, if anything.
    fn end(&mut self) -> Option<u64> {
        let _ = self.mailbox.close();
        self.thread.take()?.join().expect("it does not panic")
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.end();
    }
}

/// Everything that attaches to a name, and says nothing of modes and owners.
pub(super) type End = fn(&Name) -> Result<(), AttachError>;
pub(super) const ENDS: [(&str, End); 10] = [
    ("a sender", |name| {
        open::Options::new().sender::<u64>(name).map(drop)
    }),
    ("a receiver", |name| {
        open::Options::new().receiver::<u64>(name).map(drop)
    }),
    ("a sender of bytes", |name| {
        let sender = open::Options::new().byte_sender(name, Kind::Bytes);
        sender.map(drop)
    }),
    ("a receiver of records", |name| {
        let options = open::Options::new().resume(true);
        options.byte_receiver(name, Kind::Records).map(drop)
    }),
    ("who makes a mailbox", |name| {
        open::mailbox::Options::new().create::<u64>(name).map(drop)
    }),
    ("who opens a mailbox", |name| {
        open::mailbox::Options::new().open::<u64>(name).map(drop)
    }),
    ("a writer", |name| {
        pipe::Options::new().writer(name).map(drop)
    }),
    ("a reader", |name| {
        pipe::Options::new().reader(name).map(drop)
    }),
    ("a server", |name| {
        call::Server::<u64, u64>::create(name, mailbox::Capacity::Bounded(1)).map(drop)
    }),
    ("a client", |name| {
        call::Client::<u64, u64>::new(name).map(drop)
    }),
];
