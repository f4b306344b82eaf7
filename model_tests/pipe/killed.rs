//! A pipe between processes, of which some leave and some are killed.

use super::memory::{Pipe, Reader, Writer, pipe};
use super::{PATIENT, STOPPED, STOPPED_TOO, read_all, write};
use aqueduct::link::Ended;
use aqueduct::model::{self, Model, Process};
use std::sync::Arc;

/// Those that do not die.
const READER: u32 = 9;
const WRITER: u32 = 10;
const OTHER: u32 = 11;

/// Those in which one is killed.
pub fn models() -> [Model; 3] {
    [
        writer_dies().bound(0).outcomes([
            "[1, 2], the peer died",
            "[1], the peer died",
            "[], the peer closed the link",
            "[], the peer died",
        ]),
        writer_dies_before_another().bound(0).outcomes([
            "[3, 3, 1, 2, 2], the peer died",
            "[3, 3, 1], the peer died",
            "[3, 3], the peer closed the link",
            "[3, 3], the peer died",
        ]),
        reader_dies().bound(0).outcomes([
            "[Err(Closed), Err(Closed)]",
            "[Err(Dead), Err(Dead)]",
            "[Ok(1), Err(Dead)]",
            "[Ok(1), Ok(1)]",
        ]),
    ]
}

/// Those in which the kernel marks the dead one before it has done its last.
pub fn suspected() -> [Model; 2] {
    [writer_dies().bound(0), reader_dies().bound(0)]
}

/// Those in which one is paused, and dies when it is done.
pub fn paused() -> [Model; 3] {
    [
        writer_dies().bound(0),
        reader_dies().bound(0),
        settler_stops().bound(0),
    ]
}

/// A process that comes as a writer, writes these pieces and dies, at the latest then.
fn dying_writer(pipe: &Arc<Pipe>, process: u32, pieces: &'static [&'static [u8]]) -> Process<()> {
    let pipe = Arc::clone(pipe);
    model::process(process, move || {
        let writer = pipe.write(process);
        for piece in pieces {
            // Unless nobody reads any more.
            let _ = write(&writer, piece);
        }
    })
}

/// One that reads all.
fn reading(mut reader: Reader) -> model::JoinHandle<(Vec<u8>, Ended)> {
    model::spawn(move || {
        let (reads, why) = read_all(&mut reader, 4);
        (reads.concat(), why)
    })
}

/// A writer comes, writes and leaves: the reader finds that, and then the end.
pub fn last_leaves() -> Model {
    Model::new("a writer comes and leaves", || {
        let pipe = pipe(2);
        one_to_the_end(pipe.read(READER), || pipe.write(WRITER));
    })
    .bound(2)
}

/// The same, where another one had come to its seat before.
pub fn second_leaves() -> Model {
    Model::new("the second of a seat leaves", || {
        let pipe = pipe(2);
        let reader = pipe.read(READER);
        drop(pipe.write(WRITER));
        let second = pipe.write(WRITER);
        one_to_the_end(reader, || second);
    })
    .bound(2)
}

/// One byte, and the end, while `coming` gives who writes it.
fn one_to_the_end(reader: Reader, coming: impl FnOnce() -> Writer) {
    let reading = reading(reader);
    let writer = coming();
    write(&writer, &[1]).unwrap();
    drop(writer);
    assert_eq!(reading.join().unwrap(), (vec![1], Ended::Closed));
}

/// Two come at once, write and leave, before anybody reads.
pub fn two_come() -> Model {
    Model::new("two writers come", || {
        let pipe = pipe(2);
        let coming = [(WRITER, 1), (OTHER, 2)].map(|(process, byte)| {
            let pipe = Arc::clone(&pipe);
            model::spawn(move || write(&pipe.write(process), &[byte]).unwrap())
        });
        for thread in coming {
            thread.join().unwrap();
        }
        let (reads, why) = read_all(&mut pipe.read(READER), 2);
        assert_eq!(why, Ended::Closed);
        reads.concat()
    })
    .bound(1)
    .outcomes(["[1, 2]", "[2, 1]"])
}

/// Two write and leave: the end comes when both are gone.
pub fn one_of_two_leaves() -> Model {
    Model::new("two writers leave", || {
        let pipe = pipe(2);
        let (one, two) = (pipe.write(WRITER), pipe.write(OTHER));
        let reading = reading(pipe.read(READER));
        let other = model::spawn(move || write(&one, &[1]).unwrap());
        write(&two, &[2]).unwrap();
        drop(two);
        let (read, why) = reading.join().unwrap();
        assert_eq!(why, Ended::Closed);
        other.join().unwrap();
        read
    })
    .bound(1)
    .outcomes(["[1, 2]", "[2, 1]"])
}

/// A writer dies: what it wrote is read, and the reader is told that there may have been more. If it was
/// never there, another one comes.
pub fn writer_dies() -> Model {
    Model::new("a writer dies", || {
        let pipe = pipe(2);
        let dying = dying_writer(&pipe, STOPPED, &[&[1], &[2]]);
        let reading = reading(pipe.read(READER));
        let died = dying.join().is_none();
        drop(pipe.write(WRITER));
        let (read, why) = reading.join().unwrap();
        assert!([1, 2].starts_with(&read), "{read:?}");
        assert!(died || read.len() == 2);
        format!("{read:?}, {why}")
    })
}

/// A writer dies with a piece in hand that is in the way of another one's.
fn writer_dies_before_another() -> Model {
    Model::new("a writer dies before another one", || {
        let pipe = pipe(4);
        let other = pipe.write(WRITER);
        let dying = dying_writer(&pipe, STOPPED, &[&[1], &[2, 2]]);
        let reading = reading(pipe.read(READER));
        write(&other, &[3, 3]).unwrap();
        dying.join();
        drop(other);
        let (read, why) = reading.join().unwrap();
        format!("{read:?}, {why}")
    })
}

/// One comes to the seat of a writer that left, and then the other one leaves: at each moment there is a
/// writer, so the end comes after what the last one writes.
pub fn one_follows() -> Model {
    Model::new("a writer takes the seat of one that left", || {
        let pipe = pipe(2);
        let mut reader = pipe.read(READER);
        let (one, two) = (pipe.write(WRITER), pipe.write(OTHER));
        let reading = model::spawn(move || {
            let mut byte = [0];
            assert_eq!(reader.read_with_patience(&mut byte, PATIENT), Ok(1));
            (reader, byte)
        });
        drop(one);
        let three = pipe.write(WRITER);
        drop(two);
        write(&three, &[1]).unwrap();
        let (mut reader, read) = reading.join().unwrap();
        assert_eq!(read, [1]);
        // It leaves beside one that reads in "the second of a seat leaves".
        drop(three);
        assert_eq!(read_all(&mut reader, 1), (vec![], Ended::Closed));
    })
    .bound(2)
}

/// A dead one is settled while another one comes: its death is not forgotten.
pub fn settled_while_one_comes() -> Model {
    Model::new("a dead one is settled while one comes", || {
        let pipe = pipe(1);
        let mut reader = pipe.read(READER);
        dying_writer(&pipe, STOPPED, &[]).join();
        let coming = model::spawn({
            let pipe = Arc::clone(&pipe);
            move || pipe.write(WRITER)
        });
        assert!(reader.try_read(&mut [0]).is_err());
        drop(coming.join().unwrap());
        assert_eq!(read_all(&mut reader, 1), (vec![], Ended::Dead));
    })
    .bound(2)
}

/// One comes to read, takes the seat of a dead writer, and stops in the middle of that.
fn settler_stops() -> Model {
    Model::new("one that settles for a dead writer stops", || {
        let pipe = pipe(1);
        let writer = pipe.write(WRITER);
        write(&writer, &[1]).unwrap();
        dying_writer(&pipe, STOPPED_TOO, &[]).join();
        let stopping = model::process(STOPPED, {
            let pipe = Arc::clone(&pipe);
            move || read_all(&mut pipe.read(STOPPED), 1)
        });
        drop(writer);
        assert_eq!(stopping.join(), Some((vec![vec![1]], Ended::Dead)));
    })
}

/// The reader dies: who writes is told.
fn reader_dies() -> Model {
    Model::new("the reader dies", || {
        let pipe = pipe(1);
        let writer = pipe.write(WRITER);
        let dying = model::process(STOPPED, {
            let pipe = Arc::clone(&pipe);
            move || read_all(&mut pipe.read(STOPPED), 1).0.concat()
        });
        let writing = model::spawn(move || [1, 2].map(|byte| write(&writer, &[byte])));
        let read = dying.join();
        // If it was never there, another one comes.
        drop(pipe.read(READER));
        let written = writing.join().unwrap();
        let all = written.iter().filter(|written| written.is_ok()).count();
        assert!(read.is_none_or(|read| read.len() == all), "{written:?}");
        format!("{written:?}")
    })
}

/// Two writers die: what they wrote is read, or is not there, and another one goes on.
pub fn both_die() -> Model {
    Model::new("two writers die", || {
        let pipe = pipe(2);
        let dying = [
            dying_writer(&pipe, STOPPED, &[&[1]]),
            dying_writer(&pipe, STOPPED_TOO, &[&[2]]),
        ];
        let reading = reading(pipe.read(READER));
        for process in dying {
            process.join();
        }
        let writer = pipe.write(WRITER);
        let written = write(&writer, &[3]).is_ok();
        drop(writer);
        let (read, why) = reading.join().unwrap();
        let twice = (1..=3).any(|byte| {
            read.iter().position(|&read| read == byte)
                != read.iter().rposition(|&read| read == byte)
        });
        assert!(!twice && (written || !read.contains(&3)), "{read:?}");
        format!("{read:?}, {why}")
    })
    .bound(0)
}
