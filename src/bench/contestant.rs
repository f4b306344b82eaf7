//! One way to carry messages, in one course.

use std::fmt;
use std::io::{Read, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::course::Course;
use super::ends::{Duplex, Queue, RecvBatch, RecvBlock, RecvWord, SendBatch, SendBlock, SendWord};
use super::sample::Sample;
use super::sides::{Between, Sides, Usage, pin};
use super::{Failure, traffic};

/// Where a contestant comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// What the machine allows.
    Limit,
    /// This library.
    Ours,
    /// The kernel.
    Kernel,
    /// Another library.
    Peer,
}

/// What one does who waits for the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Waits {
    /// It keeps the processor.
    Busy,
    /// It spins or yields for a while, and then sleeps.
    SpinsFirst,
    /// It sleeps.
    Asleep,
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "busy",
            Self::SpinsFirst => "spins, then sleeps",
            Self::Asleep => "asleep",
        })
    }
}

/// What is said of a contestant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Its name, which it has alone in its course.
    pub name: String,
    /// How it is used.
    pub settings: String,
    /// Where it comes from.
    pub field: Field,
    /// What it goes between.
    pub between: Between,
    /// What one does who waits for the other side.
    pub waits: Waits,
}

impl About {
    /// A contestant between `between`, which spins.
    #[must_use]
    pub fn new(field: Field, between: Between, name: &str, settings: &str) -> Self {
        Self {
            name: name.into(),
            settings: settings.into(),
            field,
            between,
            waits: Waits::Busy,
        }
    }

    /// The same, which sleeps as soon as it cannot go on.
    #[must_use]
    pub fn asleep(self) -> Self {
        Self {
            waits: Waits::Asleep,
            ..self
        }
    }

    /// The same, which spins or yields for a while, and then sleeps.
    #[must_use]
    pub fn spins_first(self) -> Self {
        Self {
            waits: Waits::SpinsFirst,
            ..self
        }
    }
}

/// Where one sample runs.
pub(super) struct Stand {
    pub processors: [usize; 2],
    pub length: Duration,
    /// What the names of this sample begin with.
    pub name: String,
}

type Run = dyn Fn(&Stand) -> Result<Sample, Failure>;

/// One way to carry messages, in one course.
pub struct Contestant {
    /// What is asked of it.
    pub course: Course,
    /// What is said of it.
    pub about: About,
    pub(super) run: Box<Run>,
}

impl Contestant {
    /// Numbers that go there and back. `make` gets a name of its own, and says how each side gets its
    /// end, once it is a thread or a process of its own.
    pub fn round_trip<A, B>(
        course: Course,
        about: About,
        make: impl Fn(&str) -> Made<A, B> + 'static,
    ) -> Self
    where
        A: SendWord + RecvWord + 'static,
        B: SendWord + RecvWord + 'static,
    {
        Self::of_two(course, about, make, traffic::ask, |_, end| {
            traffic::answer(end);
        })
    }

    /// A stream of numbers, one by one.
    pub fn one_by_one<A, B>(about: About, make: impl Fn(&str) -> Made<A, B> + 'static) -> Self
    where
        A: RecvWord + 'static,
        B: SendWord + 'static,
    {
        Self::of_two(Course::OneByOne, about, make, traffic::drain, traffic::feed)
    }

    /// A stream of numbers, in batches.
    pub fn batches<A, B>(about: About, make: impl Fn(&str) -> Made<A, B> + 'static) -> Self
    where
        A: RecvBatch + 'static,
        B: SendBatch + 'static,
    {
        let (drain, feed) = (traffic::drain_batches, traffic::feed_batches);
        Self::of_two(Course::Batches, about, make, drain, feed)
    }

    /// A stream of blocks, of as many bytes as `course` says.
    pub fn blocks<A, B>(
        course: Course,
        about: About,
        make: impl Fn(&str) -> Made<A, B> + 'static,
    ) -> Self
    where
        A: RecvBlock + 'static,
        B: SendBlock + 'static,
    {
        let (drain, feed) = (traffic::drain_blocks, traffic::feed_blocks);
        Self::of_two(course, about, make, drain, feed)
    }

    /// A stream of bytes.
    pub fn bytes<A, B>(about: About, make: impl Fn(&str) -> Made<A, B> + 'static) -> Self
    where
        A: Read + 'static,
        B: Write + 'static,
    {
        let between = about.between;
        let run = move |stand: &Stand| {
            let (mut buffer, block) = (
                vec![0; Course::Bytes.bytes()],
                vec![7; Course::Bytes.bytes()],
            );
            let sides = Sides::new(between, stand.processors, stand.length)?;
            let (here, there) = make(&stand.name)?;
            let board = sides.board;
            let ((clock, read), processors) = sides.run(
                || sides.watch(|| traffic::read_all(&sides, here(), &mut buffer)),
                || board.set_used(sides.watch(|| traffic::write(&sides, there(), &block)).1),
            )?;
            if read != board.sent() {
                let sent = board.sent();
                return Err(format!("{sent} bytes were written and {read} read").into());
            }
            Ok(Sample::from(clock).with_processors(processors + board.used()))
        };
        Self::new(Course::Bytes, about, run)
    }

    /// A queue of many threads, as many as `course` says.
    pub fn queue<Q: Queue + 'static>(
        course: Course,
        about: About,
        make: impl Fn() -> Result<Q, Failure> + 'static,
    ) -> Self {
        if course == Course::Uncontended {
            return Self::alone(course, about, move |_| Ok(traffic::pair(make()?)));
        }
        let run = move |stand: &Stand| {
            let queue = make()?;
            let usage = Usage::begin(Between::Processes);
            let (count, lasted) = traffic::crowd(stand.length, &queue, course.threads());
            Ok(Sample::of_many(count, lasted).with_processors(usage.end()))
        };
        Self::new(course, about, run)
    }

    /// A stream of which `count` numbers are looked at, behind as many as fill the channel some times.
    pub(super) fn counted<A, B>(
        about: About,
        count: u64,
        make: impl Fn(&str) -> Made<A, B> + 'static,
    ) -> Self
    where
        A: RecvWord + 'static,
        B: SendWord + 'static,
    {
        let drain = move |sides: &Sides, end: &mut A| traffic::drain_counted(count, sides, end);
        Self::of_two(Course::Messages, about, make, drain, traffic::feed)
    }

    /// What one thread does, again and again; it is given a number that grows.
    pub(super) fn alone<S: FnMut(u64)>(
        course: Course,
        about: About,
        make: impl Fn(&str) -> Result<S, Failure> + 'static,
    ) -> Self {
        let run = move |stand: &Stand| {
            let step = make(&stand.name)?;
            pin(stand.processors[0])?;
            let usage = Usage::begin(Between::Processes);
            let clock = traffic::alone(stand.length, step);
            Ok(Sample::from(clock).with_processors(usage.end()))
        };
        Self::new(course, about, run)
    }

    /// Two sides of which the one here takes the time, between two looks at a raw cache line.
    pub(super) fn of_two<A: 'static, B: 'static, M: Into<Sample>>(
        course: Course,
        about: About,
        make: impl Fn(&str) -> Made<A, B> + 'static,
        here: impl Fn(&Sides, &mut A) -> M + 'static,
        there: impl Fn(&Sides, &mut B) + Sync + 'static,
    ) -> Self {
        let between = about.between;
        let run = move |stand: &Stand| {
            let sides = Sides::new(between, stand.processors, stand.length)?;
            let (first, second) = make(&stand.name)?;
            let board = sides.board;
            let (measured, processors, line) = sides.run(
                || {
                    let before = sides.ask_line();
                    let mut end = first();
                    let (measured, processors) = sides.watch(|| here(&sides, &mut end));
                    let behind = sides.ask_line();
                    let line = before.zip(behind).map(|(one, other)| one.midpoint(other));
                    (measured, processors, line)
                },
                || {
                    sides.answer_line();
                    let mut end = second();
                    board.set_used(sides.watch(|| there(&sides, &mut end)).1);
                    sides.answer_line();
                },
            )?;
            let sample = measured.into().with_processors(processors + board.used());
            Ok(Sample { line, ..sample })
        };
        Self::new(course, about, run)
    }

    pub(super) fn new(
        course: Course,
        about: About,
        run: impl Fn(&Stand) -> Result<Sample, Failure> + 'static,
    ) -> Self {
        Self {
            course,
            about,
            run: Box::new(run),
        }
    }
}

/// How the side that takes the time, and the other one, get their ends.
pub type Made<A, B> = Result<(Opens<A>, Opens<B>), Failure>;

/// How a side gets its end.
pub type Opens<E> = Box<dyn FnOnce() -> E + Send>;

/// How the two sides get their ends: the one that takes the time, and the other one.
///
/// # Errors
/// Never: it is for the end of a function that may fail before.
pub fn made<A, B>(
    here: impl FnOnce() -> A + Send + 'static,
    there: impl FnOnce() -> B + Send + 'static,
) -> Made<A, B> {
    Ok((Box::new(here), Box::new(there)))
}

/// Two channels, of which `there` leads away from the side that takes the time.
///
/// Both sides open `there` first: an end may wait for its other one while it is opened.
///
/// # Errors
/// Those of the two.
pub fn duplex<R: 'static, S: 'static>(
    there: Made<R, S>,
    back: Made<R, S>,
) -> Made<Duplex<S, R>, Duplex<S, R>> {
    let ((far_receiver, sender), (receiver, far_sender)) = (there?, back?);
    made(
        || Duplex {
            sender: sender(),
            receiver: receiver(),
        },
        || Duplex {
            receiver: far_receiver(),
            sender: far_sender(),
        },
    )
}
