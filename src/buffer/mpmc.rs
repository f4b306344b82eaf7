//! The bounded buffer of many producers and many consumers, any of which may be killed: a ring
//! whose slots are claimed one by one.
//!
//! ```text
//!                head: next to take             tail: next to fill
//!                  v                              v
//!     +--------+--------+--------+--------+--------+--------+
//!     | taking | filled | filled | filling| filled | free   |     a word and a message each
//!     | by 7   |        |        | by 3   |        |        |
//!     +--------+--------+--------+--------+--------+--------+
//! ```
//!
//! The word of a slot says in which lap of the ring it is used, how far, and by whom. One
//! compare-exchange claims it and names the claimer, so there is no moment in which a slot is taken
//! and nobody knows by whom: whoever meets a claim is told the owner, and once that is known to be
//! dead, [`Ring::recover`] settles what it held. A slot that was being filled is skipped; a message
//! that was being taken is there again, marked.
//!
//! Head and tail are hints: they may be behind, and whoever finds that they are moves them on. They
//! are not behind for those who have seen what was done before (HEAD, TAIL), so "full" and "empty"
//! are never said of what the caller already knows better.
//!
//! Who waits for whom: a claim that is not finished, because its owner stands still, is in the way
//! of the consumers when they come to it, and of the producers a lap later. They are told
//! [`Busy`], never "empty" or "full". Consumers pass a slot that another one is taking.
//!
//! Whoever loses a slot, or a hint, to another one is slow to try again, and slower each time: it would
//! only take away the cache line that the other one works on. With 16 threads to 16 on two processors a
//! message of a mailbox came from 180 to 380 ns, by the run, to 70 to 110.
//!
//! The claim by the slot's own word goes back to Vyukov's sequence numbers (1024cores.net), in
//! which a claim has no owner; the index within a lap to the array queue of crossbeam.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | FILLED | a producer's store of the slot's word | a consumer's load of it | the message |
//! | FREED | a consumer's store of the slot's word, or that of a producer that gave up | a producer's load of it | the slot, read to the end |
//! | TAIL | whoever moves `tail` on | whoever loads it | that the slots before are claimed |
//! | HEAD | whoever moves `head` on, or back | whoever loads it | that the slots before are taken; that the one it came back to is filled again |
//! | CLAIMED | the compare-exchange that claims a slot | a load of its word by whoever then goes on to the next | what the claimer did before: a side that passes its slot must not say "empty", or "full", where the claimer knew better |
//! | SETTLED | the compare-exchange of [`Ring::recover`] | a load of the slot's word | all that the dead owner did |
//!
//! A compare-exchange between the two ends of an edge keeps it: it continues the release sequence.

mod claim;
mod consumer;
mod error;
mod pop_ref;
mod producer;
mod recover;
mod view;
mod word;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::alloc::{Layout, LayoutError};
use core::fmt;
use core::mem::{MaybeUninit, needs_drop};
use core::ptr::NonNull;

use crossbeam_utils::CachePadded;

pub use self::claim::Claim;
pub use self::consumer::Consumer;
pub use self::error::PushError;
pub use self::pop_ref::PopRef;
pub use self::producer::Producer;
pub use self::word::LAP_BITS;

use self::word::{State, Turns, Word};
pub use super::many::{Busy, PopError};
use super::{Owner, drop_each};
use crate::place::{Place, boxed};
use crate::platform::Ordering::Relaxed;
use crate::platform::{Atomic, Cell, Platform, SlotCell};
use crate::position::{Capacity, Position};

/// The memory of one message.
///
/// ```text
///     +-----------+------------------+
///     | word  u64 | message          |
///     +-----------+------------------+
/// ```
#[repr(C)]
struct Slot<P: Platform, T> {
    word: P::AtomicU64,
    message: SlotCell<P, T>,
}

/// The shared memory of the buffer: two hints on cache lines of their own, then the slots, as many
/// as the capacity.
///
/// ```text
///     +------------------+------------------+--------+--------+-- - --+--------+
///     | tail        u64  | head        u64  | slot 0 | slot 1 |       | slot n |
///     +------------------+------------------+--------+--------+-- - --+--------+
/// ```
///
/// `LAPS` is the number of bits by which a slot knows its lap; fewer are for models, in which they
/// wrap at once.
#[repr(C)]
pub struct Ring<P: Platform, T, const LAPS: u32 = LAP_BITS> {
    shared: Hints<P>,
    slots: [Slot<P, T>],
}

#[repr(C)]
struct Hints<P: Platform> {
    tail: CachePadded<P::AtomicU64>,
    head: CachePadded<P::AtomicU64>,
}

// SAFETY: the message of a slot is its claimer's alone, handed over by FILLED and FREED; messages
// move from one thread to another, which `T: Send` permits.
unsafe impl<P: Platform, T: Send, const LAPS: u32> Sync for Ring<P, T, LAPS> {}
// SAFETY: as above.
unsafe impl<P: Platform, T: Send, const LAPS: u32> Send for Ring<P, T, LAPS> {}

// SAFETY: the block is the two hints, then as many slots as the capacity, as `repr(C)` lays out
// `Ring`; `init` writes each of them.
unsafe impl<P: Platform, T, const LAPS: u32> Place for Ring<P, T, LAPS> {
    fn layout(capacity: Capacity) -> Result<Layout, LayoutError> {
        let hints = Layout::new::<Hints<P>>();
        let (block, _) = hints.extend(Layout::array::<Slot<P, T>>(capacity.get())?)?;
        Ok(block.pad_to_align())
    }

    fn at(block: NonNull<u8>, capacity: Capacity) -> NonNull<Self> {
        let slots = NonNull::slice_from_raw_parts(block.cast::<Slot<P, T>>(), capacity.get());
        // SAFETY: it is the address of `block`, which is not null.
        unsafe { NonNull::new_unchecked(slots.as_ptr() as *mut Self) }
    }

    unsafe fn init(this: NonNull<Self>, start: Position) {
        // SAFETY: the field lies in the block; only its address is taken.
        let slots = unsafe { &raw mut (*this.as_ptr()).slots };
        let turns = Turns::<LAPS>::of(slots.len());
        let first = turns.after(start.count());
        let hint = || CachePadded::new(Atomic::new(first.bits()));
        let hints = Hints {
            tail: hint(),
            head: hint(),
        };
        // SAFETY: the caller owns the block, which begins with the hints.
        unsafe { this.cast::<Hints<P>>().write(hints) };
        let mut turn = first;
        for _ in 0..slots.len() {
            let free = Word {
                lap: turns.lap(turn),
                state: State::Free,
            };
            let slot = Slot {
                word: Atomic::new(free.pack()),
                message: Cell::new(MaybeUninit::zeroed()),
            };
            // SAFETY: the index is below the number of slots in the block.
            let place = unsafe { slots.cast::<Slot<P, T>>().add(turns.index(turn)) };
            // SAFETY: the slot lies in the block, which the caller owns.
            unsafe { place.write(slot) };
            turn = turns.next(turn);
        }
    }
}

impl<P: Platform, T, const LAPS: u32> Ring<P, T, LAPS> {
    /// How many messages are in the ring, about: others are at work, and so may those be who have
    /// claimed a slot. For showing only.
    pub fn filled(&self) -> usize {
        let turns = self.turns();
        // Relaxed: a number to show.
        let [head, tail] = [&self.shared.head, &self.shared.tail].map(|hint| hint.load(Relaxed));
        match (turns.read(head), turns.read(tail)) {
            (Some(head), Some(tail)) => {
                let filled = turns.between(head, tail).clamp(0, i64::MAX);
                usize::try_from(filled)
                    .map_or(self.slots.len(), |filled| filled.min(self.slots.len()))
            }
            _ => 0,
        }
    }

    /// How many messages fit.
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    fn turns(&self) -> Turns<LAPS> {
        Turns::of(self.slots.len())
    }
}

/// The hints and the words of the slots, as they stand now.
impl<P: Platform, T, const LAPS: u32> fmt::Debug for Ring<P, T, LAPS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let turns = self.turns();
        // Relaxed, here and below: for showing only.
        let [head, tail] = [&self.shared.head, &self.shared.tail].map(|hint| hint.load(Relaxed));
        let place = |hint| {
            turns
                .read(hint)
                .map(|turn| (turns.lap(turn), turns.index(turn)))
        };
        let words = self.slots.iter().map(|slot| slot.word.load(Relaxed));
        f.debug_struct("Ring")
            .field("head", &place(head))
            .field("tail", &place(tail))
            .field("slots", &words.map(Word::unpack).collect::<Vec<_>>())
            .finish()
    }
}

impl<P: Platform, T, const LAPS: u32> Drop for Ring<P, T, LAPS> {
    /// Drops the messages that nobody took. Only a ring on the heap is ever dropped. What a guard
    /// holds that was forgotten is forgotten.
    fn drop(&mut self) {
        if !needs_drop::<T>() {
            return;
        }
        // Whoever drops the ring is ordered behind all who used it, so relaxed will do.
        let filled = self.slots.iter().filter(|slot| {
            let word = Word::unpack(slot.word.load(Relaxed));
            matches!(word.state, State::Filled { .. })
        });
        drop_each(filled.map(|slot| {
            // SAFETY: the ring is ours alone.
            let message = slot.message.with(|message| unsafe { message.read() });
            // SAFETY: the slot holds a message, as its word says.
            unsafe { message.assume_init() }
        }));
    }
}

/// A producer and a consumer of a ring, which hold it between them.
pub type Sides<P, T> = (Producer<Arc<Ring<P, T>>>, Consumer<Arc<Ring<P, T>>>);

/// A producer and a consumer of a new ring on the heap, to be cloned for as many threads as there
/// are. They live and die together, so they are one attachment.
///
/// ```
/// use aqueduct::buffer::mpmc::on_heap;
/// use aqueduct::platform::native::Native;
/// use aqueduct::position::Capacity;
///
/// let (producer, consumer) = on_heap::<Native, _>(Capacity::new(10)?)?;
/// let other = producer.clone();
/// std::thread::spawn(move || other.push(String::from("one"))).join().unwrap()?;
/// producer.push(String::from("two"))?;
/// assert_eq!(consumer.pop()?, "one");
/// assert_eq!(consumer.clone().pop()?, "two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `LayoutError` if its size overflows.
pub fn on_heap<P: Platform, T>(capacity: Capacity) -> Result<Sides<P, T>, LayoutError> {
    let ring: Arc<Ring<P, T>> = boxed::<Ring<P, T>>(capacity, Position::new(0))?.into();
    let owner = Owner::new(0);
    // SAFETY: the ring is new, and there is no other attachment.
    let producer = unsafe { Producer::attach(Arc::clone(&ring), owner) };
    // SAFETY: as above; and only this producer and its clones put messages in.
    let consumer = unsafe { Consumer::attach(ring, owner) };
    Ok((producer, consumer))
}
