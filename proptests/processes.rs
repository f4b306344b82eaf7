//! Two real processes: what goes through a helper and back is what was sent, in order, however
//! each side cuts it up.
//!
//! A helper serves many cases, over one pair of links; after a failure the next case gets a new
//! one, so that it begins with nothing left over.

use std::cell::RefCell;
use std::process::{Child, ExitStatus};
use std::thread;

use aqueduct::link::{Ended, RecvTimeoutError, records};
use aqueduct::open::{Options, Receiver, Sender};
use aqueduct::position::Capacity;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::named::wire::{Bytes, Records, Structure, Structures, Wire};
use crate::running::patience;
use crate::shm::{Scratch, helper, name_for_helper, suffixed};
use crate::spec::{CASES, config};

/// A helper process, and this process's ends of the link there and the link back.
struct Peer<W: Wire> {
    there: Sender<W::Message>,
    back: Receiver<W::Message>,
    child: Running,
    _names: [Scratch; 3],
}

/// A child that is killed when it is not waited for.
struct Running(Option<Child>);

impl Running {
    fn wait(mut self) -> ExitStatus {
        let mut child = self.0.take().expect("it is waited for once");
        child.wait().expect("it is our child")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl<W: Wire> Peer<W> {
    fn start(helper_name: &str, capacity: usize) -> Self {
        let base = Scratch::new();
        let names = [base.with_suffix("there"), base.with_suffix("back")];
        let capacity = Capacity::new(capacity).expect("a small capacity");
        let options = Options::new().capacity(capacity);
        let there = W::sender(&options, &names[0].name()).expect("the name is free");
        let back = W::receiver(&options, &names[1].name()).expect("the name is free");
        let child = helper(helper_name, &base.name()).spawn();
        let child = Running(Some(child.expect("the helper starts")));
        let [first, second] = names;
        Self {
            there,
            back,
            child,
            _names: [base, first, second],
        }
    }

    /// Closes the link there, which ends the helper.
    fn end(self) {
        drop(self.there);
        let status = self.child.wait();
        assert!(status.success(), "the helper failed: {status}");
    }
}

/// Runs the cases of a property, spread over links of these capacities.
fn converse<W: Wire, S: Strategy>(
    helper: &str,
    capacities: &[usize],
    cases: impl Fn(usize) -> S,
    exchange: impl Fn(&mut Peer<W>, S::Value) -> Result<(), TestCaseError>,
) {
    let share = CASES.div_ceil(u32::try_from(capacities.len()).expect("a few"));
    for &capacity in capacities {
        let idle = RefCell::new(None);
        let mut runner = TestRunner::new(config(share));
        let answer = runner.run(&cases(capacity), |case| {
            let peer = idle.borrow_mut().take();
            let mut peer = peer.unwrap_or_else(|| Peer::start(helper, capacity));
            exchange(&mut peer, case)?;
            *idle.borrow_mut() = Some(peer);
            Ok(())
        });
        if let Err(error) = answer {
            panic!("with a capacity of {capacity}: {error}");
        }
        idle.into_inner().into_iter().for_each(Peer::end);
    }
}

/// In a helper process: answers until the link there is closed.
fn serve<W: Wire>(
    mut answer: impl FnMut(&mut Receiver<W::Message>, &mut Sender<W::Message>) -> Received,
) {
    let Some(base) = name_for_helper() else {
        return;
    };
    let (options, [there, back]) = (
        Options::new(),
        ["there", "back"].map(|end| suffixed(&base, end)),
    );
    let mut receiver = W::receiver(&options, &there).expect("the parent made it");
    let mut sender = W::sender(&options, &back).expect("the parent made it");
    let end = loop {
        if let Err(end) = answer(&mut receiver, &mut sender) {
            break end;
        }
    };
    assert_eq!(end, Ended::Closed.into());
}

/// Whether there was something to answer.
type Received = Result<(), RecvTimeoutError>;

/// A small generator of chunk sizes (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("below the sides") + 1
    }
}

/// Sends all of `bytes` in chunks of random sizes.
fn send_bytes(sender: &mut Sender<u8>, mut bytes: &[u8], dice: &mut Dice) {
    while !bytes.is_empty() {
        let chunk = &bytes[..dice.throw(30).min(bytes.len())];
        let sent = sender.send_batch(1, patience(), |batch| batch.push_slice(chunk));
        let sent = sent.expect("the peer is there").expect("nobody broke it");
        assert_ne!(sent, 0, "there was room");
        bytes = &bytes[sent..];
    }
}

/// Receives a chunk of a random size.
fn receive_bytes(
    receiver: &mut Receiver<u8>,
    bytes: &mut Vec<u8>,
    most: usize,
) -> Result<(), RecvTimeoutError> {
    receiver.recv_batch(patience(), |incoming| {
        let copy = |run: &[u8]| {
            bytes.extend_from_slice(run);
            run.len()
        };
        incoming.read(most, copy).expect("nobody broke it");
    })
}

#[test]
fn bytes_come_back_in_order() {
    let capacities = [1, 2, 3, 7, 64, 1_000];
    let cases = |capacity: usize| (vec(any::<u8>(), 0..30 * capacity.min(60)), 1..u64::MAX);
    converse::<Bytes, _>(
        "processes::sends_bytes_back",
        &capacities,
        cases,
        |peer, (bytes, seed)| {
            let mut returned = Vec::new();
            let (there, back) = (&mut peer.there, &mut peer.back);
            thread::scope(|scope| {
                scope.spawn(|| send_bytes(there, &bytes, &mut Dice(seed)));
                let mut dice = Dice(seed.rotate_left(32));
                while returned.len() < bytes.len() {
                    receive_bytes(back, &mut returned, dice.throw(30))?;
                }
                Ok::<(), RecvTimeoutError>(())
            })?;
            let expected: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
            prop_assert_eq!(returned, expected);
            Ok(())
        },
    );
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends_bytes_back() {
    let (mut dice, mut bytes) = (Dice(7), Vec::new());
    serve::<Bytes>(|receiver, sender| {
        bytes.clear();
        receive_bytes(receiver, &mut bytes, dice.throw(30))?;
        for byte in &mut bytes {
            *byte = !*byte;
        }
        send_bytes(sender, &bytes, &mut dice);
        Ok(())
    });
}

#[test]
fn records_come_back_whole() {
    let capacities = [4, 5, 16, 33, 100, 1_000];
    let cases = |capacity: usize| vec(vec(any::<u8>(), 0..=records::longest(capacity)), 0..20);
    converse::<Records, _>(
        "processes::sends_records_back",
        &capacities,
        cases,
        |peer, all| {
            let (there, back) = (&mut peer.there, &mut peer.back);
            thread::scope(|scope| {
                scope.spawn(|| {
                    for record in &all {
                        records::send(there, record, patience()).expect("the peer is there");
                    }
                });
                for record in &all {
                    let mut returned = Vec::new();
                    records::recv(back, &mut returned, patience())?;
                    returned.reverse();
                    prop_assert_eq!(&returned, record);
                }
                Ok(())
            })
        },
    );
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends_records_back() {
    let mut record = Vec::new();
    serve::<Records>(|receiver, sender| {
        records::recv(receiver, &mut record, patience())?;
        record.reverse();
        records::send(sender, &record, patience()).expect("the parent is there");
        Ok(())
    });
}

#[test]
fn structures_come_back_whole() {
    let cases = |_| vec(any::<u64>(), 0..60);
    converse::<Structures, _>(
        "processes::sends_structures_back",
        &[1, 2, 3, 7, 100],
        cases,
        |peer, numbers| {
            let (there, back) = (&mut peer.there, &mut peer.back);
            thread::scope(|scope| {
                scope.spawn(|| {
                    for &number in &numbers {
                        let sent = there.send_with_patience(Structure::of(number), patience());
                        sent.expect("the peer is there");
                    }
                });
                for &number in &numbers {
                    let returned = back.recv_with_patience(patience())?;
                    prop_assert_eq!(returned.number(), Some(!number));
                }
                Ok(())
            })
        },
    );
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends_structures_back() {
    serve::<Structures>(|receiver, sender| {
        let structure = receiver.recv_with_patience(patience())?;
        let number = structure.number().expect("the parts belong together");
        let sent = sender.send_with_patience(Structure::of(!number), patience());
        sent.expect("the parent is there");
        Ok(())
    });
}
