//! The four questions of the textbook on pipes, and what every kind of pipe and link answers.
//!
//! 1. Do bytes go one way, or both ways? 2. If both: one at a time, or both at the same time?
//! 3. Must the two be related, as parent and child? 4. Can they talk over a network?
//!
//! ```
//! use aqueduct::questions::{Answered, Reach, Relation, Traffic};
//! use std::net::TcpStream;
//!
//! assert_eq!(TcpStream::ANSWERS.traffic, Traffic::FullDuplex);
//! assert_eq!(aqueduct::open::pipe::Writer::ANSWERS.relation, Relation::Strangers);
//! assert_eq!(std::io::PipeReader::ANSWERS.relation, Relation::Related);
//! assert_ne!(std::io::PipeReader::ANSWERS.reach, Reach::Network);
//! ```
//! Source: Silberschatz, Galvin and Gagne, *Operating System Concepts*, the section on pipes.

use std::fmt;
use std::io::{PipeReader, PipeWriter};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use crate::kernel::fifo;
use crate::link::mailbox::local::Local;
use crate::link::{self, Link, mailbox};
use crate::open::{self, call, direct};
use crate::pipe::turns::{Listening, Talking};
use crate::pipe::{self, duplex::Duplex};
use crate::place::Plain;
use crate::place::header::Kind;
use crate::platform::native::Native;

/// Which way bytes or messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// One way.
    OneWay,
    /// Both ways, one at a time.
    HalfDuplex,
    /// Both ways at the same time.
    FullDuplex,
}

/// Who can be at the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Threads of one process.
    Threads,
    /// Those who inherit an end: a parent and its children.
    Related,
    /// Whoever knows the name, and may open it.
    Strangers,
}

/// How far apart they can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// On one machine.
    Machine,
    /// On any that can reach each other.
    Network,
}

/// What a pipe or a link answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Questions 1 and 2.
    pub traffic: Traffic,
    /// Question 3.
    pub relation: Relation,
    /// Question 4.
    pub reach: Reach,
}

/// What answers the four questions.
pub trait Answered {
    /// Its answers.
    const ANSWERS: Answers;
}

impl Answers {
    const fn one_way(relation: Relation) -> Self {
        Self {
            traffic: Traffic::OneWay,
            relation,
            reach: Reach::Machine,
        }
    }

    const fn with(self, traffic: Traffic) -> Self {
        Self { traffic, ..self }
    }
}

impl Kind {
    /// What an object that carries this answers.
    #[must_use]
    pub const fn answers(self) -> Answers {
        match self {
            Self::Bytes | Self::Records | Self::Messages | Self::Mailbox | Self::Pipe => {
                Answers::one_way(Relation::Strangers)
            }
        }
    }
}

/// Gives several types the same answers.
macro_rules! answered {
    ($($kind:ty $(where $parameter:ident $(: $bound:path)?)?),+ => $answers:expr) => {
        $(impl $(<$parameter $(: $bound)?>)? Answered for $kind {
            const ANSWERS: Answers = $answers;
        })+
    };
}

/// How a link between threads is held.
type InProcess<T> = link::local::Local<Arc<Link<Native, T>>>;

answered! {
    link::Sender<InProcess<T>> where T,
    link::Receiver<InProcess<T>> where T,
    mailbox::Sender<Local<Native, T>> where T,
    mailbox::Receiver<Local<Native, T>> where T,
    pipe::Writer<pipe::local::Local<Native>>,
    pipe::Reader<pipe::local::Local<Native>>
    => Answers::one_way(Relation::Threads)
}
answered! {
    open::Sender<T> where T: Plain,
    open::Receiver<T> where T: Plain,
    open::mailbox::Sender<T> where T: Plain,
    open::mailbox::Receiver<T> where T: Plain,
    direct::Sender<T> where T: Plain,
    direct::Inbox<T> where T: Plain,
    direct::LinkTo<T> where T: Plain,
    direct::LinkFrom<T> where T: Plain,
    open::pipe::Writer,
    open::pipe::Reader,
    fifo::Writer,
    fifo::Reader
    => Answers::one_way(Relation::Strangers)
}
answered! { PipeWriter, PipeReader => Answers::one_way(Relation::Related) }
answered! { UnixStream => Answers::one_way(Relation::Related).with(Traffic::FullDuplex) }
answered! {
    TcpStream => Answers {
        traffic: Traffic::FullDuplex,
        relation: Relation::Strangers,
        reach: Reach::Network,
    }
}

/// A request and its reply, one after the other.
impl<Q: Plain, R: Plain> Answered for call::Client<Q, R> {
    const ANSWERS: Answers = Answers::one_way(Relation::Strangers).with(Traffic::HalfDuplex);
}

/// The same, of many clients.
impl<Q: Plain, R: Plain> Answered for call::Server<Q, R> {
    const ANSWERS: Answers = Answers::one_way(Relation::Strangers).with(Traffic::HalfDuplex);
}

/// Two pipes of one kind.
impl<R: Answered, W> Answered for Duplex<R, W> {
    const ANSWERS: Answers = R::ANSWERS.with(Traffic::FullDuplex);
}

/// Those of the channel, in turns.
impl<D: Answered> Answered for Talking<D> {
    const ANSWERS: Answers = D::ANSWERS.with(Traffic::HalfDuplex);
}

/// Those of the channel, in turns.
impl<D: Answered> Answered for Listening<D> {
    const ANSWERS: Answers = D::ANSWERS.with(Traffic::HalfDuplex);
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::OneWay => "one way",
            Self::HalfDuplex => "both ways, in turns (half duplex)",
            Self::FullDuplex => "both ways at once (full duplex)",
        })
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Threads => "threads of one process",
            Self::Related => "parent and child",
            Self::Strangers => "whoever may open the name",
        })
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Machine => "one machine",
            Self::Network => "a network",
        })
    }
}
