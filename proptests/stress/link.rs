//! The two ends of a link, with every way to wait.

use std::thread;
use std::time::Duration;

use aqueduct::link::{
    Ended, Link, Receiver, RecvTimeoutError, SendTimeoutError, Sender, TryRecvError, TrySendError,
    local,
};
use aqueduct::place::boxed;
use aqueduct::platform::Futex;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;
use aqueduct::wait::Patience;

use crate::values::{Ledger, Value};
use crate::{CAPACITIES, COUNT, START, later};

type End<'a, T> = local::Local<&'a Link<Native, T>>;

/// A wait that does not begin with a busy-wait.
fn asleep_at_once(until: Duration) -> Patience {
    Patience {
        spins: 0,
        deadline: Some(until),
    }
}

/// Runs the two ends of a link that starts just before its positions wrap, each in a thread, and
/// tells them how long they may wait.
fn run<T: Send, A: Send, B: Send>(
    capacity: usize,
    send: impl FnOnce(Sender<End<'_, T>>, Duration) -> A + Send,
    receive: impl FnOnce(Receiver<End<'_, T>>, Duration) -> B + Send,
) -> (A, B) {
    let capacity = Capacity::new(capacity).unwrap();
    let link = boxed::<Link<Native, T>>(capacity, START).unwrap();
    // SAFETY: the link is new, of this capacity, and has no other ends.
    let (sender, receiver) = unsafe { local::ends(&*link, capacity) }.unwrap();
    let until = later();
    let passed = thread::scope(|scope| {
        let sending = scope.spawn(|| send(sender, until));
        let receiving = scope.spawn(|| receive(receiver, until));
        let sent = sending.join();
        let received = receiving.join();
        (sent.unwrap(), received.unwrap())
    });
    assert!(Native::now() < until, "somebody slept until the deadline");
    passed
}

/// Sends a value, each time in another way; `false` if the link has ended.
fn send_somehow<'v>(
    sender: &mut Sender<End<'_, Value<'v>>>,
    mut value: Value<'v>,
    until: Duration,
) -> bool {
    let sent = match value.number() % 3 {
        0 => sender.send_with_patience(value, asleep_at_once(until)),
        1 => sender.send_deadline(value, until),
        _ => loop {
            match sender.try_send(value) {
                Ok(()) => break Ok(()),
                Err(TrySendError::Full(back)) => value = back,
                Err(TrySendError::Ended(error)) => break Err(SendTimeoutError::Ended(error)),
            }
            thread::yield_now();
        },
    };
    match sent {
        Ok(()) => true,
        Err(SendTimeoutError::TimedOut(_)) => panic!("nobody woke the sender"),
        Err(SendTimeoutError::Ended(error)) => {
            assert_eq!(error.why, Ended::Closed);
            false
        }
    }
}

/// Receives a value, the `number`th time in another way; `None` if the link has ended.
fn receive_somehow<'v>(
    receiver: &mut Receiver<End<'_, Value<'v>>>,
    number: u64,
    until: Duration,
) -> Option<Value<'v>> {
    let received = match number % 4 {
        0 => receiver.recv_with_patience(asleep_at_once(until)),
        1 => receiver.recv_deadline(until),
        // One that gives up after a moment, and leaves its bell raised.
        2 => loop {
            match receiver.recv_timeout(Duration::from_micros(20)) {
                Err(RecvTimeoutError::TimedOut) => {}
                other => break other,
            }
        },
        _ => loop {
            match receiver.try_recv() {
                Ok(value) => break Ok(value),
                Err(TryRecvError::Ended(why)) => break Err(RecvTimeoutError::Ended(why)),
                Err(TryRecvError::Empty) => thread::yield_now(),
            }
        },
    };
    match received {
        Ok(value) => Some(value),
        Err(RecvTimeoutError::TimedOut) => panic!("nobody woke the receiver"),
        Err(RecvTimeoutError::Ended(why)) => {
            assert_eq!(why, Ended::Closed);
            None
        }
    }
}

/// `to_send` values go into a link whose receiver leaves when it has `to_receive`; says how many
/// were sent and received.
fn pass(capacity: usize, to_send: u64, to_receive: u64) -> (u64, u64) {
    let ledger = Ledger::new(to_send);
    let passed = run(
        capacity,
        |mut sender, until| {
            let sent = |&number: &u64| send_somehow(&mut sender, ledger.value(number), until);
            let sent = (0..to_send).take_while(sent).count() as u64;
            if sent == to_send && to_send <= to_receive {
                sender.wait_until_received(Patience::until(until)).unwrap();
            }
            sent
        },
        |mut receiver, until| {
            for number in 0..to_receive {
                match receive_somehow(&mut receiver, number, until) {
                    Some(value) => assert_eq!(value.number(), number),
                    None => return number,
                }
            }
            to_receive
        },
    );
    ledger.assert_each_was_dropped_once(passed.0);
    passed
}

#[test]
fn one_by_one() {
    for capacity in CAPACITIES {
        assert_eq!(pass(capacity, COUNT, u64::MAX), (COUNT, COUNT));
    }
}

#[test]
fn the_receiver_leaves_in_the_middle() {
    for leaves_at in 0..60 {
        for capacity in CAPACITIES {
            let (sent, received) = pass(capacity, 100, leaves_at);
            assert_eq!(received, leaves_at);
            assert!(sent >= leaves_at);
        }
    }
}

#[test]
fn batches() {
    for capacity in CAPACITIES {
        let send = |mut sender: Sender<End<'_, [u64; 3]>>, until| {
            let mut next = 0;
            while next < COUNT {
                let least = usize::try_from(next).unwrap() % capacity + 1;
                let batch = sender.send_batch(least, Patience::until(until), |batch| {
                    for number in (next..COUNT).take(least) {
                        batch.push([number; 3]).unwrap();
                    }
                    batch.len() as u64
                });
                next += batch.unwrap();
            }
        };
        let receive = |mut receiver: Receiver<End<'_, [u64; 3]>>, until| {
            let mut next = 0;
            while next < COUNT {
                let most = usize::try_from(next).unwrap() % 3 + 1;
                let read = receiver.recv_batch(Patience::until(until), |incoming| {
                    let check = |run: &[[u64; 3]]| {
                        let expected = (next..).map(|number| [number; 3]);
                        assert!(run.iter().copied().eq(expected.take(run.len())));
                        run.len()
                    };
                    incoming.read(most, check).unwrap() as u64
                });
                next += read.unwrap();
            }
            assert_eq!(receiver.recv_deadline(until), Err(Ended::Closed.into()));
        };
        run(capacity, send, receive);
    }
}
