//! Real processes: what passes between them, and what they are told of a death.

use std::thread;
use std::time::Duration;

use aqueduct::link::mailbox::Capacity;
use aqueduct::link::{Ended, Role, SendError};
use aqueduct::open::Status;
use aqueduct::open::direct::{DirectError, Process};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::World;
use crate::running::{LONG, Running, look_under, patience, until};
use crate::shm::{helper, name_for_helper};

/// How many messages each sends.
const MESSAGES: u64 = 1000;

/// Another process, of this name.
fn start(world: &World, helper_name: &str, letter: &str) -> Running {
    let name = world.name(letter).parse().expect("a good name");
    let helper_name = format!("direct::processes::{helper_name}");
    Running::start(&mut helper(&helper_name, &name))
}

/// In a helper: its own name, claimed, and the name of another one of its test.
fn claimed(other: &str) -> Option<(Process, String)> {
    let name = name_for_helper()?;
    let name = name.as_os_str().to_str().expect("it is text");
    let (base, _) = name.rsplit_once('-').expect("it has a suffix");
    let process = Process::new(name).expect("the name is free");
    Some((process, format!("{base}-{other}")))
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn doubles() {
    let Some((process, p)) = claimed("P") else {
        return;
    };
    let mut from_p = process.from::<u64>(&p).unwrap();
    let mut to_p = process.to::<u64>(&p).unwrap();
    for number in from_p.iter() {
        to_p.send(2 * number).unwrap();
    }
}

#[test]
fn two_processes_send_to_each_other() {
    for p_is_first in [true, false] {
        let world = World::new();
        let p = world.process("P");
        let ends = || {
            let to_q = p.to::<u64>(world.name("Q")).unwrap();
            (to_q, p.from::<u64>(world.name("Q")).unwrap())
        };
        let early = p_is_first.then(ends);
        let mut q = start(&world, "doubles", "Q");
        if !p_is_first {
            // Two names, and two links.
            until("Q", || (world.objects().len() == 4).then_some(()));
        }
        let (mut to_q, mut from_q) = early.unwrap_or_else(ends);
        for number in 0..MESSAGES {
            to_q.send(number).unwrap();
            assert_eq!(from_q.recv_timeout(LONG), Ok(2 * number));
        }
        drop(to_q);
        assert_eq!(from_q.recv(), Err(Ended::Closed));
        q.wait().expect(0);
        drop((from_q, p));
        world.is_empty();
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn writes() {
    let Some((process, s)) = claimed("S") else {
        return;
    };
    let sender = process.sender_timeout::<u64>(s, LONG).unwrap();
    for number in 0..MESSAGES {
        sender.send(number).unwrap();
    }
}

#[test]
fn the_receiver_learns_who_sent() {
    let world = World::new();
    let letters = ["A", "B"];
    let mut senders = letters.map(|letter| start(&world, "writes", letter));
    let s = world.process("S");
    let inbox = s.receiver::<u64>(Capacity::Bounded(10)).unwrap();
    let names = letters.map(|letter| world.name(letter));
    let mut next = [0, 0];
    for _ in 0..2 * MESSAGES {
        let letter = inbox.recv_timeout(LONG).unwrap();
        let sender = letter.sender().unwrap();
        let number = names.iter().position(|name| sender == name.as_str());
        let next = &mut next[number.expect("one of the two")];
        assert_eq!(letter.message(), *next);
        *next += 1;
    }
    assert_eq!(next, [MESSAGES; 2]);
    for sender in &mut senders {
        sender.wait().expect(0);
    }
    drop((inbox, s));
    world.is_empty();
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn receives_one_of_each() {
    let Some((process, p)) = claimed("P") else {
        return;
    };
    let inbox = process.receiver::<u64>(Capacity::Bounded(1)).unwrap();
    let mut from_p = process.from::<u64>(&p).unwrap();
    assert_eq!(inbox.recv().unwrap().message(), 1);
    assert_eq!(from_p.recv(), Ok(2));
    thread::sleep(2 * LONG);
}

#[test]
fn the_name_of_a_dead_process_is_free_and_its_messages_come_back() {
    let world = World::new();
    let p = world.process("P");
    let mut q = start(&world, "receives_one_of_each", "Q");
    let letters = p.sender_timeout::<u64>(world.name("Q"), LONG).unwrap();
    letters.send(1).unwrap();
    let mut to_q = p.to::<u64>(world.name("Q")).unwrap();
    to_q.send(2).unwrap();
    to_q.wait_until_received(patience()).unwrap();
    let taken = Process::new(world.name("Q")).expect_err("it lives");
    assert!(matches!(taken, DirectError::Taken { .. }), "{taken}");

    q.kill().killed().expect("it waits");
    let (message, why) = (3, Ended::Dead);
    assert_eq!(letters.send(message), Err(SendError { message, why }));
    assert_eq!(to_q.send(message), Err(SendError { message, why }));
    let gone = p.sender::<u64>(world.name("Q")).expect_err("it is dead");
    assert!(matches!(gone, DirectError::Gone { .. }), "{gone}");
    assert!(gone.to_string().contains("-Q died"), "{gone}");

    let q = world.process("Q");
    let waits = q.from::<u64>(p.name()).expect_err("P has the old link");
    assert!(matches!(waits, DirectError::Left { .. }), "{waits}");
    drop((to_q, letters));
    // Of another type, too.
    let inbox = q.receiver::<u8>(Capacity::Zero).unwrap();
    let mut from_p = q.from::<u8>(p.name()).unwrap();
    p.to::<u8>(q.name()).unwrap().send(4).unwrap();
    assert_eq!(from_p.recv(), Ok(4));
    drop((inbox, from_p, p, q));
    world.is_empty();
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn forks() {
    let Some((process, p)) = claimed("P") else {
        return;
    };
    let inbox = process.receiver::<u8>(Capacity::Bounded(1)).unwrap();
    let mut to_p = process.to::<u8>(&p).unwrap();
    // SAFETY: the child only looks, and ends.
    match unsafe { fork() }.expect("a child") {
        ForkResult::Child => {
            let refused = |why: Result<(), _>| matches!(why, Err(DirectError::NotHeld { .. }));
            let told = refused(process.from::<u8>(&p).map(drop))
                && refused(process.sender::<u8>(&p).map(drop))
                && inbox.recv().map(drop) == Err(Ended::Forked)
                && to_p.send(1).map_err(|error| error.why) == Err(Ended::Forked);
            drop((inbox, to_p, process));
            // SAFETY: nothing is left to be done.
            unsafe { nix::libc::_exit(i32::from(!told)) }
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 0)));
            // The child has taken nothing along.
            assert!(Process::new(process.name()).is_err());
            to_p.send(2).unwrap();
            process
                .sender::<u8>(process.name())
                .unwrap()
                .send(3)
                .unwrap();
            assert_eq!(inbox.recv().unwrap().message(), 3);
        }
    }
}

#[test]
fn a_forked_child_is_told() {
    let world = World::new();
    let p = world.process("P");
    let mut from_q = p.from::<u8>(world.name("Q")).unwrap();
    start(&world, "forks", "Q").wait().expect(0);
    assert_eq!(from_q.recv_timeout(Duration::ZERO), Ok(2));
    drop((from_q, p));
    world.is_empty();
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn sends_two() {
    if let Some((process, b)) = claimed("B") {
        let mut to_b = process.to::<u64>(b).unwrap();
        to_b.send(1).unwrap();
        to_b.send(2).unwrap();
        thread::sleep(2 * LONG);
    }
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn receives_one() {
    if let Some((process, a)) = claimed("A") {
        let mut from_a = process.from::<u64>(a).unwrap();
        assert_eq!(from_a.recv(), Ok(1));
        thread::sleep(2 * LONG);
    }
}

#[test]
fn what_a_dead_process_sent_is_received() {
    let world = World::new();
    let b = world.process("B");
    let mut from_a = b.from::<u64>(world.name("A")).unwrap();
    let mut a = start(&world, "sends_two", "A");
    assert_eq!(from_a.recv_timeout(LONG), Ok(1));
    until_sent(&world, 2);
    a.kill().killed().expect("it waits");
    assert_eq!(from_a.recv(), Ok(2));
    assert_eq!(from_a.recv(), Err(Ended::Dead));
    drop((from_a, b, world.process("A")));
    world.is_empty();
}

#[test]
fn a_link_between_the_dead_begins_anew_with_its_sender() {
    let world = World::new();
    let mut b = start(&world, "receives_one", "B");
    let mut a = start(&world, "sends_two", "A");
    until_sent(&world, 2);
    until("a message", || (link(&world)?.received == 1).then_some(()));
    a.kill().killed().expect("it waits");
    b.kill().killed().expect("it waits");
    let (a, b) = (world.process("A"), world.process("B"));
    let left = b.from::<u64>(a.name()).expect_err("a message waits");
    let DirectError::Left {
        role: Role::Receiver,
        peer_lives: false,
        ..
    } = left
    else {
        panic!("{left}");
    };
    let mut to_b = a.to::<u64>(b.name()).unwrap();
    to_b.send(3).unwrap();
    let mut from_a = b.from::<u64>(a.name()).unwrap();
    assert_eq!(from_a.recv(), Ok(3));
    drop((to_b, from_a, a, b));
    world.is_empty();
}

/// What is to be seen of the link from A to B.
fn link(world: &World) -> Option<Status> {
    let name = format!("direct.{}.to.{}", world.name("A"), world.name("B"));
    look_under(&name.parse().expect("a good name"))
}

fn until_sent(world: &World, count: u64) {
    until("messages", || (link(world)?.sent == count).then_some(()));
}
