//! Seats of those who share a buffer: how they are given, and what becomes of claims.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::crowd::{SEATS, SeatError};
use aqueduct::life::Presence;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Attachment, DEFAULT_MODE, Forked, Name, Object, Placed, SEATS_SIZE, Uid};
use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::{LEN, Scratch, helper, name_for_helper, suffixed};
use crate::running::{LONG, Running, object, until};

type Numbers = Placed<Ring<Native, u64>>;
type Here = Attachment<Numbers>;

fn capacity() -> Capacity {
    Capacity::new(2).expect("a capacity")
}

fn create(name: Name) -> Numbers {
    let ring = Numbers::create(name, DEFAULT_MODE, SEATS_SIZE, capacity(), Position::new(0));
    ring.expect("there is space")
}

fn open(name: Name) -> Numbers {
    let object = Object::open(name, Uid::effective()).expect("the parent made it");
    Numbers::attach(object, SEATS_SIZE, capacity()).expect("it is long enough")
}

fn attach(ring: &Numbers) -> Here {
    take(ring, 0).expect("a free seat")
}

fn take(ring: &Numbers, offset: usize) -> Result<Here, SeatError<std::io::Error>> {
    // SAFETY: the seats are in front of the ring, or what is there is not used; and all who use the
    // ring have one of them.
    unsafe { Attachment::take(ring.object(), ring.mapping(), offset, ring.clone()) }
}

fn producer(ring: &Numbers, here: &Here) -> Producer<Numbers> {
    // SAFETY: it is the number of a seat.
    unsafe { Producer::attach(ring.clone(), here.owner()) }
}

fn consumer(ring: &Numbers, here: &Here) -> Consumer<Numbers> {
    // SAFETY: as above; all messages are numbers.
    unsafe { Consumer::attach(ring.clone(), here.owner()) }
}

fn push(ring: &Numbers, here: &Here, number: u64) -> Result<(), PushError<u64>> {
    let producer = producer(ring, here);
    let pushed = here.outlive(|| producer.push(number));
    pushed.expect("this process attached")
}

fn pop(ring: &Numbers, here: &Here) -> Result<u64, PopError> {
    let consumer = consumer(ring, here);
    let popped = here.outlive(|| consumer.pop());
    popped.expect("this process attached")
}

#[test]
fn the_first_free_seat_is_given() {
    let ring = create(Scratch::new().name());
    let [first, second, third] = [(); 3].map(|()| attach(&ring));
    let numbers = [&first, &second, &third].map(Here::owner);
    assert_eq!(numbers, [0, 1, 2].map(Owner::new));
    drop(second);
    let seat = third.seats().seat(Owner::new(1)).expect("a seat");
    assert_eq!(Presence::of(seat.look()), Presence::Closed);
    assert_eq!(attach(&ring).owner(), Owner::new(1));
    assert_eq!(seat.epoch(), 2);
}

#[test]
fn there_are_so_many_seats_and_no_more() {
    let ring = create(Scratch::new().name());
    let all: Vec<Here> = (0..SEATS).map(|_| attach(&ring)).collect();
    let more = take(&ring, 0);
    let error = more.expect_err("all are taken");
    assert!(
        matches!(error, SeatError::Taken { count: SEATS }),
        "{error}"
    );
    drop(all);
    attach(&ring);
}

#[test]
fn seats_elsewhere_are_refused() {
    let ring = create(Scratch::new().name());
    for offset in [8, ring.mapping().len() - SEATS_SIZE + 128, usize::MAX] {
        let taken = take(&ring, offset);
        assert!(matches!(taken, Err(SeatError::Locks(_))), "{offset}");
    }
}

/// What was claimed by one that said goodbye, or unwound, is in nobody's way: a slot, and a message,
/// which is there again for one that only takes.
#[test]
fn what_somebody_left_is_settled() {
    for unwinds in [false, true] {
        let ring = create(Scratch::new().name());
        let here = attach(&ring);
        assert_eq!(push(&ring, &here, 7), Ok(()));
        let left = catch_unwind(AssertUnwindSafe(|| {
            let leaving = attach(&ring);
            std::mem::forget(consumer(&ring, &leaving).pop_ref().expect("it is there"));
            std::mem::forget(producer(&ring, &leaving).claim());
            if unwinds {
                resume_unwind(Box::new("it panicked"));
            }
        }));
        assert_eq!(left.is_err(), unwinds);
        assert_eq!(pop(&ring, &here), Ok(7));
        assert_eq!(
            [1, 2, 3].map(|number| push(&ring, &here, number).is_ok()),
            [true, true, false]
        );
        assert_eq!([(); 2].map(|()| pop(&ring, &here)), [Ok(1), Ok(2)]);
    }
}

/// How a child ends if all went well.
const ALL_WELL: i32 = 7;

#[test]
fn an_attachment_answers_forked_in_a_child_and_its_own_is_its_own() {
    let scratch = Scratch::new();
    let ring = create(scratch.name());
    ring.object().publish().expect("the name is free");
    let here = attach(&ring);
    let forking = "shm::attachment::attaches_and_forks";
    let mut parent = Running::start(&mut helper(forking, &scratch.name()));
    parent.wait().expect(0);
    assert_eq!(pop(&ring, &here), Ok(5), "the child's");
    assert_eq!(pop(&ring, &here), Err(PopError::Empty));
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn attaches_and_forks() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let ring = open(name);
    let here = attach(&ring);
    std::mem::forget(producer(&ring, &here).claim());
    // SAFETY: the child allocates, which the C library allows, and ends without the rest of the
    // test program.
    match unsafe { fork() }.expect("a child") {
        ForkResult::Child => {
            let refused = here.outlive(pop_nothing) == Err(Forked);
            drop(here);
            let own = attach(&ring);
            // The parent lives, so what it has claimed is not settled.
            let right = refused && own.owner() == Owner::new(2) && push(&ring, &own, 5) == Ok(());
            let right = right && push(&ring, &own, 6).is_err();
            // SAFETY: it ends the child.
            unsafe { libc::_exit(if right { ALL_WELL } else { 1 }) };
        }
        ForkResult::Parent { child } => {
            let status = waitpid(child, None).expect("the child ends");
            assert_eq!(status, WaitStatus::Exited(child, ALL_WELL));
        }
    }
}

fn pop_nothing() -> Result<(), PopError> {
    panic!("nothing is tried")
}

/// Two that meet what a dead one held settle it once; which of them does is all the same.
#[test]
fn a_killed_attachment_is_settled_by_who_meets_it() {
    let scratch = Scratch::new();
    let ring = create(scratch.name());
    ring.object().publish().expect("the name is free");
    let [here, too] = [(); 2].map(|()| attach(&ring));
    assert_eq!(push(&ring, &here, 1), Ok(()));
    let holding = "shm::attachment::holds_a_message_and_a_slot";
    let mut holder = Running::start(&mut helper(holding, &scratch.name()));
    let ready = scratch.with_suffix("ready");
    until("both claims", || object(&ready.name()));
    assert!(push(&ring, &here, 2).is_err(), "it lives");
    holder.kill().killed().expect("it waited");
    std::thread::scope(|scope| {
        scope.spawn(|| until("room", || push(&ring, &too, 3).ok()));
        until("the message", || {
            let consumer = consumer(&ring, &here);
            let message = here.outlive(|| consumer.pop_ref());
            let message = message.expect("this process attached").ok()?;
            let seen = (message.maybe_redelivered(), message.into_inner());
            (seen == (true, 1)).then_some(())
        });
    });
    assert_eq!(pop(&ring, &here), Ok(3));
}

#[test]
#[ignore = "helper process, spawned by its parent test"]
fn holds_a_message_and_a_slot() {
    let Some(name) = name_for_helper() else {
        return;
    };
    let ring = open(name.clone());
    let here = attach(&ring);
    let (consumer, producer) = (consumer(&ring, &here), producer(&ring, &here));
    let _message = consumer.pop_ref().expect("the parent pushed one");
    let _claim = producer.claim().expect("there is room");
    let ready = Object::create(suffixed(&name, "ready"), LEN, DEFAULT_MODE, |_| ());
    ready.expect("the name is free");
    std::thread::sleep(2 * LONG);
}
