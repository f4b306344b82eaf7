//! A stack of nodes that are named by their index (Treiber 1986).

use aqueduct::model::Sweep;
use aqueduct::platform::Ordering::{Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};

/// No node.
const END: u32 = u32::MAX;

pub struct Stack<P: Platform> {
    /// A tag, which each push advances, above the node on top. A pop that sleeps through 2^32
    /// pushes would take one node for another.
    top: P::AtomicU64,
    nodes: [Node<P>; 2],
}

struct Node<P: Platform> {
    /// The node below; written by whoever owns this one.
    below: P::AtomicU32,
    value: P::Cell<u32>,
}

// SAFETY: the value of a node is touched by its owner alone, and `top` hands nodes over.
unsafe impl<P: Platform> Sync for Stack<P> {}
// SAFETY: as above.
unsafe impl<P: Platform> Send for Stack<P> {}

fn join(tag: u32, node: u32) -> u64 {
    u64::from(tag) << 32 | u64::from(node)
}

fn split(top: u64) -> (u32, u32) {
    let low = |word| u32::try_from(word & u64::from(u32::MAX)).expect("32 bits are left");
    (low(top >> 32), low(top))
}

impl<P: Platform> Stack<P> {
    /// An empty stack; the caller owns both nodes.
    pub fn new() -> Self {
        let node = || Node {
            below: Atomic::new(END),
            value: Cell::new(0),
        };
        Stack {
            top: Atomic::new(join(0, END)),
            nodes: [node(), node()],
        }
    }

    /// Pushes a node that the caller owns.
    pub fn push(&self, node: u32, value: u32) {
        let Node { below, value: cell } = &self.nodes[node as usize];
        // SAFETY: the caller owns the node.
        cell.with_mut(|cell| unsafe { *cell = value });
        let mut top = self.top.load(Relaxed);
        loop {
            let (tag, under) = split(top);
            below.store(under, Relaxed);
            let new = join(tag.wrapping_add(1), node);
            match self.top.compare_exchange(top, new, Release, Relaxed) {
                Ok(_) => return,
                Err(found) => top = found,
            }
        }
    }

    /// Pops a node, which the caller then owns, and its value.
    pub fn pop(&self) -> Option<(u32, u32)> {
        loop {
            let top = self.top.load(Acquire);
            let (tag, node) = split(top);
            if node == END {
                return None;
            }
            let Node { below, value } = &self.nodes[node as usize];
            let new = join(tag, below.load(Relaxed));
            if self
                .top
                .compare_exchange(top, new, Relaxed, Relaxed)
                .is_ok()
            {
                // SAFETY: the exchange has made the caller its owner.
                return Some((node, value.with(|value| unsafe { *value })));
            }
        }
    }
}

#[path = "models.rs"]
pub mod models;

pub fn sweep() -> Sweep {
    let models = [models::two_push(), models::a_node_comes_back()];
    Sweep::new("kit/stack.rs", models)
}

#[cfg(test)]
mod tests {
    use super::{models, sweep};
    use crate::page::shows;

    #[test]
    fn two_push() {
        models::two_push().check();
    }

    #[test]
    fn a_node_comes_back() {
        models::a_node_comes_back().check();
    }

    #[test]
    fn swept() {
        shows(2, &sweep().check().to_string());
    }
}
