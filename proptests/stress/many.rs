//! Two threads that fill a buffer, two that take.

use std::thread;

use crate::values::{Ledger, Value};
use crate::{COUNT, Wait};

/// How many values each of the two fills.
const EACH: u64 = COUNT / 2;

/// Fills `EACH` values from `first` on; `push` gives back what did not go in.
fn fill<'v>(
    ledger: &'v Ledger,
    first: u64,
    mut push: impl FnMut(Value<'v>) -> Result<(), Value<'v>>,
) {
    for number in first..first + EACH {
        let (mut value, mut wait) = (ledger.value(number), Wait::default());
        while let Err(back) = push(value) {
            value = back;
            wait.give_way();
        }
    }
}

/// Takes `count` values; those of each of the two come in order.
fn take(count: u64, mut pop: impl FnMut() -> Option<u64>) {
    let mut next = [0, EACH];
    for _ in 0..count {
        let mut wait = Wait::default();
        let number = loop {
            match pop() {
                Some(number) => break number,
                None => wait.give_way(),
            }
        };
        let next = &mut next[usize::from(number >= EACH)];
        assert!(number >= *next, "{number} came after {next}");
        *next = number + 1;
    }
}

/// Values pass from the two that push to the two that pop, which say the number of what they took.
/// The last one is left to the buffer.
pub fn pass<'v>(
    ledger: &'v Ledger,
    push: [impl FnMut(Value<'v>) -> Result<(), Value<'v>> + Send; 2],
    pop: [impl FnMut() -> Option<u64> + Send; 2],
) {
    let ([push, other_push], [pop, other_pop]) = (push, pop);
    thread::scope(|scope| {
        let threads = [
            scope.spawn(move || fill(ledger, 0, push)),
            scope.spawn(move || fill(ledger, EACH, other_push)),
            scope.spawn(move || take(EACH, pop)),
            scope.spawn(move || take(EACH - 1, other_pop)),
        ];
        for thread in threads {
            thread.join().unwrap();
        }
    });
}
