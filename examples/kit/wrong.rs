//! A stack of nodes that are named by their index (Treiber 1986), as it is written at first.

use aqueduct::platform::Ordering::{AcqRel, Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell, Platform};

/// No node.
const END: u32 = u32::MAX;

pub struct Stack<P: Platform> {
    top: P::AtomicU32,
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

impl<P: Platform> Stack<P> {
    /// An empty stack; the caller owns both nodes.
    pub fn new() -> Self {
        let node = || Node {
            below: Atomic::new(END),
            value: Cell::new(0),
        };
        Stack {
            top: Atomic::new(END),
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
            below.store(top, Relaxed);
            match self.top.compare_exchange(top, node, Release, Relaxed) {
                Ok(_) => return,
                Err(found) => top = found,
            }
        }
    }

    /// Pops a node, which the caller then owns, and its value.
    pub fn pop(&self) -> Option<(u32, u32)> {
        loop {
            let node = self.top.load(Acquire);
            if node == END {
                return None;
            }
            let Node { below, value } = &self.nodes[node as usize];
            let below = below.load(Relaxed);
            if self
                .top
                .compare_exchange(node, below, AcqRel, Relaxed)
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

#[cfg(test)]
mod tests {
    use super::models;
    use crate::page::{caught, shows};
    use aqueduct::model::Sweep;

    #[test]
    fn two_push() {
        models::two_push().check();
    }

    #[test]
    fn a_node_comes_back() {
        shows(0, &caught(|| models::a_node_comes_back().check()));
    }

    #[test]
    fn two_orderings_are_too_strong() {
        let sweep = Sweep::new("kit/wrong.rs", [models::two_push()]);
        shows(1, &caught(|| sweep.check()));
    }
}
