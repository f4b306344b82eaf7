//! More threads than can be explored, at random; and what was checked, as a certificate.

use crate::stack::{Stack, models, sweep};
use aqueduct::model::{self, Certificate, Machine, Model, Random};
use std::sync::Arc;

/// Six take turns with two nodes: who pops one pushes it back.
fn six() -> Model {
    Model::new("six take turns", || {
        let stack = Arc::new(Stack::<Machine>::new());
        stack.push(0, 10);
        stack.push(1, 11);
        let taking = |_| {
            let stack = Arc::clone(&stack);
            model::spawn(move || {
                for _ in 0..10 {
                    if let Some((node, value)) = stack.pop() {
                        stack.push(node, value);
                    }
                }
            })
        };
        let threads: Vec<_> = (0..6).map(taking).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let mut all = models::rest(&stack);
        all.sort_unstable();
        assert!(all == [(0, 10), (1, 11)], "nodes come out: {all:?}");
    })
    .branches(20_000)
}

#[test]
fn six_threads() {
    assert_eq!(six().check_random(&Random::new(200)).runs, 200);
}

#[test]
fn certified() {
    let mut certificate = Certificate::default();
    certificate.explored(&models::two_push().check());
    certificate.explored(&models::a_node_comes_back().check());
    certificate.swept(&sweep().check());
    println!("{certificate}{}", certificate.limits());
    let text = certificate.markdown();
    assert!(
        text.contains("| two push | 2 |") && text.contains("Not covered:"),
        "{text}"
    );
}
