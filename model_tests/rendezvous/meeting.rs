//! Where they meet, and where they do not.

use super::{Waited, consumer, offer, point, pop, producer, push, refused, rest, wait_and_pop};
use aqueduct::model::{self, AtomicU32, Model};
use aqueduct::platform::Atomic;
use aqueduct::platform::Ordering::Relaxed;
use std::sync::Arc;

/// One producer and one consumer.
pub fn of_two() -> Vec<Model> {
    vec![
        offer_and_pop()
            .outcomes(["in other hands", "taken", "withdrawn"])
            .at_least(10_000),
        push_and_wait()
            .outcomes(["full, Err(GivenUp)", "pushed, Err(Owed)", "pushed, Ok(1)"])
            .at_least(10_000),
        two_messages()
            .outcomes([
                "in other hands, busy",
                "in other hands, withdrawn",
                "taken, withdrawn",
                "withdrawn, in other hands",
                "withdrawn, taken",
                "withdrawn, withdrawn",
            ])
            .at_least(10_000),
    ]
}

/// More of them.
pub fn of_more() -> Vec<Model> {
    vec![
        two_offer().outcomes(ONE_COMES).at_least(5_000),
        two_wait().outcomes(TWO_WAIT).at_least(2_000),
        two_and_two().outcomes(TWO_AND_TWO).at_least(20_000),
    ]
}

/// What takes long: two of each, with all that they can do.
pub fn long() -> Model {
    offer_and_push().at_least(500_000)
}

/// What two were told of their offers, and what the one got that came.
const ONE_COMES: [&str; 17] = [
    "busy, in other hands, Some(2)",
    "busy, taken, Some(2)",
    "busy, withdrawn, None",
    "full, in other hands, Some(2)",
    "full, taken, Some(2)",
    "full, withdrawn, None",
    "in other hands, busy, Some(1)",
    "in other hands, full, Some(1)",
    "in other hands, withdrawn, Some(1)",
    "taken, busy, Some(1)",
    "taken, full, Some(1)",
    "taken, withdrawn, Some(1)",
    "withdrawn, busy, None",
    "withdrawn, full, None",
    "withdrawn, in other hands, Some(2)",
    "withdrawn, taken, Some(2)",
    "withdrawn, withdrawn, None",
];

/// What one was told that pushed, and what the two got that waited.
const TWO_WAIT: [&str; 13] = [
    "full, [Err(GivenUp), Err(GivenUp)]",
    "full, [Err(GivenUp), Err(Not)]",
    "full, [Err(Not), Err(GivenUp)]",
    "pushed, [Err(GivenUp), Err(Owed)]",
    "pushed, [Err(GivenUp), Ok(1)]",
    "pushed, [Err(Not), Err(Owed)]",
    "pushed, [Err(Not), Ok(1)]",
    "pushed, [Err(Owed), Err(GivenUp)]",
    "pushed, [Err(Owed), Err(Not)]",
    "pushed, [Err(Owed), Ok(1)]",
    "pushed, [Ok(1), Err(GivenUp)]",
    "pushed, [Ok(1), Err(Not)]",
    "pushed, [Ok(1), Err(Owed)]",
];

/// What two were told of their offers, and what the two got that came.
const TWO_AND_TWO: [&str; 18] = [
    "busy, offered, [None, None]",
    "busy, offered, [None, Some(2)]",
    "busy, offered, [Some(2), None]",
    "full, offered, [None, None]",
    "full, offered, [None, Some(2)]",
    "full, offered, [Some(2), None]",
    "offered, busy, [None, None]",
    "offered, busy, [None, Some(1)]",
    "offered, busy, [Some(1), None]",
    "offered, full, [None, None]",
    "offered, full, [None, Some(1)]",
    "offered, full, [Some(1), None]",
    "offered, offered, [None, Some(1)]",
    "offered, offered, [None, Some(2)]",
    "offered, offered, [Some(1), None]",
    "offered, offered, [Some(1), Some(2)]",
    "offered, offered, [Some(2), None]",
    "offered, offered, [Some(2), Some(1)]",
];

/// The small ones.
pub fn to_sweep() -> Vec<Model> {
    let of_two = [offer_and_pop(), push_and_wait(), two_messages()];
    let mut models: Vec<_> = of_two.map(|model| model.bound(2)).into();
    models.push(two_offer().bound(1));
    models
}

/// A message is offered and withdrawn while somebody comes: one of the two has it. Who was told that
/// it is taken knows what its taker had done before.
fn offer_and_pop() -> Model {
    Model::new("an offer, and one that comes", || {
        let point = point();
        let done = Arc::new(AtomicU32::new(0));
        let offering = model::spawn({
            let (producer, done) = (producer(&point, 1), Arc::clone(&done));
            move || {
                let told = offer(&producer, 1);
                (told, told != "taken" || done.load(Relaxed) == 1)
            }
        });
        done.store(1, Relaxed);
        let popped = pop(&consumer(&point, 2));
        let (told, knows) = offering.join().unwrap();
        assert!(knows);
        let found = (told, popped);
        let right = matches!(
            found,
            ("taken" | "in other hands", Some((1, false))) | ("withdrawn", None)
        );
        assert!(right, "{found:?}");
        assert!(rest(&point).is_empty());
        String::from(told)
    })
}

/// What is pushed goes to one who waits, or does not go; and who waits does not go away from it.
fn push_and_wait() -> Model {
    Model::new("a push, and one that waits", || {
        let point = point();
        let pushing = model::spawn({
            let producer = producer(&point, 1);
            move || push(&producer, 1)
        });
        let popped = wait_and_pop(&consumer(&point, 2));
        let told = pushing.join().unwrap();
        let rest = rest(&point);
        let found = (told, &popped, rest.as_slice());
        let right = matches!(
            found,
            ("pushed", Ok(1), [])
                | ("pushed", Err(Waited::Owed), [1])
                | ("full", Err(Waited::GivenUp), [])
        );
        assert!(right, "{found:?}");
        format!("{told}, {popped:?}")
    })
}

/// Two messages, one after the other, across the wrap of the turns; each passes or comes back.
fn two_messages() -> Model {
    Model::new("one offers twice, one comes twice", || {
        let point = point();
        let offering = model::spawn({
            let producer = producer(&point, 1);
            move || [1, 2].map(|message| offer(&producer, message))
        });
        let consumer = consumer(&point, 2);
        let popped = [pop(&consumer), pop(&consumer)].map(|popped| popped.map(|(n, _)| n));
        let told = offering.join().unwrap();
        let passed: Vec<u32> = popped
            .iter()
            .flatten()
            .copied()
            .chain(rest(&point))
            .collect();
        assert_eq!(passed, went(told));
        told.join(", ")
    })
    .bound(3)
}

/// The messages, from 1, that are no longer their producers'.
fn went(told: [&str; 2]) -> Vec<u32> {
    let gone = ["taken", "in other hands", "offered", "pushed"];
    let numbered = (1..).zip(told).filter(|(_, told)| gone.contains(told));
    numbered.map(|(number, _)| number).collect()
}

/// Two offer, one comes.
fn two_offer() -> Model {
    Model::new("two offers, one that comes", || {
        let point = point();
        let offering = [1, 2].map(|owner| {
            let producer = producer(&point, owner);
            model::spawn(move || offer(&producer, owner.into()))
        });
        let popped = pop(&consumer(&point, 3)).map(|(message, _)| message);
        let told = offering.map(|thread| thread.join().unwrap());
        accounted(told, [popped], &rest(&point));
        format!("{}, {popped:?}", told.join(", "))
    })
    .bound(2)
}

/// Two wait, one pushes.
fn two_wait() -> Model {
    Model::new("a push, two that wait", || {
        let point = point();
        let waiting = [1, 2].map(|owner| {
            let consumer = consumer(&point, owner);
            model::spawn(move || wait_and_pop(&consumer))
        });
        let told = push(&producer(&point, 3), 1);
        let popped = waiting.map(|thread| thread.join().unwrap());
        let rest = rest(&point);
        accounted(
            [told, "full"],
            popped.each_ref().map(|p| p.as_ref().ok().copied()),
            &rest,
        );
        assert!(rest.is_empty() || popped.contains(&Err(Waited::Owed)));
        format!("{told}, {popped:?}")
    })
    .bound(2)
}

/// Two offer, two come: each message that was put down is received, once.
fn two_and_two() -> Model {
    Model::new("two offers, two that come", || {
        let point = point();
        let put = |owner: u16| {
            let producer = producer(&point, owner);
            move || match producer.offer(owner.into()) {
                // It stays there.
                Ok(_) => "offered",
                Err(why) => refused(why, owner.into()),
            }
        };
        let offering = [1, 2].map(|owner| model::spawn(put(owner)));
        let coming = model::spawn({
            let consumer = consumer(&point, 3);
            move || pop(&consumer)
        });
        let one = pop(&consumer(&point, 4));
        let popped = [one, coming.join().unwrap()].map(|popped| popped.map(|(message, _)| message));
        let told = offering.map(|thread| thread.join().unwrap());
        accounted(told, popped, &rest(&point));
        format!("{}, {popped:?}", told.join(", "))
    })
    .bound(2)
}

/// One offers, one pushes; two wait.
fn offer_and_push() -> Model {
    Model::new("an offer and a push, two that wait", || {
        let point = point();
        let offering = model::spawn({
            let producer = producer(&point, 1);
            move || offer(&producer, 1)
        });
        let pushing = model::spawn({
            let producer = producer(&point, 2);
            move || push(&producer, 2)
        });
        let waiting = model::spawn({
            let consumer = consumer(&point, 3);
            move || wait_and_pop(&consumer)
        });
        let one = wait_and_pop(&consumer(&point, 4));
        let told = [offering, pushing].map(|thread| thread.join().unwrap());
        let popped = [one, waiting.join().unwrap()];
        accounted(
            told,
            popped.each_ref().map(|p| p.as_ref().ok().copied()),
            &rest(&point),
        );
        told.join(", ")
    })
    .bound(1)
}

/// Each message that went came to somebody, once.
fn accounted<const N: usize>(told: [&str; 2], popped: [Option<u32>; N], rest: &[u32]) {
    let mut all: Vec<u32> = popped
        .into_iter()
        .flatten()
        .chain(rest.iter().copied())
        .collect();
    all.sort_unstable();
    assert_eq!(all, went(told), "{told:?}");
}
