//! Why a history is refused, in words.

use super::calls::{Calls, bit};
use crate::model::specification::Specification;
use std::fmt::{self, Debug, Write};

/// There is no order of the calls that the specification accepts. Displayed, it tells each call
/// with its thread and answer, what it comes after, and how far an order comes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

impl<S: Specification> Calls<S> {
    /// The call with this index, and its answer, in words.
    pub(super) fn name(&self, index: usize) -> impl fmt::Display {
        let call = &self.calls[index];
        let answer: &dyn Debug = match &call.answer {
            Some(answer) => answer,
            None => &format_args!("no answer"),
        };
        format!(
            "#{index} thread {}: {:?} -> {answer:?}",
            call.thread, call.call
        )
    }

    /// The calls that this one follows without another one between.
    fn just_after(&self, index: usize) -> impl Iterator<Item = usize> {
        let after = self.calls[index].after;
        let members = move |set: u64| (0..self.len()).filter(move |&one| set & bit(one) != 0);
        let earlier = members(after).fold(0, |set, one| set | self.calls[one].after);
        members(after & !earlier)
    }
}

impl Refusal {
    /// `order` is as far as one comes with the calls in `wanted`, and `state` what it leaves.
    pub(super) fn new<S: Specification>(
        calls: &Calls<S>,
        wanted: u64,
        (order, state): &(Vec<usize>, S),
    ) -> Self {
        let mut account = format!(
            "no order of these calls is right, from {:?}:",
            calls.initial
        );
        for index in 0..calls.len() {
            let after = numbers(calls.just_after(index));
            let after = if after.is_empty() {
                after
            } else {
                format!(", after {after}")
            };
            let left_out = if wanted & bit(index) == 0 {
                ", a glance, left out"
            } else {
                ""
            };
            write!(account, "\n  {}{after}{left_out}", calls.name(index)).expect("a string grows");
        }
        let furthest = match &order[..] {
            [] => "no call can be the first".to_owned(),
            order => format!("the furthest one comes: {}", numbers(order.iter().copied())),
        };
        write!(account, "\n{furthest}; then {state:?}").expect("a string grows");
        Refusal(account)
    }
}

fn numbers(indices: impl Iterator<Item = usize>) -> String {
    let names: Vec<_> = indices.map(|index| format!("#{index}")).collect();
    names.join(", ")
}
