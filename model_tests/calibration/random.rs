//! Random programs, each made from a number.

use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::program::{Op, Program};

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
    pub(crate) threads: (usize, usize),
    /// Operations of a thread: bounds; a thread of three has one less at most.
    pub(crate) ops: (usize, usize),
    /// Operations of a program, at most.
    pub(crate) total: usize,
    pub(crate) words: (usize, usize),
    pub(crate) fences: bool,
}

/// Two or three threads of two to five operations, nine in all.
pub(crate) const SMALL: Shape = Shape {
    threads: (2, 3),
    ops: (2, 5),
    total: 8,
    words: (1, 3),
    fences: true,
};

/// Two or three threads of at most three accesses.
pub(crate) const TINY: Shape = Shape {
    threads: (2, 3),
    ops: (1, 3),
    total: 6,
    words: (1, 2),
    fences: false,
};

/// A program that keeps the word discipline.
pub(crate) fn disciplined(seed: u64, shape: Shape) -> Program {
    let mut random = Random::new(seed);
    let threads = random.between(shape.threads.0, shape.threads.1);
    let words = random.between(shape.words.0, shape.words.1);
    let rules: Vec<Rule> = (0..words)
        .map(|_| match random.below(2) {
            0 => Rule::Update,
            _ => Rule::Writer(random.below(threads)),
        })
        .collect();
    generate(&mut random, shape, threads, &rules)
}

/// A program some of whose words everybody changes in any way.
pub(crate) fn free(seed: u64, shape: Shape) -> Program {
    let mut random = Random::new(seed);
    let threads = random.between(shape.threads.0, shape.threads.1);
    let words = random.between(shape.words.0, shape.words.1);
    let rules: Vec<Rule> = (0..words)
        .map(|_| match random.below(3) {
            0 => Rule::Update,
            _ => Rule::Free,
        })
        .collect();
    generate(&mut random, shape, threads, &rules)
}

fn generate(random: &mut Random, shape: Shape, threads: usize, rules: &[Rule]) -> Program {
    let most = shape.ops.1.min(shape.total / threads);
    let threads = (0..threads)
        .map(|thread| {
            let count = random.between(shape.ops.0.min(most), most);
            let mut ops: Vec<Op> = Vec::new();
            for _ in 0..count {
                ops.push(operation(random, shape, thread, rules));
                let read = ops.last().is_some_and(|op| op.reads());
                if read && random.once_in(8) {
                    ops.push(Op::Guard(u32::from(random.once_in(2))));
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
    if !changes || random.once_in(3) {
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
