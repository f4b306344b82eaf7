//! The kernel's pipes behind the words of this library, and ends that take turns on any of them.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use aqueduct::kernel::{self, fifo, network};
use aqueduct::pipe::duplex::Duplex;
use aqueduct::pipe::turns::{Listening, Talking};
use aqueduct::threads;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::running::until;
use crate::spec::property;

/// Reads all from one end while the other one writes it.
fn passes(mut writer: impl Write + Send + 'static, mut reader: impl Read) {
    let sent: Vec<u8> = (0..200_000_u32)
        .map(|number| number.to_le_bytes()[0])
        .collect();
    let writing = thread::spawn({
        let sent = sent.clone();
        move || writer.write_all(&sent)
    });
    let mut received = Vec::new();
    reader.read_to_end(&mut received).unwrap();
    writing.join().unwrap().unwrap();
    assert!(received == sent);
}

#[test]
fn bytes_pass_through_each() {
    let (writer, reader) = kernel::pipe().unwrap();
    passes(writer, reader);
    let (one, other) = kernel::socket_pair().unwrap();
    passes(one, other);
    let (listener, address) = network::listen().unwrap();
    let one = network::connect(address).unwrap();
    passes(one, network::accept(&listener).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    fifo::create(&path, 0o600).unwrap();
    let opening = thread::spawn({
        let path = path.clone();
        move || fifo::writer(path).unwrap()
    });
    let reader = fifo::reader(&path).unwrap();
    passes(opening.join().unwrap(), reader);
}

#[test]
fn each_mistake_has_its_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    let missing = [fifo::reader(&path).map(drop), fifo::writer(&path).map(drop)];
    for error in missing.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    fs::write(&path, "a file").unwrap();
    let files = [fifo::reader(&path).map(drop), fifo::writer(&path).map(drop)];
    for error in files.map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("is no named pipe"), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), b"a file", "it was left as it is");
    let taken = fifo::create(&path, 0o600).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AlreadyExists);
    let (listener, address) = network::listen().unwrap();
    drop(listener);
    // A child of another test may have it for a moment, before it executes its program.
    let refused = until("nobody listens", || network::connect(address).err());
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_child_inherits_an_end_of_an_ordinary_pipe() {
    let (mut writer, reader) = kernel::pipe().unwrap();
    let mut child = Command::new("tr");
    child.args(["a-z", "A-Z"]).stdin(Stdio::from(reader));
    let child = child.stdout(Stdio::piped()).spawn().unwrap();
    writer.write_all(b"water").unwrap();
    drop(writer);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"WATER");
}

/// Two pipes, one there and one back, as the ends of a channel.
fn crossed<W, R>((to, there): (W, R), (back, here): (W, R)) -> (Duplex<R, W>, Duplex<R, W>) {
    let one = Duplex {
        reader: here,
        writer: to,
    };
    let other = Duplex {
        reader: there,
        writer: back,
    };
    (one, other)
}

/// The two ends of a channel of each kind that goes both ways.
fn both_ways<R>(mut run: impl FnMut(Box<dyn Channel>, Box<dyn Channel>) -> R) -> Vec<R> {
    let (one, other) = crossed(threads::pipe(0).unwrap(), threads::pipe(0).unwrap());
    let mut answers = vec![run(Box::new(one), Box::new(other))];
    let (one, other) = crossed(kernel::pipe().unwrap(), kernel::pipe().unwrap());
    answers.push(run(Box::new(one), Box::new(other)));
    let (one, other) = kernel::socket_pair().unwrap();
    answers.push(run(Box::new(one), Box::new(other)));
    let (listener, address) = network::listen().unwrap();
    let one = network::connect(address).unwrap();
    let other = network::accept(&listener).unwrap();
    answers.push(run(Box::new(one), Box::new(other)));
    answers
}

trait Channel: Read + Write + Send {}
impl<C: Read + Write + Send> Channel for C {}

#[test]
fn full_duplex_goes_both_ways_at_once() {
    both_ways(|mut one, mut other| {
        // Both write before either reads.
        one.write_all(b"there").unwrap();
        other.write_all(b"back").unwrap();
        let (mut there, mut back) = ([0; 5], [0; 4]);
        other.read_exact(&mut there).unwrap();
        one.read_exact(&mut back).unwrap();
        assert_eq!((&there, &back), (b"there", b"back"));
    });
}

/// Two tell each other the turns of a script, in turns.
fn converse(one: Box<dyn Channel>, other: Box<dyn Channel>, script: &[Vec<u8>]) -> io::Result<()> {
    let mut talking = Talking::new(one);
    let mut listening = Listening::new(other);
    for said in script {
        let turn = thread::scope(|scope| {
            let speaking = scope.spawn(move || {
                talking.write_all(said)?;
                talking.over()
            });
            let mut heard = Vec::new();
            listening.read_to_end(&mut heard)?;
            assert!(&heard == said);
            let next = speaking.join().expect("it does not panic")?;
            Ok::<_, io::Error>((listening.talk().ok().expect("it is over"), next))
        });
        (talking, listening) = turn?;
    }
    Ok(())
}

property! {
    fn who_talks_is_heard_in_turns(
        script in vec(vec(any::<u8>(), 0..9_000), 0..4),
    ) {
        for conversed in both_ways(|one, other| converse(one, other, &script)) {
            conversed?;
        }
    }
}

#[test]
fn who_listens_waits_for_its_turn() {
    both_ways(|one, other| {
        let mut talking = Talking::new(one);
        let mut listening = Listening::new(other);
        talking.write_all(b"water").unwrap();
        assert_eq!(talking.write(b"").unwrap(), 0, "it does not say over");
        let mut bytes = [0; 3];
        listening.read_exact(&mut bytes).unwrap();
        let mut listening = listening.talk().err().expect("it is not over");
        // The channel ends within the turn.
        drop(talking);
        let mut rest = Vec::new();
        let error = listening.read_to_end(&mut rest).unwrap_err();
        assert_eq!(
            (&rest[..], error.kind()),
            (&b"er"[..], ErrorKind::UnexpectedEof)
        );
    });
}
