//! A stack of nodes that are named by their index, its top a word of tag and index (Treiber 1986).

use super::{Found, Group, Killed, of_structure, read, relaxed_if, write};
use aqueduct::model::{self, Machine};
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};
use libtest_mimic::Trial;
use std::rc::Rc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The top has no tag: a node that came back looks like one that never left (ABA). Squid's pages
    /// in shared memory were such a stack (squid-cache/squid pull request 587), the pools of
    /// Argobots too (pmodels/argobots issue 178).
    NoTag,
    /// The tag wraps after two pushes.
    NarrowTag,
    /// A push releases nothing.
    PushRelaxed,
    /// A pop acquires nothing.
    PopRelaxed,
    /// A pop that has failed once acquires nothing from what it then found.
    FailureRelaxed,
    /// The node is linked once, also if the top has changed meanwhile.
    LinkedOnce,
    /// The top is replaced without looking whether it is still the one that was linked to.
    PushedByStore,
    /// The same for a pop, which two may then do at once.
    PoppedBySwap,
}

/// No node.
const END: u32 = u32::MAX;

struct Stack<P: Platform> {
    fault: Option<Fault>,
    /// A tag, which each push advances, above an index.
    top: P::AtomicU64,
    /// The node below each node; written by its owner.
    below: [P::AtomicU32; 2],
    values: [P::Cell<u32>; 2],
}

fn index(top: u64) -> u32 {
    u32::try_from(top & u64::from(u32::MAX)).unwrap()
}

impl<P: Platform> Stack<P> {
    fn new(fault: Option<Fault>) -> Rc<Self> {
        Rc::new(Stack {
            fault,
            top: Atomic::new(u64::from(END)),
            below: [END, END].map(Atomic::new),
            values: [0, 0].map(Cell::new),
        })
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn next_tag(&self, top: u64) -> u64 {
        match self.fault {
            Some(Fault::NoTag) => 0,
            Some(Fault::NarrowTag) => ((top >> 32) + 1) & 1,
            _ => (top >> 32).wrapping_add(1),
        }
    }

    /// Pushes a node that the caller owns.
    fn push(&self, node: u32, value: u32) {
        write(&self.values[node as usize], value);
        let release = relaxed_if(self.has(Fault::PushRelaxed), Release);
        // Relaxed, here and on failure: the node below is not looked into.
        let mut top = self.top.load(Relaxed);
        self.below[node as usize].store(index(top), Relaxed);
        loop {
            let new = self.next_tag(top) << 32 | u64::from(node);
            if self.has(Fault::PushedByStore) {
                return self.top.store(new, release);
            }
            match self.top.compare_exchange(top, new, release, Relaxed) {
                Ok(_) => return,
                Err(found) => top = found,
            }
            if !self.has(Fault::LinkedOnce) {
                self.below[node as usize].store(index(top), Relaxed);
            }
        }
    }

    /// Pops a node, which the caller then owns, and its value.
    fn pop(&self) -> Option<(u32, u32)> {
        let acquire = relaxed_if(self.has(Fault::PopRelaxed), Acquire);
        let failure = relaxed_if(self.has(Fault::FailureRelaxed), acquire);
        let mut top = self.top.load(acquire);
        while index(top) != END {
            let node = index(top) as usize;
            let below = self.below[node].load(Relaxed);
            let new = top >> 32 << 32 | u64::from(below);
            if self.has(Fault::PoppedBySwap) {
                self.top.swap(new, acquire);
                return Some((index(top), read(&self.values[node])));
            }
            match self.top.compare_exchange(top, new, acquire, failure) {
                Ok(_) => return Some((index(top), read(&self.values[node]))),
                Err(found) => top = found,
            }
        }
        None
    }

    /// All that is left, when nobody else acts.
    fn rest(&self) -> Vec<(u32, u32)> {
        // More than there are nodes means a circle.
        std::iter::from_fn(|| self.pop()).take(3).collect()
    }
}

/// Two push, one pops meanwhile: each value comes out once.
fn pushes(fault: Option<Fault>) -> String {
    let stack = Stack::<Machine>::new(fault);
    let pushing = model::spawn({
        let stack = Rc::clone(&stack);
        move || stack.push(0, 10)
    });
    stack.push(1, 11);
    let early = stack.pop();
    pushing.join().unwrap();
    let mut all = stack.rest();
    all.extend(early);
    all.sort_unstable();
    assert_eq!(all, [(0, 10), (1, 11)], "other nodes");
    format!("{early:?}")
}

/// One pops while the other pops, pushes the same node twice and keeps the one below it.
fn recycled(fault: Option<Fault>) -> String {
    let stack = Stack::<Machine>::new(fault);
    stack.push(1, 11);
    stack.push(0, 10);
    let recycling = model::spawn({
        let stack = Rc::clone(&stack);
        move || {
            let (first, value) = stack.pop()?;
            stack.push(first, value);
            let (first, value) = stack.pop()?;
            let second = stack.pop();
            stack.push(first, value);
            second
        }
    });
    let popped = stack.pop();
    let kept = recycling.join().unwrap();
    let mut all = stack.rest();
    all.extend(popped);
    all.extend(kept);
    all.sort_unstable();
    assert_eq!(all, [(0, 10), (1, 11)], "other nodes");
    format!("popped {popped:?}, kept {kept:?}")
}

pub fn trials() -> Vec<Trial> {
    let pushes = Group {
        name: "pushes",
        body: pushes,
        stated: |model| {
            let outcomes = ["Some((0, 10))", "Some((1, 11))"];
            model.bound(2).outcomes(outcomes).at_least(10)
        },
        killed: Killed::Nobody,
        faults: &[
            (Fault::PushRelaxed, Found::Race),
            (Fault::PopRelaxed, Found::Race),
            (Fault::FailureRelaxed, Found::Panic("other nodes")),
            (Fault::LinkedOnce, Found::Panic("other nodes")),
            (Fault::PushedByStore, Found::Discipline),
        ],
    };
    let recycled = Group {
        name: "a node is pushed again",
        body: recycled,
        stated: |model| {
            let outcomes = [
                "popped None, kept Some((1, 11))",
                "popped Some((0, 10)), kept None",
                "popped Some((0, 10)), kept Some((1, 11))",
                "popped Some((1, 11)), kept None",
            ];
            model.bound(2).outcomes(outcomes).at_least(10)
        },
        killed: Killed::Nobody,
        faults: &[
            (Fault::NoTag, Found::Panic("other nodes")),
            (Fault::NarrowTag, Found::Panic("other nodes")),
            (Fault::PoppedBySwap, Found::Race),
        ],
    };
    of_structure("stack", [pushes, recycled])
}
