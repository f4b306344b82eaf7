//! A victim owns a mailbox and sends there, or says goodbye, while another one waits for messages.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::open::mailbox::Mailbox;
use aqueduct::shm::Name;

use super::{Bounded, Holds, MOMENT, come_to, expect_life, finish, options, visited};
use crate::traced::asleep::{Progress, Sleep};
use crate::traced::link::long;
use crate::traced::message::Message;
use crate::traced::operation::{Fate, Operation, Scene, end};
use crate::traced::tracer::between_marks;

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
pub fn send<H: Holds>() -> Operation {
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

/// The victim owns the mailbox, has sent 1, and says goodbye. The receiver sleeps.
pub fn goodbye() -> Operation {
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
