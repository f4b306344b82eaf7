//! Pipes between processes: who opens first, whole writes of several, and each mistake.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use aqueduct::link::Role;
use aqueduct::open::pipe::{Options, Status, status};
use aqueduct::open::{self, AttachError, Remains, RemoveError, State, read_header};
use aqueduct::pipe::ATOMIC;
use aqueduct::place::header::HeaderError;
use aqueduct::shm::{Name, Object, Uid};

use super::on_name;
use crate::running::{LONG, Random, Running};
use crate::scratch::Scratch;
use crate::shm::{helper, name_for_helper};

/// How many write at the same time, and how often each of them does.
const WRITERS: u8 = 3;
const WRITES: usize = 2_000;

pub fn options() -> Options {
    Options::new().timeout(Some(LONG))
}

/// A write: its length in two bytes, and the rest all the same.
pub fn piece(of: u8, random: &mut Random) -> Vec<u8> {
    let length = 3 + usize::try_from(random.below(ATOMIC as u64 - 2)).unwrap();
    let mut piece = vec![of; length];
    piece[..2].copy_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
    piece
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn writes_pieces() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let mut writer = options().writer(&name).unwrap();
    let (mut random, seed) = Random::from_environment();
    for _ in 0..WRITES {
        let piece = piece(u8::try_from(seed).unwrap(), &mut random);
        assert_eq!(writer.write(&piece).unwrap(), piece.len());
    }
}

#[test]
fn writes_of_several_processes_are_not_torn() {
    let scratch = Scratch::new();
    let mut writers: Vec<_> = (1..=WRITERS)
        .map(|number| {
            let mut command = helper("pipe::processes::writes_pieces", &scratch.name());
            Running::start(command.env("AQUEDUCT_SEED", number.to_string()))
        })
        .collect();
    let here = options().capacity(1 << 15).reader(&scratch.name());
    let mut reader = here.unwrap_or_else(|_| options().reader(&scratch.name()).unwrap());
    let mut counts = [0; WRITERS as usize + 1];
    let mut length = [0; 2];
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < 2 * LONG, "only {counts:?} came");
        // The first writers may have left before the others come.
        match reader.read(&mut length[..1]).unwrap() {
            0 if counts.iter().sum::<usize>() < usize::from(WRITERS) * WRITES => {
                thread::sleep(Duration::from_millis(1));
                continue;
            }
            0 => break,
            _ => reader.read_exact(&mut length[1..]).unwrap(),
        }
        let mut piece = vec![0; usize::from(u16::from_le_bytes(length)) - 2];
        reader.read_exact(&mut piece).unwrap();
        let of = piece[0];
        assert!(piece.iter().all(|&byte| byte == of), "a write is torn");
        counts[usize::from(of)] += 1;
    }
    assert_eq!(counts, [0, WRITES, WRITES, WRITES]);
    for writer in &mut writers {
        writer.wait().expect(0);
    }
    drop(reader);
    assert!(!scratch.name().path().exists(), "the name is left");
}

#[test]
fn whoever_comes_first_waits_for_the_other_end() {
    for reader_first in [true, false] {
        let scratch = Scratch::new();
        let name = scratch.name();
        let later = move || thread::sleep(Duration::from_millis(30 * u64::from(reader_first)));
        let writing = thread::spawn({
            let name = name.clone();
            move || {
                later();
                let mut writer = options().writer(&name).unwrap();
                writer.write_all(b"water").unwrap();
            }
        });
        if !reader_first {
            thread::sleep(Duration::from_millis(30));
        }
        let mut text = String::new();
        let mut reader = options().reader(&name).unwrap();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "water");
        writing.join().unwrap();
    }
}

#[test]
fn an_end_that_stays_alone_says_so_and_leaves_nothing() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let brief = Options::new().timeout(Some(Duration::from_millis(5)));
    let alone = [
        brief.writer(&name).map(drop),
        brief.reader(&name).map(drop),
        brief.writer(&name).map(drop),
    ];
    for (end, role) in alone
        .into_iter()
        .zip([Role::Sender, Role::Receiver, Role::Sender])
    {
        match end {
            Err(AttachError::Alone { role: found, .. }) => assert_eq!(found, role),
            other => panic!("{other:?}"),
        }
        assert!(!name.path().exists(), "the name is left");
    }
}

#[test]
fn each_mistake_has_its_error() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let (writer, reader) = on_name(&name, 1 << 14);
    let second = options().reader(&name);
    let Err(AttachError::SeatTaken { role, .. }) = second.map(drop) else {
        panic!("two read");
    };
    assert_eq!(role, Role::Receiver);
    let other = options().capacity(1 << 15).writer(&name).map(drop);
    assert!(matches!(
        other,
        Err(AttachError::Mismatch {
            source: HeaderError::Capacity {
                found: 16_384,
                expected: 32_768
            },
            ..
        })
    ));
    // It is no link, and no mailbox.
    let link = open::Options::new().sender::<u8>(&name).map(drop);
    assert!(
        matches!(link, Err(AttachError::Mismatch { .. })),
        "{link:?}"
    );
    let mailbox = open::mailbox::Options::new().open::<u8>(&name).map(drop);
    assert!(matches!(mailbox, Err(AttachError::Mismatch { .. })));
    let in_use = open::remove(&Object::open(name.clone(), Uid::effective()).unwrap());
    assert!(matches!(in_use, Err(RemoveError::Attached { .. })));
    drop((writer, reader));
    // A link is no pipe.
    let link = open::Options::new().sender::<u8>(&name).unwrap();
    let pipe = options().writer(&name).map(drop);
    assert!(matches!(
        pipe,
        Err(AttachError::Mismatch {
            source: HeaderError::Kind { .. },
            ..
        })
    ));
    link.end().remove_name().unwrap();
    // A file that is none of ours.
    fs::write(name.path(), [0; 4096]).unwrap();
    let foreign = options().reader(&name).map(drop);
    assert!(matches!(foreign, Err(AttachError::NotOurs { .. })));
}

#[test]
fn a_pipe_is_its_ends() {
    let scratch = Scratch::new();
    let name = scratch.name();
    let look = |name: &Name| -> (Status, State) {
        let object = Object::open(name.clone(), Uid::effective()).unwrap();
        let header = read_header(&object).unwrap().unwrap();
        let state = Remains::of(&object, LONG).unwrap().state().clone();
        (status(&object, &header).unwrap(), state)
    };
    let (mut writer, reader) = on_name(&name, 0);
    let also = writer.clone();
    let third = options().writer(&name).unwrap();
    let (status, state) = look(&name);
    let expected = Status {
        capacity: 2 * ATOMIC as u64,
        writers: 2,
        is_read: true,
    };
    assert_eq!(status, expected);
    assert!(matches!(state, State::Attached { .. }));
    drop((also, third));
    assert_eq!(look(&name).0.writers, 1);
    // The reader takes the name along, and another pipe has it.
    drop(reader);
    let (next, mut reader) = on_name(&name, 0);
    assert_eq!(
        writer.write(b"x").unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    drop(next);
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

#[test]
fn one_writer_more_may_come_after_the_end() {
    let scratch = Scratch::new();
    let (writer, mut reader) = on_name(&scratch.name(), 0);
    drop(writer);
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
    let mut writer = options().writer(&scratch.name()).unwrap();
    writer.write_all(b"x").unwrap();
    assert_eq!(reader.read(&mut [0]).unwrap(), 1);
    drop(writer);
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}
