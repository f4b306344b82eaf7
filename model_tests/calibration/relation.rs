//! Relations over at most 32 events, one bit a pair.

/// A set of pairs of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    rows: [u32; Self::MAX],
}

impl Relation {
    /// How many events there may be.
    pub(crate) const MAX: usize = 32;

    /// No pair.
    pub(crate) fn empty() -> Self {
        Self {
            rows: [0; Self::MAX],
        }
    }

    pub(crate) fn insert(&mut self, from: usize, to: usize) {
        self.rows[from] |= 1 << to;
    }

    pub(crate) fn contains(&self, from: usize, to: usize) -> bool {
        self.rows[from] >> to & 1 == 1
    }

    /// Both together.
    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut both = *self;
        for (row, more) in both.rows.iter_mut().zip(other.rows) {
            *row |= more;
        }
        both
    }

    /// The first, then the second.
    pub(crate) fn then(&self, second: &Self) -> Self {
        let mut path = Self::empty();
        for (row, middle) in path.rows.iter_mut().zip(self.rows) {
            for event in 0..Self::MAX {
                if middle >> event & 1 == 1 {
                    *row |= second.rows[event];
                }
            }
        }
        path
    }

    /// The pairs that one or more steps connect.
    pub(crate) fn closure(&self) -> Self {
        let mut reach = *self;
        for middle in 0..Self::MAX {
            let onward = reach.rows[middle];
            if onward == 0 {
                continue;
            }
            for row in &mut reach.rows {
                if *row >> middle & 1 == 1 {
                    *row |= onward;
                }
            }
        }
        reach
    }

    /// Adds one step to a relation that is closed, and keeps it closed.
    pub(crate) fn insert_closed(&mut self, from: usize, to: usize) {
        let onward = self.rows[to] | 1 << to;
        for (event, row) in self.rows.iter_mut().enumerate() {
            if event == from || *row >> from & 1 == 1 {
                *row |= onward;
            }
        }
    }

    /// No event is related to itself.
    pub(crate) fn irreflexive(&self) -> bool {
        (0..Self::MAX).all(|event| !self.contains(event, event))
    }

    /// No event reaches itself.
    pub(crate) fn acyclic(&self) -> bool {
        self.closure().irreflexive()
    }

    /// How many events are before `event`.
    pub(crate) fn before(&self, event: usize) -> usize {
        self.rows
            .iter()
            .filter(|row| *row >> event & 1 == 1)
            .count()
    }
}
