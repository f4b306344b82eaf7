//! The events of a program.
//!
//! A read-modify-write is one event that reads and writes. The first events are the initial
//! writes, one a word; they come before everything.

use super::program::{Op, Program};
use super::relation::Relation;

/// One operation as an event; initial writes have none.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) op: Option<Op>,
    pub(crate) word: Option<usize>,
    /// The event before it in its thread.
    pub(crate) previous: Option<usize>,
    /// Reads between that event and this one that must have seen a value for the thread to get here.
    pub(crate) guards: Vec<(usize, u32)>,
    /// No guard can end its thread before it.
    unguarded: bool,
}

/// The events of a program and the order of each thread.
#[derive(Debug)]
pub(crate) struct Skeleton {
    pub(crate) events: Vec<Event>,
    pub(crate) words: usize,
    /// `sb`: program order, transitive, with the initial writes before everything.
    pub(crate) order: Relation,
}

impl Skeleton {
    pub(crate) fn new(program: &Program) -> Self {
        let words = program.words();
        let mut events: Vec<Event> = (0..words).map(Event::initial).collect();
        let mut order = Relation::empty();
        for thread in &program.threads {
            let (mut guards, mut previous, mut last_read) = (Vec::new(), None, None);
            let mut unguarded = true;
            for &op in thread {
                if let Op::Guard(value) = op {
                    guards.extend(last_read.map(|read| (read, value)));
                    unguarded = false;
                    continue;
                }
                let event = events.len();
                (0..words).for_each(|initial| order.insert(initial, event));
                if let Some(previous) = previous {
                    order.insert(previous, event);
                }
                events.push(Event {
                    op: Some(op),
                    word: op.word(),
                    previous,
                    guards: std::mem::take(&mut guards),
                    unguarded,
                });
                previous = Some(event);
                last_read = if op.reads() { previous } else { last_read };
            }
        }
        assert!(events.len() <= Relation::MAX, "too many events");
        Self {
            events,
            words,
            order: order.closure(),
        }
    }

    /// The events that read, in the order of an outcome.
    pub(crate) fn readers(&self) -> impl Iterator<Item = usize> + '_ {
        let reads = |event: &usize| self.events[*event].op.is_some_and(Op::reads);
        (self.words..self.events.len()).filter(reads)
    }

    /// The events that `reader` might read from, the initial write first.
    pub(crate) fn sources(&self, reader: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.events.len()).filter(move |&source| {
            let event = &self.events[source];
            source != reader
                && event.word == self.events[reader].word
                && event.op.is_none_or(Op::may_write)
                && !self.order.contains(reader, source)
        })
    }
}

impl Event {
    fn initial(word: usize) -> Self {
        Self {
            op: None,
            word: Some(word),
            previous: None,
            guards: Vec::new(),
            unguarded: true,
        }
    }

    /// Whether it reads and writes in every execution: two of these cannot read from one write.
    pub(crate) fn always_updates(&self) -> bool {
        self.unguarded && matches!(self.op, Some(Op::Add(..) | Op::Swap(..)))
    }
}
