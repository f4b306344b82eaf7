//! A victim sends, or receives, on a named link whose other end survives, awake or asleep.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aqueduct::link::{Ended, RecvTimeoutError, SendTimeoutError};
use aqueduct::open::{Receiver, Sender};
use aqueduct::shm::{Byte, Name};

use super::asleep::{Progress, Sleep};
use super::link::{
    CAPACITY, brief, brief_options, expect_life, finish, follow_as_receiver, follow_as_sender,
    is_refused, long, options, receive, receive_all,
};
use super::message::Message;
use super::operation::{Fate, Operation, Scene, end};
use super::tracer::between_marks;

/// The victim has sent 1 and sends 2. The receiver looks when it is dead.
pub fn send() -> Operation {
    Operation::new("send", |name, _| Box::new(Sending::new(name)), send_second)
}

/// The same, and the receiver sleeps until it is woken.
pub fn send_to_a_sleeper() -> Operation {
    let set = |name: &Name, _| {
        let scene = Sending::new(name);
        let progress = Arc::clone(&scene.progress);
        Box::new(Sleep::of(scene, progress, Sending::wait, 2)) as _
    };
    Operation::new("send to a sleeper", set, send_second)
}

fn send_second(name: &Name) -> ! {
    let mut sender = options().sender(name).expect("the parent made it");
    sender.send(Message::of(1)).expect("there is room");
    let sent = between_marks(|| sender.send(Message::of(2)));
    end(sent.is_ok())
}

/// A receiver, and what it has received.
pub struct Sending {
    pub name: Name,
    pub receiver: Receiver<Message>,
    pub received: Vec<u64>,
    progress: Progress,
}

impl Sending {
    pub fn new(name: &Name) -> Self {
        Self {
            name: name.clone(),
            receiver: options().receiver(name).expect("the name is free"),
            received: Vec::new(),
            progress: Progress::default(),
        }
    }

    /// Until the sender is dead.
    fn wait(&mut self) {
        let why = receive_all(&mut self.receiver, |number| {
            self.received.push(number);
            self.progress.store(number, Relaxed);
        });
        assert_eq!(why, Ended::Dead);
    }
}

impl Scene for Sending {
    fn go_round(&mut self) {
        match self.receiver.recv_with_patience(brief()) {
            Ok(message) => self.received.push(message.number()),
            Err(why) => assert_eq!(why, RecvTimeoutError::TimedOut, "it lives"),
        }
        is_refused(brief_options().resume(true).sender::<Message>(&self.name));
    }

    fn look_at_the_end(&mut self) {
        while self.received.last() != Some(&2) {
            let message = self.receiver.recv_with_patience(long());
            let message = message.expect("it is sent when `send` returns");
            self.received.push(message.number());
        }
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        self.wait();
        let sent = self.received.last().copied().unwrap_or(0);
        assert!(self.received.iter().copied().eq(1..=sent), "all, in order");
        assert!((1..=2).contains(&sent), "{sent} came");
        fate.agrees(sent == 2);
        let sender = follow_as_sender(&self.name);
        assert_eq!(sender.position().count(), sent);
        finish(sender, self.receiver, sent + 1);
        String::from(if sent == 2 { "sent" } else { "not sent" })
    }
}

/// The victim receives 1, and 2 is there, too.
pub fn recv() -> Operation {
    Operation::new(
        "recv",
        |name, _| Box::new(Receiving::new(name)),
        receive_first,
    )
}

/// The same, and the sender sleeps until there is room.
pub fn recv_from_a_sleeper() -> Operation {
    let set = |name: &Name, _| {
        let scene = Receiving::new(name);
        let progress = Arc::clone(&scene.progress);
        let sleep = Sleep::of(scene, progress, Receiving::send_one, CAPACITY + 1);
        Box::new(sleep) as _
    };
    Operation::new("recv from a sleeper", set, receive_first)
}

fn receive_first(name: &Name) -> ! {
    let mut receiver = options().receiver::<Message>(name);
    let receiver = receiver.as_mut().expect("the parent made it");
    let received = between_marks(|| receiver.recv());
    end(received.is_ok_and(|message| message.number() == 1))
}

/// A sender, and what it sends next.
struct Receiving {
    name: Name,
    sender: Sender<Message>,
    next: u64,
    progress: Progress,
}

impl Receiving {
    fn new(name: &Name) -> Self {
        let mut sender = options().sender(name).expect("the name is free");
        for number in 1..=CAPACITY {
            sender.try_send(Message::of(number)).expect("there is room");
        }
        Self {
            name: name.clone(),
            sender,
            next: CAPACITY + 1,
            progress: Progress::default(),
        }
    }

    /// Waits for room for one more.
    fn send_one(&mut self) {
        let message = Message::of(self.next);
        loop {
            match self.sender.send_with_patience(message, long()) {
                Ok(()) => break self.progress.store(self.next, Relaxed),
                Err(SendTimeoutError::Ended(error)) => {
                    assert_eq!(error.why, Ended::Dead);
                    return;
                }
                Err(SendTimeoutError::TimedOut(_)) => {
                    expect_life(self.sender.end(), Byte::Receiver);
                }
            }
        }
        self.next += 1;
    }
}

impl Scene for Receiving {
    fn go_round(&mut self) {
        let message = Message::of(self.next);
        match self.sender.send_with_patience(message, brief()) {
            Ok(()) => self.next += 1,
            Err(why) => assert_eq!(why, SendTimeoutError::TimedOut(message), "it lives"),
        }
        is_refused(brief_options().resume(true).receiver::<Message>(&self.name));
    }

    /// It is received when `recv` returns, and there is room again.
    fn look_at_the_end(&mut self) {
        if self.next == CAPACITY + 1 {
            self.send_one();
        }
        assert_eq!(self.next, CAPACITY + 2);
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        match self.sender.wait_until_received(long()) {
            Err(SendTimeoutError::Ended(error)) => assert_eq!(error.why, Ended::Dead),
            other => panic!("nobody is told of the death: {other:?}"),
        }
        let mut receiver = follow_as_receiver(&self.name);
        let received = receiver.position().count();
        assert!(received <= 1, "{received} are gone");
        fate.agrees(received == 1);
        receive(&mut receiver, received + 1..self.next);
        finish(self.sender, receiver, self.next);
        String::from(if received == 1 { "received" } else { "there" })
    }
}
