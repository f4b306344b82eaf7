//! The waits of pipes, of sealed links, and for the gate of an object.

use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;

use aqueduct::link::RecvTimeoutError;
use aqueduct::open;
use aqueduct::open::mailbox::Options as Mailboxes;
use aqueduct::open::pipe::{self, Reader, Writer};
use aqueduct::open::sealed::{Options, SealedError};
use aqueduct::position::Capacity;
use aqueduct::shm::{HandOverError, Name, Object, Uid};
use aqueduct::threads;

use super::super::text;
use super::{HANDLED, WAIT, Wait, in_vain, later, while_signals_come};
use crate::running::LONG;
use crate::sealed::pair;

pub const WAITS: &[Wait] = &[
    ("bytes of a pipe", |name| {
        let (mut writer, mut reader) = both_ends(name);
        later(
            move || writer.write_all(b"water").map(|()| writer),
            || {
                let mut read = [0; 5];
                assert!(reader.read_exact(&mut read).is_ok());
                assert_eq!(&read, b"water");
            },
        );
    }),
    ("a line of a pipe", |name| {
        let (mut writer, mut reader) = both_ends(name);
        later(
            move || writer.write_all(b"water\n").map(|()| writer),
            || {
                let mut line = String::new();
                reader.read_line(&mut line).expect("it is text");
                assert_eq!(line, "water\n");
            },
        );
    }),
    ("bytes that do not come", |name| {
        let (_writer, mut reader) = both_ends(name);
        let read = in_vain(|patience| reader.read_with_patience(&mut [0], patience));
        assert_eq!(read, Err(RecvTimeoutError::TimedOut));
    }),
    ("room in a pipe", |name| {
        let (mut writer, mut reader) = both_ends(name);
        let all = vec![7; 100_000];
        let read = move || {
            let mut read = vec![0; 100_000];
            reader.read_exact(&mut read).map(|()| read)
        };
        later(read, || assert!(writer.write_all(&all).is_ok()));
    }),
    ("a pipe's writer", |name| {
        later(
            || pipe::Options::new().writer(name),
            || pipe::Options::new().reader(name).expect("a writer comes"),
        );
    }),
    ("a pipe's reader", |name| {
        later(
            || pipe::Options::new().reader(name),
            || pipe::Options::new().writer(name).expect("a reader comes"),
        );
    }),
    ("bytes of a thread", |_| {
        let (mut writer, mut reader) = threads::pipe(8192).expect("a capacity");
        later(
            move || writer.write_all(b"water").map(|()| writer),
            || {
                let mut read = [0; 5];
                assert!(reader.read_exact(&mut read).is_ok());
            },
        );
    }),
    ("who accepts a receiver, and then a message", |_| {
        let [here, there] = pair();
        let accept = move || {
            let mut receiver = options().accept_receiver::<u64>(there).map_err(text)?;
            receiver.recv().map_err(text)?;
            thread::sleep(WAIT);
            receiver.recv().map_err(text)?;
            Ok::<_, String>(receiver)
        };
        later(accept, || {
            let mut sender = options().offer_receiver::<u64>(here).expect("a link");
            for message in 0..3 {
                sender.send(message).expect("there will be room");
            }
            sender
        });
    }),
    ("who accepts a sender", |_| {
        let [here, there] = pair();
        let accept = move || options().accept_sender::<u64>(there);
        later(accept, || {
            options().offer_sender::<u64>(here).expect("a link")
        });
    }),
    ("who offers a receiver, and then a message", |_| {
        let [here, there] = pair();
        let offer = move || {
            let mut sender = options().offer_receiver::<u64>(there).map_err(text)?;
            thread::sleep(WAIT);
            sender.send(7).map_err(text)?;
            Ok::<_, String>(sender)
        };
        later(offer, || {
            let mut receiver = options().accept_receiver::<u64>(here).expect("a link");
            assert_eq!(receiver.recv(), Ok(7));
        });
    }),
    ("who offers a sender", |_| {
        let [here, there] = pair();
        let offer = move || options().offer_sender::<u64>(there);
        later(offer, || {
            options().accept_sender::<u64>(here).expect("a link")
        });
    }),
    ("who says nothing", |_| {
        let soon = options().timeout(WAIT);
        let error = in_vain(|_| {
            let [here, _there] = pair();
            soon.accept_sender::<u64>(here).err()
        });
        let timed_out = matches!(error, Some(SealedError::HandOver(HandOverError::TimedOut)));
        assert!(timed_out, "{error:?}");
    }),
    ("a gate", |name| {
        let object = new_object(name);
        while_it_is_held(&object, |other| {
            drop(other.lock_gate().expect("it is free"));
        });
    }),
    ("a gate, not for ever", |name| {
        let object = new_object(name);
        while_it_is_held(&object, |other| {
            drop(other.lock_gate_within(Some(LONG)).expect("it is free"));
        });
    }),
    ("a gate that is not free in time", |name| {
        let object = new_object(name);
        let _gate = object.lock_gate().expect("it is free");
        let other = Object::open(name.clone(), Uid::effective()).expect("it is there");
        let late = in_vain(|_| other.lock_gate_within(Some(WAIT)).map(drop));
        let late = late.map_err(|error| error.kind());
        assert_eq!(late, Err(std::io::ErrorKind::TimedOut));
    }),
    ("who just attaches: to attach", |name| {
        let end = open::Options::new().sender::<u64>(name).expect("a seat");
        while_it_is_held(end.end().object(), |_| {
            open::Options::new().receiver::<u64>(name).expect("a seat");
        });
    }),
    ("who just attaches: to remove a name", |name| {
        let end = open::Options::new().sender::<u64>(name).expect("a seat");
        while_it_is_held(end.end().object(), |_| {
            assert_eq!(end.end().remove_name().ok(), Some(true));
        });
    }),
    ("who just attaches: to remove a mailbox's name", |name| {
        let post = Mailboxes::new().create::<u64>(name).expect("a free name");
        while_it_is_held(post.object(), |_| {
            assert_eq!(post.remove_name().ok(), Some(true));
        });
    }),
];

fn both_ends(name: &Name) -> (Writer, Reader) {
    let options = pipe::Options::new().capacity(8192).wait_for_peer(false);
    let reader = options.reader(name).expect("a free name");
    (options.writer(name).expect("it is there"), reader)
}

/// A link of one message.
fn options() -> Options {
    let one = Capacity::new(1).expect("a capacity");
    Options::new().timeout(LONG).capacity(one)
}

fn new_object(name: &Name) -> Object {
    Object::create(name.clone(), 4096, 0o600, |_| ()).expect("a free name")
}

/// Waits while another thread holds the gate of an object, until some signals have come.
fn while_it_is_held<K>(object: &Object, wait: impl FnOnce(&Object) -> K) {
    let other = Object::open(object.name().clone(), Uid::effective()).expect("it is there");
    let (held, hold) = mpsc::channel();
    let is_let_go = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let gate = object.lock_gate().expect("it is free");
            let before = HANDLED.load(Relaxed);
            held.send(()).expect("somebody waits for it");
            while_signals_come(before);
            is_let_go.store(true, Relaxed);
            drop(gate);
        });
        hold.recv().expect("it is held");
        wait(&other);
        assert!(is_let_go.load(Relaxed), "it did not wait");
    });
}
