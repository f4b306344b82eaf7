//! A peer that lies, one image after the other: arbitrary bytes, and bytes made to be believed, in every
//! place of a link, between any two calls. Each call has one of its answers, in a few steps, and touches
//! nothing beside the link.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use aqueduct::link::{
    End, Ended, Receiver, RecvTimeoutError, Role, SendTimeoutError, Sender, TryRecvError,
    TrySendError, bytes, records,
};
use aqueduct::platform::Futex;
use aqueduct::platform::native::Wary;
use aqueduct::wait::Patience;

use super::memory::{CANARY, HEAD, Held, Memory, TAIL, Words};
use crate::running::Random;
use crate::stepped::Stepped;

/// The images of a run, for each of the kinds of message.
const IMAGES: u64 = 250_000;

/// The calls between two images.
const CALLS: u64 = 4;

/// The accesses to shared words and cells that a call makes at the most.
const STEPS: usize = 16;

const CAPACITIES: [usize; 6] = [1, 2, 3, 4, 7, 16];

/// Values that a word may be believed to hold.
fn plausible(random: &mut Random, capacity: u64) -> u64 {
    let near = random.below(2 * capacity + 3);
    let base = random.one_of(&[0, 0, 1 << 32, u64::MAX - capacity, 1 << 63, u64::MAX]);
    base.wrapping_add(near)
}

/// Where the other words of a link lie, in bytes from its first: the life words, the bells; and where the
/// messages begin.
const LIVES: [usize; 2] = [0, 256];
const BELLS: [usize; 2] = [128, 384];
pub const MESSAGES: usize = 768;

/// How many ways there are to lie.
pub const LIES: u64 = 8;

/// Writes over the link, in one of the ways.
pub fn lie(memory: Words<'_>, capacity: u64, way: u64, random: &mut Random) {
    match way {
        0 => {
            for offset in (0..memory.len() - 7).step_by(8) {
                memory.word(offset).store(random.next(), Relaxed);
            }
        }
        1 => {
            let offset = random.below(memory.len() as u64);
            let offset = usize::try_from(offset).expect("an offset");
            let byte = random.below(256);
            memory.write_byte(offset, u8::try_from(byte).expect("a byte"));
        }
        2 => {
            let lives = [
                0,
                1 << 31,
                1 << 30,
                (1 << 31) + 7,
                (1 << 30) + 7,
                7,
                u64::MAX,
            ];
            let life = memory.word(random.one_of(&LIVES));
            life.store(random.one_of(&lives), Relaxed);
        }
        3 => {
            let bell = memory.word(random.one_of(&BELLS));
            bell.store(random.below(3), Relaxed);
        }
        4 => {
            // A position a little further, or back.
            let word = memory.word(random.one_of(&[TAIL, HEAD]));
            let moved = random.below(2 * capacity + 3).wrapping_sub(capacity);
            word.store(word.load(Relaxed).wrapping_add(moved), Relaxed);
        }
        5 => {
            let value = plausible(random, capacity);
            memory.word(TAIL).store(value, Relaxed);
            let behind = random.below(capacity + 2);
            memory.word(HEAD).store(value.wrapping_sub(behind), Relaxed);
        }
        6 => memory
            .word(random.one_of(&[TAIL, HEAD]))
            .store(plausible(random, capacity), Relaxed),
        _ => {
            // Lengths of records, too.
            for offset in MESSAGES..memory.len() {
                let byte = random.one_of(&[0, 0, 0, 1, 4, 255]);
                memory.write_byte(offset, byte);
            }
        }
    }
}

/// Both ends of a link over whose memory somebody writes. One that is corrupt stays so.
struct Victim<P: Futex, T> {
    memory: Arc<Memory<P, T>>,
    capacity: u64,
    sender: Option<Sender<Held<P, T>>>,
    receiver: Option<Receiver<Held<P, T>>>,
    spoilt: [bool; 2],
    calls: u64,
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Done,
    NotNow,
    /// It would never fit.
    TooLong,
    Closed,
    Dead,
    Corrupt,
}

fn ended(why: Ended) -> Answer {
    match why {
        Ended::Closed => Answer::Closed,
        Ended::Dead => Answer::Dead,
        Ended::Corrupt => Answer::Corrupt,
        other => panic!("it is not {other:?}"),
    }
}

fn not_sent(error: SendTimeoutError<()>) -> Answer {
    match error {
        SendTimeoutError::TimedOut(()) => Answer::NotNow,
        SendTimeoutError::Ended(error) => ended(error.why),
    }
}

fn not_received(error: RecvTimeoutError) -> Answer {
    match error {
        RecvTimeoutError::TimedOut => Answer::NotNow,
        RecvTimeoutError::Ended(why) => ended(why),
    }
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

/// What is sent and received, by each kind of call.
pub trait Message: aqueduct::place::Plain {
    fn send<E: End<Message = Self>>(sender: &mut Sender<E>, random: &mut Random) -> Answer;
    fn receive<E: End<Message = Self>>(receiver: &mut Receiver<E>, random: &mut Random) -> Answer;
}

/// A message that was never sent can be read only from beside the link.
fn was_written<T: PartialEq + std::fmt::Debug>(message: &T, beside: &T) {
    assert_ne!(message, beside, "it was read from beside the link");
}

impl Message for [u64; 3] {
    fn send<E: End<Message = Self>>(sender: &mut Sender<E>, random: &mut Random) -> Answer {
        match random.below(3) {
            0 => match sender.try_send([7; 3]) {
                Ok(()) => Answer::Done,
                Err(TrySendError::Full(_)) => Answer::NotNow,
                Err(TrySendError::Ended(error)) => ended(error.why),
            },
            1 => {
                let sent =
                    sender.send_batch(1, Patience::AT_ONCE, |batch| batch.push_slice(&[[7; 3]; 5]));
                match sent {
                    Ok(Ok(count)) => {
                        assert!((1..=5).contains(&count));
                        Answer::Done
                    }
                    Ok(Err(_)) => Answer::Corrupt,
                    Err(error) => not_sent(error),
                }
            }
            _ => match sender.wait_until_received(Patience::AT_ONCE) {
                Ok(()) => Answer::Done,
                Err(error) => not_sent(error),
            },
        }
    }

    fn receive<E: End<Message = Self>>(receiver: &mut Receiver<E>, random: &mut Random) -> Answer {
        let beside = [u64::from_ne_bytes([CANARY; 8]); 3];
        if random.below(2) == 0 {
            return match receiver.try_recv() {
                Ok(message) => {
                    was_written(&message, &beside);
                    Answer::Done
                }
                Err(TryRecvError::Empty) => Answer::NotNow,
                Err(TryRecvError::Ended(why)) => ended(why),
            };
        }
        let received = receiver.recv_batch(Patience::AT_ONCE, |incoming| {
            incoming.read(5, |run| {
                for message in run {
                    was_written(message, &beside);
                }
                run.len()
            })
        });
        match received {
            Ok(Ok(count)) => {
                assert!((1..=5).contains(&count));
                Answer::Done
            }
            Ok(Err(_)) => Answer::Corrupt,
            Err(error) => not_received(error),
        }
    }
}

impl Message for u8 {
    fn send<E: End<Message = u8>>(sender: &mut Sender<E>, random: &mut Random) -> Answer {
        if random.below(2) == 0 {
            let sent = bytes::send_with(sender, 5, Patience::AT_ONCE, |free| {
                free.fill(7);
                Ok::<_, ()>(free.len())
            });
            return sent.map_or_else(not_sent, |_| Answer::Done);
        }
        let record = [7; 12];
        let longest = records::longest(sender.end().capacity().get()).min(11);
        let length = usize::try_from(random.below(longest as u64 + 2)).expect("a length");
        match records::send(sender, &record[..length], Patience::AT_ONCE) {
            Ok(()) => Answer::Done,
            Err(records::SendRecordError::TooLong { .. }) => Answer::TooLong,
            Err(records::SendRecordError::Link(error)) => not_sent(error),
        }
    }

    fn receive<E: End<Message = u8>>(receiver: &mut Receiver<E>, random: &mut Random) -> Answer {
        if random.below(2) == 0 {
            let received = bytes::recv_with(receiver, 5, Patience::AT_ONCE, |there| {
                assert!((1..=5).contains(&there.len()));
                Ok::<_, ()>(there.len())
            });
            return received.map_or_else(not_received, |_| Answer::Done);
        }
        let mut record = Vec::new();
        let received = records::recv(receiver, &mut record, Patience::AT_ONCE);
        assert!(record.len() <= receiver.end().capacity().get());
        received.map_or_else(not_received, |()| Answer::Done)
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
    for capacity in CAPACITIES {
        let mut victim = Victim::<Stepped, T>::new(capacity);
        let mut worst = 0;
        for _ in 0..images / CAPACITIES.len() as u64 {
            let way = random.below(LIES);
            lie(victim.memory.words(), victim.capacity, way, &mut random);
            if random.below(4) == 0 {
                victim.attach();
            }
            let ((), steps) = Stepped::counted(|| victim.call(&mut random));
            worst = worst.max(steps);
        }
        assert!(
            (1..=STEPS).contains(&worst),
            "{worst} steps, with a capacity of {capacity}"
        );
    }
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
