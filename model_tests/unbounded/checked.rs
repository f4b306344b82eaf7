//! Segments in the model's memory that are only used while they are there.

use aqueduct::buffer::unbounded::{Blank, NoMemory, Positions, Segments, Shape, Slot, Unbounded};
use aqueduct::model::{Cell, Machine};
use aqueduct::platform::Cell as _;
use aqueduct::position::{Capacity, Position};
use std::rc::Rc;

/// Memory whose segments are watched: a use of one that is not there fails, and so does a use that
/// is not ordered with the step that brought it or took it away.
pub struct Checked {
    words: Positions<Machine>,
    shape: Shape,
    segments: Box<[Segment]>,
    /// How many segments are there.
    there: std::cell::Cell<usize>,
    /// Whether a step may be done twice, as it is after a death.
    again: bool,
    /// Which calls of `reserve` find no memory: the first one is the lowest bit.
    fails: std::cell::Cell<u32>,
}

struct Segment {
    there: Cell<There>,
    slots: Box<[Slot<Machine, u32>]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum There {
    /// Nobody has reserved it yet: a consumer of a new buffer gives it back in vain.
    NotYet,
    Now,
    NoMore,
}

pub type Buffer = Rc<Unbounded<Checked>>;

impl Checked {
    pub fn new([limit, slots]: [usize; 2], before_wrap: usize) -> Self {
        let [limit, slots] = [limit, slots].map(|count| Capacity::new(count).unwrap());
        let shape = Shape::with_segment(limit, slots).unwrap();
        let segment = |_| Segment {
            there: Cell::new(There::NotYet),
            slots: (0..shape.slots()).map(|_| Slot::blank()).collect(),
        };
        Self {
            words: Positions::new(Position::new(0).minus(before_wrap)),
            shape,
            segments: (0..shape.segments()).map(segment).collect(),
            there: std::cell::Cell::new(0),
            again: false,
            fails: std::cell::Cell::new(0),
        }
    }

    /// A step may be done twice.
    pub fn again(mut self) -> Self {
        self.again = true;
        self
    }

    /// These calls of `reserve` find no memory.
    pub fn failing(self, calls: &[u32]) -> Self {
        self.fails.set(calls.iter().map(|call| 1 << call).sum());
        self
    }

    pub fn buffer(self) -> Buffer {
        Rc::new(Unbounded::begin(self).unwrap())
    }

    /// How many segments are there.
    pub fn there(&self) -> usize {
        self.there.get()
    }

    /// A segment comes or goes.
    fn change(&self, segment: usize, now: There) {
        self.segments[segment].there.with_mut(|there| {
            // SAFETY: the machine fails if anybody else is at it.
            let there = unsafe { &mut *there };
            assert!(
                self.again || *there != now,
                "segment {segment} twice: {now:?}"
            );
            let [before, after] = [*there, now].map(|there| usize::from(there == There::Now));
            self.there.set(self.there.get() - before + after);
            *there = now;
        });
    }
}

// SAFETY: the slots are there all the time; when they may be used is what is checked.
unsafe impl Segments for Checked {
    type Words = Positions<Machine>;
    type Slot = Slot<Machine, u32>;
    const OWNS_MESSAGES: bool = false;

    fn words(&self) -> &Positions<Machine> {
        &self.words
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn reserve(&self, segment: usize) -> Result<(), NoMemory> {
        let fails = self.fails.get();
        self.fails.set(fails >> 1);
        if fails & 1 == 1 {
            return Err(NoMemory);
        }
        self.change(segment, There::Now);
        Ok(())
    }

    unsafe fn give_back(&self, segment: usize) {
        self.change(segment, There::NoMore);
    }

    unsafe fn slots(&self, segment: usize) -> &[Slot<Machine, u32>] {
        let Segment { there, slots } = &self.segments[segment];
        // SAFETY: the machine fails if anybody changes it meanwhile.
        let there = there.with(|there| unsafe { *there });
        assert!(
            there == There::Now,
            "segment {segment} is used and not there"
        );
        slots
    }
}
