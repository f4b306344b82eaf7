//! One side of the buffer is killed, or stands still, at each of its accesses; or it is killed, and
//! so is its successor.

use super::{Words, buffer, rest};
use crate::{kill, kill_twice, pause};
use aqueduct::buffer::textbook::{BufferSize, Consumer, Producer};
use aqueduct::model::{self, Model, attempt};
use libtest_mimic::Trial;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// The process that is killed or paused.
const STOPPED: u32 = 1;
/// Its successor.
const STOPPED_TOO: u32 = 2;

/// The most accesses of a push or a pop: the peer's index, the slot, the own index.
const A_TRY: usize = 3;

pub fn trials() -> Vec<Trial> {
    let produced = ["0 of 1", "1 of 1", "1 of 2", "2 of 2"];
    // A pop has no access between its release and its return.
    let consumed = [
        "1 pushed, 0 taken, 0 returned",
        "1 pushed, 1 taken, 1 returned",
        "2 pushed, 1 taken, 1 returned",
        "2 pushed, 2 taken, 2 returned",
    ];
    let killed = [
        producer_stops().outcomes(produced.into_iter().chain(["0 of 0"])),
        consumer_stops().outcomes(consumed),
    ];
    let paused = [
        producer_stops().outcomes(produced),
        consumer_stops().outcomes(consumed),
    ];
    let counts = [
        "[0, 0]", "[0, 1]", "[0, 2]", "[1, 0]", "[1, 1]", "[1, 2]", "[2, 0]", "[2, 1]",
    ];
    let twice = [
        producers_stop().outcomes(counts).at_least(1_000),
        consumers_stop().outcomes(counts).at_least(1_000),
    ];
    let killed = killed.map(|model| kill("textbook", model, &[STOPPED]));
    let twice = twice.map(|model| kill_twice("textbook", model, [STOPPED, STOPPED_TOO]));
    let paused = paused.map(|model| pause("textbook", model, &[STOPPED]));
    killed.into_iter().chain(twice).chain(paused).collect()
}

/// Two slots, of which one is filled at a time; the index of a stream wraps after its first item.
fn small() -> (Producer<Words>, Consumer<Words>) {
    buffer(2, 1)
}

fn size() -> BufferSize {
    BufferSize::new(2).unwrap()
}

/// A producer that follows a dead one.
fn producer_of(words: &Words) -> Producer<Words> {
    // SAFETY: the buffer is of this size, and its producer is gone.
    unsafe { Producer::attach(Arc::clone(words), size()) }.unwrap()
}

/// A consumer that follows a dead one.
fn consumer_of(words: &Words) -> Consumer<Words> {
    // SAFETY: the buffer is of this size, and its consumer is gone.
    unsafe { Consumer::attach(Arc::clone(words), size()) }.unwrap()
}

/// A producer that stops anywhere: the consumer tries, and nobody waits; nothing is lost or torn.
fn producer_stops() -> Model {
    Model::new("a producer that stops", || {
        let (_, mut consumer) = small();
        let words = Arc::clone(consumer.buffer());
        let producing = model::process(STOPPED, move || {
            let mut producer = producer_of(&words);
            // What does not fit is the last.
            (1..=2)
                .take_while(|&item| producer.push(item).is_ok())
                .count()
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

/// A consumer that stops anywhere: the producer tries, and nobody waits; what was not taken is there
/// for a successor.
fn consumer_stops() -> Model {
    Model::new("a consumer that stops", || {
        let (mut producer, _) = small();
        let words = Arc::clone(producer.buffer());
        let returned = Rc::new(RefCell::new(Vec::new()));
        let consuming = model::process(STOPPED, {
            let (words, returned) = (Arc::clone(&words), Rc::clone(&returned));
            move || {
                let mut consumer = consumer_of(&words);
                (0..2).for_each(|_| returned.borrow_mut().extend(consumer.pop()));
            }
        });
        let fits = |&item: &u32| attempt(A_TRY, || producer.push(item)).is_ok();
        let pushed = (1..=2).take_while(fits).count();
        consuming.join();
        let left = rest(&mut consumer_of(&words));
        let taken = pushed - left.len();
        assert_eq!(left, [1, 2][taken..pushed]);
        // What was released and not returned went with the victim.
        let returned = returned.borrow();
        assert_eq!(*returned, [1, 2][..taken][..returned.len()]);
        format!(
            "{pushed} pushed, {taken} taken, {} returned",
            returned.len()
        )
    })
}

/// A producer is killed anywhere, and its successor too, while the consumer tries; a third one goes
/// on. The outcome is how many items are each one's.
fn producers_stop() -> Model {
    Model::new("a producer that stops, and its successor", || {
        let (_, mut consumer) = small();
        let words = Arc::clone(consumer.buffer());
        let mut popped = Vec::new();
        for process in [STOPPED, STOPPED_TOO] {
            // Each one's items are numbers of its own.
            let first = process * 10;
            let producing = model::process(process, {
                let words = Arc::clone(&words);
                move || {
                    let mut producer = producer_of(&words);
                    let fits = |&item: &u32| producer.push(item).is_ok();
                    (first..first + 2).take_while(fits).count()
                }
            });
            popped.extend((0..2).filter_map(|_| attempt(A_TRY, || consumer.pop()).ok()));
            producing.join();
        }
        popped.extend(rest(&mut consumer));
        producer_of(&words).push(30).unwrap();
        popped.extend(rest(&mut consumer));
        let counts = [10, 20].map(|first| {
            let own = popped.iter().filter(|&&item| item / 10 == first / 10);
            let own: Vec<u32> = own.copied().collect();
            assert_eq!(own, [first, first + 1][..own.len()]);
            own.len()
        });
        assert!(popped.is_sorted() && popped.ends_with(&[30]), "{popped:?}");
        counts
    })
    .bound(2)
}

/// A consumer is killed anywhere, and its successor too, while the producer tries; a third one gets
/// what is left. The outcome is how many items each one took.
fn consumers_stop() -> Model {
    Model::new("a consumer that stops, and its successor", || {
        let (mut producer, _) = small();
        let words = Arc::clone(producer.buffer());
        let mut pushed = 0;
        let mut taken: Vec<u32> = Vec::new();
        for process in [STOPPED, STOPPED_TOO] {
            let first = taken.iter().sum::<u32>();
            let consuming = model::process(process, {
                let words = Arc::clone(&words);
                move || {
                    let mut consumer = consumer_of(&words);
                    let popped: Vec<u32> = (0..2).filter_map(|_| consumer.pop().ok()).collect();
                    assert_eq!(popped, (first..).take(popped.len()).collect::<Vec<_>>());
                }
            });
            for _ in 0..2 {
                pushed += u32::from(attempt(A_TRY, || producer.push(pushed)).is_ok());
            }
            consuming.join();
            let (r#in, out) = words.indices();
            taken.push(pushed - first - u32::from(r#in != out));
        }
        let left = rest(&mut consumer_of(&words));
        assert_eq!(left, (taken.iter().sum()..pushed).collect::<Vec<_>>());
        taken
    })
    .bound(2)
}
