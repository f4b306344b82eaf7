//! Who owns a link that processes share, and what becomes of it when the owner goes.

use crate::buffer::Owner;
use crate::link::Ended;
use crate::platform::Ordering::{Acquire, Relaxed, Release};
use crate::platform::{Atomic, Platform};

/// What becomes of a link when its owner goes; its maker chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Succession {
    /// It is closed: senders are told at once, receivers after the last message.
    Closes,
    /// Another one becomes the owner: one that is attached, or the next to come.
    HandedOver,
}

/// Whose a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// Nobody's: the next to look owns it, if it is handed over.
    Nobody,
    /// This attachment's.
    Owned(Owner),
    /// It is closed, by an owner that is gone or said so.
    Ended(Ended),
}

const NOBODY: u32 = 0;
const CLOSED: u32 = 1 << 30;
const DEAD: u32 = 1 << 31;

/// The word that says who the owner is.
///
/// ```text
///      31     30       16              0
///     +------+--------+----------------+
///     | dead | closed | owner + 1      |     0 nobody
///     +------+--------+----------------+
/// ```
///
/// Changed by read-modify-write alone. It holds a state and no count, so it never wraps: an owner
/// resigns, or is settled, before its number is another one's. Once closed it stays so.
///
/// # Edges
/// | edge | released by | acquired by | what travels |
/// |---|---|---|---|
/// | CLOSED | whoever closes it, the owner or one that settled for it | a look | everything that the owner did |
#[repr(transparent)]
pub struct Tenure<P: Platform> {
    word: P::AtomicU32,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower bits alone are a number"
)]
fn tenancy(word: u32) -> Tenancy {
    match word {
        _ if word & DEAD != 0 => Tenancy::Ended(Ended::Dead),
        _ if word & CLOSED != 0 => Tenancy::Ended(Ended::Closed),
        NOBODY => Tenancy::Nobody,
        // Of a word that nobody writes the lower bits are as good as any.
        owner => Tenancy::Owned(Owner::new((owner - 1) as u16)),
    }
}

const fn held_by(owner: Owner) -> u32 {
    owner.number() as u32 + 1
}

impl<P: Platform> Tenure<P> {
    /// Nobody owns it yet.
    pub(super) fn new() -> Self {
        Self {
            word: Atomic::new(NOBODY),
        }
    }

    /// Why nothing more is sent. One that is handed over and nobody's becomes this one's.
    pub(super) fn look(&self, owner: Owner, succession: Succession) -> Option<Ended> {
        let word = self.word.load(Acquire); // CLOSED
        if word == NOBODY && succession == Succession::HandedOver {
            self.claim(owner);
        }
        match tenancy(word) {
            Tenancy::Ended(why) => Some(why),
            Tenancy::Nobody | Tenancy::Owned(_) => None,
        }
    }

    /// If nobody is the owner, this one becomes it.
    pub(super) fn claim(&self, owner: Owner) {
        let mine = held_by(owner);
        // Relaxed: nothing comes with it. If it fails, somebody was faster.
        let _ = self.word.compare_exchange(NOBODY, mine, Relaxed, Relaxed);
    }

    /// Whose it is now.
    pub(super) fn tenancy(&self) -> Tenancy {
        tenancy(self.word.load(Relaxed)) // to show
    }

    /// The word, if it is none that one of so many seats can have left.
    pub(super) fn impossible(&self, seats: usize) -> Option<u32> {
        let word = self.word.load(Relaxed); // nothing is done but to refuse it
        let is_seat = || usize::try_from(word).is_ok_and(|seat| seat <= seats);
        let can_be = matches!(word, NOBODY | CLOSED | DEAD) || is_seat();
        (!can_be).then_some(word)
    }

    /// Whether this one is the owner.
    pub(super) fn is_held_by(&self, owner: Owner) -> bool {
        // Relaxed: only the owner itself makes it another's.
        self.word.load(Relaxed) == held_by(owner)
    }

    /// Closes it, if this one is the owner; says whether it was.
    pub(super) fn close(&self, owner: Owner) -> bool {
        self.end(owner, CLOSED)
    }

    /// The owner goes, if this one is it.
    pub(super) fn resign(&self, owner: Owner, succession: Succession) {
        self.end(owner, succession.word(CLOSED));
    }

    /// The owner has died, if this one was it.
    pub(super) fn settle(&self, dead: Owner, succession: Succession) {
        self.end(dead, succession.word(DEAD));
    }

    fn end(&self, owner: Owner, word: u32) -> bool {
        let mine = held_by(owner);
        // Relaxed if it fails: it was another's.
        let end = self.word.compare_exchange(mine, word, Release, Relaxed); // CLOSED
        end.is_ok()
    }
}

impl Succession {
    fn word(self, closed: u32) -> u32 {
        match self {
            Self::Closes => closed,
            Self::HandedOver => NOBODY,
        }
    }
}
