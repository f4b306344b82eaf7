//! All outcomes of a program by the axioms of RC11.
//!
//! Lahav, Vafeiadis, Kang, Hur and Dreyer, *Repairing Sequential Consistency in C/C++11*, PLDI
//! 2017, section 3, with release sequences as C++20 has them and without sequentially consistent
//! accesses, so that `psc` is its fence part. Every choice of reads-from and of modification order
//! is tried; those that keep the four axioms are the program's executions:
//!
//! - no load buffering: `sb` and `rf` together have no cycle;
//! - coherence: no event is before itself in `hb; eco?`;
//! - atomicity: nothing comes between a read-modify-write and the write it reads;
//! - `psc`, `[F]; (hb | hb; eco; hb); [F]` over the `SeqCst` fences, has no cycle.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::breach::{breach, breach_under_fences};
use super::graph::Graph;
use super::program::{Op, Outcome, Program};
use super::relation::Relation;
use super::skeleton::Skeleton;

/// RC11, or a neighbour of it: a test that takes an axiom away must see the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    Rc11,
    WithoutCoherence,
    WithoutAtomicity,
    WithoutFenceOrder,
    /// Acquire fences order as much as loom's do.
    LoomFences,
}

/// What the axioms say of a program.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) outcomes: BTreeSet<Outcome>,
    /// Some execution breaks the word discipline: a plain store and another change of its word are
    /// not ordered by happens-before.
    pub(crate) breach: bool,
    /// As `breach`, but where the order of the `SeqCst` fences is taken for happens-before too, as
    /// loom does: what the machine can see of it.
    pub(crate) visible_breach: bool,
}

/// All executions of `program` under RC11.
pub(crate) fn verdict(program: &Program) -> Verdict {
    verdict_under(program, Rules::Rc11)
}

/// All executions of `program` under some of the axioms.
pub(crate) fn verdict_under(program: &Program, rules: Rules) -> Verdict {
    let skeleton = Skeleton::new(program);
    let mut search = Search {
        readers: skeleton.readers().collect(),
        source: vec![None; skeleton.events.len()],
        skeleton: &skeleton,
        rules,
        verdict: Verdict::default(),
    };
    search.choose_sources(0, skeleton.order);
    search.verdict
}

/// All executions of `program` if acquire fences did what loom's do.
pub(crate) fn verdict_with_loom_fences(program: &Program) -> Verdict {
    verdict_under(program, Rules::LoomFences)
}

/// Whether the order of `SeqCst` fences takes an outcome from `program`.
pub(crate) fn fences_matter(program: &Program) -> bool {
    let fences = program
        .ops()
        .filter(|op| matches!(op, Op::Fence(Ordering::SeqCst)));
    fences.count() >= 2
        && verdict_under(program, Rules::WithoutFenceOrder).outcomes != verdict(program).outcomes
}

/// Whether acquire and release take an outcome from `program`.
pub(crate) fn orders_matter(program: &Program) -> bool {
    verdict(&program.relaxed()).outcomes != verdict(program).outcomes
}

struct Search<'a> {
    skeleton: &'a Skeleton,
    rules: Rules,
    readers: Vec<usize>,
    source: Vec<Option<usize>>,
    verdict: Verdict,
}

impl Search<'_> {
    /// Tries every source of every reader from `depth` on; `causes` is `sb` and `rf`, transitive.
    fn choose_sources(&mut self, depth: usize, causes: Relation) {
        let Some(&reader) = self.readers.get(depth) else {
            if let Some(graph) = Graph::new(self.skeleton, self.source.clone(), &causes) {
                self.choose_modification_orders(&graph);
            }
            return;
        };
        for source in self.skeleton.sources(reader) {
            // No load buffering; and an early look at atomicity, which prunes most.
            if causes.contains(reader, source) || self.taken(depth, reader, source) {
                continue;
            }
            self.source[reader] = Some(source);
            let mut causes = causes;
            causes.insert_closed(source, reader);
            self.choose_sources(depth + 1, causes);
        }
        self.source[reader] = None;
    }

    /// Whether an earlier read-modify-write reads from `source` as `reader` would.
    fn taken(&self, depth: usize, reader: usize, source: usize) -> bool {
        let events = &self.skeleton.events;
        self.rules != Rules::WithoutAtomicity
            && events[reader].always_updates()
            && self.readers[..depth]
                .iter()
                .any(|&other| events[other].always_updates() && self.source[other] == Some(source))
    }

    fn choose_modification_orders(&mut self, graph: &Graph<'_>) {
        let before = if self.rules == Rules::LoomFences {
            graph.happens_before_in_loom()
        } else {
            graph.happens_before()
        };
        let mut orders = Vec::new();
        for word in 0..self.skeleton.words {
            let writes: Vec<usize> = (0..self.skeleton.events.len())
                .filter(|&event| self.skeleton.events[event].word == Some(word))
                .filter(|&event| graph.writes(event) && event != word)
                .collect();
            let mut possible = Vec::new();
            self.arrange(graph, &mut vec![word], &writes, &mut possible);
            possible.retain(|order| {
                self.rules == Rules::WithoutCoherence || coherent(&before, &eco(graph, &[order]))
            });
            orders.push(possible);
        }
        product(&orders, &mut Vec::new(), &mut |chosen| {
            let psc = fence_order(graph, &before, &eco(graph, chosen));
            if self.rules != Rules::WithoutFenceOrder && !psc.acyclic() {
                return;
            }
            let last: Vec<usize> = chosen
                .iter()
                .filter_map(|order| order.last().copied())
                .collect();
            self.verdict.outcomes.insert(graph.outcome(&last));
            if !self.verdict.visible_breach && breach(graph, &before) {
                self.verdict.breach = true;
                self.verdict.visible_breach = breach_under_fences(graph, &before, &psc);
            }
        });
    }

    /// All orders of `rest` after `order` in which each read-modify-write directly follows what it
    /// reads.
    fn arrange(
        &self,
        graph: &Graph<'_>,
        order: &mut Vec<usize>,
        rest: &[usize],
        found: &mut Vec<Vec<usize>>,
    ) {
        if rest.is_empty() {
            found.push(order.clone());
        }
        let last = order.last().copied();
        let follows = |write: usize| graph.updates(write) && graph.source[write] == last;
        let must_follow = rest.iter().any(|&write| follows(write));
        for &write in rest {
            let fits = follows(write) || !must_follow && !graph.updates(write);
            if fits || self.rules == Rules::WithoutAtomicity {
                order.push(write);
                let others: Vec<usize> = rest
                    .iter()
                    .copied()
                    .filter(|&other| other != write)
                    .collect();
                self.arrange(graph, order, &others, found);
                order.pop();
            }
        }
    }
}

/// Calls `visit` with every way to take one order of each word.
fn product<'a>(
    orders: &'a [Vec<Vec<usize>>],
    chosen: &mut Vec<&'a [usize]>,
    visit: &mut impl FnMut(&[&'a [usize]]),
) {
    let Some(possible) = orders.get(chosen.len()) else {
        return visit(chosen);
    };
    for order in possible {
        chosen.push(order);
        product(orders, chosen, visit);
        chosen.pop();
    }
}

/// `eco`: reads-from, modification order and reads-before, transitive, over the words whose
/// modification orders are given.
fn eco(graph: &Graph<'_>, orders: &[impl AsRef<[usize]>]) -> Relation {
    let mut relation = Relation::empty();
    for order in orders {
        let order = order.as_ref();
        for (place, &write) in order.iter().enumerate() {
            let later = &order[place + 1..];
            for &other in later {
                relation.insert(write, other);
            }
            for reader in graph.skeleton.readers() {
                if graph.read[reader].is_some() && graph.source[reader] == Some(write) {
                    relation.insert(write, reader);
                    for &other in later.iter().filter(|&&other| other != reader) {
                        relation.insert(reader, other);
                    }
                }
            }
        }
    }
    relation.closure()
}

/// `hb; eco?` is irreflexive.
fn coherent(before: &Relation, eco: &Relation) -> bool {
    before.irreflexive() && before.then(eco).irreflexive()
}

/// `psc`: what is forced between `SeqCst` fences.
fn fence_order(graph: &Graph<'_>, before: &Relation, eco: &Relation) -> Relation {
    let fences = graph.sc_fences();
    let mut order = Relation::empty();
    if fences.len() < 2 {
        return order;
    }
    let forced = before.union(&before.then(eco).then(before));
    for &first in &fences {
        for &second in &fences {
            if forced.contains(first, second) {
                order.insert(first, second);
            }
        }
    }
    order
}
