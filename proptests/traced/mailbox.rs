//! A victim makes a mailbox, comes to one, sends or receives there, or leaves it as its owner, while
//! others wait in it.

use std::cell::LazyCell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::{Capacity, Succession};
use aqueduct::link::member::Member as _;
use aqueduct::link::{Ended, RecvTimeoutError, Role, SendTimeoutError, TryRecvError, TrySendError};
use aqueduct::open::mailbox::{Mailbox, Options, Status, status};
use aqueduct::open::{AttachError, read_header};
use aqueduct::shm::{Name, Object, OpenError};

use super::asleep::{Progress, Sleep};
use super::link::{BRIEF, LONG, brief, long};
use super::message::Message;
use super::operation::{Fate, Operation, Scene, end};
use super::tracer::between_marks;

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

/// Waits until a receiver is told of the end; says of which, and gives each message that comes.
fn receive_all(mailbox: &Mailbox<Message>, mut each: impl FnMut(u64)) -> Ended {
    let receiver = mailbox.receiver();
    loop {
        match receiver.recv_marked(long()) {
            Ok(popped) => {
                assert!(!popped.maybe_redelivered, "nobody else received it");
                each(popped.message.number());
            }
            Err(RecvTimeoutError::Ended(why)) => return why,
            Err(RecvTimeoutError::TimedOut) => expect_life(mailbox),
        }
    }
}

/// The victim owns the mailbox, has sent 1, and sends 2. The receiver sleeps.
fn send<H: Holds>() -> Operation {
    let set = |name: &Name, _| {
        let scene = Waiting::<H>::new(name);
        let progress = Arc::clone(&scene.progress);
        Box::new(Sleep::of(scene, progress, Waiting::wait, 2)) as _
    };
    let run = |name: &Name| {
        let mailbox = visited(&options::<H>(), name);
        let sender = mailbox.sender();
        sender.send(Message::of(1)).expect("somebody receives");
        thread::sleep(MOMENT);
        let sent = between_marks(|| sender.send(Message::of(2)));
        end(sent.is_ok())
    };
    Operation::new(format!("mailbox, {}: send", H::WHAT), set, run)
}

/// One that waits for messages.
struct Waiting<H> {
    name: Name,
    received: Vec<u64>,
    /// How it ended.
    why: Option<Ended>,
    progress: Progress,
    holds: PhantomData<H>,
}

impl<H: Holds> Waiting<H> {
    fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            received: Vec::new(),
            why: None,
            progress: Progress::default(),
            holds: PhantomData,
        }
    }

    /// Until the owner is gone.
    fn wait(&mut self) {
        let mailbox = come_to(&self.name);
        self.why = Some(receive_all(&mailbox, |number| {
            self.received.push(number);
            self.progress.store(number, Relaxed);
        }));
    }
}

impl<H: Holds> Scene for Waiting<H> {
    fn go_round(&mut self) {
        unreachable!("it sleeps");
    }

    fn look_at_the_end(&mut self) {
        unreachable!("it sleeps");
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        finish::<H>(&self.name);
        let sent = self.received.len() as u64;
        assert!(self.received.iter().copied().eq(1..=sent), "all, in order");
        assert!((1..=2).contains(&sent), "{sent} came");
        assert_eq!(self.why, Some(Ended::Dead));
        fate.agrees(sent == 2);
        String::from(if sent == 2 { "sent" } else { "not sent" })
    }
}

/// The victim owns the mailbox and receives 1. The sender sleeps, if it ever does, until there is room.
fn recv<H: Holds>() -> Operation {
    let set = |name: &Name, _| {
        let scene = Filling::<H>::new(name);
        let progress = Arc::clone(&scene.progress);
        Box::new(Sleep::of(scene, progress, Filling::wait, H::ROOM + 1)) as _
    };
    let run = |name: &Name| {
        let mailbox = visited(&options::<H>(), name);
        let receiver = mailbox.receiver();
        let received = between_marks(|| receiver.recv());
        end(received.is_ok_and(|message| message.number() == 1))
    };
    Operation::new(format!("mailbox, {}: recv", H::WHAT), set, run)
}

/// One that sends until nothing more can be sent.
struct Filling<H> {
    name: Name,
    /// How many messages were sent.
    sent: u64,
    /// What is there when the owner is gone, and whether it may have been received before.
    left: Vec<(u64, bool)>,
    progress: Progress,
    holds: PhantomData<H>,
}

impl<H: Holds> Filling<H> {
    fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            sent: 0,
            left: Vec::new(),
            progress: Progress::default(),
            holds: PhantomData,
        }
    }

    /// Until the owner is gone; then receives what is left.
    fn wait(&mut self) {
        let mailbox = come_to(&self.name);
        self.send_until_the_end(&mailbox);
        let receiver = mailbox.receiver();
        loop {
            match receiver.recv_marked(long()) {
                Ok(popped) => {
                    let number = popped.message.number();
                    self.left.push((number, popped.maybe_redelivered));
                }
                Err(why) => return assert_eq!(why, Ended::Dead.into()),
            }
        }
    }

    /// Two more than there is room for: one is received by the victim, and one is not.
    fn send_until_the_end(&mut self, mailbox: &Mailbox<Message>) {
        let sender = mailbox.sender();
        let most = match H::CAPACITY {
            Capacity::Unbounded => H::ROOM + 1,
            Capacity::Zero | Capacity::Bounded(_) => H::ROOM + 2,
        };
        while self.sent < most {
            let message = Message::of(self.sent + 1);
            match sender.send_with_patience(message, long()) {
                Ok(()) => self.sent += 1,
                Err(SendTimeoutError::TimedOut(_)) => expect_life(mailbox),
                Err(SendTimeoutError::Ended(error)) => {
                    assert_eq!((error.why, error.message), (Ended::Dead, message));
                    return;
                }
            }
            self.progress.store(self.sent.min(H::ROOM + 1), Relaxed);
        }
        // Without a limit nobody waits for room.
        while mailbox.ended(Role::Sender).is_none() {
            thread::sleep(BRIEF);
        }
    }
}

impl<H: Holds> Scene for Filling<H> {
    fn go_round(&mut self) {
        unreachable!("it sleeps");
    }

    fn look_at_the_end(&mut self) {
        unreachable!("it sleeps");
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        finish::<H>(&self.name);
        let gone = self.left.first().is_none_or(|&(number, _)| number != 1) && self.sent > 0;
        let numbers = self.left.iter().map(|&(number, _)| number);
        assert!(
            numbers.eq(1 + u64::from(gone)..=self.sent),
            "{:?}",
            self.left
        );
        for &(number, again) in &self.left {
            assert!(!again || H::GIVES_BACK && number == 1, "{number} is marked");
        }
        let again = self.left.first().is_some_and(|&(_, again)| again);
        fate.agrees(gone);
        String::from(match (gone, again) {
            (true, _) => "received",
            (false, true) => "comes again",
            (false, false) => "there",
        })
    }
}

/// The victim makes a mailbox.
fn create() -> Operation {
    let run = |name: &Name| {
        let mailbox = between_marks(|| options::<Bounded>().create::<Message>(name));
        let made = mailbox.is_ok();
        std::mem::forget(mailbox);
        end(made)
    };
    let set = |name: &Name, _| Box::new(Creating { name: name.clone() }) as _;
    Operation::new("mailbox: create", set, run)
}

struct Creating {
    name: Name,
}

impl Scene for Creating {
    /// Somebody comes, and finds nothing or a whole one.
    fn go_round(&mut self) {
        match Options::new()
            .timeout(Some(BRIEF))
            .open::<Message>(&self.name)
        {
            Ok(mailbox) => {
                assert_eq!(mailbox.ended(Role::Receiver), None, "the owner lives");
                let received = mailbox.receiver().recv_with_patience(brief());
                assert_eq!(received, Err(RecvTimeoutError::TimedOut));
            }
            Err(AttachError::Open(OpenError::NotFound { .. }) | AttachError::Gate { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn look_at_the_end(&mut self) {
        let mailbox = Options::new().open::<Message>(&self.name);
        let again = options::<Bounded>().create::<Message>(&self.name);
        assert!(
            matches!(again, Err(AttachError::Exists { .. })),
            "{again:?}"
        );
        assert!(!mailbox.expect("it is there").is_owner());
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let found = Options::new()
            .timeout(Some(LONG))
            .open::<Message>(&self.name);
        let made = match found {
            Err(AttachError::OwnerGone { why, .. }) => {
                assert_eq!(why, Ended::Dead);
                true
            }
            Err(AttachError::Open(OpenError::NotFound { .. })) => false,
            other => panic!("{other:?}"),
        };
        fate.agrees(made);
        finish::<Bounded>(&self.name);
        String::from(if made { "whole" } else { "absent" })
    }
}

/// A survivor that owns the mailbox, or inherits it, and what it has received.
struct Owning {
    mailbox: LazyCell<Mailbox<Message>, Box<dyn FnOnce() -> Mailbox<Message> + Send>>,
    received: Vec<u64>,
    /// How many messages come if the victim does all of its operation.
    all: u64,
}

impl Owning {
    fn new(all: u64, mailbox: impl FnOnce() -> Mailbox<Message> + Send + 'static) -> Self {
        Self {
            mailbox: LazyCell::new(Box::new(mailbox)),
            received: Vec::new(),
            all,
        }
    }

    fn receive(&mut self) {
        let receiver = self.mailbox.receiver();
        while let Ok(message) = receiver.try_recv() {
            self.received.push(message.number());
        }
    }
}

impl Scene for Owning {
    fn go_round(&mut self) {
        self.receive();
        let ended = self.mailbox.ended(Role::Receiver);
        assert_eq!(ended, None, "nobody is gone");
    }

    fn look_at_the_end(&mut self) {
        self.receive();
        assert!(self.received.iter().copied().eq(1..=self.all));
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        self.receive();
        assert!(self.mailbox.is_owner(), "nobody else is there");
        let sent = self.received.len() as u64;
        assert!(self.received.iter().copied().eq(1..=sent), "all, in order");
        assert!((self.all - 1..=self.all).contains(&sent), "{sent} came");
        fate.agrees(sent == self.all);
        expect_room::<Bounded>(&self.mailbox);
        assert_eq!(look(self.mailbox.object()).attached, 1, "no seat is lost");
        let name = self.mailbox.object().name().clone();
        assert!(self.mailbox.close(), "it is this one's");
        assert!(!name.path().exists(), "{name} is left");
        String::from(if sent == self.all { "sent" } else { "not sent" })
    }
}

/// The victim comes to a mailbox and sends 1.
fn come() -> Operation {
    let set = |name: &Name, _| {
        let mailbox = options::<Bounded>().create(name);
        let mailbox = mailbox.expect("the name is free");
        Box::new(Owning::new(1, || mailbox)) as _
    };
    let run = |name: &Name| {
        let (mailbox, sent) = between_marks(|| {
            let mailbox = come_to(name);
            let sent = mailbox.sender().send(Message::of(1));
            (mailbox, sent)
        });
        std::mem::forget(mailbox);
        end(sent.is_ok())
    };
    Operation::new("mailbox: open and send", set, run)
}

/// The victim owns the mailbox, has sent 1, and says goodbye. The receiver sleeps.
fn goodbye() -> Operation {
    let set = |name: &Name, _| {
        let waiting = Waiting::<Bounded>::new(name);
        let progress = Arc::clone(&waiting.progress);
        let wait = |scene: &mut Left| {
            scene.0.wait();
            scene.0.progress.store(GONE, Relaxed);
        };
        Box::new(Sleep::of(Left(waiting), progress, wait, GONE)) as _
    };
    let run = |name: &Name| {
        let mailbox = visited(&options::<Bounded>(), name);
        let sender = mailbox.sender();
        sender.send(Message::of(1)).expect("there is room");
        thread::sleep(MOMENT);
        between_marks(move || drop((sender, mailbox)));
        end(true)
    };
    Operation::new("mailbox: goodbye", set, run)
}

/// No message.
const GONE: u64 = u64::MAX;

/// One that waits until the owner has said goodbye, or is dead.
struct Left(Waiting<Bounded>);

impl Scene for Left {
    fn go_round(&mut self) {
        unreachable!("it sleeps");
    }

    fn look_at_the_end(&mut self) {
        unreachable!("it sleeps");
    }

    fn judge(self: Box<Self>, fate: Fate) -> String {
        let Waiting {
            name,
            received,
            why,
            ..
        } = self.0;
        finish::<Bounded>(&name);
        assert_eq!(received, [1], "what was sent is there");
        let why = why.expect("it ended");
        assert!([Ended::Closed, Ended::Dead].contains(&why), "{why}");
        fate.agrees(why == Ended::Closed);
        why.to_string()
    }
}

/// The victim owns a mailbox that is handed over, has sent 1, sends 2 and says goodbye.
fn hand_over() -> Operation {
    let set = |name: &Name, _| {
        let name = name.clone();
        let coming = thread::spawn(move || come_to(&name));
        let owning = Owning::new(2, || coming.join().expect("it is well"));
        Box::new(owning) as _
    };
    let run = |name: &Name| {
        let mailbox = visited(
            &options::<Bounded>().succession(Succession::HandedOver),
            name,
        );
        let sender = mailbox.sender();
        sender.send(Message::of(1)).expect("there is room");
        let sent = between_marks(move || {
            let sent = sender.send(Message::of(2));
            drop((sender, mailbox));
            sent
        });
        end(sent.is_ok())
    };
    Operation::new("mailbox: send and hand over", set, run)
}
