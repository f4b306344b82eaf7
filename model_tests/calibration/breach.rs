//! The word discipline, judged by happens-before.

use super::graph::Graph;
use super::program::Op;
use super::relation::Relation;

/// Whether a plain store and another write of its word are unordered.
pub(crate) fn breach(graph: &Graph<'_>, before: &Relation) -> bool {
    let events = &graph.skeleton.events;
    let plain = |event: usize| matches!(events[event].op, Some(Op::Store(..)));
    let writes: Vec<usize> = (0..events.len())
        .filter(|&event| graph.writes(event))
        .collect();
    writes.iter().any(|&store| {
        plain(store)
            && writes.iter().any(|&other| {
                other != store
                    && events[other].word == events[store].word
                    && !before.contains(store, other)
                    && !before.contains(other, store)
            })
    })
}

/// Whether `breach` holds for some total order of the fences, taken as happens-before.
pub(crate) fn breach_under_fences(graph: &Graph<'_>, before: &Relation, psc: &Relation) -> bool {
    fn extend(
        graph: &Graph<'_>,
        before: &Relation,
        psc: &Relation,
        placed: Option<usize>,
        rest: &[usize],
    ) -> bool {
        if rest.is_empty() {
            return breach(graph, &before.closure());
        }
        rest.iter().any(|&next| {
            let others: Vec<usize> = rest
                .iter()
                .copied()
                .filter(|&other| other != next)
                .collect();
            if others.iter().any(|&other| psc.contains(other, next)) {
                return false;
            }
            let mut before = *before;
            if let Some(placed) = placed {
                before.insert(placed, next);
            }
            extend(graph, &before, psc, Some(next), &others)
        })
    }
    extend(graph, before, psc, None, &graph.sc_fences())
}
