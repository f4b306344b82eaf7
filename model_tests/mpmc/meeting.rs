//! Where producers meet producers, and consumers meet consumers.

use super::{consumer, pop, producer, push, rest, ring};
use aqueduct::model::{self, Model};

pub fn models() -> Vec<Model> {
    vec![
        producers_meet()
            .outcomes([
                "busy and pushed",
                "full and pushed",
                "pushed and busy",
                "pushed and full",
            ])
            .at_least(500),
        consumers_meet()
            .outcomes([
                "None and Some(1), false",
                "Some(1) and None, true",
                "Some(1) and Some(2), true",
            ])
            .at_least(2_000),
        never_empty().outcomes(["1", "2"]).at_least(100),
        never_full().outcomes(["Some(1)"]).at_least(100),
        one_and_two(2).outcomes(TO_TWO).at_least(2_000),
        one_and_two(3).outcomes(TO_TWO).at_least(2_000),
        two_and_one(1)
            .outcomes([
                "None, busy and pushed",
                "None, full and pushed",
                "None, pushed and busy",
                "None, pushed and full",
                "Some(1), pushed and busy",
                "Some(1), pushed and full",
                "Some(1), pushed and pushed",
                "Some(2), busy and pushed",
                "Some(2), full and pushed",
                "Some(2), pushed and pushed",
            ])
            .at_least(2_000),
        two_and_one(2).outcomes(OF_TWO).at_least(1_000),
        two_and_one(3).outcomes(OF_TWO).at_least(1_000),
        two_and_two(1).outcomes(BY_TWO).at_least(100_000),
        two_and_two(2).outcomes(BY_TWO).at_least(100_000),
        two_and_two(3).outcomes(BY_TWO).at_least(100_000),
    ]
}

/// What two consumers got of two messages of one producer.
const TO_TWO: [&str; 5] = [
    "[None, None]",
    "[None, Some(1)]",
    "[Some(1), None]",
    "[Some(1), Some(2)]",
    "[Some(2), Some(1)]",
];

/// What one consumer got where there is room for the messages of two.
const OF_TWO: [&str; 3] = [
    "None, pushed and pushed",
    "Some(1), pushed and pushed",
    "Some(2), pushed and pushed",
];

/// What two consumers got of the messages of two.
const BY_TWO: [&str; 7] = [
    "None, None",
    "None, Some(1)",
    "None, Some(2)",
    "Some(1), None",
    "Some(1), Some(2)",
    "Some(2), None",
    "Some(2), Some(1)",
];

/// The small ones.
pub fn to_sweep() -> Vec<Model> {
    vec![
        producers_meet().bound(1),
        consumers_meet().bound(1),
        never_empty(),
        never_full(),
    ]
}

/// Two producers and one slot: what one does not get the other does.
fn producers_meet() -> Model {
    Model::new("two producers, capacity 1", || {
        let ring = ring(1, 1);
        let first = model::spawn({
            let producer = producer(&ring, 1);
            move || push(&producer, 1)
        });
        let second = push(&producer(&ring, 2), 2);
        let first = first.join().unwrap();
        let left = rest(&ring);
        assert_eq!(left, if first == "pushed" { [1] } else { [2] });
        assert_ne!(first == "pushed", second == "pushed");
        format!("{first} and {second}")
    })
    .bound(2)
}

/// Two consumers and one message, which is pushed once more: each of the two goes to one of them.
fn consumers_meet() -> Model {
    Model::new("two consumers, capacity 1", || {
        let ring = ring(1, 1);
        assert_eq!(push(&producer(&ring, 1), 1), "pushed");
        let consuming = model::spawn({
            let consumer = consumer(&ring, 2);
            move || pop(&consumer)
        });
        let one = pop(&consumer(&ring, 1));
        let again = one.is_some() && push(&producer(&ring, 1), 2) == "pushed";
        let two = consuming.join().unwrap();
        let left = rest(&ring);
        let mut all: Vec<u32> = one.into_iter().chain(two).chain(left).collect();
        all.sort_unstable();
        assert_eq!(all, if again { vec![1, 2] } else { vec![1] });
        format!("{one:?} and {two:?}, {again}")
    })
    .bound(2)
}

/// Before a message is taken another one is there: whoever finds the first one gone finds the
/// second one.
fn never_empty() -> Model {
    Model::new("a message is there all the time, capacity 2", || {
        let ring = ring(2, 1);
        assert_eq!(push(&producer(&ring, 1), 1), "pushed");
        let passing = model::spawn({
            let (producer, consumer) = (producer(&ring, 2), consumer(&ring, 2));
            move || (push(&producer, 2), pop(&consumer))
        });
        let popped = consumer(&ring, 1).pop();
        assert_eq!(passing.join().unwrap().0, "pushed");
        match popped {
            Ok(message) => message,
            Err(why) => panic!("{why}"),
        }
    })
    .bound(2)
}

/// Before a slot is filled another one is free: whoever finds the first one filled finds the second.
fn never_full() -> Model {
    Model::new("a slot is free all the time, capacity 2", || {
        let ring = ring(2, 1);
        assert_eq!(push(&producer(&ring, 1), 1), "pushed");
        let passing = model::spawn({
            let (producer, consumer) = (producer(&ring, 2), consumer(&ring, 2));
            move || (pop(&consumer), push(&producer, 2))
        });
        let pushed = push(&producer(&ring, 1), 3);
        let (popped, passed) = passing.join().unwrap();
        assert_eq!([pushed, passed], ["pushed"; 2]);
        popped
    })
    .bound(2)
}

/// Two producers meet. The outcome is what came out, and what each was told.
fn two_and_one(capacity: usize) -> Model {
    let name = format!("two producers, one consumer, capacity {capacity}");
    Model::new(name, move || {
        let ring = ring(capacity, 1);
        let [first, second] = [1, 2].map(|owner| {
            let producer = producer(&ring, owner);
            model::spawn(move || push(&producer, owner.into()))
        });
        let early = pop(&consumer(&ring, 3));
        let told = [first.join().unwrap(), second.join().unwrap()];
        let late = rest(&ring);
        let mut all: Vec<u32> = early.into_iter().chain(late).collect();
        all.sort_unstable();
        assert_eq!(all, pushed(told));
        format!("{early:?}, {} and {}", told[0], told[1])
    })
    .bound(2)
}

/// Two consumers meet: each message goes to one of them.
fn one_and_two(capacity: usize) -> Model {
    let name = format!("one producer, two consumers, capacity {capacity}");
    Model::new(name, move || {
        let ring = ring(capacity, 1);
        let consuming = [1, 2].map(|owner| {
            let consumer = consumer(&ring, owner);
            model::spawn(move || pop(&consumer))
        });
        let producer = producer(&ring, 3);
        assert_eq!([1, 2].map(|n| push(&producer, n)), ["pushed"; 2]);
        let popped = consuming.map(|thread| thread.join().unwrap());
        let late = rest(&ring);
        let mut all: Vec<u32> = popped.into_iter().flatten().collect();
        all.sort_unstable();
        all.extend(late);
        assert_eq!(all, [1, 2]);
        format!("{popped:?}")
    })
    .bound(2)
}

/// The numbers, from 1, of those that were pushed.
fn pushed(told: [&str; 2]) -> Vec<u32> {
    let numbered = (1..=2).zip(told).filter(|(_, told)| *told == "pushed");
    numbered.map(|(number, _)| number).collect()
}

/// Two producers and two consumers, the first thread among them.
fn two_and_two(capacity: usize) -> Model {
    let name = format!("two producers, two consumers, capacity {capacity}");
    Model::new(name, move || {
        let ring = ring(capacity, 1);
        let producing = [1, 2].map(|owner| {
            let producer = producer(&ring, owner);
            model::spawn(move || push(&producer, owner.into()))
        });
        let consuming = model::spawn({
            let consumer = consumer(&ring, 3);
            move || pop(&consumer)
        });
        let one = pop(&consumer(&ring, 4));
        let told = producing.map(|one| one.join().unwrap());
        assert!(capacity == 1 || told == ["pushed"; 2]);
        let two = consuming.join().unwrap();
        let late = rest(&ring);
        let mut all: Vec<u32> = one.into_iter().chain(two).chain(late).collect();
        all.sort_unstable();
        assert_eq!(all, pushed(told));
        format!("{one:?}, {two:?}")
    })
    .bound(2)
}
