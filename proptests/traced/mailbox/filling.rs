//! A victim owns a mailbox and receives, while another one sends until there is no more room.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::member::Member as _;
use aqueduct::link::{Ended, Role, SendTimeoutError};
use aqueduct::open::mailbox::Mailbox;
use aqueduct::shm::Name;

use super::{Holds, come_to, expect_life, finish, options, visited};
use crate::traced::asleep::{Progress, Sleep};
use crate::traced::link::{BRIEF, long};
use crate::traced::message::Message;
use crate::traced::operation::{Fate, Operation, Scene, end};
use crate::traced::tracer::between_marks;

/// The victim owns the mailbox and receives 1. The sender sleeps, if it ever does, until there is room.
pub fn recv<H: Holds>() -> Operation {
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
