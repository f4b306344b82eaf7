//! What a stack of two nodes must do.

use super::Stack;
use aqueduct::model::{self, Machine, Model};
use std::sync::Arc;

pub type Shared = Arc<Stack<Machine>>;

/// All that is left, when nobody else acts; more nodes than there are would be a circle.
pub fn rest(stack: &Shared) -> Vec<(u32, u32)> {
    std::iter::from_fn(|| stack.pop()).take(3).collect()
}

/// Two push, one of them pops meanwhile.
pub fn two_push() -> Model {
    Model::new("two push", || {
        let stack = Shared::new(Stack::new());
        let other = model::spawn({
            let stack = Arc::clone(&stack);
            move || stack.push(0, 10)
        });
        stack.push(1, 11);
        let popped = stack.pop();
        other.join().unwrap();
        let mut all = rest(&stack);
        all.extend(popped);
        all.sort_unstable();
        assert!(all == [(0, 10), (1, 11)], "nodes come out: {all:?}");
        popped
    })
    .bound(2)
    .outcomes(["Some((0, 10))", "Some((1, 11))"])
}

/// One pops while another pops both nodes, and pushes the first one back.
pub fn a_node_comes_back() -> Model {
    Model::new("a node comes back", || {
        let stack = Shared::new(Stack::new());
        stack.push(1, 11);
        stack.push(0, 10);
        let other = model::spawn({
            let stack = Arc::clone(&stack);
            move || {
                let (first, value) = stack.pop()?;
                let second = stack.pop();
                stack.push(first, value);
                second
            }
        });
        let popped = stack.pop();
        let kept = other.join().unwrap();
        let mut all = rest(&stack);
        all.extend(popped);
        all.extend(kept);
        all.sort_unstable();
        assert!(all == [(0, 10), (1, 11)], "nodes come out: {all:?}");
    })
    .bound(2)
}
