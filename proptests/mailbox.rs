//! Mailboxes between threads, whatever they hold: everybody waits, or does not, for a while or for
//! ever, and each message is received once or comes back.

mod killed;
mod processes;

use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{RecvTimeoutError, SendTimeoutError, TryRecvError, TrySendError};
use aqueduct::position::CapacityError;
use aqueduct::threads::{MailboxReceiver, MailboxSender, mailbox};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::crowd::{Message, in_order, message};
use crate::spec::{Counted, Ledger, property};

fn capacity() -> impl Strategy<Value = Capacity> {
    prop_oneof![
        2 => Just(Capacity::Zero),
        2 => (1..5_usize).prop_map(Capacity::Bounded),
        1 => Just(Capacity::Unbounded),
    ]
}

/// How long one is willing to wait.
#[derive(Clone, Copy, Debug)]
enum Patience {
    None,
    Microseconds(u64),
    Forever,
}

fn patience() -> impl Strategy<Value = Patience> {
    prop_oneof![
        1 => Just(Patience::None),
        2 => (0..200_u64).prop_map(Patience::Microseconds),
        1 => Just(Patience::Forever),
    ]
}

/// Sends so many messages; returns those that were sent.
fn send_all<T>(
    sender: &MailboxSender<T>,
    messages: impl Iterator<Item = T>,
    patience: Patience,
) -> Vec<bool> {
    let sent = messages.map(|message| match patience {
        Patience::None => match sender.try_send(message) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => false,
            Err(TrySendError::Ended(error)) => panic!("{}", error.why),
        },
        Patience::Microseconds(time) => {
            match sender.send_timeout(message, Duration::from_micros(time)) {
                Ok(()) => true,
                Err(SendTimeoutError::TimedOut(_)) => false,
                Err(SendTimeoutError::Ended(error)) => panic!("{}", error.why),
            }
        }
        Patience::Forever => {
            assert!(sender.send(message).is_ok());
            true
        }
    });
    sent.collect()
}

/// Receives until the senders are gone.
fn receive_all<T>(receiver: &MailboxReceiver<T>, patience: Patience) -> Vec<T> {
    let mut received = Vec::new();
    loop {
        let message = match patience {
            Patience::None => match receiver.try_recv() {
                Err(TryRecvError::Empty) => {
                    thread::yield_now();
                    continue;
                }
                Err(TryRecvError::Ended(_)) => return received,
                Ok(message) => message,
            },
            Patience::Microseconds(time) => {
                match receiver.recv_timeout(Duration::from_micros(time)) {
                    Err(RecvTimeoutError::TimedOut) => continue,
                    Err(RecvTimeoutError::Ended(_)) => return received,
                    Ok(message) => message,
                }
            }
            Patience::Forever => match receiver.recv() {
                Err(_) => return received,
                Ok(message) => message,
            },
        };
        received.push(message);
    }
}

property! {
    fn every_message_is_received_once_or_comes_back(
        capacity in capacity(),
        counts in [0..30_u32, 0..30_u32],
        sending in [patience(), patience()],
        receiving in [patience(), patience()],
    ) {
        let (sender, receiver) = mailbox::<Message>(capacity)?;
        let (sent, received) = thread::scope(|scope| {
            let receiving = receiving.map(|patience| {
                let receiver = receiver.clone();
                scope.spawn(move || receive_all(&receiver, patience))
            });
            let sending = [0, 1].map(|number: u16| {
                let (sender, index) = (sender.clone(), usize::from(number));
                scope.spawn(move || {
                    let messages = || (0..counts[index]).map(|n| message(number, n));
                    let sent = send_all(&sender, messages(), sending[index]);
                    messages().zip(sent).filter(|(_, sent)| *sent).map(|(message, _)| message).collect::<Vec<_>>()
                })
            });
            drop(sender);
            let sent = sending.map(|thread| thread.join().unwrap());
            (sent, receiving.map(|thread| thread.join().unwrap()))
        });
        prop_assert_eq!(in_order(&received)?, sent.concat());
    }
}

#[derive(Clone, Debug)]
enum Op {
    Send,
    Receive,
    /// A handle more, or less, on either side.
    CloneSender,
    DropSender,
    CloneReceiver,
    DropReceiver,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Send),
        3 => Just(Op::Receive),
        1 => Just(Op::CloneSender),
        1 => Just(Op::DropSender),
        1 => Just(Op::CloneReceiver),
        1 => Just(Op::DropReceiver),
    ]
}

property! {
    fn each_value_is_dropped_once_and_each_end_is_told(
        capacity in capacity(),
        script in vec(op(), 0..60),
    ) {
        let ledger = Ledger::new();
        let (sender, receiver) = mailbox::<Counted>(capacity)?;
        let (mut senders, mut receivers) = (vec![sender], vec![receiver]);
        let mut held = 0;
        for op in &script {
            match op {
                Op::Send => if let Some(sender) = senders.first() {
                    match sender.try_send(ledger.value()) {
                        Ok(()) => {
                            prop_assert!(!receivers.is_empty());
                            held += 1;
                        }
                        Err(TrySendError::Full(_)) => {
                            let full = match capacity {
                                // Nobody waits.
                                Capacity::Zero => true,
                                Capacity::Bounded(n) => held == n,
                                Capacity::Unbounded => false,
                            };
                            prop_assert!(full);
                        }
                        Err(TrySendError::Ended(_)) => prop_assert!(receivers.is_empty()),
                    }
                },
                Op::Receive => if let Some(receiver) = receivers.first() {
                    match receiver.try_recv() {
                        Ok(_) => held -= 1,
                        Err(TryRecvError::Empty) => prop_assert!(held == 0 && !senders.is_empty()),
                        Err(TryRecvError::Ended(_)) => prop_assert!(held == 0 && senders.is_empty()),
                    }
                },
                Op::CloneSender => senders.extend(senders.first().cloned()),
                Op::DropSender => drop(senders.pop()),
                Op::CloneReceiver => receivers.extend(receivers.first().cloned()),
                Op::DropReceiver => drop(receivers.pop()),
            }
            if senders.is_empty() && receivers.is_empty() {
                // The mailbox is gone, and what was in it.
                held = 0;
            }
            prop_assert_eq!(ledger.alive()?, held);
        }
        drop((senders, receivers));
        prop_assert_eq!(ledger.alive()?, 0);
    }
}

#[test]
fn a_capacity_that_cannot_be_is_refused() {
    let refused = |capacity| mailbox::<u64>(Capacity::Bounded(capacity)).err();
    assert_eq!(refused(0), Some(CapacityError::Zero));
    assert_eq!(
        refused(usize::MAX),
        Some(CapacityError::TooLarge(usize::MAX))
    );
}

/// A deadline that has passed: one try, and the message comes back.
#[test]
fn a_deadline_in_the_past_is_a_try() {
    for capacity in [Capacity::Zero, Capacity::Bounded(1)] {
        let (sender, receiver) = mailbox(capacity).unwrap();
        if capacity != Capacity::Zero {
            sender.send_deadline(1, Duration::ZERO).unwrap();
            assert_eq!(receiver.recv_deadline(Duration::ZERO), Ok(1));
            sender.send(1).unwrap();
        }
        let late = sender.send_deadline(2, Duration::ZERO);
        assert_eq!(late, Err(SendTimeoutError::TimedOut(2)));
    }
}

/// A sender that meets returns when its message was received, and not before.
#[test]
fn a_sender_that_meets_waits_for_its_receiver() {
    let (sender, receiver) = mailbox(Capacity::Zero).unwrap();
    let sending = thread::spawn(move || sender.send("hello"));
    thread::sleep(Duration::from_millis(20));
    assert!(!sending.is_finished());
    assert_eq!(receiver.recv(), Ok("hello"));
    assert!(sending.join().unwrap().is_ok());
}
