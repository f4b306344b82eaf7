//! Models of `src/pipe`: bytes of one or two writers, the end of the file, and a pipe that breaks.
//! Blocks are bytes, so a piece takes as many blocks as it has bytes.

mod killed;
mod memory;

use crate::crowd::{STOPPED, STOPPED_TOO};
use crate::link::PATIENT;
use crate::swept::PIPE;
use crate::{explore, kill, kill_twice, one_more, pause, suspect, sweep};
use aqueduct::link::{Ended, RecvTimeoutError, SendError, SendTimeoutError};
use aqueduct::model::{self, Machine, Model, Sweep};
use aqueduct::pipe::local::{Local, channel};
use aqueduct::pipe::{self, Hold};
use aqueduct::position::Capacity;
use aqueduct::wait::Patience;
use libtest_mimic::Trial;
use std::time::Duration;

type Writer = pipe::Writer<Local<Machine, 1>, 1>;
type Reader = pipe::Reader<Local<Machine, 1>, 1>;

/// As patient, until `model::expire` is called.
const UNTIL_EXPIRY: Patience = Patience {
    spins: 0,
    deadline: Some(Duration::from_secs(1)),
};

pub fn trials() -> Vec<Trial> {
    let explored = models().into_iter().map(|model| explore("pipe", model));
    let killed = killed::models().map(|model| kill("pipe", model, &[STOPPED]));
    let suspected = killed::suspected().map(|model| suspect("pipe", model, &[STOPPED]));
    let paused = killed::paused().map(|model| pause("pipe", model, &[STOPPED]));
    let twice = kill_twice("pipe", killed::both_die(), [STOPPED, STOPPED_TOO]);
    explored
        .chain([sweep("pipe", Sweep::new(PIPE, to_sweep()))])
        .chain(killed)
        .chain(suspected)
        .chain(paused)
        .chain([twice])
        .chain(one_more("pipe::long", models()))
        .collect()
}

fn models() -> Vec<Model> {
    vec![
        one_writes().bound(2).outcomes(["[[1, 2]]", "[[1], [2]]"]),
        in_parts().bound(2).outcomes(["[1, 2, 3, 4, 5, 6]"]),
        two_write()
            .bound(1)
            .outcomes(["[1, 1, 2, 2]", "[2, 2, 1, 1]"]),
        reader_leaves()
            .bound(2)
            .outcomes(["0, 0", "1, 0", "1, 1", "2, 0", "2, 1", "3, 1"]),
        writing_expires()
            .bound(2)
            .outcomes(["Err(TimedOut(()))", "Ok(1)"]),
        reading_expires()
            .bound(2)
            .outcomes(["Err(TimedOut)", "Ok(1)"]),
        killed::one_of_two_leaves(),
        killed::last_leaves(),
        killed::two_come(),
        killed::settled_while_one_comes(),
        killed::one_follows(),
        killed::second_leaves(),
    ]
}

fn to_sweep() -> Vec<Model> {
    vec![
        killed::two_come(),
        killed::last_leaves(),
        killed::settled_while_one_comes(),
    ]
}

/// A pipe of so many bytes between threads.
fn ends(bytes: usize) -> (Writer, Reader) {
    channel(Capacity::new(bytes).unwrap()).unwrap()
}

/// Writes all of the bytes, which are one piece.
fn write<H: Hold<1, Platform = Machine>>(
    writer: &pipe::Writer<H, 1>,
    bytes: &[u8],
) -> Result<usize, Ended> {
    match writer.write_with_patience(&[bytes], PATIENT) {
        Ok(written) => {
            assert_eq!(written, bytes.len());
            Ok(written)
        }
        Err(SendTimeoutError::Ended(SendError { why, .. })) => Err(why),
        Err(SendTimeoutError::TimedOut(())) => unreachable!("there is no deadline"),
    }
}

/// What is read by calls for up to `most` bytes until the end, and which end that is.
fn read_all<H: Hold<1, Platform = Machine>>(
    reader: &mut pipe::Reader<H, 1>,
    most: usize,
) -> (Vec<Vec<u8>>, Ended) {
    let mut reads = Vec::new();
    let mut bytes = [0; 4];
    loop {
        match reader.read_with_patience(&mut bytes[..most], PATIENT) {
            Ok(read) => reads.push(bytes[..read].to_vec()),
            Err(RecvTimeoutError::Ended(why)) => return (reads, why),
            Err(RecvTimeoutError::TimedOut) => unreachable!("there is no deadline"),
        }
    }
}

/// Two pieces into a pipe that holds one or two, and the end of the file.
fn one_writes() -> Model {
    Model::new("one writes, one reads", || {
        let (writer, mut reader) = ends(2);
        let writing = model::spawn(move || [1, 2].map(|byte| write(&writer, &[byte]).unwrap()));
        let (reads, why) = read_all(&mut reader, 2);
        assert_eq!((reads.concat(), why), (vec![1, 2], Ended::Closed));
        writing.join().unwrap();
        reads
    })
}

/// Pieces that are read byte by byte: there is room again once all of one was read.
fn in_parts() -> Model {
    Model::new("pieces that are read in parts", || {
        let (writer, mut reader) = ends(4);
        let writing = model::spawn(move || {
            [[1, 2], [3, 4], [5, 6]].map(|piece| write(&writer, &piece).unwrap())
        });
        let (reads, why) = read_all(&mut reader, 1);
        assert_eq!(why, Ended::Closed);
        writing.join().unwrap();
        reads.concat()
    })
}

/// Two write a piece each: their bytes do not mix.
fn two_write() -> Model {
    Model::new("two write", || {
        let (writer, mut reader) = ends(4);
        let writing = [1, 2].map(|byte| {
            let writer = writer.clone();
            model::spawn(move || write(&writer, &[byte; 2]).unwrap())
        });
        drop(writer);
        let (reads, why) = read_all(&mut reader, 4);
        assert_eq!(why, Ended::Closed);
        for thread in writing {
            thread.join().unwrap();
        }
        reads.concat()
    })
}

/// The reader reads once, or nothing if it comes too early, and goes: who writes is told.
fn reader_leaves() -> Model {
    Model::new("the reader leaves", || {
        let (writer, mut reader) = ends(2);
        let reading = model::spawn(move || reader.try_read(&mut [0]).unwrap_or(0));
        let written = [1, 2, 3, 4].map(|byte| write(&writer, &[byte]));
        let read = reading.join().unwrap();
        let went_in = written.iter().take_while(|written| written.is_ok()).count();
        assert!((read..=read + 2).contains(&went_in), "{written:?}");
        assert!(
            written[went_in..]
                .iter()
                .all(|&written| written == Err(Ended::Closed))
        );
        format!("{went_in}, {read}")
    })
}

/// The time of a writer is up at every moment: all of its piece is written, or nothing.
fn writing_expires() -> Model {
    Model::new("the time of a writer", || {
        let (writer, mut reader) = ends(2);
        for byte in [1, 2] {
            write(&writer, &[byte]).unwrap();
        }
        let writing = model::spawn(move || writer.write_with_patience(&[&[3][..]], UNTIL_EXPIRY));
        let timer = model::spawn(model::expire);
        let (reads, why) = read_all(&mut reader, 1);
        let written = writing.join().unwrap();
        timer.join().unwrap();
        let all: &[u8] = if written.is_ok() { &[1, 2, 3] } else { &[1, 2] };
        assert_eq!((&reads.concat()[..], why), (all, Ended::Closed));
        format!("{written:?}")
    })
}

/// The time of a reader is up at every moment: what it did not read is there.
fn reading_expires() -> Model {
    Model::new("the time of a reader", || {
        let (writer, mut reader) = ends(2);
        let writing = model::spawn(move || write(&writer, &[1]).unwrap());
        let timer = model::spawn(model::expire);
        let read = reader.read_with_patience(&mut [0], UNTIL_EXPIRY);
        timer.join().unwrap();
        let (rest, why) = read_all(&mut reader, 1);
        let all = rest.concat().len() + read.unwrap_or(0);
        assert_eq!((all, why), (1, Ended::Closed));
        writing.join().unwrap();
        format!("{read:?}")
    })
}
