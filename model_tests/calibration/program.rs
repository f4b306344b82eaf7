//! Small straight-line programs on shared words, and how they are written down.
//!
//! A program is text: threads apart by `|`, operations by `;`. Words are called `x`, `y` and `z`
//! and hold 0 at first.
//!
//! | text | operation |
//! |---|---|
//! | `x=1 rlx` | store |
//! | `x acq` | load |
//! | `x+1 ar` | fetch-add |
//! | `x<2 rel` | swap |
//! | `x0>1 ar acq` | compare-exchange of 0 to 1: order of success, order of failure |
//! | `F sc` | fence |
//! | `?1` | go on only if the last value read was 1; otherwise the thread ends |
//!
//! Orders: `rlx`, `acq`, `rel`, `ar` (acquire and release), `sc` (fences only).

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::Ordering;

/// One operation of a thread; a word is its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Load(usize, Ordering),
    Store(usize, u32, Ordering),
    Add(usize, u32, Ordering),
    Swap(usize, u32, Ordering),
    CompareExchange {
        word: usize,
        expected: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    },
    Fence(Ordering),
    Guard(u32),
}

impl Op {
    /// The word it works on; fences and guards have none.
    pub(crate) fn word(self) -> Option<usize> {
        match self {
            Op::Load(word, _)
            | Op::Store(word, _, _)
            | Op::Add(word, _, _)
            | Op::Swap(word, _, _)
            | Op::CompareExchange { word, .. } => Some(word),
            Op::Fence(_) | Op::Guard(_) => None,
        }
    }

    /// Whether it reads its word.
    pub(crate) fn reads(self) -> bool {
        self.word().is_some() && !matches!(self, Op::Store(..))
    }

    /// Whether it may write its word.
    pub(crate) fn may_write(self) -> bool {
        self.word().is_some() && !matches!(self, Op::Load(..))
    }
}

/// Threads, each a list of operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) threads: Vec<Vec<Op>>,
}

impl Program {
    /// How many words it uses.
    pub(crate) fn words(&self) -> usize {
        self.ops()
            .filter_map(Op::word)
            .map(|word| word + 1)
            .max()
            .unwrap_or(0)
    }

    /// The same with a `SeqCst` fence before every operation on a word but a thread's first.
    pub(crate) fn fenced(&self) -> Self {
        let thread = |ops: &Vec<Op>| {
            let mut fenced = Vec::new();
            for &op in ops {
                if op.word().is_some() && fenced.iter().any(|op: &Op| op.word().is_some()) {
                    fenced.push(Op::Fence(Ordering::SeqCst));
                }
                fenced.push(op);
            }
            fenced
        };
        Self {
            threads: self.threads.iter().map(thread).collect(),
        }
    }

    /// The same with relaxed accesses, and no fences but `SeqCst`.
    pub(crate) fn relaxed(&self) -> Self {
        let relax = |op: &Op| match *op {
            Op::Load(word, _) => Some(Op::Load(word, Ordering::Relaxed)),
            Op::Store(word, value, _) => Some(Op::Store(word, value, Ordering::Relaxed)),
            Op::Add(word, value, _) => Some(Op::Add(word, value, Ordering::Relaxed)),
            Op::Swap(word, value, _) => Some(Op::Swap(word, value, Ordering::Relaxed)),
            Op::CompareExchange {
                word,
                expected,
                new,
                ..
            } => Some(Op::CompareExchange {
                word,
                expected,
                new,
                success: Ordering::Relaxed,
                failure: Ordering::Relaxed,
            }),
            Op::Fence(Ordering::SeqCst) | Op::Guard(_) => Some(*op),
            Op::Fence(_) => None,
        };
        let threads = self.threads.iter();
        Self {
            threads: threads
                .map(|ops| ops.iter().filter_map(relax).collect())
                .collect(),
        }
    }

    /// Whether every guard has a read before it in its thread to look at.
    pub(crate) fn guards_look(&self) -> bool {
        self.threads.iter().all(|ops| {
            let guard = ops.iter().position(|op| matches!(op, Op::Guard(_)));
            guard.is_none_or(|place| ops[..place].iter().any(|op| op.reads()))
        })
    }

    /// All operations, thread by thread.
    pub(crate) fn ops(&self) -> impl Iterator<Item = Op> + '_ {
        self.threads.iter().flatten().copied()
    }
}

/// What one execution showed: every value read, thread by thread (`None` where a guard ended the
/// thread before), and the last value of every word in modification order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Outcome {
    pub(crate) reads: Vec<Option<u32>>,
    pub(crate) last: Vec<u32>,
}

impl Outcome {
    /// The outcome of `program` whose threads read `reads` and left `last`: what a guard skipped
    /// is filled up.
    pub(crate) fn new(program: &Program, reads: &[Vec<u32>], last: Vec<u32>) -> Self {
        let reads = program.threads.iter().zip(reads).flat_map(|(ops, reads)| {
            let count = ops.iter().filter(|op| op.reads()).count();
            (0..count).map(|place| reads.get(place).copied())
        });
        Self {
            reads: reads.collect(),
            last,
        }
    }
}

impl fmt::Display for Outcome {
    /// Values read, a colon, last values: `01:11`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for read in &self.reads {
            match read {
                Some(value) => write!(out, "{value}")?,
                None => write!(out, "-")?,
            }
        }
        write!(out, ":")?;
        self.last
            .iter()
            .try_for_each(|value| write!(out, "{value}"))
    }
}

const ORDERS: [(&str, Ordering); 5] = [
    ("rlx", Ordering::Relaxed),
    ("acq", Ordering::Acquire),
    ("rel", Ordering::Release),
    ("ar", Ordering::AcqRel),
    ("sc", Ordering::SeqCst),
];
const WORDS: [&str; 3] = ["x", "y", "z"];

fn order_name(order: Ordering) -> &'static str {
    ORDERS
        .iter()
        .find(|(_, known)| *known == order)
        .map_or("?", |(name, _)| name)
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word().map_or("", |word| WORDS[word]);
        match *self {
            Op::Load(_, order) => write!(out, "{word} {}", order_name(order)),
            Op::Store(_, value, order) => write!(out, "{word}={value} {}", order_name(order)),
            Op::Add(_, value, order) => write!(out, "{word}+{value} {}", order_name(order)),
            Op::Swap(_, value, order) => write!(out, "{word}<{value} {}", order_name(order)),
            Op::CompareExchange {
                expected,
                new,
                success,
                failure,
                ..
            } => {
                let (success, failure) = (order_name(success), order_name(failure));
                write!(out, "{word}{expected}>{new} {success} {failure}")
            }
            Op::Fence(order) => write!(out, "F {}", order_name(order)),
            Op::Guard(value) => write!(out, "?{value}"),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let threads: Vec<String> = self
            .threads
            .iter()
            .map(|ops| {
                let ops: Vec<String> = ops.iter().map(Op::to_string).collect();
                ops.join("; ")
            })
            .collect();
        write!(out, "{}", threads.join(" | "))
    }
}

impl FromStr for Program {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let thread = |part: &str| part.split(';').map(parse_op).collect();
        let threads = text.split('|').map(thread).collect::<Result<_, String>>()?;
        Ok(Self { threads })
    }
}

fn parse_op(text: &str) -> Result<Op, String> {
    let complain = || format!("not an operation: {text:?}");
    let text = text.trim();
    if let Some(value) = text.strip_prefix('?') {
        return value.parse().map(Op::Guard).map_err(|_| complain());
    }
    let mut parts = text.split_whitespace();
    let access = parts.next().ok_or_else(complain)?;
    let orders = parts
        .map(|name| {
            ORDERS
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, order)| *order)
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(complain)?;
    let order = *orders.first().ok_or_else(complain)?;
    if access == "F" {
        return Ok(Op::Fence(order));
    }
    let (name, rest) = access.split_at(1);
    let word = WORDS
        .iter()
        .position(|known| *known == name)
        .ok_or_else(complain)?;
    let value = |text: &str| text.parse::<u32>().map_err(|_| complain());
    if rest.is_empty() {
        return Ok(Op::Load(word, order));
    }
    if let Some((expected, new)) = rest.split_once('>') {
        return Ok(Op::CompareExchange {
            word,
            expected: value(expected)?,
            new: value(new)?,
            success: order,
            failure: *orders.get(1).ok_or_else(complain)?,
        });
    }
    let (sign, rest) = rest.split_at(1);
    match sign {
        "=" => Ok(Op::Store(word, value(rest)?, order)),
        "+" => Ok(Op::Add(word, value(rest)?, order)),
        "<" => Ok(Op::Swap(word, value(rest)?, order)),
        _ => Err(complain()),
    }
}
