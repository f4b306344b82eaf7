//! Bounded channels whose `send` and `recv` wait: those of crossbeam-channel and kanal spin and yield a while
//! before they sleep, those of flume sleep at once.

use aqueduct::bench::ends::{Queue, RecvWord, SendWord};
use aqueduct::bench::{About, Contestant, Course, made};

use super::{WORDS, threads};
use crate::courses;

pub fn all() -> Vec<Contestant> {
    let spins = "65,536 words, its own wait: spins and yields, then sleeps";
    let crossbeam = threads("crossbeam-channel", spins).spins_first();
    let kanal = threads("kanal", spins).spins_first();
    let flume = threads("flume", "65,536 words, its own wait: sleeps at once").asleep();
    let mut all = of(&crossbeam, crossbeam_channel::bounded);
    all.extend(of(&kanal, kanal::bounded));
    all.extend(of(&flume, flume::bounded));
    all
}

/// Each course that a channel takes part in.
fn of<S, R>(about: &About, bounded: fn(usize) -> (S, R)) -> Vec<Contestant>
where
    S: Send + 'static,
    R: Send + 'static,
    Sending<S>: SendWord,
    Receiving<R>: RecvWord,
    Both<S, R>: Queue,
{
    let words = move |_: &str| {
        let (sender, receiver) = bounded(WORDS);
        made(|| Receiving(receiver), || Sending(sender))
    };
    let queue = move || {
        let (sender, receiver) = bounded(WORDS);
        Both(sender, receiver)
    };
    let mut all = Vec::from(courses::words(Course::Asleep, about, words));
    all.push(courses::uncontended(about.clone(), queue));
    all.extend(courses::contended(about, queue));
    all
}

pub struct Sending<S>(pub S);
pub struct Receiving<R>(pub R);

/// Both ends.
#[derive(Clone)]
pub struct Both<S, R>(pub S, pub R);

/// The ends of these types have the same two methods, and no trait that says so.
macro_rules! ends {
    ($($sender:ty, $receiver:ty;)*) => { $(
        impl SendWord for Sending<$sender> {
            #[inline]
            fn send(&mut self, word: u64) {
                self.0.send(word).expect("there is a receiver");
            }
        }

        impl RecvWord for Receiving<$receiver> {
            #[inline]
            fn recv(&mut self) -> u64 {
                self.0.recv().expect("there is a sender")
            }
        }

        impl Queue for Both<$sender, $receiver> {
            #[inline]
            fn push(&mut self, word: u64) {
                self.0.send(word).expect("there is a receiver");
            }

            #[inline]
            fn pop(&mut self) -> u64 {
                self.1.recv().expect("there is a sender")
            }
        }
    )* };
}

ends! {
    crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>;
    kanal::Sender<u64>, kanal::Receiver<u64>;
    flume::Sender<u64>, flume::Receiver<u64>;
    omango::queue::spsc::BSender<u64>, omango::queue::spsc::BReceiver<u64>;
    omango::queue::mpmc::BSender<u64>, omango::queue::mpmc::BReceiver<u64>;
}
