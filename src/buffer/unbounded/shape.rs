//! How much an unbounded buffer may hold, and which slot a position stands for.

use crate::position::{Capacity, CapacityError, Position};

/// How much a buffer may hold, and in pieces of what size.
///
/// ```text
///     position      ... segment number ... | slot      its low bits: the slot within the segment
///                            |                         (a power of two of slots)
///                            | low bits
///                            v
///                        the segment                   (a power of two of segments)
/// ```
///
/// Both numbers are powers of two, so the mapping survives the wrap of the position. The limit is
/// exact. There is at least one segment more than it needs, for the one that the consumer is
/// leaving: see [`unbounded`](super).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    limit: Capacity,
    /// The slots of a segment are 2 to the power of this: a division would cost more than the rest of
    /// a push.
    slot_bits: u32,
    segments: usize,
}

/// The slots of a segment, unless others are asked for.
const SLOTS: usize = 1024;

/// The most segments, unless others are asked for: their table takes 32 KiB.
const MOST_SEGMENTS: usize = 4096;

impl Shape {
    /// At most `limit` messages, in segments of [`slots`](Shape::slots) that suit it: 1024, or
    /// more where that would be more than 4096 segments.
    ///
    /// # Errors
    /// [`CapacityError`] if the slots cannot be counted.
    pub const fn new(limit: Capacity) -> Result<Self, CapacityError> {
        // Half of the segments may be there for the rounding.
        let slots = limit.slots() / (MOST_SEGMENTS / 2);
        let slots = if slots > SLOTS { slots } else { SLOTS };
        match Capacity::new(slots) {
            Ok(slots) => Self::with_segment(limit, slots),
            Err(error) => Err(error),
        }
    }

    /// At most `limit` messages, in segments of `slots` slots, rounded up to a power of two.
    ///
    /// # Errors
    /// [`CapacityError`] if the slots cannot be counted.
    pub const fn with_segment(limit: Capacity, slots: Capacity) -> Result<Self, CapacityError> {
        let slots = slots.slots();
        let too_large = Err(CapacityError::TooLarge(limit.get()));
        let Some(needed) = limit.get().checked_add(slots) else {
            return too_large;
        };
        let Some(segments) = needed.div_ceil(slots).checked_next_power_of_two() else {
            return too_large;
        };
        if segments.checked_mul(slots).is_none() {
            return too_large;
        }
        Ok(Self {
            limit,
            slot_bits: slots.ilog2(),
            segments,
        })
    }

    /// The most messages that are in the buffer.
    #[must_use]
    pub const fn limit(self) -> Capacity {
        self.limit
    }

    /// The slots of a segment, a power of two.
    #[must_use]
    pub const fn slots(self) -> usize {
        1 << self.slot_bits
    }

    /// The number of segments, a power of two.
    #[must_use]
    pub const fn segments(self) -> usize {
        self.segments
    }

    /// The segment of a position.
    #[must_use]
    pub const fn segment(self, position: Position) -> usize {
        position.index(self.segments << self.slot_bits) >> self.slot_bits
    }

    /// The slot of a position within its segment.
    #[must_use]
    pub const fn slot(self, position: Position) -> usize {
        position.index(self.slots())
    }

    /// Whether a segment begins at the position.
    #[must_use]
    pub const fn begins(self, position: Position) -> bool {
        self.slot(position) == 0
    }
}
