//! Between honest peers a sealed link is a link.

use std::os::fd::AsRawFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::Duration;

use aqueduct::link::{
    End as _, Ended, RecvTimeoutError, TryRecvError, TrySendError, bytes, records,
};
use aqueduct::open::sealed::{Receiver, Sender};
use aqueduct::place::Plain;
use aqueduct::place::header::Kind;
use aqueduct::position::Capacity;
use nix::sys::socket::{MsgFlags, send};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{ends, helper, options, pair, socket_for_helper};
use crate::running::{Running, patience};
use crate::spec::Queue;

/// Who makes the link, and whether its messages lie in memory of their own.
const WAYS: [(bool, bool); 3] = [(true, false), (false, false), (true, true)];

fn both<T: Plain>(
    (maker_sends, read_only): (bool, bool),
    capacity: usize,
) -> (Sender<T>, Receiver<T>) {
    let options = options().capacity(Capacity::new(capacity).expect("a capacity"));
    let options = if read_only {
        options.read_only()
    } else {
        options
    };
    ends(maker_sends, &options).expect("a link")
}

/// What is done to a link.
#[derive(Clone, Debug)]
enum Op {
    Send(u64),
    SendMany(Vec<u64>),
    Receive,
    ReceiveMany(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        any::<u64>().prop_map(Op::Send),
        vec(any::<u64>(), 0..9).prop_map(Op::SendMany),
        Just(Op::Receive),
        (0..9_usize).prop_map(Op::ReceiveMany),
    ]
}

proptest! {
    // A link for each case, with two threads that watch.
    #![proptest_config(crate::spec::config(200))]
    #[test]
    fn it_is_a_bounded_buffer(
        way in prop::sample::select(&WAYS[..]),
        capacity in 1..=9_usize,
        script in vec(op(), 0..60),
    ) {
        let (mut sender, mut receiver) = both::<u64>(way, capacity);
        let mut queue = Queue::new(capacity, 0);
        for op in script {
            match op {
                Op::Send(message) => {
                    let sent = sender.try_send(message);
                    let expected = queue.push(message);
                    prop_assert_eq!(sent, if expected { Ok(()) } else { Err(TrySendError::Full(message)) });
                }
                Op::SendMany(messages) => {
                    let room = queue.push_all(&messages);
                    let sent = sender.send_batch(0, patience(), |batch| batch.push_slice(&messages));
                    prop_assert_eq!(sent, Ok(Ok(room)));
                }
                Op::Receive => {
                    let expected = queue.pop();
                    prop_assert_eq!(receiver.try_recv().ok(), expected);
                }
                Op::ReceiveMany(most) => {
                    let expected = queue.pop_all(most);
                    let seen = if expected.is_empty() {
                        Vec::new()
                    } else {
                        let mut seen = Vec::new();
                        let read = receiver.recv_batch(patience(), |incoming| {
                            while seen.len() < most {
                                let more = incoming.read(most - seen.len(), |run| {
                                    seen.extend_from_slice(run);
                                    run.len()
                                });
                                if more.expect("it is sound") == 0 {
                                    break;
                                }
                            }
                        });
                        read.expect("there are messages");
                        seen
                    };
                    prop_assert_eq!(seen, expected);
                }
            }
        }
    }
}

#[test]
fn a_goodbye_ends_it_after_the_last_message() {
    for way in WAYS {
        let (mut sender, mut receiver) = both::<[u16; 5]>(way, 4);
        sender.send([7; 5]).expect("there is room");
        drop(sender);
        assert_eq!(receiver.recv(), Ok([7; 5]));
        assert_eq!(receiver.recv(), Err(Ended::Closed));

        let (mut sender, receiver) = both::<u8>(way, 1);
        sender.send(1).expect("there is room");
        drop(receiver);
        let error = sender.send(2).expect_err("nobody receives it");
        assert_eq!((error.message, error.why), (2, Ended::Closed));
    }
}

#[test]
fn one_that_unwinds_is_dead() {
    let (sender, mut receiver) = both::<u8>((true, false), 1);
    let unwound = thread::spawn(move || {
        let _sender = sender;
        std::panic::resume_unwind(Box::new(()));
    });
    assert_eq!(receiver.recv(), Err(Ended::Dead));
    assert!(unwound.join().is_err());
}

#[test]
fn it_carries_bytes_and_records() {
    for way in WAYS {
        let options = options().capacity(Capacity::new(64).expect("a capacity"));
        let options = if way.1 { options.read_only() } else { options };
        let (mut sender, mut receiver) =
            ends::<u8>(way.0, &options.clone().kind(Kind::Bytes)).expect("a link");
        let text = b"water flows";
        let sent = bytes::send_with(&mut sender, 11, patience(), |free| {
            free[..11].copy_from_slice(text);
            Ok::<_, ()>(11)
        });
        assert_eq!(sent, Ok(Ok(11)));
        let received = bytes::recv_with(&mut receiver, 99, patience(), |there| {
            assert_eq!(there, text);
            Ok::<_, ()>(there.len())
        });
        assert_eq!(received, Ok(Ok(11)));

        let (mut sender, mut receiver) =
            ends::<u8>(way.0, &options.kind(Kind::Records)).expect("a link");
        let mut record = Vec::new();
        for length in (0..=60).cycle().take(200) {
            let sent: Vec<u8> = (1..).take(length).collect();
            records::send(&mut sender, &sent, patience()).expect("there is room");
            records::recv(&mut receiver, &mut record, patience()).expect("it is there");
            assert_eq!(record, sent);
        }
    }
}

#[test]
fn a_socket_may_be_non_blocking_and_have_timeouts() {
    let [here, there] = pair();
    for socket in [&here, &there] {
        socket.set_nonblocking(true).expect("a socket");
        let soon = Some(Duration::from_millis(1));
        socket.set_read_timeout(soon).expect("a socket");
    }
    let other = thread::spawn(move || {
        let mut receiver = options().accept_receiver::<u8>(there).expect("a link");
        // The watch sleeps meanwhile.
        receiver.recv()
    });
    let mut sender = options().offer_receiver::<u8>(here).expect("a link");
    thread::sleep(Duration::from_millis(30));
    sender.send(7).expect("it waits");
    assert_eq!(other.join().expect("it does not panic"), Ok(7));
}

#[test]
fn what_cannot_be_heard_is_no_goodbye() {
    let [here, there] = pair();
    let quiet = there.try_clone().expect("a second descriptor");
    let other = thread::spawn(move || options().accept_sender::<u8>(there).expect("a link"));
    let mut receiver = options().offer_sender::<u8>(here).expect("a link");
    let mut sender = other.join().expect("it does not panic");
    // A byte out of band is there, and cannot be read.
    send(quiet.as_raw_fd(), b"x", MsgFlags::MSG_OOB).expect("this kernel has it");
    sender.send(7).expect("there is room");
    assert_eq!(receiver.recv(), Ok(7));
    let nothing = receiver.recv_timeout(Duration::from_millis(20));
    assert_eq!(nothing, Err(RecvTimeoutError::TimedOut));
    drop(quiet);
    drop(sender);
    let ended = receiver.recv();
    assert!(
        matches!(ended, Err(Ended::Closed | Ended::Dead)),
        "{ended:?}"
    );
}

#[test]
fn messages_of_no_bytes_pass() {
    let (mut sender, mut receiver) = both::<()>((true, false), 1 << 40);
    let sent = sender.send_batch(1, patience(), |batch| batch.push_slice(&[(); 200_000]));
    assert_eq!(sent, Ok(Ok(200_000)));
    let mut count = 0;
    let read = receiver.recv_batch(patience(), |incoming| {
        while let Ok(more @ 1..) = incoming.read(usize::MAX, <[()]>::len) {
            count += more;
        }
    });
    assert_eq!((read, count), (Ok(()), 200_000));
}

#[test]
fn many_bytes_are_copied_in_runs() {
    let (mut sender, mut receiver) = both::<u8>((true, true), 1 << 20);
    let bytes: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let sent = sender.send_batch(1, patience(), |batch| batch.push_slice(&bytes));
    assert_eq!(sent, Ok(Ok(bytes.len())));
    let mut longest = 0;
    let mut seen = Vec::new();
    let mut copy = |run: &[u8]| {
        longest = longest.max(run.len());
        seen.extend_from_slice(run);
        run.len()
    };
    let read = receiver.recv_batch(patience(), |incoming| {
        while let Ok(1..) = incoming.read(usize::MAX, &mut copy) {}
    });
    assert_eq!(read, Ok(()));
    assert!(seen == bytes && longest <= 1 << 16, "a run of {longest}");
}

#[test]
fn nothing_is_there_before_it_is_sent() {
    let (_sender, mut receiver) = both::<u64>((true, false), 3);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let timed_out = receiver.recv_timeout(Duration::from_millis(5));
    assert_eq!(timed_out, Err(RecvTimeoutError::TimedOut));
}

/// In a helper: sends back what it receives.
#[test]
#[ignore = "helper process, spawned by its parent test"]
fn echoes() {
    let Some(socket) = socket_for_helper() else {
        return;
    };
    let address = socket.peer_addr().expect("its address");
    let again = || UnixStream::connect_addr(&address).expect("it listens");
    let mut receiver: Receiver<u64> = options().accept_receiver(again()).expect("a link");
    let mut sender: Sender<u64> = options().accept_sender(again()).expect("a link");
    while let Ok(message) = receiver.recv() {
        sender.send(message).expect("the parent receives");
    }
}

#[test]
fn another_process_sends_back_what_it_was_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a socket with a name");
    let first = UnixStream::connect(&path).expect("it listens");
    let _ = listener.accept().expect("the one above");
    let mut echo = Running::start(&mut helper("sealed::handed::echoes", first));
    let capacity = Capacity::new(5).expect("a capacity");
    let connected = || listener.accept().expect("the helper connects").0;
    let offered = options().capacity(capacity).read_only();
    let mut there = offered.offer_receiver::<u64>(connected()).expect("a link");
    let offered = options().capacity(capacity);
    let mut back = offered.offer_sender::<u64>(connected()).expect("a link");
    let number = echo.pid().cast_signed();
    assert_eq!(there.end().peer().pid(), number);
    assert_eq!(back.end().peer().pid(), number);
    assert_eq!(there.end().capacity(), capacity);
    let count = 20_000_u64;
    thread::scope(|scope| {
        scope.spawn(|| {
            for message in 0..count {
                there.send(message).expect("it receives");
            }
        });
        for message in 0..count {
            assert_eq!(back.recv(), Ok(message));
        }
    });
    drop(there);
    echo.wait();
    assert_eq!(back.recv(), Err(Ended::Closed));
}
