//! What happens in an execution, written down in the order in which it happens.

use super::site::Site;
use std::fmt;

/// One access of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who did it: 0 is the thread that ran the body, the others in the order of their start.
    pub thread: usize,
    /// Where, and what was done.
    pub site: Site,
    /// To what, and what came of it.
    pub effect: Effect,
}

/// What an access did to a word or a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Which one: words and cells are numbered in the order in which an execution makes them.
    /// `None` for a fence and a wait.
    pub object: Option<usize>,
    /// What was read.
    pub read: Option<u64>,
    /// What the word held before, if it was written.
    pub replaced: Option<u64>,
    /// What was written.
    pub written: Option<u64>,
    /// For a load of an old value: what it could have read.
    pub missed: Option<Missed>,
}

/// The newest value of a word, which a load did not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// The value.
    pub value: u64,
    /// The event that wrote it, counted from 0.
    pub event: usize,
}

/// Something that happened in an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A thread was started; as which process, if it stands for one.
    Started {
        /// The new thread.
        thread: usize,
        /// Its process.
        process: Option<u32>,
    },
    /// A thread has returned.
    Ended {
        /// Which one.
        thread: usize,
    },
    /// An access was done. A wait and a wake-up are noted where they begin, a cell before it is
    /// judged, everything else when it is done.
    Step(Step),
    /// A thread sleeps.
    Asleep {
        /// Which one.
        thread: usize,
    },
    /// A sleeper was woken.
    Woken {
        /// Which one.
        thread: usize,
    },
    /// A process was killed before this access.
    Killed {
        /// Its thread.
        thread: usize,
        /// What it did not do any more.
        site: Site,
    },
    /// A process stops before this access, until the others have gone as far as they can.
    Paused {
        /// Its thread.
        thread: usize,
        /// What it will do next.
        site: Site,
    },
    /// A paused process goes on.
    Resumed {
        /// Its thread.
        thread: usize,
    },
    /// The kernel changed a word of a process that is gone.
    Marked {
        /// The number of the word.
        object: usize,
        /// What it held.
        old: u64,
        /// What it holds.
        new: u64,
    },
    /// What the model itself says; see [`note`](super::note).
    Note {
        /// Who says it.
        thread: usize,
        /// What.
        text: String,
    },
    /// A structure looks different now; see [`watch`](super::watch).
    Picture(String),
}

impl Step {
    /// What was read, or else written.
    #[must_use]
    pub fn value(&self) -> Option<u64> {
        self.effect.read.or(self.effect.written)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {} {}", self.thread, self.site)?;
        match self.value() {
            Some(value) => write!(f, " = {value}"),
            None => Ok(()),
        }
    }
}
