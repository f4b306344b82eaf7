//! Everybody lives and goes on.

use super::d::{Refused, Shape};
use super::{end, pop, push, rest, ring};
use aqueduct::model::{self, Model};

pub fn models() -> Vec<Model> {
    let one = Shape::new(1, 2);
    let prefixes = ["[]", "[1]", "[1, 2]"];
    vec![
        one_by_one("capacity 1", one, 1, [2, 2]).outcomes(prefixes),
        one_by_one("capacity 2", Shape::new(2, 2), 1, [2, 2])
            .bound(3)
            .outcomes(prefixes),
        one_by_one("3 bits", Shape { bits: 3, ..one }, 6, [3, 2])
            .outcomes(prefixes)
            .bound(3),
        late("in growing steps", 0, 0),
        late("one by one", 8, 0),
        few_cells().bound(3).outcomes(["false", "true"]),
        two_producers(1).bound(2),
        two_producers(2).bound(2),
        two_consumers(2).bound(3),
        two_consumers(1).bound(3),
        both(1).bound(2),
        two_meet_two(1).bound(1),
        two_meet_two(2).bound(1),
    ]
}

/// What fails without one of the orderings: bound 2 is enough.
pub fn to_sweep() -> Vec<Model> {
    let one = Shape::new(1, 2);
    vec![
        one_by_one("capacity 1", one, 1, [2, 2]).bound(2),
        few_cells().bound(2),
        two_producers(1).bound(1),
        two_consumers(2).bound(2),
        both(1).bound(2),
    ]
}

/// The producer tries to push 1, 2, ...; the consumer to pop. All that was pushed comes out in order;
/// the outcome is what came out while the producer was at work.
fn one_by_one(name: &str, shape: Shape, before_wrap: u64, [pushes, pops]: [u32; 2]) -> Model {
    Model::new(format!("d: one by one, {name}"), move || {
        let words = ring(shape, before_wrap);
        let [mut producer, mut consumer] = [0, 1].map(|owner| end(&words, owner));
        let producing = model::spawn(move || {
            let mut next = 1;
            for _ in 0..pushes {
                next += u32::from(push(&mut producer, next));
            }
            next
        });
        let mut popped: Vec<u32> = (0..pops).filter_map(|_| pop(&mut consumer)).collect();
        let early = format!("{popped:?}");
        let next = producing.join().unwrap();
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, (1..next).collect::<Vec<_>>());
        early
    })
}

/// Ends whose guesses are four laps old meet one that is at work.
fn late(name: &str, patience: u32, before_wrap: u64) -> Model {
    Model::new(format!("d: latecomers, {name}"), move || {
        let shape = Shape {
            patience,
            ..Shape::new(2, 3)
        };
        let words = ring(shape, before_wrap);
        let [mut busy, mut producer, mut consumer] = [0, 1, 2].map(|owner| end(&words, owner));
        for message in 0..7 {
            assert!(push(&mut busy, message));
            assert_eq!(pop(&mut busy), Some(message));
        }
        let producing = model::spawn(move || push(&mut producer, 8));
        let early = pop(&mut consumer);
        let third = busy.push(9).is_ok();
        assert!(producing.join().unwrap() && third);
        let mut all = rest(&mut consumer);
        all.extend(early);
        all.sort_unstable();
        assert_eq!(all, [8, 9]);
    })
    .bound(3)
}

/// A producer with one cell for two slots: it may push again once the cell has been read, and is
/// told so before.
fn few_cells() -> Model {
    Model::new("d: one cell for two slots", || {
        let words = ring(
            Shape {
                each: 1,
                ..Shape::new(2, 2)
            },
            1,
        );
        let [mut producer, mut consumer] = [0, 1].map(|owner| end(&words, owner));
        let producing = model::spawn(move || {
            assert!(producer.push(1).is_ok());
            match producer.push(2) {
                Ok(()) => true,
                Err(Refused::Busy(2)) => false,
                other => panic!("{other:?}"),
            }
        });
        let mut popped: Vec<u32> = (0..2).filter_map(|_| pop(&mut consumer)).collect();
        let again = producing.join().unwrap();
        popped.extend(rest(&mut consumer));
        assert_eq!(popped, [1, 2][..1 + usize::from(again)]);
        again
    })
}

/// Two push one each, and the third pops.
fn two_producers(capacity: usize) -> Model {
    Model::new(
        format!("d: two producers, capacity {capacity}"),
        move || {
            let words = ring(Shape::new(capacity, 3), 1);
            let [mut one, mut two, mut consumer] = [0, 1, 2].map(|owner| end(&words, owner));
            let first = model::spawn(move || push(&mut one, 1));
            let second = model::spawn(move || push(&mut two, 2));
            let mut popped: Vec<u32> = (0..2).filter_map(|_| pop(&mut consumer)).collect();
            let early = popped.clone();
            let mut pushed = Vec::new();
            pushed.extend(first.join().unwrap().then_some(1));
            pushed.extend(second.join().unwrap().then_some(2));
            popped.extend(rest(&mut consumer));
            popped.sort_unstable();
            assert_eq!(popped, pushed);
            assert!(capacity == 1 || pushed.len() == 2);
            early
        },
    )
}

/// Two pop what two producers pushed before: each message comes out once, and the first one first.
fn two_consumers(capacity: usize) -> Model {
    Model::new(
        format!("d: two consumers, capacity {capacity}"),
        move || {
            let words = ring(Shape::new(capacity, 2), 1);
            let [mut one, mut two] = [0, 1].map(|owner| end(&words, owner));
            assert!(push(&mut one, 1));
            let two_fit = push(&mut two, 2);
            let taking = model::spawn(move || pop(&mut one));
            let mine = pop(&mut two);
            let again = push(&mut two, 3).then_some(3);
            let theirs = taking.join().unwrap();
            let mut all: Vec<u32> = [mine, theirs].into_iter().flatten().collect();
            all.extend(rest(&mut two));
            all.sort_unstable();
            let sent = [Some(1), two_fit.then_some(2), again];
            assert_eq!(all, sent.into_iter().flatten().collect::<Vec<_>>());
            assert!(again.is_some(), "two were popped, or the ring holds one");
            [mine, theirs]
        },
    )
}

/// Both push and pop.
fn both(capacity: usize) -> Model {
    Model::new(
        format!("d: two push and pop, capacity {capacity}"),
        move || {
            let words = ring(Shape::new(capacity, 2), 1);
            let [mut one, mut two] = [0, 1].map(|owner| end(&words, owner));
            let other = model::spawn(move || {
                let pushed = push(&mut one, 1);
                (pushed, pop(&mut one))
            });
            let mine = push(&mut two, 2);
            let popped = pop(&mut two);
            let (theirs, got) = other.join().unwrap();
            let mut all: Vec<u32> = [popped, got].into_iter().flatten().collect();
            all.extend(rest(&mut two));
            all.sort_unstable();
            let pushed = [theirs.then_some(1), mine.then_some(2)];
            assert_eq!(all, pushed.into_iter().flatten().collect::<Vec<_>>());
            (popped, got)
        },
    )
}

/// Two producers and two consumers.
fn two_meet_two(capacity: usize) -> Model {
    Model::new(format!("d: two meet two, capacity {capacity}"), move || {
        let words = ring(Shape::new(capacity, 4), 1);
        let [mut a, mut b, mut c, mut last] = [0, 1, 2, 3].map(|owner| end(&words, owner));
        let first = model::spawn(move || push(&mut a, 1));
        let second = model::spawn(move || push(&mut b, 2));
        let taking = model::spawn(move || pop(&mut c));
        let mine = pop(&mut last);
        let pushed = [
            first.join().unwrap().then_some(1),
            second.join().unwrap().then_some(2),
        ];
        let mut all: Vec<u32> = [taking.join().unwrap(), mine]
            .into_iter()
            .flatten()
            .collect();
        all.extend(rest(&mut last));
        all.sort_unstable();
        assert_eq!(all, pushed.into_iter().flatten().collect::<Vec<_>>());
    })
}
