//! What a stack must do when a process is killed, or stands still.

use crate::stack::Stack;
use crate::stack::models::{Shared, rest};
use aqueduct::model::{self, Model, attempt};
use std::sync::Arc;

/// A process pushes and pops, and may be killed; another one pushes.
fn killed() -> Model {
    Model::new("one is killed", || {
        let stack = Shared::new(Stack::new());
        let victim = model::process(1, {
            let stack = Arc::clone(&stack);
            move || {
                stack.push(0, 10);
                stack.pop()
            }
        });
        stack.push(1, 11);
        let answered = victim.join();
        let mut all = rest(&stack);
        all.extend(answered.flatten());
        let lost = 2 - all.len();
        let fate = answered.map_or("killed", |_| "alive");
        format!("{fate}, {lost} lost")
    })
    .bound(2)
    .outcomes(["alive, 0 lost", "killed, 0 lost", "killed, 1 lost"])
}

/// Two processes push, and both may be killed.
fn both_killed() -> Model {
    Model::new("two are killed", || {
        let stack = Shared::new(Stack::new());
        let pushing = |id, node| {
            let stack = Arc::clone(&stack);
            model::process(id, move || stack.push(node, 10 + node))
        };
        let (one, two) = (pushing(1, 0), pushing(2, 1));
        let pushed = [one.join(), two.join()];
        let all = rest(&stack);
        let expected = pushed.iter().flatten().count();
        assert!(all.len() >= expected, "{all:?}");
        all.len()
    })
    .bound(2)
    .outcomes(["0", "1", "2"])
}

/// A process pushes, and may stand still; another one is done in a few steps.
fn paused() -> Model {
    Model::new("one stands still", || {
        let stack = Shared::new(Stack::new());
        let slow = model::process(1, {
            let stack = Arc::clone(&stack);
            move || stack.push(0, 10)
        });
        attempt(6, || stack.push(1, 11));
        let popped = attempt(7, || stack.pop());
        slow.join();
        assert!(popped.is_some(), "there is a node");
    })
    .bound(2)
}

#[test]
fn one_is_killed() {
    killed().check_deaths(&[1]);
}

#[test]
fn two_are_killed() {
    both_killed().check_two_deaths(1, 2);
}

#[test]
fn one_stands_still() {
    paused().check_pauses(&[1]);
}
