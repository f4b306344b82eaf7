//! No buffer at all: a point where a producer and a consumer meet, any of whom may be killed.
//!
//! ```text
//!     producer                     word, message                         consumer
//!
//!     offer ---------------> free     --> filling --> filled <------------- pop
//!                              |                        |
//!     push, if wanted -----> wanted <-- want            v
//!                                                     taking --> free, in the next turn
//!     withdraw ------------------------------------------^
//! ```
//!
//! A producer *offers* its message and waits until the turn has gone on: then somebody has received
//! it. If it does not wait any longer it *withdraws* the message, by taking it like a consumer would.
//! Which of the two comes to it first is decided by one compare-exchange, so a message is received
//! or withdrawn, and whole.
//!
//! A consumer that waits says so: it *wants* a message. What is [pushed](Producer::push) goes to
//! somebody who waits, or does not go. Whoever wants no longer gives that up; but while a message is
//! on its way it has to take it, for its producer relies on that.
//!
//! Every claim names its owner in the compare-exchange that makes it, as in [`mpmc`](super::mpmc).
//! Whoever meets one is told of it, and [`Rendezvous::recover`] settles what a dead owner held: a
//! message that was not whole is gone, one that was being taken is there again, marked, and nobody is
//! waited for that wanted one. A message that a producer leaves behind is received by the next who
//! comes.
//!
//! Who waits for whom: a claim that is not finished, because its owner stands still, is in the way
//! of everybody; they are told [`Busy`], never "nobody is there". One message passes at a time.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | FILLED | the producer's store of the word | the compare-exchange of whoever takes | the message |
//! | FREED | the store of the word by whoever has taken | the compare-exchange of the next producer | the message's memory, read to the end |
//! | TAKEN | the same store | the load of the producer that waits | what the consumer did before |
//! | WANTED | the compare-exchange of a consumer that waits, or gives that up | the compare-exchange of the next claim | what the consumer did before |
//! | SETTLED | the compare-exchange of [`Rendezvous::recover`] | the compare-exchange of the next claim | all that the dead owner did |
//!
//! A compare-exchange between the two ends of an edge keeps it: it continues the release sequence.
//! Nobody says "nobody is there" who knows better: there is but one word, and its changes have one
//! order.

mod consumer;
mod producer;
mod word;

use core::alloc::{Layout, LayoutError};
use core::fmt;
use core::mem::{MaybeUninit, needs_drop};
use core::ptr::NonNull;

use crossbeam_utils::CachePadded;

pub use self::consumer::{Consumer, Want};
pub use self::producer::{Offer, Producer, Withdraw};
pub use self::word::TURN_BITS;

use self::word::{State, Word};
pub use super::many::{Busy, PopError};
pub use super::mpmc::PushError;
use super::{Corrupt, Owner, Recover};
use crate::place::Place;
use crate::platform::Ordering::{AcqRel, Relaxed, Release};
use crate::platform::{Atomic, Cell, Platform, SlotCell};
use crate::position::{Capacity, Position};

/// The shared memory of the meeting point.
///
/// ```text
///     +-----------+- - -+------------------+
///     | word  u64 |     | message          |
///     +-----------+- - -+------------------+
/// ```
///
/// `TURNS` is the number of bits that turns are counted in; fewer are for models, in which they wrap
/// at once.
#[repr(C)]
pub struct Rendezvous<P: Platform, T, const TURNS: u32 = TURN_BITS> {
    word: CachePadded<P::AtomicU64>,
    message: SlotCell<P, T>,
}

// SAFETY: the message is its claimer's alone, handed over by FILLED and FREED; messages move from one
// thread to another, which `T: Send` permits.
unsafe impl<P: Platform, T: Send, const TURNS: u32> Sync for Rendezvous<P, T, TURNS> {}
// SAFETY: as above.
unsafe impl<P: Platform, T: Send, const TURNS: u32> Send for Rendezvous<P, T, TURNS> {}

/// A message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Popped<T> {
    /// It.
    pub message: T,
    /// Whether somebody may have received it before, who was killed.
    pub maybe_redelivered: bool,
}

/// The most looks of one try at a word that others change, before it says that they are faster.
const LOOKS: usize = 64;

impl<P: Platform, T, const TURNS: u32> Rendezvous<P, T, TURNS> {
    /// A point where nobody is, and so many messages have passed.
    #[must_use]
    pub fn new(messages: u64) -> Self {
        Self {
            word: CachePadded::new(Atomic::new(Word::<TURNS>::after(messages).pack())),
            message: Cell::new(MaybeUninit::zeroed()),
        }
    }

    /// Settles what `dead` held: a message that it was putting down is gone, one that it was taking
    /// is there again, marked as [`maybe_redelivered`](Popped::maybe_redelivered), and it no longer
    /// wants any. Returns how much that was.
    ///
    /// Any number of survivors may do it, at the same time and again.
    ///
    /// # Errors
    /// [`Corrupt`] if a peer broke the word.
    ///
    /// # Safety
    /// `dead` is dead and not followed by another one of the same number, and all that it did
    /// happened before this call; or it is the caller, which has claimed nothing.
    pub unsafe fn recover(&self, dead: Owner) -> Result<usize, Corrupt> {
        let word = self.look()?;
        let settled = match word.state {
            State::Wanted(owner) | State::Filling(owner) if owner == dead => State::Free,
            State::Taking { owner, .. } if owner == dead => State::Filled { again: true },
            _ => return Ok(0),
        };
        let (from, to) = (word.pack(), word.with(settled).pack());
        // SETTLED. Relaxed if it fails: then another survivor was faster, or a producer came to what
        // the dead one wanted.
        let settle = self.word.compare_exchange(from, to, Release, Relaxed);
        Ok(usize::from(settle.is_ok()))
    }

    /// The word as it stands. It orders nothing: whoever acts on it claims it.
    fn look(&self) -> Result<Word<TURNS>, Corrupt> {
        Word::unpack(self.word.load(Relaxed)).ok_or(Corrupt)
    }

    /// Claims the word that was seen, for `state`; says whether nobody was faster.
    fn claim(&self, seen: Word<TURNS>, state: State) -> bool {
        let (from, to) = (seen.pack(), seen.with(state).pack());
        // FILLED, FREED, WANTED, SETTLED. Relaxed if it fails, for it is looked at again.
        let claim = self.word.compare_exchange(from, to, AcqRel, Relaxed);
        claim.is_ok()
    }

    /// Takes the message that was seen; `None` if somebody was faster.
    fn take(&self, seen: Word<TURNS>, owner: Owner, again: bool) -> Option<T> {
        if !self.claim(seen, State::Taking { owner, again }) {
            return None;
        }
        // SAFETY: the message is this claim's (FILLED).
        let message = self.message.with(|message| unsafe { message.read() });
        self.word.store(seen.done().pack(), Release); // FREED, TAKEN
        // SAFETY: it was a message, as the word said, and is not used again.
        Some(unsafe { message.assume_init() })
    }
}

// SAFETY: the block is the structure, whatever the capacity, and is never empty.
unsafe impl<P: Platform, T, const TURNS: u32> Place for Rendezvous<P, T, TURNS> {
    fn layout(_: Capacity) -> Result<Layout, LayoutError> {
        Ok(Layout::new::<Self>())
    }

    fn at(block: NonNull<u8>, _: Capacity) -> NonNull<Self> {
        block.cast()
    }

    unsafe fn init(this: NonNull<Self>, start: Position) {
        // SAFETY: the caller owns the block.
        unsafe { this.write(Self::new(start.count())) };
    }
}

impl<P: Platform, T, const TURNS: u32> Recover for Rendezvous<P, T, TURNS> {
    unsafe fn recover(&self, dead: Owner, _: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { self.recover(dead) }
    }
}

/// The word as it stands now.
impl<P: Platform, T, const TURNS: u32> fmt::Debug for Rendezvous<P, T, TURNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rendezvous").field(&self.look()).finish()
    }
}

impl<P: Platform, T, const TURNS: u32> Drop for Rendezvous<P, T, TURNS> {
    /// Drops a message that nobody took. Only a point on the heap is ever dropped.
    fn drop(&mut self) {
        if !needs_drop::<T>() {
            return;
        }
        // Whoever drops it is ordered behind all who used it, so the look will do.
        let word = self.look();
        if word.is_ok_and(|word| matches!(word.state, State::Filled { .. })) {
            // SAFETY: it is ours alone.
            let message = self.message.with(|message| unsafe { message.read() });
            // SAFETY: it is a message, as the word says.
            drop(unsafe { message.assume_init() });
        }
    }
}
