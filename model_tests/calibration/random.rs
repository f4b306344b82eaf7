//! Random programs, each made from a number.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::program::{Op, Program};
use super::rc11;

/// A small generator of numbers: splitmix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a small number");
        usize::try_from(self.next() % end).expect("a small number")
    }

    /// A number of a range, ends included.
    fn between(&mut self, first: usize, last: usize) -> usize {
        first + self.below(last - first + 1)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// True once in `count` times.
    fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// How a word of a random program may be changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// By read-modify-write alone.
    Update,
    /// By this thread alone, in any way.
    Writer(usize),
    /// By everybody in any way, which breaks the word discipline.
    Free,
}

/// Sizes of random programs.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Operations of a thread at most, in programs of two and of three threads.
    pub(crate) ops: [usize; 2],
    pub(crate) words: usize,
    pub(crate) fences: bool,
    /// Least and greatest estimate of [`effort`].
    pub(crate) effort: (u64, u64),
}

/// What is explored in moments: for every test run.
pub(crate) const SMALL: Shape = Shape {
    ops: [4, 3],
    words: 2,
    fences: true,
    effort: (300, 12_000),
};

/// Two threads of five operations, or three of four, as long as they can be explored.
pub(crate) const LARGE: Shape = Shape {
    ops: [5, 4],
    words: 3,
    fences: true,
    effort: (1_000, 100_000),
};

/// Accesses only, few enough to try every interleaving, or to put a fence between any two.
pub(crate) const TINY: Shape = Shape {
    ops: [3, 2],
    words: 2,
    fences: false,
    effort: (10, 2_000),
};

/// Roughly how many executions the machine will see, so that programs can be chosen that it can
/// explore: the interleavings of the points of scheduling, word by word, times the values that
/// loads may choose from. Too high by a factor of three or so in most cases.
fn effort(program: &Program) -> u64 {
    let points = |op: Op| match op {
        Op::Load(..) | Op::Store(..) => 2,
        Op::Add(..) | Op::Swap(..) => 3,
        Op::CompareExchange { .. } => 4,
        Op::Fence(SeqCst) => 1,
        Op::Fence(_) | Op::Guard(_) => 0,
    };
    let mut effort: u64 = 1;
    // The fences are one more word, which no operation has.
    let words = (0..program.words()).map(Some).chain([None]);
    for word in words {
        let mut placed = 0;
        let mut writes = 1;
        for thread in &program.threads {
            let ops = thread.iter().filter(|op| op.word() == word);
            let (mut own, before) = (0, placed);
            for &op in ops {
                own += points(op);
                writes += u64::from(op.may_write());
            }
            placed += own;
            // The ways to mix its points with those before: a binomial coefficient.
            for chosen in 1..=own {
                effort = effort.saturating_mul(before + chosen) / chosen;
            }
        }
        for op in program.ops().filter(|op| op.word() == word) {
            let chooses = matches!(op, Op::Load(..) | Op::CompareExchange { .. });
            effort = effort.saturating_mul(if chooses { writes } else { 1 });
        }
    }
    effort
}

/// A program that keeps the word discipline.
pub(crate) fn disciplined(seed: u64, shape: Shape) -> Program {
    search(seed, shape, kept, |_| true)
}

/// A program that keeps the word discipline and in which acquire and release matter: were all
/// relaxed there would be more outcomes. Of the others that is true of few.
pub(crate) fn ordered(seed: u64, shape: Shape) -> Program {
    search(seed, shape, kept, rc11::orders_matter)
}

/// A program in which the order of `SeqCst` fences matters: without it there are more outcomes.
/// Of the others that is true of hardly any.
pub(crate) fn fenced(seed: u64, shape: Shape) -> Program {
    let make = |random: &mut Random, shape: Shape| {
        let words = random.between(2, shape.words);
        let threads = 0..random.between(2, 3);
        Program {
            threads: threads
                .map(|thread| fenced_thread(random, thread, words))
                .collect(),
        }
    };
    search(seed, shape, make, rc11::fences_matter)
}

/// A program some of whose words everybody changes in any way.
pub(crate) fn free(seed: u64, shape: Shape) -> Program {
    let make = |random: &mut Random, shape: Shape| {
        let rule = |random: &mut Random, _| match random.below(3) {
            0 => Rule::Update,
            _ => Rule::Free,
        };
        generate(random, shape, rule)
    };
    search(seed, shape, make, |_| true)
}

/// The first program from `seed` that takes as much effort as `shape` says and is accepted.
fn search(
    seed: u64,
    shape: Shape,
    make: impl Fn(&mut Random, Shape) -> Program,
    accept: impl Fn(&Program) -> bool,
) -> Program {
    let mut random = Random::new(seed);
    loop {
        let program = make(&mut random, shape);
        if (shape.effort.0..=shape.effort.1).contains(&effort(&program)) && accept(&program) {
            return program;
        }
    }
}

fn kept(random: &mut Random, shape: Shape) -> Program {
    generate(random, shape, |random, threads| match random.below(2) {
        0 => Rule::Update,
        _ => Rule::Writer(random.below(threads)),
    })
}

/// A thread that writes a word of its own and reads others, with fences between.
fn fenced_thread(random: &mut Random, thread: usize, words: usize) -> Vec<Op> {
    let mut ops = Vec::new();
    for place in 0..random.between(2, 3) {
        if place > 0 && !random.once_in(3) {
            ops.push(Op::Fence(SeqCst));
        }
        let word = random.below(words);
        ops.push(if word == thread && !random.once_in(4) {
            Op::Store(word, value(random, 1), random.pick(&[Relaxed, Release]))
        } else if word == thread && random.once_in(2) {
            Op::Add(word, 1, random.pick(&[Relaxed, AcqRel]))
        } else {
            Op::Load(word, random.pick(&[Relaxed, Acquire]))
        });
    }
    ops
}

fn generate(
    random: &mut Random,
    shape: Shape,
    rule: impl Fn(&mut Random, usize) -> Rule,
) -> Program {
    let threads = random.between(2, 3);
    let words = random.between(1, shape.words);
    let rules: Vec<Rule> = (0..words).map(|_| rule(random, threads)).collect();
    let threads = (0..threads)
        .map(|thread| {
            let count = random.between(1, shape.ops[threads - 2]);
            let mut ops: Vec<Op> = Vec::new();
            for _ in 0..count {
                ops.push(operation(random, shape, thread, &rules));
                let read = ops.last().is_some_and(|op| op.reads());
                if read && random.once_in(20) {
                    ops.push(Op::Guard(value(random, 0)));
                }
            }
            ops
        })
        .collect();
    Program { threads }
}

fn operation(random: &mut Random, shape: Shape, thread: usize, rules: &[Rule]) -> Op {
    if shape.fences && random.once_in(4) {
        return Op::Fence(random.pick(&[Acquire, Release, AcqRel, SeqCst, SeqCst, SeqCst]));
    }
    let word = random.below(rules.len());
    let changes = match rules[word] {
        Rule::Update | Rule::Free => true,
        Rule::Writer(writer) => writer == thread,
    };
    if !changes || random.once_in(4) {
        return Op::Load(word, random.pick(&[Relaxed, Relaxed, Acquire]));
    }
    if rules[word] != Rule::Update && !random.once_in(4) {
        let value = value(random, 1);
        return Op::Store(word, value, random.pick(&[Relaxed, Relaxed, Release]));
    }
    update(random, word)
}

fn update(random: &mut Random, word: usize) -> Op {
    let order = random.pick(&[Relaxed, Acquire, Release, AcqRel]);
    match random.below(3) {
        0 => Op::Add(word, value(random, 1), order),
        1 => Op::Swap(word, value(random, 1), order),
        _ => Op::CompareExchange {
            word,
            expected: value(random, 0),
            new: value(random, 1),
            success: order,
            failure: random.pick(failures(order)),
        },
    }
}

/// Orders of failure that are not stronger than that of success.
fn failures(success: Ordering) -> &'static [Ordering] {
    match success {
        Acquire | AcqRel => &[Relaxed, Acquire],
        _ => &[Relaxed],
    }
}

/// A value from `least` to 2.
fn value(random: &mut Random, least: u32) -> u32 {
    least + u32::try_from(random.below(3 - least as usize)).expect("a small number")
}
