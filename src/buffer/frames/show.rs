//! The buffer as it stands, for showing.

use core::fmt;

use super::word::{Meaning, State};
use super::{Frames, blocks_of};
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Platform};

/// The records from `head` on: `head 7 [3 ready, 1 claimed by 2, 0 skipped]`. Others may be at
/// work, so nothing may rest on it, and its loads are relaxed.
impl<P: Platform, const BLOCK: usize> fmt::Debug for Frames<P, BLOCK> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.head();
        write!(f, "head {} [", head.count().cast_signed())?;
        let mut position = head;
        while position.since(head) < self.count() as u64 {
            let comma = if position == head { "" } else { ", " };
            let word = self.word(position).load(Relaxed);
            let entry = match self.meaning(position, word) {
                Meaning::Entry(entry) => entry,
                Meaning::Free => break,
                Meaning::Old => {
                    write!(f, "{comma}old")?;
                    break;
                }
                Meaning::Other => {
                    write!(f, "{comma}{word:#x}?")?;
                    break;
                }
            };
            write!(f, "{comma}{} ", entry.length)?;
            match entry.state {
                State::Claimed => write!(f, "claimed by {}", entry.owner)?,
                State::Ready => f.write_str("ready")?,
                State::Skip => f.write_str("skipped")?,
            }
            position = position.plus(blocks_of(entry.length, BLOCK));
        }
        f.write_str("]")
    }
}
