//! Where producers meet producers.

use super::{Start, consumer, frames, pop, producer, push, rest};
use aqueduct::model::{self, Model};

pub fn models() -> Vec<Model> {
    vec![
        two_producers(1).outcomes(["1", "2"]).at_least(2_500),
        two_producers(2).outcomes(["2"]).at_least(2_000),
        two_producers(4).outcomes(["2"]).at_least(2_000),
        two_at_the_end()
            .outcomes([
                "[1, 2], false",
                "[1, 2], true",
                "[2, 1], false",
                "[2, 1], true",
            ])
            .at_least(500),
        overtaken()
            .outcomes(["[[1], [2]]", "[[1], [3]]", "[[2], [3]]", "[[2]]"])
            .at_least(3_500),
    ]
}

/// Two producers push one record each; the consumer tries twice meanwhile.
fn two_producers(blocks: usize) -> Model {
    let name = format!("two producers, {blocks} blocks");
    Model::new(name, move || {
        let frames = frames(blocks, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let producing = [1, 2].map(|number| {
            let producer = producer(&frames, number);
            model::spawn(move || push(&producer, &[u8::try_from(number).unwrap()]))
        });
        let early = [pop(&mut consumer), pop(&mut consumer)];
        let fits = producing.map(|producing| producing.join().unwrap());
        let mut all: Vec<Vec<u8>> = early.clone().into_iter().flatten().collect();
        all.extend(rest(&mut consumer));
        all.sort_unstable();
        let sent: Vec<_> = [1, 2]
            .into_iter()
            .filter(|&one| fits[usize::from(one - 1)])
            .collect();
        assert_eq!(all.concat(), sent);
        assert!(blocks == 1 || sent.len() == 2);
        format!("{}", sent.len())
    })
    .bound(2)
}

/// Two producers come to the end of the blocks, where neither's record fits.
fn two_at_the_end() -> Model {
    Model::new("two producers at the end", || {
        let frames = frames(8, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let producing = [1, 2].map(|number| {
            let producer = producer(&frames, number);
            let byte = u8::try_from(number).unwrap();
            model::spawn(move || assert!(push(&producer, &[byte; 3])))
        });
        let early = pop(&mut consumer);
        for producing in producing {
            producing.join().unwrap();
        }
        let mut all: Vec<Vec<u8>> = early.clone().into_iter().collect();
        all.extend(rest(&mut consumer));
        let order = [all[0][0], all[1][0]];
        assert_eq!(all, order.map(|byte| [byte; 3]));
        format!("{order:?}, {}", early.is_ok())
    })
    .bound(1)
}

/// A producer stands where others have gone round since.
fn overtaken() -> Model {
    Model::new("overtaken", || {
        let frames = frames(1, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let [fast, slow] = [1, 2].map(|number| producer(&frames, number));
        let producing = model::spawn(move || push(&slow, &[2]));
        let first = push(&fast, &[1]);
        let early = pop(&mut consumer);
        let third = push(&fast, &[3]);
        let second = producing.join().unwrap();
        let mut all: Vec<Vec<u8>> = early.into_iter().collect();
        all.extend(rest(&mut consumer));
        let mut sent = [(first, 1), (second, 2), (third, 3)].map(|(sent, byte)| (sent, vec![byte]));
        sent.sort_by_key(|(_, record)| all.iter().position(|one| one == record));
        let sent: Vec<_> = sent
            .into_iter()
            .filter(|one| one.0)
            .map(|one| one.1)
            .collect();
        assert_eq!(all, sent);
        format!("{all:?}")
    })
    .bound(2)
}
