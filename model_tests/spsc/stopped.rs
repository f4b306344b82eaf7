//! One side of the ring is killed, or stands still, at each of its accesses; or it is killed, and so
//! is its successor.

use super::{Words, rest, ring};
use crate::{kill, kill_twice, pause};
use aqueduct::buffer::spsc::{Consumer, Producer};
use aqueduct::model::{self, Model, attempt};
use aqueduct::position::{Capacity, Position};
use libtest_mimic::Trial;
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::sync::Arc;

/// The process that is killed or paused.
const STOPPED: u32 = 1;
/// Its successor.
const STOPPED_TOO: u32 = 2;

/// The most accesses of a push or a pop: the peer's position, the slot, the own position.
const A_TRY: usize = 3;

pub fn trials() -> Vec<Trial> {
    let sent = ["0 of 1", "1 of 1", "1 of 2", "2 of 2"];
    // A pop has no access between its release and its return.
    let taken = [
        "1 pushed, 0 taken, 0 returned",
        "1 pushed, 1 taken, 1 returned",
        "2 pushed, 1 taken, 1 returned",
        "2 pushed, 2 taken, 2 returned",
    ];
    let killed = [
        producer_stops().outcomes(sent.into_iter().chain(["0 of 0"])),
        consumer_stops().outcomes(taken),
    ];
    let paused = [
        producer_stops().outcomes(sent),
        consumer_stops().outcomes(taken),
    ];
    let killed = killed.map(|model| kill("spsc", model, &[STOPPED]));
    let counts = [
        "[0, 0]", "[0, 1]", "[0, 2]", "[1, 0]", "[1, 1]", "[1, 2]", "[2, 0]", "[2, 1]",
    ];
    let twice = [
        producers_stop().outcomes(counts).at_least(2_000),
        consumers_stop().outcomes(counts).at_least(4_000),
    ];
    let twice = twice.map(|model| kill_twice("spsc", model, [STOPPED, STOPPED_TOO]));
    let paused = paused.map(|model| pause("spsc", model, &[STOPPED]));
    killed.into_iter().chain(twice).chain(paused).collect()
}

/// A producer that stops anywhere: the consumer tries, and nobody waits; nothing is lost or torn.
fn producer_stops() -> Model {
    Model::new("a producer that stops", || {
        let (mut producer, mut consumer) = ring(1, 1);
        let producing = model::process(STOPPED, move || {
            // What does not fit is the last.
            let first = producer.push(1).is_ok();
            let mut batch = producer.batch();
            let write = |slot: &mut MaybeUninit<u32>| {
                slot.write(2);
            };
            // SAFETY: the message is initialised.
            let second = first && unsafe { batch.push_with(write) }.is_ok();
            batch.commit();
            usize::from(first) + usize::from(second)
        });
        let early = (0..2).filter_map(|_| attempt(A_TRY, || consumer.pop()).ok());
        let mut popped: Vec<u32> = early.collect();
        let early = popped.len();
        let pushed = producing.join();
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, [1, 2][..popped.len()]);
        assert!(pushed.is_none_or(|pushed| pushed == popped.len()));
        format!("{early} of {}", popped.len())
    })
}

/// A consumer that stops anywhere: the producer tries, and nobody waits; what was not released is
/// there for a successor.
fn consumer_stops() -> Model {
    Model::new("a consumer that stops", || {
        let (mut producer, mut consumer) = ring(1, 1);
        let words = Arc::clone(consumer.ring());
        let returned = Rc::new(RefCell::new(Vec::new()));
        let consuming = model::process(STOPPED, {
            let returned = Rc::clone(&returned);
            move || {
                for _ in 0..2 {
                    let next = consumer.peek(|&message| message);
                    let popped = next.and_then(|_| consumer.pop());
                    assert_eq!(popped, next);
                    returned.borrow_mut().extend(popped);
                }
            }
        });
        let fits = |&message: &u32| attempt(A_TRY, || producer.push(message)).is_ok();
        let pushed = u32::try_from((1..=2).take_while(fits).count()).unwrap();
        consuming.join();
        let left = rest(&mut consumer_of(&words));
        let taken = pushed - u32::try_from(left.len()).unwrap();
        assert_eq!(left, (taken + 1..=pushed).collect::<Vec<_>>());
        // What was released and not returned went with the victim.
        let returned = returned.borrow();
        assert_eq!(*returned, (1..=taken).collect::<Vec<_>>()[..returned.len()]);
        format!(
            "{pushed} pushed, {taken} taken, {} returned",
            returned.len()
        )
    })
}

/// A producer is killed anywhere, and its successor too, while the consumer tries; a third one goes
/// on. The outcome is how many messages are each one's.
fn producers_stop() -> Model {
    Model::new("a producer that stops, and its successor", || {
        let (producer, mut consumer) = ring(1, 1);
        let words = Arc::clone(consumer.ring());
        let mut popped = Vec::new();
        let mut counts = Vec::new();
        let mut next = Some(producer);
        for process in [STOPPED, STOPPED_TOO] {
            let mut producer = next.take().unwrap_or_else(|| producer_of(&words));
            let first = number(&producer);
            let producing = model::process(process, move || {
                let fits = |message: &u32| producer.push(*message).is_ok();
                (first..).take(2).take_while(fits).count();
            });
            popped.extend((0..2).filter_map(|_| attempt(A_TRY, || consumer.pop()).ok()));
            producing.join();
            counts.push(number(&producer_of(&words)) - first);
        }
        popped.extend(rest(&mut consumer));
        let mut third = producer_of(&words);
        let last = number(&third);
        third.push(last).unwrap();
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, (0..=last).collect::<Vec<_>>());
        counts
    })
    .bound(2)
}

/// A producer that follows a dead one.
fn producer_of(words: &Words) -> Producer<Words> {
    let capacity = Capacity::new(1).unwrap();
    // SAFETY: the ring is of this capacity, and its producer is gone.
    unsafe { Producer::attach(Arc::clone(words), capacity) }.unwrap()
}

/// The number of the next message of a stream that starts one message before the wrap.
fn number(producer: &Producer<Words>) -> u32 {
    let start = Position::new(0).minus(1);
    u32::try_from(producer.position().since(start)).unwrap()
}

/// A consumer is killed anywhere, and its successor too, while the producer tries; a third one gets
/// what is left. The outcome is how many messages each one took.
fn consumers_stop() -> Model {
    Model::new("a consumer that stops, and its successor", || {
        let (mut producer, consumer) = ring(1, 1);
        let words = Arc::clone(producer.ring());
        let mut taken = Vec::new();
        let mut next = Some(consumer);
        for process in [STOPPED, STOPPED_TOO] {
            let mut consumer = next.take().unwrap_or_else(|| consumer_of(&words));
            let first = taken.iter().sum::<u32>();
            let consuming = model::process(process, move || {
                let popped: Vec<u32> = (0..2).filter_map(|_| consumer.pop().ok()).collect();
                assert_eq!(popped, (first..).take(popped.len()).collect::<Vec<_>>());
            });
            for _ in 0..2 {
                let message = number(&producer);
                let _ = attempt(A_TRY, || producer.push(message));
            }
            consuming.join();
            let left = consumer_of(&words).filled(1).unwrap();
            taken.push(number(&producer) - first - u32::try_from(left).unwrap());
        }
        let left = rest(&mut consumer_of(&words));
        assert_eq!(
            left,
            (taken.iter().sum()..number(&producer)).collect::<Vec<_>>()
        );
        taken
    })
    .bound(2)
}

/// A consumer that follows a dead one.
fn consumer_of(words: &Words) -> Consumer<Words> {
    let capacity = Capacity::new(1).unwrap();
    // SAFETY: the ring is of this capacity, and its consumer is gone.
    unsafe { Consumer::attach(Arc::clone(words), capacity) }.unwrap()
}
