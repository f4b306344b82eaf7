//! Ends that are killed.

use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

use aqueduct::link::{Ended, RecvTimeoutError};
use aqueduct::open::pipe::Reader;
use aqueduct::open::{Remains, State};
use aqueduct::shm::{Object, Uid};

use super::processes::{options, piece};
use crate::running::{LONG, Random, Running, patience};
use crate::scratch::Scratch;
use crate::shm::{helper, name_for_helper};

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn writes_and_waits() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut writer = options().writer(&name).unwrap();
    writer.write_all(b"water").unwrap();
    thread::sleep(2 * LONG);
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn reads_and_waits() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut reader = options().reader(&name).unwrap();
    reader.read_exact(&mut [0; 5]).unwrap();
    thread::sleep(2 * LONG);
}

#[test]
fn a_killed_writer_is_no_end_of_the_file() {
    let scratch = Scratch::new();
    let mut writer = Running::start(&mut helper(
        "pipe::killed::writes_and_waits",
        &scratch.name(),
    ));
    let mut reader = options().reader(&scratch.name()).unwrap();
    let mut bytes = [0; 5];
    reader.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"water");
    let reading = thread::spawn(move || {
        let error = reader.read(&mut bytes).unwrap_err();
        (error, reader)
    });
    thread::sleep(Duration::from_millis(20));
    writer.kill().killed().expect("it waits");
    let (error, mut reader) = reading.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    let why = error.get_ref().unwrap().downcast_ref::<Ended>();
    assert_eq!(why, Some(&Ended::Dead));
    // It stays so, also when others have come and gone.
    drop(options().writer(&scratch.name()).unwrap());
    let read = reader.read_with_patience(&mut [0], patience());
    assert_eq!(read, Err(RecvTimeoutError::Ended(Ended::Dead)));
}

#[test]
fn a_killed_reader_breaks_the_pipe() {
    let scratch = Scratch::new();
    let mut reader = Running::start(&mut helper(
        "pipe::killed::reads_and_waits",
        &scratch.name(),
    ));
    let mut writer = options().writer(&scratch.name()).unwrap();
    writer.write_all(b"water").unwrap();
    let writing = thread::spawn(move || {
        loop {
            if let Err(error) = writer.write(&[0; 4096]) {
                break error;
            }
        }
    });
    thread::sleep(Duration::from_millis(20));
    reader.kill().killed().expect("it waits");
    let error = writing.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    let why = error.get_ref().unwrap().downcast_ref::<Ended>();
    assert_eq!(why, Some(&Ended::Dead));
    // Nothing is left: the last writer took the name along.
    assert!(!scratch.name().path().exists());
}

#[test]
fn a_pipe_of_the_dead_is_cleared_away() {
    let scratch = Scratch::new();
    let mut ends = ["writes_and_waits", "reads_and_waits"].map(|what| {
        let test = format!("pipe::killed::{what}");
        Running::start(&mut helper(&test, &scratch.name()))
    });
    crate::running::until("both are attached", || {
        let object = Object::open(scratch.name(), Uid::effective()).ok()?;
        let header = aqueduct::open::read_header(&object).ok()?.ok()?;
        let status = aqueduct::open::pipe::status(&object, &header).ok()?;
        (status.writers == 1 && status.is_read).then_some(())
    });
    for end in &mut ends {
        end.kill().killed().expect("it waits");
    }
    let object = Object::open(scratch.name(), Uid::effective()).unwrap();
    let state = Remains::of(&object, LONG).unwrap().state().clone();
    assert!(matches!(state, State::Dead { .. }), "{state:?}");
    // Whoever comes makes it anew.
    let (writer, mut reader) = super::on_name(&scratch.name(), 0);
    drop(writer);
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

/// How many writers are killed at random, and how many in the long form.
const KILLS: usize = 100;
const MANY_KILLS: usize = 10_000;

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn writes_for_ever() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut writer = options().capacity(0).writer(&name).unwrap();
    let (mut random, _) = Random::from_environment();
    loop {
        let piece = piece(1, &mut random);
        if writer.write(&piece).is_err() {
            return;
        }
    }
}

/// Writers are killed at random moments, two at a time: what they wrote is whole.
fn kill_writers(kills: usize) {
    let (mut random, seed) = Random::from_environment();
    let mut came = 0;
    for _ in 0..kills / 2 {
        let scratch = Scratch::new();
        let mut writers = [(); 2].map(|()| {
            let mut command = helper("pipe::killed::writes_for_ever", &scratch.name());
            Running::start(command.env("AQUEDUCT_SEED", random.next().to_string()))
        });
        let mut reader = options().capacity(0).reader(&scratch.name()).unwrap();
        let reading = thread::spawn(move || {
            let mut pieces = 0;
            while let Some(piece) = next_piece(&mut reader) {
                assert!(piece.iter().all(|&byte| byte == 1), "a write is torn");
                pieces += 1;
            }
            pieces
        });
        for writer in &mut writers {
            thread::sleep(Duration::from_micros(random.below(10_000)));
            writer.kill().killed().expect("it writes for ever");
        }
        // If they were killed before they came, the reader waits.
        let _ = options().wait_for_peer(false).writer(&scratch.name());
        came += reading.join().unwrap_or_else(|_| panic!("seed {seed}"));
    }
    assert!(came > 0, "nobody wrote anything; seed {seed}");
}

/// What follows the length of the next write; nothing once a writer is dead, or all have gone.
fn next_piece(reader: &mut Reader) -> Option<Vec<u8>> {
    let mut length = [0; 2];
    match reader.read(&mut length[..1]) {
        Ok(0) => return None,
        Ok(_) => {}
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
            return None;
        }
    }
    reader.read_exact(&mut length[1..]).expect("a whole write");
    let mut piece = vec![0; usize::from(u16::from_le_bytes(length)) - 2];
    reader.read_exact(&mut piece).expect("a whole write");
    Some(piece)
}

#[test]
fn writers_that_are_killed_at_random_leave_whole_writes() {
    kill_writers(KILLS);
}

#[test]
#[ignore = "the long form: 10,000 kills"]
fn many_writers_that_are_killed_leave_whole_writes() {
    kill_writers(MANY_KILLS);
}
