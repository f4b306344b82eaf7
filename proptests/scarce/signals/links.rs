//! The waits of links.

use aqueduct::link::{RecvTimeoutError, SendTimeoutError, bytes, records};
use aqueduct::open::{Options, Receiver, Sender};
use aqueduct::place::header::Kind;
use aqueduct::position::Capacity;
use aqueduct::shm::Name;
use aqueduct::threads;

use super::{WAIT, Wait, in_vain, later};
use crate::running::patience;

pub const WAITS: &[Wait] = &[
    ("a message", |name| {
        let (mut sender, mut receiver) = ends(name);
        later(
            move || sender.send(7).map(|()| sender),
            || assert_eq!(receiver.recv(), Ok(7)),
        );
    }),
    ("room for a message", |name| {
        let (mut sender, mut receiver) = full(name);
        later(
            move || receiver.recv().map(|_| receiver),
            || assert_eq!(sender.send(2), Ok(())),
        );
    }),
    ("a message that does not come", |name| {
        let (_sender, mut receiver) = ends(name);
        let received = in_vain(|_| receiver.recv_timeout(WAIT));
        assert_eq!(received, Err(RecvTimeoutError::TimedOut));
    }),
    ("room that is not made", |name| {
        let (mut sender, _receiver) = full(name);
        let sent = in_vain(|_| sender.send_timeout(2, WAIT));
        assert_eq!(sent, Err(SendTimeoutError::TimedOut(2)));
    }),
    ("a sender", |name| {
        let receiver = Options::new().receiver::<u64>(name).expect("a seat");
        let come = || Options::new().sender::<u64>(name);
        later(come, || {
            assert_eq!(receiver.wait_for_sender(patience()), Ok(()));
        });
    }),
    ("the first sender", |name| {
        let receiver = Options::new().receiver::<u64>(name).expect("a seat");
        let come = || Options::new().sender::<u64>(name);
        later(come, || {
            assert_eq!(receiver.wait_for_first_sender(patience()), Ok(()));
        });
    }),
    ("a receiver", |name| {
        let sender = Options::new().sender::<u64>(name).expect("a seat");
        let come = || Options::new().receiver::<u64>(name);
        later(come, || {
            assert_eq!(sender.wait_for_receiver(patience()), Ok(()));
        });
    }),
    ("the first receiver", |name| {
        let sender = Options::new().sender::<u64>(name).expect("a seat");
        let come = || Options::new().receiver::<u64>(name);
        later(come, || {
            assert_eq!(sender.wait_for_first_receiver(patience()), Ok(()));
        });
    }),
    ("that all was received", |name| {
        let (mut sender, mut receiver) = full(name);
        later(
            move || receiver.recv().map(|_| receiver),
            || assert_eq!(sender.wait_until_received(patience()), Ok(())),
        );
    }),
    ("a batch", |name| {
        let (mut sender, mut receiver) = ends(name);
        later(
            move || sender.send(7).map(|()| sender),
            || {
                let received = receiver.recv_batch(patience(), |batch| {
                    batch.read(1, |messages| {
                        assert_eq!(messages, [7]);
                        1
                    })
                });
                assert_eq!(received, Ok(Ok(1)));
            },
        );
    }),
    ("room for a batch", |name| {
        let (mut sender, mut receiver) = full(name);
        later(
            move || receiver.recv().map(|_| receiver),
            || {
                let sent = sender.send_batch(1, patience(), |batch| batch.push_slice(&[2]));
                assert_eq!(sent, Ok(Ok(1)));
            },
        );
    }),
    ("bytes", |name| {
        let (mut sender, mut receiver) = of_bytes(name, Kind::Bytes);
        let come = move || {
            let sent = bytes::send_with(&mut sender, 5, patience(), |free| {
                free.copy_from_slice(b"water");
                Ok::<_, ()>(5)
            });
            sent.map(|_| sender)
        };
        later(come, || {
            let received = bytes::recv_with(&mut receiver, 5, patience(), |bytes| {
                assert_eq!(bytes, b"water");
                Ok::<_, ()>(5)
            });
            assert_eq!(received, Ok(Ok(5)));
        });
    }),
    ("room for bytes", |name| {
        let (mut sender, mut receiver) = of_bytes(name, Kind::Bytes);
        let fill = |sender: &mut Sender<u8>, bytes| {
            bytes::send_with(sender, BYTES, patience(), |free| {
                free.fill(7);
                Ok::<_, ()>(bytes)
            })
        };
        assert_eq!(fill(&mut sender, BYTES), Ok(Ok(BYTES)));
        let come = move || {
            let received = bytes::recv_with(&mut receiver, 1, patience(), |_| Ok::<_, ()>(1));
            received.map(|_| receiver)
        };
        later(come, || assert_eq!(fill(&mut sender, 1), Ok(Ok(1))));
    }),
    ("a record", |name| {
        let (mut sender, mut receiver) = of_bytes(name, Kind::Records);
        later(
            move || records::send(&mut sender, b"water", patience()).map(|()| sender),
            || {
                let mut record = Vec::new();
                let received = records::recv(&mut receiver, &mut record, patience());
                assert_eq!(received, Ok(()));
                assert_eq!(record, b"water");
            },
        );
    }),
    ("room for a record", |name| {
        let (mut sender, mut receiver) = of_bytes(name, Kind::Records);
        let record = [7; BYTES - 4];
        records::send(&mut sender, &record, patience()).expect("there is room");
        let come = move || {
            let mut record = Vec::new();
            records::recv(&mut receiver, &mut record, patience()).map(|()| receiver)
        };
        later(come, || {
            assert_eq!(records::send(&mut sender, &record, patience()), Ok(()));
        });
    }),
    ("a record that does not come", |name| {
        let (_sender, mut receiver) = of_bytes(name, Kind::Records);
        let received = in_vain(|patience| records::recv(&mut receiver, &mut Vec::new(), patience));
        assert_eq!(received, Err(RecvTimeoutError::TimedOut));
    }),
    ("a message of a thread", |_| {
        let (mut sender, mut receiver) = threads::bounded(1).expect("a capacity");
        later(
            move || sender.send(7).map(|()| sender),
            || assert_eq!(receiver.recv(), Ok(7)),
        );
    }),
    ("room for a message to a thread", |_| {
        let (mut sender, mut receiver) = threads::bounded(1).expect("a capacity");
        sender.send(1).expect("there is room");
        later(
            move || receiver.recv().map(|_| receiver),
            || assert_eq!(sender.send(2), Ok(())),
        );
    }),
];

/// How much a link of bytes holds.
const BYTES: usize = 16;

fn ends(name: &Name) -> (Sender<u64>, Receiver<u64>) {
    let options = Options::new().capacity(Capacity::new(1).expect("a capacity"));
    let sender = options.sender(name).expect("a seat");
    (sender, options.receiver(name).expect("a seat"))
}

fn full(name: &Name) -> (Sender<u64>, Receiver<u64>) {
    let (mut sender, receiver) = ends(name);
    sender.send(1).expect("there is room");
    (sender, receiver)
}

fn of_bytes(name: &Name, kind: Kind) -> (Sender<u8>, Receiver<u8>) {
    let options = Options::new().capacity(Capacity::new(BYTES).expect("a capacity"));
    let sender = options.byte_sender(name, kind).expect("a seat");
    (sender, options.byte_receiver(name, kind).expect("a seat"))
}
