//! What one leaves, and another goes on with.

use super::{Start, Words, consumer, frames, owner, pop, producer, push, rest};
use aqueduct::model::{self, Model};
use std::mem;
use std::sync::Arc;

pub fn models() -> Vec<Model> {
    vec![
        settled()
            .outcomes([
                "Err(\"Busy(Owner(1))\"), false, 1 given up",
                "Err(\"Empty\"), false, 1 given up",
                "Err(\"Empty\"), true, 0 given up",
                "Err(\"Empty\"), true, 1 given up",
            ])
            .at_least(700),
        settled_twice().outcomes(["[0, 1]", "[1, 0]"]).at_least(4),
        next_consumer()
            .outcomes(["[true, false]", "[true, true]"])
            .at_least(220),
    ]
}

/// What fails without an ordering of the recovery.
pub fn to_sweep() -> Vec<Model> {
    vec![settled(), settled_twice(), next_consumer()]
}

/// What a dead producer had claimed is given up by one that survived; the consumer skips it and
/// fills the block itself.
fn settled() -> Model {
    Model::new("settled", || {
        let frames = frames(1, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let other = producer(&frames, 2);
        let consuming = model::spawn(move || {
            let early = pop(&mut consumer).map_err(|why| format!("{why:?}"));
            (early, push(&other, &[2]))
        });
        let dead = producer(&frames, 1);
        let claim = dead.claim(1).ok().map(|mut claim| {
            claim.write(|bytes| bytes[0] = 1);
            mem::forget(claim);
        });
        // SAFETY: it was this thread, and does no more.
        let settled = unsafe { frames.recover(owner(1)) };
        assert_eq!(settled, usize::from(claim.is_some()));
        let (early, fits) = consuming.join().unwrap();
        format!("{early:?}, {fits}, {settled} given up")
    })
    .bound(3)
}

/// Two know of the death of a producer, and settle what it had claimed.
fn settled_twice() -> Model {
    Model::new("settled by two", || {
        let frames = frames(1, Start::BeforeWrap(1));
        let mut consumer = consumer(&frames);
        let dead = producer(&frames, 1);
        mem::forget(dead.claim(1).unwrap());
        // SAFETY: it was this thread, and does no more.
        let settle = |frames: &Words| unsafe { frames.recover(owner(1)) };
        let other = model::spawn({
            let frames = Arc::clone(&frames);
            move || settle(&frames)
        });
        let settled = [settle(&frames), other.join().unwrap()];
        assert_eq!(rest(&mut consumer), Vec::<Vec<u8>>::new());
        assert!(push(&producer(&frames, 2), &[2]));
        settled
    })
}

/// A consumer that follows another goes on where that one stopped, while the producer is at work.
fn next_consumer() -> Model {
    Model::new("a successor of the consumer", || {
        let frames = frames(1, Start::BeforeWrap(1));
        let producer = producer(&frames, 1);
        let mut first = consumer(&frames);
        let producing = model::spawn(move || [1, 2].map(|byte| push(&producer, &[byte])));
        let one = pop(&mut first);
        drop(first);
        let mut second = consumer(&frames);
        let two = pop(&mut second);
        let fits = producing.join().unwrap();
        let all: Vec<_> = [one, two]
            .into_iter()
            .flatten()
            .chain(rest(&mut second))
            .collect();
        assert_eq!(all.concat(), [1, 2][..if fits[1] { 2 } else { 1 }]);
        format!("{fits:?}")
    })
    .bound(3)
}
