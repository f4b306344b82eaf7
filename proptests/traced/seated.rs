//! A victim takes the seat of a dead one, or meets what it held, and settles that: with the locks of
//! the kernel.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use aqueduct::buffer::Owner;
use aqueduct::buffer::mpmc::{Consumer, PopError, Producer, PushError, Ring};
use aqueduct::life::Presence;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Attachment, Name, Placed, SEATS_SIZE};

use super::buffers::{CAPACITY, open};
use super::crowd::BEFORE;
use super::link::remove;
use super::message::Message;
use super::operation::{Fate, Operation, Scene, end};
use super::tracer::between_marks;

type Slots = Placed<Ring<Native, Message>>;
type Here = Attachment<Slots>;

/// The first message of survivors.
const LATER: u64 = 100;
/// The seat of the victim, and of the dead one before it if it follows one: the first one after the
/// survivor's.
const SEAT: Owner = Owner::new(1);

/// The victim takes the seat of one who died with a message and a slot in hand.
pub fn sit() -> Operation {
    let run = |name: &Name| {
        let ring = find(name);
        let here = between_marks(|| attach(&ring));
        let sat = here.owner() == SEAT;
        std::mem::forget(here);
        end(sat)
    };
    let set = |name: &Name, _| {
        let scene = Seated::new(name, BEFORE);
        die_with_claims(&scene.ring, || attach(&scene.ring));
        Box::new(scene) as _
    };
    Operation::new("sit down", set, run)
}

/// The victim, which has a seat, meets what a dead one held when it pops: the only message, and the
/// slot behind it.
pub fn settle() -> Operation {
    let run = |name: &Name| {
        let ring = find(name);
        let here = attach(&ring);
        die_with_claims(&ring, || attach(&ring));
        let popped = between_marks(|| pop(&ring, &here));
        std::mem::forget(here);
        end(popped.is_ok())
    };
    let set = |name: &Name, _| Box::new(Seated::new(name, 1)) as _;
    Operation::new("settle", set, run)
}

/// One attaches, takes a message and a slot, and dies as a thread can: it unwinds.
fn die_with_claims(ring: &Slots, attach: impl FnOnce() -> Here) {
    let died = catch_unwind(AssertUnwindSafe(|| {
        let here = attach();
        std::mem::forget(consumer(ring, &here).pop_ref().expect("messages are there"));
        std::mem::forget(producer(ring, &here).claim().expect("a slot is free"));
        resume_unwind(Box::new("it dies"));
    }));
    assert!(died.is_err());
}

/// The survivor, and what it has sent and received.
struct Seated {
    ring: Slots,
    here: Here,
    sent: Vec<u64>,
    received: Vec<(u64, bool)>,
    /// Whether the victim pops.
    pops: bool,
}

impl Seated {
    /// A ring of this name, with so many messages; the victim pops the only one.
    fn new(name: &Name, before: u64) -> Self {
        let (front, start) = (SEATS_SIZE, Position::new(0).minus(2));
        let ring = Slots::create(name.clone(), 0o600, front, capacity(), start);
        let ring = ring.expect("there is space");
        let here = attach(&ring);
        let sent: Vec<u64> = (1..=before).collect();
        for &number in &sent {
            push(&ring, &here, number).expect("there is room");
        }
        ring.object().publish().expect("the name is free");
        Self {
            ring,
            here,
            sent,
            received: Vec::new(),
            pops: before == 1,
        }
    }

    fn pop(&mut self) -> Result<(), PopError> {
        self.received.push(pop(&self.ring, &self.here)?);
        Ok(())
    }

    /// Nobody is in the way any more, and nothing is lost or doubled. Says whether the victim took a
    /// message along.
    fn account(&mut self) -> bool {
        while self.pop().is_ok() {}
        assert_eq!(self.pop(), Err(PopError::Empty));
        let mut numbers: Vec<u64> = self.received.iter().map(|&(number, _)| number).collect();
        numbers.sort_unstable();
        let gone = self.sent.len() - numbers.len();
        assert!(
            gone <= usize::from(self.pops),
            "{numbers:?} of {:?}",
            self.sent
        );
        assert!(numbers.is_sorted_by(|a, b| a < b), "twice: {numbers:?}");
        assert!(numbers.iter().all(|number| self.sent.contains(number)));
        let marked = self.received.iter().filter(|&&(_, again)| again);
        let marked: Vec<u64> = marked.map(|&(number, _)| number).collect();
        let first = numbers.first().copied().filter(|&first| first == 1);
        assert_eq!(marked, Vec::from_iter(first), "the dead one had it in hand");
        gone == 1
    }

    /// The ring holds what it ever held, and the seats are there for others.
    fn expect_as_new(&self) {
        for number in 0..CAPACITY as u64 {
            push(&self.ring, &self.here, number).expect("slots are lost");
        }
        let more = push(&self.ring, &self.here, 0);
        assert!(matches!(more, Err(PushError::Full(()))), "{more:?}");
        let next = [(); 2].map(|()| attach(&self.ring));
        assert_eq!(next.map(|next| next.owner()), [1, 2].map(Owner::new));
    }
}

impl Scene for Seated {
    fn go_round(&mut self) {
        let number = LATER + self.sent.len() as u64;
        if push(&self.ring, &self.here, number).is_ok() {
            self.sent.push(number);
            // Unless the victim has all of them in hand.
            let _ = self.pop();
        }
    }

    fn look_at_the_end(&mut self) {
        let seat = self.here.seats().seat(SEAT).expect("a seat");
        assert_eq!(Presence::of(seat.look()), Presence::Present);
    }

    fn judge(mut self: Box<Self>, fate: Fate) -> String {
        let sat = self.here.seats().seat(SEAT).expect("a seat").epoch() > 1;
        let gone = self.account();
        self.expect_as_new();
        remove(&open(self.ring.object().name()));
        fate.agrees(if self.pops { gone } else { sat });
        match (self.pops, gone, sat) {
            (true, true, _) => "received",
            (true, false, _) => "there",
            (false, _, true) => "sat",
            (false, _, false) => "not sat",
        }
        .into()
    }
}

fn capacity() -> Capacity {
    Capacity::new(CAPACITY).expect("it is not zero")
}

fn find(name: &Name) -> Slots {
    Slots::attach(open(name), SEATS_SIZE, capacity()).expect("it is long enough")
}

fn attach(ring: &Slots) -> Here {
    // SAFETY: the seats are in front of the ring, and all who use it have one.
    unsafe { Attachment::take(ring.object(), ring.mapping(), 0, ring.clone()) }
        .expect("a free seat")
}

fn producer(ring: &Slots, here: &Here) -> Producer<Slots> {
    // SAFETY: it is the number of a seat.
    unsafe { Producer::attach(ring.clone(), here.owner()) }
}

fn consumer(ring: &Slots, here: &Here) -> Consumer<Slots> {
    // SAFETY: as above; all messages are of this type.
    unsafe { Consumer::attach(ring.clone(), here.owner()) }
}

fn push(ring: &Slots, here: &Here, number: u64) -> Result<(), PushError<()>> {
    let producer = producer(ring, here);
    let pushed = here.outlive(|| producer.push(Message::of(number)));
    pushed.expect("it is no child").map_err(|why| why.map(drop))
}

fn pop(ring: &Slots, here: &Here) -> Result<(u64, bool), PopError> {
    let consumer = consumer(ring, here);
    let taken = here.outlive(|| consumer.pop_ref());
    let message = taken.expect("it is no child")?;
    let again = message.maybe_redelivered();
    Ok((message.into_inner().number(), again))
}
