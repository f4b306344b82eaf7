//! The buffer of many producers and many consumers, any of which may be killed; and the mailbox over it.

use std::sync::Arc;

use super::{WORDS, about};
use crate::bench::contestant::Contestant;
use crate::bench::course::Course;
use crate::bench::ends::Queue;
use crate::bench::sides::Between;
use crate::buffer::mpmc::{self, Ring};
use crate::link::mailbox::Capacity;
use crate::platform::native::Native;
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
    let mut all = vec![
        Contestant::queue(Course::Uncontended, alone, ring),
        Contestant::queue(Course::Uncontended, mailbox(), waiting),
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
