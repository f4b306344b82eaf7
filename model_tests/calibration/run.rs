//! Runs a program on a machine, on threads of the checker that owns the machine.

use std::sync::Arc;

use aqueduct::platform::{Atomic, Platform};

use super::program::{Op, Outcome, Program};

/// A machine with the threads of its checker.
pub(crate) trait World {
    /// The words and fences.
    type Machine: Platform;

    /// Starts a thread; what is returned waits for its result.
    fn spawn<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> impl FnOnce() -> T;
}

pub(crate) type Word<W> = <<W as World>::Machine as Platform>::AtomicU32;

/// One execution of `program`. The calling thread runs the program's first thread, so that a
/// program of two threads costs the checker two and not three.
pub(crate) fn run<W: World>(program: &Arc<Program>) -> Outcome
where
    Word<W>: 'static,
{
    let words: Arc<[Word<W>]> = (0..program.words()).map(|_| Word::<W>::new(0)).collect();
    let others: Vec<_> = (1..program.threads.len())
        .map(|thread| {
            let (program, words) = (Arc::clone(program), Arc::clone(&words));
            W::spawn(move || run_thread::<W::Machine>(&program.threads[thread], &words))
        })
        .collect();
    let mut reads = vec![run_thread::<W::Machine>(&program.threads[0], &words)];
    reads.extend(others.into_iter().map(|join| join()));
    let last = words
        .iter()
        .map(|word| word.load(std::sync::atomic::Ordering::Relaxed))
        .collect();
    Outcome::new(program, &reads, last)
}

fn run_thread<P: Platform>(ops: &[Op], words: &[P::AtomicU32]) -> Vec<u32> {
    let mut reads = Vec::new();
    for &op in ops {
        match op {
            Op::Load(word, order) => reads.push(words[word].load(order)),
            Op::Store(word, value, order) => words[word].store(value, order),
            Op::Add(word, value, order) => reads.push(words[word].fetch_add(value, order)),
            Op::Swap(word, value, order) => reads.push(words[word].swap(value, order)),
            Op::CompareExchange {
                word,
                expected,
                new,
                success,
                failure,
            } => {
                let (Ok(read) | Err(read)) =
                    words[word].compare_exchange(expected, new, success, failure);
                reads.push(read);
            }
            Op::Fence(order) => P::fence(order),
            Op::Guard(value) => {
                if reads.last() != Some(&value) {
                    break;
                }
            }
        }
    }
    reads
}
