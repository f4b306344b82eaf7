//! Properties of pipes, between threads and on names: any script of writes and reads against a queue
//! of bytes, and the answers of std's own.

mod killed;
mod processes;

use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind, IoSlice, Read, Write};

use aqueduct::link::{Ended, RecvTimeoutError, SendTimeoutError};
use aqueduct::open::pipe::Options;
use aqueduct::pipe::{self, ATOMIC, Hold};
use aqueduct::platform::Flat;
use aqueduct::shm::Name;
use aqueduct::threads;
use aqueduct::wait::Patience;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::running::until;
use crate::scratch::Scratch;
use crate::spec::property;

/// Both ends in this process.
pub fn on_name(name: &Name, capacity: usize) -> (open::Writer, open::Reader) {
    let options = Options::new().capacity(capacity).wait_for_peer(false);
    let writer = options.writer(name).expect("the name is free");
    (writer, options.reader(name).expect("nobody reads"))
}

mod open {
    pub use aqueduct::open::pipe::{Reader, Writer};
}

#[derive(Clone, Debug)]
enum Op {
    /// A write of slices of these lengths.
    Write(Vec<usize>),
    /// A read of so many bytes.
    Read(usize),
    /// A look at what is there, of which so much is consumed, in thousandths.
    Consume(usize),
}

fn op() -> impl Strategy<Value = Op> {
    // Short ones, those around what is written at once, and longer ones.
    let length = || prop_oneof![0..100_usize, ATOMIC - 70..ATOMIC + 70, 0..4 * ATOMIC];
    prop_oneof![
        vec(length(), 1..4).prop_map(Op::Write),
        length().prop_map(Op::Read),
        (0..=1000_usize).prop_map(Op::Consume),
    ]
}

/// A pipe and the bytes that are in it.
struct Checked<H: Hold> {
    writer: pipe::Writer<H>,
    reader: pipe::Reader<H>,
    there: VecDeque<u8>,
    /// How many bytes were written.
    written: usize,
}

/// The byte that is written there.
fn byte(place: usize) -> u8 {
    u8::try_from(place % 251).expect("it is small")
}

impl<H: Hold<Platform: Flat>> Checked<H> {
    fn write(&mut self, lengths: &[usize]) -> Result<(), TestCaseError> {
        let mut next = self.written..;
        let mut bytes = |length| next.by_ref().take(length).map(byte).collect();
        let slices: Vec<Vec<u8>> = lengths.iter().map(|&length| bytes(length)).collect();
        let all = slices.concat();
        match self.writer.write_with_patience(&slices, Patience::AT_ONCE) {
            Ok(written) => {
                let right = all.len().min(ATOMIC)..=all.len();
                prop_assert!(right.contains(&written), "{written} of {}", all.len());
                self.there.extend(&all[..written]);
                self.written += written;
            }
            Err(SendTimeoutError::TimedOut(())) => {
                prop_assert!(!self.there.is_empty(), "there is room in an empty pipe");
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
        Ok(())
    }

    fn read(&mut self, most: usize) -> Result<(), TestCaseError> {
        let mut bytes = vec![0; most];
        match self.reader.try_read(&mut bytes) {
            Ok(read) => self.expect(&bytes[..read], most.min(1))?,
            Err(why) => self.expect_nothing(why)?,
        }
        Ok(())
    }

    fn consume(&mut self, share: usize) -> Result<(), TestCaseError> {
        let there = match self.reader.fill(Patience::AT_ONCE) {
            Ok(bytes) => bytes[..bytes.len() * share / 1000].to_vec(),
            Err(why) => return self.expect_nothing(why),
        };
        self.reader.consume(there.len());
        self.expect(&there, 0)
    }

    /// These are the first that are there, and so many at the least.
    fn expect(&mut self, bytes: &[u8], least: usize) -> Result<(), TestCaseError> {
        prop_assert!(bytes.len() >= least);
        let there: Vec<u8> = self.there.drain(..bytes.len()).collect();
        prop_assert_eq!(bytes, &there);
        Ok(())
    }

    fn expect_nothing(&self, why: RecvTimeoutError) -> Result<(), TestCaseError> {
        prop_assert_eq!(why, RecvTimeoutError::TimedOut);
        prop_assert!(self.there.is_empty(), "{} are there", self.there.len());
        Ok(())
    }

    /// The writer leaves: what is there is read, and then the end.
    fn end(self) -> Result<(), TestCaseError> {
        let Self {
            writer,
            mut reader,
            there,
            ..
        } = self;
        drop(writer);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest)?;
        prop_assert!(there == rest);
        prop_assert_eq!(reader.try_read(&mut [0]), Err(Ended::Closed.into()));
        Ok(())
    }
}

/// One end after the other does what the script says.
fn run<H: Hold<Platform: Flat>>(
    (writer, reader): (pipe::Writer<H>, pipe::Reader<H>),
    script: &[Op],
) -> Result<(), TestCaseError> {
    let mut pipe = Checked {
        writer,
        reader,
        there: VecDeque::new(),
        written: 0,
    };
    for op in script {
        match op {
            Op::Write(lengths) => pipe.write(lengths)?,
            Op::Read(most) => pipe.read(*most)?,
            Op::Consume(share) => pipe.consume(*share)?,
        }
    }
    pipe.end()
}

property! {
    fn a_pipe_is_a_queue_of_bytes(
        capacity in 0..100_000_usize,
        script in vec(op(), 0..60),
    ) {
        run(threads::pipe(capacity)?, &script)?;
        let scratch = Scratch::new();
        run(on_name(&scratch.name(), capacity), &script)?;
    }
}

/// What an end answers, as far as it can be compared.
type Answer = Result<usize, ErrorKind>;

fn kind(answer: io::Result<usize>) -> Answer {
    answer.map_err(|error| error.kind())
}

/// What both ends answer to the same calls, none of which waits.
fn answers<R: Read, W: Write>((mut reader, mut writer): (R, W)) -> Vec<Answer> {
    let mut bytes = [0; 8];
    let slices = [&b"wat"[..], b"", b"er"].map(IoSlice::new);
    let mut all = vec![
        kind(writer.write(b"")),
        kind(reader.read(&mut [])),
        kind(writer.write(b"flows")),
        kind(writer.write_vectored(&slices)),
        kind(writer.write_vectored(&[])),
        kind(reader.read(&mut bytes[..2])),
        kind(reader.read(&mut bytes)),
    ];
    assert_eq!(&bytes, b"owswater");
    drop(writer);
    let end = [
        kind(reader.read(&mut bytes)),
        kind(reader.read(&mut [])),
        kind(reader.read(&mut bytes)),
    ];
    all.extend(end);
    all
}

/// The same of a pipe that nobody reads any more.
fn answers_broken<R, W: Write>((reader, mut writer): (R, W)) -> Vec<Answer> {
    drop(reader);
    // A child of another test may have its end for a moment, before it executes its program.
    until("it is broken", || writer.write(b"x").is_err().then_some(()));
    let slices = [IoSlice::new(b"x")];
    vec![
        kind(writer.write(b"x")),
        kind(writer.write(b"")),
        kind(writer.write_vectored(&slices)),
        kind(writer.flush().map(|()| 0)),
        kind(writer.write(b"x")),
    ]
}

#[test]
fn the_ends_answer_as_those_of_std() {
    let scratch = Scratch::new();
    let swap = |(writer, reader)| (reader, writer);
    let of_std = answers(io::pipe().unwrap());
    let (writer, reader) = threads::pipe(0).unwrap();
    assert_eq!(answers((reader, writer)), of_std);
    assert_eq!(answers(swap(on_name(&scratch.name(), 0))), of_std);
    let of_std = answers_broken(io::pipe().unwrap());
    assert_eq!(of_std[0], Err(ErrorKind::BrokenPipe));
    let (writer, reader) = threads::pipe(0).unwrap();
    assert_eq!(answers_broken((reader, writer)), of_std);
    assert_eq!(answers_broken(swap(on_name(&scratch.name(), 0))), of_std);
}

#[test]
fn lines_are_read_in_place_across_pieces() {
    let (mut writer, reader) = threads::pipe(0).unwrap();
    for part in ["one", "\ntw", "o\n", "three"] {
        writer.write_all(part.as_bytes()).unwrap();
    }
    drop(writer);
    let lines: Vec<String> = reader.lines().collect::<Result<_, _>>().unwrap();
    assert_eq!(lines, ["one", "two", "three"]);
}
