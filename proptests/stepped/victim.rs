//! The process that is killed.

use std::mem;
use std::sync::Arc;

use aqueduct::buffer::spsc::{Consumer, Producer};
use aqueduct::link::{Receiver, Role, Sender};

use super::script::{EXPIRED, On, Op, Script};
use super::world::{Chair, Held, Who, World};

/// Does what the script says, from the first access to the last.
pub fn act<W: World>(world: &Arc<W>, script: &Script) {
    match (script.on, script.victim) {
        (On::Link, Role::Sender) => send(world, script),
        (On::Link, Role::Receiver) => receive(world, script),
        (On::Ring, Role::Sender) => push(world, script),
        (On::Ring, Role::Receiver) => pop(world, script),
    }
}

fn send<W: World>(world: &Arc<W>, script: &Script) {
    if !script.seated() {
        world.sit(Role::Sender, Who::Victim);
    }
    let mut sender = Sender::new(Chair::new(world, Role::Sender)).expect("a sound link");
    for op in script.ops {
        let next = script.message(sender.position());
        let sent = match op {
            Op::Try => u32::from(sender.try_send(next).is_ok()),
            Op::Expired => u32::from(sender.send_with_patience(next, EXPIRED).is_ok()),
            Op::Wait => {
                let sent = sender.send_with_patience(next, W::patience());
                sent.expect("the peer is there");
                1
            }
            Op::Batch => {
                let two = [next, next + 1];
                let sent = sender.send_batch(1, EXPIRED, |batch| batch.push_slice(&two));
                let sent = sent.map_or(0, |sent| sent.expect("a sound link"));
                u32::try_from(sent).expect("two at the most")
            }
            Op::Received => {
                let _ = sender.wait_until_received(EXPIRED);
                0
            }
            Op::Drained => {
                let drained = sender.wait_until_received(W::patience());
                drained.expect("the peer is there");
                0
            }
            Op::Goodbye => return drop(sender),
        };
        (0..sent).for_each(|_| world.note());
    }
    mem::forget(sender); // and so it dies, at the latest here
}

fn receive<W: World>(world: &Arc<W>, script: &Script) {
    if !script.seated() {
        world.sit(Role::Receiver, Who::Victim);
    }
    let mut receiver = Receiver::new(Chair::new(world, Role::Receiver)).expect("a sound link");
    for op in script.ops {
        let next = script.message(receiver.position());
        let received = match op {
            Op::Try => receiver.try_recv().into_iter().collect(),
            Op::Expired => receiver.recv_with_patience(EXPIRED).into_iter().collect(),
            Op::Wait => {
                let received = receiver.recv_with_patience(W::patience());
                vec![received.expect("the peer is there")]
            }
            Op::Batch => {
                let mut received = Vec::new();
                let _ = receiver.recv_batch(EXPIRED, |incoming| {
                    incoming.read(2, |run| {
                        received.extend_from_slice(run);
                        run.len()
                    })
                });
                received
            }
            Op::Received | Op::Drained => unreachable!("a sender looks for that"),
            Op::Goodbye => return drop(receiver),
        };
        note(world, next, &received);
    }
    mem::forget(receiver); // and so it dies, at the latest here
}

fn push<W: World>(world: &Arc<W>, script: &Script) {
    let held = Held(Arc::clone(world));
    // SAFETY: the ring has this capacity, and no other producer before this one is dead.
    let producer = unsafe { Producer::attach(held, script.capacity()) };
    let mut producer = producer.expect("a sound ring");
    for op in script.ops {
        let next = script.message(producer.position());
        let pushed = match op {
            Op::Try => usize::from(producer.push(next).is_ok()),
            Op::Batch => {
                let pushed = producer.push_slice(&[next, next + 1]);
                pushed.expect("a sound ring")
            }
            _ => unreachable!("a ring only tries"),
        };
        (0..pushed).for_each(|_| world.note());
    }
}

fn pop<W: World>(world: &Arc<W>, script: &Script) {
    let held = Held(Arc::clone(world));
    // SAFETY: the ring has this capacity, `u32` is put into it, and there is no other consumer
    // before this one is dead.
    let consumer = unsafe { Consumer::attach(held, script.capacity()) };
    let mut consumer = consumer.expect("a sound ring");
    for op in script.ops {
        let next = script.message(consumer.position());
        let popped = match op {
            Op::Try => consumer.pop().into_iter().collect(),
            Op::Batch => {
                let mut two = [0; 2];
                let popped = consumer.pop_slice(&mut two).expect("a sound ring");
                two[..popped].to_vec()
            }
            _ => unreachable!("a ring only tries"),
        };
        note(world, next, &popped);
    }
}

/// The messages from `next` on have been received.
fn note<W: World>(world: &Arc<W>, next: u32, received: &[u32]) {
    for (expected, &message) in (next..).zip(received) {
        assert_eq!(message, expected, "in order");
        world.note();
    }
}
