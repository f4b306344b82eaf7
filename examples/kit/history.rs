//! What a stack is, and that the stack is one.

use crate::stack::Stack;
use crate::stack::models::Shared;
use aqueduct::model::specification::Specification;
use aqueduct::model::{self, History, Model};
use std::sync::Arc;

/// What a stack is: what was pushed last is popped first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pile(Vec<u32>);

#[derive(Debug)]
enum Call {
    Push(u32),
    Pop,
}

impl Specification for Pile {
    type Call = Call;
    type Answer = Option<u32>;

    fn answers(&self, call: &Call) -> Vec<(Option<u32>, Pile)> {
        let mut pile = self.clone();
        let answer = match call {
            Call::Push(value) => {
                pile.0.push(*value);
                None
            }
            Call::Pop => pile.0.pop(),
        };
        vec![(answer, pile)]
    }
}

fn push(history: &History<Pile>, stack: &Shared, node: u32, value: u32) {
    history.call(Call::Push(value), || {
        stack.push(node, value);
        None
    });
}

fn pop(history: &History<Pile>, stack: &Shared) -> Option<u32> {
    let mut popped = None;
    history.call(Call::Pop, || {
        popped = stack.pop();
        popped.map(|(_, value)| value)
    })
}

/// Two threads push and pop.
fn in_order() -> Model {
    Model::new("calls in some order", || {
        let stack = Shared::new(Stack::new());
        let history = History::new(Pile(Vec::new()));
        let other = model::spawn({
            let (stack, history) = (Arc::clone(&stack), history.clone());
            move || {
                push(&history, &stack, 0, 10);
                pop(&history, &stack);
            }
        });
        push(&history, &stack, 1, 11);
        pop(&history, &stack);
        other.join().unwrap();
        pop(&history, &stack);
        history.check();
    })
    .bound(2)
}

#[test]
fn every_history_has_an_order() {
    let report = in_order().check();
    assert_eq!(report.histories.checked, report.executions);
    // The figure of the page.
    assert_eq!(report.executions, 651);
}
