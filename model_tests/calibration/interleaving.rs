//! All outcomes of a program under sequential consistency: its interleavings, each read seeing the
//! newest value.

use std::collections::{BTreeSet, HashSet};

use super::program::{Op, Outcome, Program};

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    /// The next operation of each thread.
    next: Vec<usize>,
    memory: Vec<u32>,
    reads: Vec<Vec<u32>>,
}

/// What any interleaving of the threads can show.
pub(crate) fn outcomes(program: &Program) -> BTreeSet<Outcome> {
    let threads = program.threads.len();
    let start = State {
        next: vec![0; threads],
        memory: vec![0; program.words()],
        reads: vec![Vec::new(); threads],
    };
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    let mut outcomes = BTreeSet::new();
    while let Some(state) = open.pop() {
        let mut ended = true;
        for thread in 0..threads {
            let Some(&op) = program.threads[thread].get(state.next[thread]) else {
                continue;
            };
            ended = false;
            let mut after = state.clone();
            after.next[thread] += 1;
            after.step(thread, op, program.threads[thread].len());
            if seen.insert(after.clone()) {
                open.push(after);
            }
        }
        if ended {
            outcomes.insert(Outcome::new(program, &state.reads, state.memory));
        }
    }
    outcomes
}

impl State {
    fn step(&mut self, thread: usize, op: Op, end: usize) {
        if let Op::Guard(value) = op
            && self.reads[thread].last() != Some(&value)
        {
            self.next[thread] = end;
        }
        let Some(word) = op.word() else { return };
        let held = self.memory[word];
        if op.reads() {
            self.reads[thread].push(held);
        }
        self.memory[word] = match op {
            Op::Store(_, value, _) | Op::Swap(_, value, _) => value,
            Op::Add(_, value, _) => held.wrapping_add(value),
            Op::CompareExchange { expected, new, .. } if held == expected => new,
            _ => held,
        };
    }
}
