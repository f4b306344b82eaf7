//! Values that have to be dropped: each is, exactly once, whoever has it in the end.

use std::sync::Arc;

use aqueduct::buffer::rendezvous::Rendezvous;
use aqueduct::platform::native::Native;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{Point, consumer, producer};
use crate::spec::{Counted, Ledger, property};

#[derive(Clone, Debug)]
enum Op {
    /// An offer that stays, or is withdrawn.
    Offer(bool),
    Push,
    Want,
    Pop,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => any::<bool>().prop_map(Op::Offer),
        1 => Just(Op::Push),
        1 => Just(Op::Want),
        1 => Just(Op::Pop),
    ]
}

property! {
    fn each_value_is_dropped_once(script in vec(op(), 0..40)) {
        let ledger = Ledger::new();
        let point: Point<Counted> = Arc::new(Rendezvous::<Native, _>::new(0));
        let (producer, consumer) = (producer(&point, 1), consumer(&point, 2));
        for op in &script {
            match op {
                Op::Offer(stays) => {
                    if let Ok(mut offer) = producer.offer(ledger.value()) && !stays {
                        drop(offer.withdraw());
                    }
                }
                Op::Push => drop(producer.push(ledger.value())),
                Op::Want => drop(consumer.want()),
                Op::Pop => drop(consumer.pop()),
            }
            prop_assert!(ledger.alive()? <= 1);
        }
        drop((producer, consumer, point));
        prop_assert_eq!(ledger.alive()?, 0);
    }
}
