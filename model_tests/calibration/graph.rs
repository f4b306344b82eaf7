//! Execution graphs: the events of a program, reads-from, and what follows from them.

use std::sync::atomic::Ordering;

use super::program::{Op, Outcome};
use super::relation::Relation;
use super::skeleton::Skeleton;

/// A program's events with one choice of reads-from, its values worked out.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) skeleton: &'a Skeleton,
    /// What each reader reads from.
    pub(crate) source: Vec<Option<usize>>,
    pub(crate) happens: Vec<bool>,
    pub(crate) read: Vec<Option<u32>>,
    pub(crate) written: Vec<Option<u32>>,
}

impl<'a> Graph<'a> {
    /// Works out the values; `None` if some event reads from one that does not write.
    ///
    /// `causes` is `sb` and `rf`, transitive and without a cycle. A reader that a guard skips must
    /// have the initial write for its source, so that it is counted once.
    pub(crate) fn new(
        skeleton: &'a Skeleton,
        source: Vec<Option<usize>>,
        causes: &Relation,
    ) -> Option<Self> {
        let count = skeleton.events.len();
        let mut graph = Self {
            skeleton,
            source,
            happens: vec![false; count],
            read: vec![None; count],
            written: vec![None; count],
        };
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&event| causes.before(event));
        order
            .into_iter()
            .all(|event| graph.run(event).is_some())
            .then_some(graph)
    }

    fn run(&mut self, index: usize) -> Option<()> {
        let event = &self.skeleton.events[index];
        let Some(op) = event.op else {
            self.happens[index] = true;
            self.written[index] = Some(0);
            return Some(());
        };
        self.happens[index] = event.previous.is_none_or(|previous| self.happens[previous])
            && event
                .guards
                .iter()
                .all(|&(read, value)| self.read[read] == Some(value));
        if !self.happens[index] {
            return self.source[index]
                .is_none_or(|source| source < self.skeleton.words)
                .then_some(());
        }
        if let Some(source) = self.source[index] {
            self.read[index] = Some(self.written[source]?);
        }
        let read = self.read[index];
        self.written[index] = match op {
            Op::Store(_, value, _) | Op::Swap(_, value, _) => Some(value),
            Op::Add(_, value, _) => read.map(|read| read.wrapping_add(value)),
            Op::CompareExchange { expected, new, .. } => (read == Some(expected)).then_some(new),
            Op::Load(..) | Op::Fence(_) | Op::Guard(_) => None,
        };
        Some(())
    }

    /// Whether the event takes part: it happened, and it reads or writes a word.
    pub(crate) fn writes(&self, event: usize) -> bool {
        self.written[event].is_some()
    }

    /// Whether the event both reads and writes.
    pub(crate) fn updates(&self, event: usize) -> bool {
        self.writes(event) && self.read[event].is_some()
    }

    /// The order that the event ran with: a compare-exchange has two.
    fn ordering(&self, event: usize) -> Ordering {
        match self.skeleton.events[event].op {
            None => Ordering::Relaxed,
            Some(Op::CompareExchange {
                success, failure, ..
            }) => {
                if self.writes(event) {
                    success
                } else {
                    failure
                }
            }
            Some(
                Op::Load(_, order)
                | Op::Store(_, _, order)
                | Op::Add(_, _, order)
                | Op::Swap(_, _, order)
                | Op::Fence(order),
            ) => order,
            Some(Op::Guard(_)) => unreachable!("guards are no events"),
        }
    }

    fn acquires(&self, event: usize) -> bool {
        matches!(
            self.ordering(event),
            Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst
        )
    }

    fn releases(&self, event: usize) -> bool {
        matches!(
            self.ordering(event),
            Ordering::Release | Ordering::AcqRel | Ordering::SeqCst
        )
    }

    /// The fences that happened.
    pub(crate) fn fences(&self) -> impl Iterator<Item = usize> + '_ {
        let events = self.skeleton.events.iter().enumerate();
        events
            .filter(|(index, event)| matches!(event.op, Some(Op::Fence(_))) && self.happens[*index])
            .map(|(index, _)| index)
    }

    /// The fences of order `SeqCst` that happened.
    pub(crate) fn sc_fences(&self) -> Vec<usize> {
        self.fences()
            .filter(|&fence| self.ordering(fence) == Ordering::SeqCst)
            .collect()
    }

    /// `hb`: program order and synchronises-with, transitive.
    pub(crate) fn happens_before(&self) -> Relation {
        let order = &self.skeleton.order;
        order.union(&self.synchronizes_with(order)).closure()
    }

    /// `hb` as loom has it: an acquire fence takes what any thread read before it, in
    /// happens-before, and not only its own.
    pub(crate) fn happens_before_in_loom(&self) -> Relation {
        let mut before = self.happens_before();
        loop {
            let wider = before.union(&self.synchronizes_with(&before)).closure();
            if wider == before {
                return before;
            }
            before = wider;
        }
    }

    /// `sw`: from a release write, or a release fence before any write, to an acquire read, or an
    /// acquire fence that comes after any read in `fenced`, that reads from the write's release
    /// sequence: the write itself and the read-modify-writes that read from it in a chain (C++20:
    /// no plain stores).
    fn synchronizes_with(&self, fenced: &Relation) -> Relation {
        let order = &self.skeleton.order;
        let mut relation = Relation::empty();
        let reads = |event: &usize| self.read[*event].is_some();
        for reader in self.skeleton.readers().filter(reads) {
            let mut acquirers: Vec<usize> = self
                .fences()
                .filter(|&fence| fenced.contains(reader, fence) && self.acquires(fence))
                .collect();
            acquirers.extend(self.acquires(reader).then_some(reader));
            let mut head = self.source[reader];
            while let Some(write) = head {
                let releasers = self
                    .fences()
                    .filter(|&fence| order.contains(fence, write))
                    .chain([write])
                    .filter(|&event| self.releases(event));
                for releaser in releasers {
                    for &acquirer in &acquirers {
                        relation.insert(releaser, acquirer);
                    }
                }
                head = self.source[write];
            }
        }
        relation
    }

    /// What the execution showed, given the last write of each word.
    pub(crate) fn outcome(&self, last: &[usize]) -> Outcome {
        Outcome {
            reads: self
                .skeleton
                .readers()
                .map(|event| self.read[event])
                .collect(),
            last: last
                .iter()
                .map(|&write| self.written[write].unwrap_or(0))
                .collect(),
        }
    }
}
