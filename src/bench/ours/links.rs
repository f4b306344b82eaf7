//! Links: the ring with seats, bells and waits around it.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::{BLOCKS, WORDS, about};
use crate::bench::contestant::{Contestant, Made, duplex, made};
use crate::bench::course::Course;
use crate::bench::ends::{
    RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord, bytes_of,
};
use crate::bench::sides::Between;
use crate::bench::words::{fill, left};
use crate::link::{self, End};
use crate::open::{Options, Plain};
use crate::platform::native::prepare_light_fences;
use crate::position::Capacity;
use crate::shm::Name;
use crate::wait::Patience;

/// Spins as long as nothing comes.
const BUSY: Patience = Patience {
    spins: u32::MAX,
    ..Patience::FOREVER
};

/// Sleeps at once.
const ASLEEP: Patience = Patience {
    spins: 0,
    ..Patience::FOREVER
};

pub fn all() -> Vec<Contestant> {
    let words = || about(Between::Processes, "link", "65,536 words, 100 spins").spins_first();
    let threads = "65,536 words, 100 spins";
    let threads = || about(Between::Threads, "link, threads", threads).spins_first();
    let busy = about(Between::Processes, "link", "65,536 words, spinning");
    let asleep = about(Between::Processes, "link", "65,536 words, no spinning").asleep();
    let mut all = vec![
        Contestant::round_trip(Course::RoundTrip, busy, |name| there_and_back(name, BUSY)),
        Contestant::round_trip(Course::Asleep, asleep, |name| there_and_back(name, ASLEEP)),
        Contestant::one_by_one(words(), |name| {
            shared::<u64>(name, WORDS, Patience::FOREVER)
        }),
        Contestant::one_by_one(threads(), |_| local(WORDS)),
        Contestant::batches(words(), |name| {
            shared::<u64>(name, WORDS, Patience::FOREVER)
        }),
        Contestant::batches(threads(), |_| local(WORDS)),
    ];
    let about = || about(Between::Processes, "link", "64 blocks, 100 spins").spins_first();
    all.push(Contestant::blocks(Course::Kilobytes, about(), |name| {
        shared::<[u8; 1 << 10]>(name, BLOCKS, Patience::FOREVER)
    }));
    all.push(Contestant::blocks(Course::Blocks, about(), |name| {
        shared::<[u8; 1 << 16]>(name, BLOCKS, Patience::FOREVER)
    }));
    all
}

/// An end, and how it waits.
struct Waiting<E>(E, Patience);

type Sender<E> = Waiting<link::Sender<E>>;
type Receiver<E> = Waiting<link::Receiver<E>>;

/// A link of numbers between processes, as its users have it.
pub(super) fn words(name: &str) -> Made<impl RecvWord + use<>, impl SendWord + use<>> {
    shared::<u64>(name, WORDS, Patience::FOREVER)
}

/// A link between processes.
fn shared<T: Plain + Send>(
    name: &str,
    messages: usize,
    patience: Patience,
) -> Made<Receiver<crate::open::Named<T>>, Sender<crate::open::Named<T>>> {
    let (name, capacity) = (Name::parse(name)?, Capacity::new(messages)?);
    let (options, other) = (Options::new().capacity(capacity), name.clone());
    let same = options.clone();
    // As a program that has been running for a while: a sample is not much longer than this takes.
    prepare_light_fences();
    made(
        move || Waiting(options.receiver(&name).expect("it is free"), patience),
        move || Waiting(same.sender(&other).expect("it is free"), patience),
    )
}

fn there_and_back(
    name: &str,
    patience: Patience,
) -> Made<impl SendWord + RecvWord + use<>, impl SendWord + RecvWord + use<>> {
    let there = shared::<u64>(&format!("{name}-there"), WORDS, patience);
    duplex(there, shared(&format!("{name}-back"), WORDS, patience))
}

/// A link between threads.
fn local(
    messages: usize,
) -> Made<impl RecvWord + RecvBatch + 'static, impl SendWord + SendBatch + 'static> {
    prepare_light_fences();
    let (sender, receiver) = crate::threads::bounded::<u64>(messages)?;
    made(
        || Waiting(receiver, Patience::FOREVER),
        || Waiting(sender, Patience::FOREVER),
    )
}

impl<E: End<Message = u64>> SendWord for Sender<E> {
    #[inline]
    fn send(&mut self, word: u64) {
        let sent = self.0.send_with_patience(word, self.1);
        sent.expect("there is a receiver");
    }
}

impl<E: End<Message = u64>> RecvWord for Receiver<E> {
    #[inline]
    fn recv(&mut self) -> u64 {
        let received = self.0.recv_with_patience(self.1);
        received.expect("there is a sender")
    }
}

impl<E: End<Message = u64>> SendBatch for Sender<E> {
    #[inline]
    fn send_batch(&mut self, mut words: Range<u64>) {
        while !words.is_empty() {
            let most = left(&words);
            let sent = self.0.send_batch(1, self.1, |batch| {
                let write = |slots: &mut [MaybeUninit<u64>]| {
                    fill(slots, &mut words);
                    slots.len()
                };
                // SAFETY: it writes all that it is given.
                unsafe { batch.fill(most, write) }
            });
            sent.expect("there is a receiver").expect("it is sound");
        }
    }
}

impl<E: End<Message = u64>> RecvBatch for Receiver<E> {
    #[inline]
    fn recv_batch(&mut self, mut read: impl FnMut(&[u64])) {
        let received = self.0.recv_batch(self.1, |taken| {
            taken.read(usize::MAX, |words| {
                read(words);
                words.len()
            })
        });
        received.expect("there is a sender").expect("it is sound");
    }
}

impl<const BYTES: usize, E: End<Message = [u8; BYTES]>> SendBlock for Sender<E> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        let sent = self.0.send_batch(1, self.1, |batch| {
            // SAFETY: `fill` writes all of it.
            unsafe { batch.push_with(|block| fill(bytes_of(block))) }
        });
        sent.expect("there is a receiver").expect("there is room");
    }
}

impl<const BYTES: usize, E: End<Message = [u8; BYTES]>> RecvBlock for Receiver<E> {
    #[inline]
    fn recv_block<X>(&mut self, read: impl FnOnce(&[u8]) -> X) -> X {
        let mut result = None;
        let received = self.0.recv_batch(self.1, |taken| {
            taken.read(1, |blocks| {
                result = Some(read(&blocks[0]));
                1
            })
        });
        received.expect("there is a sender").expect("it is sound");
        result.expect("a block was there")
    }
}
