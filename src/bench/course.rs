//! What is asked of a contestant.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What is asked of a contestant. The numbers of a course compare with each other and with no other's.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Course {
    /// A number there and the same number back, both sides spinning.
    RoundTrip,
    /// A number there and the same number back, both sides asleep in between.
    Asleep,
    /// A stream of numbers, each by a call of its own.
    OneByOne,
    /// A stream of numbers, 256 to a call.
    Batches,
    /// A stream of blocks of 1 KiB, written and read in place.
    Kilobytes,
    /// A stream of blocks of 64 KiB, written and read in place.
    Blocks,
    /// A stream of bytes, 64 KiB to a write and to a read.
    Bytes,
    /// A push and a pop by one thread.
    Uncontended,
    /// Two threads that push, two that pop.
    TwoToTwo,
    /// Four threads that push, four that pop.
    FourToFour,
    /// Sixteen threads that push, sixteen that pop.
    SixteenToSixteen,
    /// Streams of more and more numbers.
    Messages,
    /// Streams through larger and larger rings.
    Capacities,
    /// More and more links, used in turn by one thread.
    Links,
    /// More and more links, which one thread waits for.
    Selects,
    /// A link on a name, made and left beside more and more others.
    Attaching,
    /// More and more links on names, and the memory that they take.
    Memory,
}

impl Course {
    /// All of them, in the order of the report.
    pub const ALL: [Course; 17] = [
        Course::RoundTrip,
        Course::Asleep,
        Course::OneByOne,
        Course::Batches,
        Course::Kilobytes,
        Course::Blocks,
        Course::Bytes,
        Course::Uncontended,
        Course::TwoToTwo,
        Course::FourToFour,
        Course::SixteenToSixteen,
        Course::Messages,
        Course::Capacities,
        Course::Links,
        Course::Selects,
        Course::Attaching,
        Course::Memory,
    ];

    /// Whether it asks how a cost grows: its contestants are one, with more and more of something.
    #[must_use]
    pub fn is_of_growth(self) -> bool {
        self >= Course::Messages
    }

    /// Its title.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Course::RoundTrip => "8 bytes there and back, busy",
            Course::Asleep => "8 bytes there and back, asleep in between",
            Course::OneByOne => "a stream of 8 bytes, one by one",
            Course::Batches => "a stream of 8 bytes, in batches of 256",
            Course::Kilobytes => "a stream of 1 KiB blocks, in place",
            Course::Blocks => "a stream of 64 KiB blocks, in place",
            Course::Bytes => "a stream of bytes, 64 KiB a call",
            Course::Uncontended => "a push and a pop, one thread",
            Course::TwoToTwo => "2 threads push, 2 pop",
            Course::FourToFour => "4 threads push, 4 pop",
            Course::SixteenToSixteen => "16 threads push, 16 pop",
            Course::Messages => "streams of more and more messages of 8 bytes",
            Course::Capacities => "streams of 8 bytes through larger and larger rings",
            Course::Links => "more and more links, used in turn by one thread",
            Course::Selects => "more and more links, waited for at once",
            Course::Attaching => "a named link made, attached to, left and removed, beside others",
            Course::Memory => "the memory of named links, both ends in one process",
        }
    }

    /// What takes the time that is measured.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Course::RoundTrip | Course::Asleep => "a round trip",
            Course::Kilobytes | Course::Blocks | Course::Bytes => "a block",
            Course::Uncontended => "a pair",
            Course::Attaching | Course::Memory => "a link",
            _ => "a message",
        }
    }

    /// What is counted.
    #[must_use]
    pub fn quantity(self) -> &'static str {
        match self {
            Course::Memory => "bytes",
            _ => "ns",
        }
    }

    /// Bytes of a message.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Course::Kilobytes => 1 << 10,
            Course::Blocks | Course::Bytes => 1 << 16,
            _ => size_of::<u64>(),
        }
    }

    /// Threads of each side, where there are several.
    pub(super) fn threads(self) -> usize {
        match self {
            Course::TwoToTwo => 2,
            Course::FourToFour => 4,
            Course::SixteenToSixteen => 16,
            _ => 1,
        }
    }

    /// How much longer than others a sample of it lasts: where somebody sleeps, less is seen in a time.
    pub(super) fn longer(self) -> u32 {
        match self {
            Course::Asleep | Course::TwoToTwo | Course::FourToFour | Course::SixteenToSixteen => 3,
            _ => 1,
        }
    }

    /// How much longer than it should a sample may take before it counts as hanging.
    pub(super) fn patience(self) -> Duration {
        match self {
            // The longest stream, where processors are far apart.
            Course::Messages => Duration::from_mins(3),
            _ => Duration::from_secs(20),
        }
    }
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("none is skipped");
        f.write_str(value.get_name())
    }
}
