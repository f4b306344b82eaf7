//! A victim comes to a mailbox and sends, or hands it over, and a survivor owns it in the end.

use std::cell::LazyCell;
use std::thread;

use aqueduct::link::Role;
use aqueduct::link::mailbox::Succession;
use aqueduct::link::member::Member as _;
use aqueduct::open::mailbox::Mailbox;
use aqueduct::shm::Name;

use super::{Bounded, come_to, expect_room, look, options, visited};
use crate::traced::message::Message;
use crate::traced::operation::{Fate, Operation, Scene, end};
use crate::traced::tracer::between_marks;

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
pub fn come() -> Operation {
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

/// The victim owns a mailbox that is handed over, has sent 1, sends 2 and says goodbye.
pub fn hand_over() -> Operation {
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
