//! The buffer of many producers and many consumers, any of which may be killed; and the mailbox over it.

use std::sync::Arc;
use std::thread;

use super::{WORDS, about};
use crate::bench::contestant::{Contestant, Made, made};
use crate::bench::course::Course;
use crate::bench::ends::{Queue, RecvWord, SendWord};
use crate::bench::sides::Between;
use crate::buffer::mpmc::{self, Ring};
use crate::link::mailbox::Capacity;
use crate::open::AttachError;
use crate::open::mailbox::{Options, Receiver, Sender};
use crate::platform::native::Native;
use crate::shm::{Name, OpenError};
use crate::threads::{MailboxReceiver, MailboxSender, mailbox};
use crate::{buffer::mpmc::PopError, position};

pub fn all() -> Vec<Contestant> {
    let many = [
        Course::TwoToTwo,
        Course::FourToFour,
        Course::SixteenToSixteen,
    ];
    let alone = about(Between::Threads, "mpmc", "65,536 words");
    let mailbox = || about(Between::Threads, "mailbox", "65,536 words, 100 spins").spins_first();
    let bounded = about(Between::Processes, "mailbox", "65,536 words, 100 spins").spins_first();
    let unbounded = about(Between::Processes, "mailbox, unbounded", "100 spins").spins_first();
    let mut all = vec![
        Contestant::queue(Course::Uncontended, alone, ring),
        Contestant::queue(Course::Uncontended, mailbox(), waiting),
        Contestant::one_by_one(bounded, |name| named(name, Capacity::Bounded(WORDS))),
        Contestant::one_by_one(unbounded, |name| named(name, Capacity::Unbounded)),
    ];
    all.extend(many.map(|course| Contestant::queue(course, mailbox(), waiting)));
    all
}

/// Both sides of the buffer, which try.
#[derive(Clone)]
struct Both {
    producer: mpmc::Producer<Arc<Ring<Native, u64>>>,
    consumer: mpmc::Consumer<Arc<Ring<Native, u64>>>,
}

fn ring() -> Result<Both, crate::bench::Failure> {
    let (producer, consumer) = mpmc::on_heap(position::Capacity::new(WORDS)?)?;
    Ok(Both { producer, consumer })
}

impl Queue for Both {
    #[inline]
    fn push(&mut self, word: u64) {
        self.producer.push(word).expect("there is room");
    }

    #[inline]
    fn pop(&mut self) -> u64 {
        let popped: Result<u64, PopError> = self.consumer.pop();
        popped.expect("there is one")
    }
}

/// Both ends of a mailbox, which wait.
#[derive(Clone)]
struct Ends {
    sender: MailboxSender<u64>,
    receiver: MailboxReceiver<u64>,
}

fn waiting() -> Result<Ends, crate::bench::Failure> {
    let (sender, receiver) = mailbox(Capacity::Bounded(WORDS))?;
    Ok(Ends { sender, receiver })
}

/// The ends of a mailbox between processes, whose owner receives.
fn named(name: &str, capacity: Capacity) -> Made<Receiver<u64>, Sender<u64>> {
    let (name, options) = (Name::parse(name)?, Options::new().capacity(capacity));
    let (other, same) = (name.clone(), options.clone());
    made(
        move || options.create(&name).expect("it is free").receiver(),
        move || {
            loop {
                match same.open(&other) {
                    Err(AttachError::Open(OpenError::NotFound { .. })) => thread::yield_now(),
                    opened => return opened.expect("it is sound").sender(),
                }
            }
        },
    )
}

impl SendWord for Sender<u64> {
    #[inline]
    fn send(&mut self, word: u64) {
        Self::send(self, word).expect("there is a receiver");
    }
}

impl RecvWord for Receiver<u64> {
    #[inline]
    fn recv(&mut self) -> u64 {
        Self::recv(self).expect("the mailbox is open")
    }
}

impl Queue for Ends {
    #[inline]
    fn push(&mut self, word: u64) {
        self.sender.send(word).expect("there is a receiver");
    }

    #[inline]
    fn pop(&mut self) -> u64 {
        self.receiver.recv().expect("there is a sender")
    }
}
