//! A peer that lies, one image after the other: arbitrary bytes, and bytes made to be believed, in every
//! place of a link, between any two calls. Each call has one of its answers, in a few steps, and touches
//! nothing beside the link.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aqueduct::link::{Ended, Receiver, RecvTimeoutError, Role, Sender, records};
use aqueduct::platform::Futex;
use aqueduct::platform::native::Wary;
use aqueduct::wait::Patience;

use super::calls::{Answer, Message};
use super::lies::{LIES, lie};
use super::memory::{Held, Memory, Side};
use crate::running::Random;
use crate::stepped::{Spread, Stepped};

/// The images of a run, for each of the kinds of message.
const IMAGES: u64 = 250_000;

/// The calls between two images.
const CALLS: u64 = 4;

const CAPACITIES: [usize; 6] = [1, 2, 3, 4, 7, 16];

/// The capacities of links on which accesses to shared words and cells are counted, and how many a call makes at
/// the most. A position of a long one may lead on from word to word.
const COUNTED: [(usize, usize); 9] = [
    (1, 22),
    (2, 22),
    (3, 22),
    (4, 22),
    (7, 22),
    (16, 22),
    (17, 151),
    (1000, 151),
    (4096, 151),
];

/// Both ends of a link over whose memory somebody writes. One that is corrupt stays so.
struct Victim<P: Futex, T> {
    memory: Arc<Memory<P, T>>,
    capacity: u64,
    sender: Option<Sender<Held<P, T>>>,
    receiver: Option<Receiver<Held<P, T>>>,
    spoilt: [bool; 2],
    calls: u64,
}

impl<P: Futex, T: Message> Victim<P, T> {
    fn new(capacity: usize) -> Self {
        Self {
            memory: Memory::new(capacity),
            capacity: capacity as u64,
            sender: None,
            receiver: None,
            spoilt: [false; 2],
            calls: 0,
        }
    }

    /// New ends, which begin with what they find.
    fn attach(&mut self) {
        self.sender = Sender::new(Held::new(&self.memory, Role::Sender)).ok();
        self.receiver = Receiver::new(Held::new(&self.memory, Role::Receiver)).ok();
        self.spoilt = [false; 2];
    }

    /// An image, and some calls after it.
    fn image(&mut self, random: &mut Random, lies: u64) {
        for _ in 0..lies {
            let way = random.below(LIES);
            lie(self.memory.words(), self.capacity, way, random);
        }
        if random.below(4) == 0 || self.spoilt == [true; 2] {
            self.attach();
        }
        for _ in 0..CALLS {
            self.call(random);
        }
        assert!(self.memory.is_intact(), "somebody wrote beside the link");
    }

    fn call(&mut self, random: &mut Random) {
        self.calls += 1;
        let side = usize::from(random.below(2) == 1);
        let answer = match (side, &mut self.sender, &mut self.receiver) {
            (0, Some(sender), _) => T::send(sender, random),
            (1, _, Some(receiver)) => T::receive(receiver, random),
            _ => return,
        };
        assert_ne!(answer, Answer::Dead, "nobody knows that it is");
        if answer == Answer::Corrupt {
            self.spoilt[side] = true;
        } else if self.spoilt[side] && answer != Answer::TooLong {
            assert_eq!(answer, Answer::Closed, "it was corrupt before");
        }
    }
}

/// So many images, for each capacity in turn.
fn lied_to<P: Futex, T: Message>(seed: u64, images: u64) -> u64 {
    let mut random = Random::seeded(seed);
    let mut victims = CAPACITIES.map(Victim::<P, T>::new);
    victims.iter_mut().for_each(Victim::attach);
    for image in 0..images {
        let victim = usize::try_from(image % CAPACITIES.len() as u64).expect("an index");
        let lies = random.below(3);
        victims[victim].image(&mut random, lies + 1);
    }
    victims.iter().map(|victim| victim.calls).sum()
}

/// The same, step by step.
fn counted<T: Message>(seed: u64, images: u64) {
    let mut random = Random::seeded(seed);
    for (capacity, most) in COUNTED {
        let mut victim = Victim::<Spread, T>::new(capacity);
        let mut worst = 0;
        for _ in 0..images.div_ceil(COUNTED.len() as u64) {
            let way = random.below(LIES);
            lie(victim.memory.words(), victim.capacity, way, &mut random);
            if random.below(4) == 0 {
                victim.attach();
            }
            let ((), steps) = Stepped::counted(|| victim.call(&mut random));
            worst = worst.max(steps);
        }
        assert!(
            (1..=most).contains(&worst),
            "{worst} steps, with a capacity of {capacity}"
        );
    }
}

/// Who publishes a part of a record, and perhaps more and more of it, keeps nobody busy with it.
#[test]
fn nothing_is_read_of_a_record_that_is_not_whole() {
    let memory = Memory::<Wary, u8>::new(1000);
    let mut sender = Sender::new(Held::new(&memory, Role::Sender)).expect("it is new");
    let mut receiver = Receiver::new(Held::new(&memory, Role::Receiver)).expect("it is new");
    let mut said = vec![7; 50];
    said[..4].copy_from_slice(&100_u32.to_ne_bytes());
    let sent = sender.send_batch(said.len(), Patience::AT_ONCE, |batch| {
        batch.push_slice(&said)
    });
    assert_eq!(sent.map(Result::ok), Ok(Some(said.len())));
    let mut record = Vec::new();
    let received = records::recv(&mut receiver, &mut record, Patience::AT_ONCE);
    assert_eq!(received, Err(RecvTimeoutError::Ended(Ended::Corrupt)));
    assert_eq!(record.len(), 0);
}

/// Of messages of no bytes there may be more than anybody can count.
#[test]
fn what_is_taken_back_meanwhile_is_not_there() {
    let memory = Memory::<Wary, [u8; 0]>::new(1 << 63);
    let mut receiver = Receiver::new(Held::new(&memory, Role::Receiver)).expect("it is new");
    let store = |position: u64| {
        let words = memory.words();
        for word in words.position(Side::Tail) {
            word.store(position, Relaxed);
        }
    };
    store(1 << 63);
    let read = receiver.recv_batch(Patience::AT_ONCE, |incoming| {
        let first = incoming.read(usize::MAX, <[_]>::len);
        store(0);
        (first, incoming.read(usize::MAX, <[_]>::len))
    });
    let (first, second) = read.expect("there are messages");
    assert!(first.is_ok_and(|first| first > 0), "{first:?}");
    assert!(second.is_ok_and(|second| second == 0) || second.is_err());
}

#[test]
fn any_image_is_answered() {
    let (mut seeds, seed) = Random::from_environment();
    eprintln!("AQUEDUCT_SEED={seed}");
    let calls = lied_to::<Wary, [u64; 3]>(seeds.next(), 2 * IMAGES)
        + lied_to::<Wary, u8>(seeds.next(), 2 * IMAGES);
    assert!(calls > IMAGES, "{calls} calls");
}

#[test]
fn any_image_is_answered_in_a_few_steps() {
    let (mut seeds, seed) = Random::from_environment();
    eprintln!("AQUEDUCT_SEED={seed}");
    counted::<[u64; 3]>(seeds.next(), IMAGES);
    counted::<u8>(seeds.next(), IMAGES);
}

#[test]
#[ignore = "the long form: a thousand million images"]
fn any_image_is_answered_long() {
    let (mut seeds, seed) = Random::from_environment();
    eprintln!("AQUEDUCT_SEED={seed}");
    let bar = indicatif::ProgressBar::new(1_000);
    for _ in 0..500 {
        lied_to::<Wary, [u64; 3]>(seeds.next(), 1_000_000);
        lied_to::<Wary, u8>(seeds.next(), 1_000_000);
        bar.inc(2);
    }
    bar.finish();
}
