//! Where an endpoint stands in its stream, and how much a buffer holds.

/// A count of messages since the stream began, running freely and wrapping at 2^64.
///
/// Two positions of one buffer are never further apart than its capacity, so their wrapping
/// difference is exact. At 10^10 messages a second the count wraps after 58 years; nobody sleeps
/// on a position (see [`Bell`](crate::wait::Bell)), and the models start just before the wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(u64);

impl Position {
    /// The position with this count.
    #[must_use]
    pub const fn new(count: u64) -> Self {
        Self(count)
    }

    /// The count of messages before this position.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }

    /// The position `messages` further on.
    #[must_use]
    pub const fn plus(self, messages: usize) -> Self {
        Self(self.0.wrapping_add(messages as u64))
    }

    /// The position `messages` before this one.
    #[must_use]
    pub const fn minus(self, messages: usize) -> Self {
        Self(self.0.wrapping_sub(messages as u64))
    }

    /// The index of the slot that the position stands for, among `slots`, a power of two.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "masked to the number of slots"
    )]
    pub const fn index(self, slots: usize) -> usize {
        self.0 as usize & (slots - 1)
    }

    /// Whether it comes before `other`, which is not far.
    #[must_use]
    pub const fn is_before(self, other: Self) -> bool {
        self.since(other).cast_signed() < 0
    }

    /// The later one of two that are not far from each other.
    #[must_use]
    pub const fn or_later(self, other: Self) -> Self {
        if self.is_before(other) { other } else { self }
    }

    /// How many messages lie between `earlier` and this position.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.wrapping_sub(earlier.0)
    }
}

/// How many messages a buffer holds: at least one.
///
/// The slots behind it are a power of two, so that a [`Position`] finds its slot by a mask and the
/// mapping survives the wrap; the slots beyond the capacity stay unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity(usize);

/// Why a number cannot be a [`Capacity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// A buffer holds at least one message.
    #[error("a capacity of 0 holds nothing: ask for 1 or more")]
    Zero,
    /// The slots do not fit into the address space.
    #[error("a capacity of {0} needs more memory than can be addressed: ask for less")]
    TooLarge(usize),
}

impl Capacity {
    /// A capacity of `messages`.
    ///
    /// # Errors
    /// [`CapacityError`] if it is 0, or so large that its slots cannot be counted.
    pub const fn new(messages: usize) -> Result<Self, CapacityError> {
        if messages == 0 {
            return Err(CapacityError::Zero);
        }
        match messages.checked_next_power_of_two() {
            Some(_) => Ok(Self(messages)),
            None => Err(CapacityError::TooLarge(messages)),
        }
    }

    /// The number of messages.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }

    /// The number of slots, a power of two.
    #[must_use]
    pub const fn slots(self) -> usize {
        self.0.next_power_of_two()
    }

    /// `filled` as a number of messages, if a buffer of this capacity can hold that many.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most the capacity, a usize"
    )]
    pub const fn admits(self, filled: u64) -> Option<usize> {
        if filled > self.0 as u64 {
            return None;
        }
        Some(filled as usize)
    }
}
