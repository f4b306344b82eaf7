//! The ways to send a number to another process and wait for the answer.

use std::error::Error;
use std::hint::black_box;
use std::io::{Read, Write};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use aqueduct::open::{Receiver, Sender};
use aqueduct::wait::Patience;

use super::raw::{Life, Raw};
use super::schedule::{Competitor, Turn};

/// What goes wrong ends the bench.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// Round trips before the time is taken: the peer has come to this block as well.
const WARM_UP: u64 = 100;

/// A way there and a way back, as one of the two processes has them.
pub trait Pair {
    fn send(&mut self, message: u64) -> Outcome<()>;

    /// Receives a message, after a busy-wait of at most so many tries.
    fn recv(&mut self, spins: u32) -> Outcome<u64>;
}

/// Two links.
pub struct Links {
    pub sender: Sender<u64>,
    pub receiver: Receiver<u64>,
}

impl Pair for Links {
    fn send(&mut self, message: u64) -> Outcome<()> {
        Ok(self.sender.send(message)?)
    }

    fn recv(&mut self, spins: u32) -> Outcome<u64> {
        let patience = Patience {
            spins,
            ..Patience::FOREVER
        };
        Ok(self.receiver.recv_with_patience(patience)?)
    }
}

/// Two pipes, or anything else that bytes go into and come out of.
pub struct Pipes<W, R> {
    pub writer: W,
    pub reader: R,
}

impl<W: Write, R: Read> Pair for Pipes<W, R> {
    fn send(&mut self, message: u64) -> Outcome<()> {
        Ok(self.writer.write_all(&message.to_ne_bytes())?)
    }

    fn recv(&mut self, _: u32) -> Outcome<u64> {
        let mut bytes = [0; 8];
        self.reader.read_exact(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }
}

/// All of them, as one of the two processes has them.
pub struct Ends<W, R> {
    pub links: Links,
    pub raw: Raw,
    pub pipes: Pipes<W, R>,
}

impl<W: Write, R: Read> Ends<W, R> {
    /// The side that begins; how long `trips` round trips took.
    pub fn ask(&mut self, turn: &Turn, trips: NonZeroU64) -> Outcome<Duration> {
        let spins = turn.situation.spins();
        match turn.competitor {
            Competitor::Link => ask(&mut self.links, spins, trips),
            Competitor::Futex => ask(&mut self.raw.sleeping_on(Life::Ignored), spins, trips),
            Competitor::Watched => ask(&mut self.raw.sleeping_on(Life::Watched), spins, trips),
            Competitor::Pipe => ask(&mut self.pipes, spins, trips),
        }
    }

    /// The side that sends back what it receives.
    pub fn answer(&mut self, turn: &Turn, trips: NonZeroU64) -> Outcome<()> {
        let spins = turn.situation.spins();
        match turn.competitor {
            Competitor::Link => answer(&mut self.links, spins, trips),
            Competitor::Futex => answer(&mut self.raw.sleeping_on(Life::Ignored), spins, trips),
            Competitor::Watched => answer(&mut self.raw.sleeping_on(Life::Watched), spins, trips),
            Competitor::Pipe => answer(&mut self.pipes, spins, trips),
        }
    }
}

fn ask(pair: &mut impl Pair, spins: u32, trips: NonZeroU64) -> Outcome<Duration> {
    let mut trip = |number| -> Outcome<()> {
        pair.send(black_box(number))?;
        match pair.recv(spins)? {
            answer if answer == number => Ok(()),
            answer => Err(format!("{number} was sent, and {answer} came back").into()),
        }
    };
    (0..WARM_UP).try_for_each(&mut trip)?;
    let start = Instant::now();
    (0..trips.get()).try_for_each(trip)?;
    Ok(start.elapsed())
}

fn answer(pair: &mut impl Pair, spins: u32, trips: NonZeroU64) -> Outcome<()> {
    for _ in 0..WARM_UP + trips.get() {
        let message = pair.recv(spins)?;
        pair.send(black_box(message))?;
    }
    Ok(())
}
