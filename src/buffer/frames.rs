//! The buffer of records of any length: each lies in one piece, is filled in place, and comes out
//! in the order in which its memory was claimed. Many producers, one consumer at a time.
//!
//! ```text
//!             head: next to take                     the first free word: next to claim
//!                v                                      v
//!     +------+-------+------+--------+------+------+------+------+
//!     | free | Ready |      | Claimed|      | Skip | free | free |   words, one for each block
//!     +------+-------+------+--------+------+------+------+------+
//!     |      | a a a a a a  | b b b         |      |      |      |   blocks
//!     +------+--------------+---------------+------+------+------+
//! ```
//!
//! A record takes one block or more, side by side, and the word of its first block says how many,
//! whose it is and how far it has come. Nothing else does: a claim is one compare-exchange of one
//! word, so the owner and the length are known from the moment on at which the claim exists, and
//! whoever comes next finds the next record behind it, dead or alive as its owner may be. There is
//! no shared tail. A producer remembers where it claimed last and goes on from record to record
//! until it meets a free word; if it has been overtaken, from `head`. What does not fit before the
//! end of the blocks is preceded by a record to be skipped.
//!
//! The consumer takes records in the order of their claims and stops at the first that is not
//! ready: it is told whose it is. It releases any number of records by one store of `head`, and
//! then frees the word of each. (Claim, commit and abort are those of Agrona's log buffers; a
//! header that tells the laps apart, of Vyukov's bounded queue.)
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | FILLED | the owner's store of the word (ready or given up), or the claim of what is to be skipped | the consumer's load of it | what the owner wrote, and that it writes no more |
//! | FREED | the consumer's store of `head` | a producer's load of `head` | the blocks below `head`, read to the end |
//! | EMPTIED | the consumer's store of the free word, after that of `head` | a producer's load of the word, before its exchange | the word, and that `head` has passed it |
//! | SETTLED | the exchange of [`Frames::recover`] | the consumer's load of the word | what the dead owner wrote |
//!
//! # Why a late producer does no harm
//! A producer may stand still anywhere, for any number of laps. Where it stands, a record begins or
//! will begin: that is fixed for a lap from the claim before on. If a record was claimed there
//! meanwhile, its word says free only for later laps, by all 64 bits of a position, so the late
//! exchange fails. And a word that is not free is believed only while `head`, loaded *after* it, has
//! not passed the position: then it belongs to this lap or the last one, since a word of a later
//! lap has travelled by EMPTIED together with a `head` beyond.
//!
//! # Deaths
//! A producer that dies leaves words that say claimed, and its name; [`Frames::recover`] makes them
//! words to be skipped. A consumer that dies after the store of `head` leaves words of records that
//! were released; its successor frees them before anything else.

mod claim;
mod consumer;
mod error;
mod producer;
mod show;
mod word;

use core::alloc::{Layout, LayoutError};
use core::mem::{MaybeUninit, offset_of};
use core::ptr::{self, NonNull};

use crossbeam_utils::CachePadded;

pub use self::claim::Claim;
pub use self::consumer::{Consumer, Record, Taken};
pub use self::error::{ClaimError, TakeError};
pub use self::producer::Producer;
use self::word::{Entry, Laps, Meaning, State};
use super::{Corrupt, Owner, Recover};
use crate::place::Place;
use crate::platform::Ordering::{Relaxed, Release};
use crate::platform::{Atomic, Cell, Platform};
use crate::position::{Capacity, Position};

/// The shared memory of the buffer: `head` on a cache line of its own, a word for each block, and
/// the blocks of `BLOCK` bytes.
///
/// ```text
///     +-----------------+--------+-- - --+--------+---------+-- - --+---------+
///     | head       u64  | word 0 |       | word n | block 0 |       | block n |
///     +-----------------+--------+-- - --+--------+---------+-- - --+---------+
///      the consumer      u64; a power of two       BLOCK bytes; as many
///      writes it         of them
/// ```
///
/// It is placed with a [`Capacity`] in blocks, all of which are used: a power of two.
#[repr(C)]
pub struct Frames<P: Platform, const BLOCK: usize = 64> {
    shared: Shared<P>,
    /// First all the words, then all the blocks: a slice of pairs is only as large as both.
    memory: [MaybeUninit<Pair<P, BLOCK>>],
}

#[repr(C)]
struct Shared<P: Platform> {
    head: CachePadded<P::AtomicU64>,
}

/// As much memory as a word and a block take.
#[repr(C)]
struct Pair<P: Platform, const BLOCK: usize> {
    word: P::AtomicU64,
    block: Block<P, BLOCK>,
}

type Block<P, const BLOCK: usize> = <P as Platform>::Cell<[u8; BLOCK]>;

// SAFETY: a block is owned by one side at a time, handed over by FILLED, SETTLED and FREED.
unsafe impl<P: Platform, const BLOCK: usize> Sync for Frames<P, BLOCK> {}
// SAFETY: as above; bytes may go anywhere.
unsafe impl<P: Platform, const BLOCK: usize> Send for Frames<P, BLOCK> {}

// SAFETY: the block is `Shared`, then `capacity.slots()` pairs, as `repr(C)` lays out `Frames`; `init`
// writes as many words and blocks as there are pairs, which fit, as `words` and `blocks` find them.
unsafe impl<P: Platform, const BLOCK: usize> Place for Frames<P, BLOCK> {
    fn layout(capacity: Capacity) -> Result<Layout, LayoutError> {
        let shared = Layout::new::<Shared<P>>();
        let pairs = Layout::array::<MaybeUninit<Pair<P, BLOCK>>>(capacity.slots())?;
        Ok(shared.extend(pairs)?.0.pad_to_align())
    }

    fn at(block: NonNull<u8>, capacity: Capacity) -> NonNull<Self> {
        let pairs = block.cast::<MaybeUninit<Pair<P, BLOCK>>>();
        let pairs = NonNull::slice_from_raw_parts(pairs, capacity.slots());
        // SAFETY: it is the address of `block`, which is not null.
        unsafe { NonNull::new_unchecked(pairs.as_ptr() as *mut Self) }
    }

    unsafe fn init(this: NonNull<Self>, start: Position) {
        let head = CachePadded::new(Atomic::new(start.count()));
        // SAFETY: the caller owns the block, which begins with `Shared`.
        unsafe { this.cast::<Shared<P>>().write(Shared { head }) };
        // SAFETY: the field lies in the block; only its address is taken.
        let memory = unsafe { &raw mut (*this.as_ptr()).memory };
        let (words, blocks) = Self::parts(memory);
        let laps = Laps::of(words.len());
        for offset in 0..words.len() {
            let position = start.plus(offset);
            let index = position.index(words.len());
            // SAFETY: the index is below the number of words.
            let word = unsafe { words.cast::<P::AtomicU64>().add(index) };
            // SAFETY: the word lies in the block, which the caller owns.
            unsafe { word.write(Atomic::new(laps.free(position))) };
            // SAFETY: the index is below the number of blocks.
            let block = unsafe { blocks.cast::<Block<P, BLOCK>>().add(index) };
            // SAFETY: as above.
            unsafe { block.write(Cell::new([0; BLOCK])) };
        }
    }
}

impl<P: Platform, const BLOCK: usize> Frames<P, BLOCK> {
    /// The blocks begin where the words end.
    const FITS: () = {
        assert!(BLOCK > 0, "a block holds at least one byte");
        assert!(align_of::<Block<P, BLOCK>>() <= align_of::<P::AtomicU64>());
        assert!(offset_of!(Pair<P, BLOCK>, block) == size_of::<P::AtomicU64>());
    };

    /// The bytes of the longest record: half of the blocks, so that each fits as soon as
    /// everything before it is released, wherever that leaves it; and not more than 2^32 - 1.
    #[must_use]
    pub const fn longest(capacity: Capacity) -> usize {
        longest(capacity.slots(), BLOCK)
    }

    /// Next to take, as it stands now. For showing only: the consumer may be at work, so nothing
    /// may rest on it, and it is relaxed.
    pub fn head(&self) -> Position {
        Position::new(self.shared.head.load(Relaxed))
    }

    /// Gives up all that `owner` has claimed and not published, and returns the number of such
    /// records: the consumer skips them. Whoever may die in it, or do it at the same time, it can
    /// be done again.
    ///
    /// # Safety
    /// `owner` is dead: all that it did here happened before this call; and nobody else attaches
    /// with its number before the call returns.
    pub unsafe fn recover(&self, owner: Owner) -> usize {
        let mut given_up = 0;
        for word in self.words() {
            // Relaxed: the claim happened before, and what is read is that or what came later.
            let found = word.load(Relaxed);
            let Some(entry) = Entry::of(found) else {
                continue;
            };
            if entry.owner == owner && entry.state == State::Claimed {
                let skip = found | State::Skip as u64;
                // Relaxed failure: somebody else has given it up.
                let done = word.compare_exchange(found, skip, Release, Relaxed); // SETTLED
                given_up += usize::from(done.is_ok());
            }
        }
        given_up
    }

    /// The number of blocks, known privately.
    const fn count(&self) -> usize {
        self.memory.len()
    }

    const fn laps(&self) -> Laps {
        Laps::of(self.count())
    }

    /// Where the words and the blocks lie in `memory`.
    const fn parts(
        memory: *mut [MaybeUninit<Pair<P, BLOCK>>],
    ) -> (*mut [P::AtomicU64], *mut [Block<P, BLOCK>]) {
        const { Self::FITS };
        let count = memory.len();
        let words = memory.cast::<P::AtomicU64>();
        let blocks = words.wrapping_add(count).cast();
        (
            ptr::slice_from_raw_parts_mut(words, count),
            ptr::slice_from_raw_parts_mut(blocks, count),
        )
    }

    fn words(&self) -> &[P::AtomicU64] {
        let (words, _) = Self::parts((&raw const self.memory).cast_mut());
        // SAFETY: `init` has written them, and words change by their own methods.
        unsafe { &*words }
    }

    fn word(&self, position: Position) -> &P::AtomicU64 {
        &self.words()[position.index(self.count())]
    }

    /// The blocks of `entry`, which begins at `position` and is in range.
    fn blocks(&self, position: Position, length: u32) -> &[Block<P, BLOCK>] {
        let (_, blocks) = Self::parts((&raw const self.memory).cast_mut());
        // SAFETY: `init` has written them, and cells only hand out pointers.
        let blocks = unsafe { &*blocks };
        &blocks[position.index(self.count())..][..blocks_of(length, BLOCK)]
    }

    /// What `word` means at `position`; an entry is in range.
    fn meaning(&self, position: Position, word: u64) -> Meaning {
        match self.laps().meaning(position, word) {
            Meaning::Entry(entry) if !self.is_in_range(position, entry) => Meaning::Other,
            meaning => meaning,
        }
    }

    fn is_in_range(&self, position: Position, entry: Entry) -> bool {
        let to_end = self.count() - position.index(self.count());
        entry.length as usize <= longest(self.count(), BLOCK)
            && blocks_of(entry.length, BLOCK) <= to_end
    }
}

/// How many blocks a record takes; an empty one takes one, for its word.
const fn blocks_of(length: u32, block: usize) -> usize {
    let blocks = (length as usize).div_ceil(block);
    if blocks == 0 { 1 } else { blocks }
}

const fn longest(blocks: usize, block: usize) -> usize {
    let half = if blocks == 1 { 1 } else { blocks / 2 };
    let bytes = half.saturating_mul(block);
    if bytes > u32::MAX as usize {
        u32::MAX as usize
    } else {
        bytes
    }
}

impl<P: Platform, const BLOCK: usize> Recover for Frames<P, BLOCK> {
    unsafe fn recover(&self, dead: Owner, _: Owner) -> Result<usize, Corrupt> {
        // SAFETY: by the caller's word.
        Ok(unsafe { self.recover(dead) })
    }
}

impl<P: Platform, const BLOCK: usize> Drop for Frames<P, BLOCK> {
    /// Only a buffer on the heap is ever dropped.
    fn drop(&mut self) {
        let (words, blocks) = Self::parts(&raw mut self.memory);
        // SAFETY: `init` has written them, and nobody else uses them any more.
        unsafe { words.drop_in_place() };
        // SAFETY: as above.
        unsafe { blocks.drop_in_place() };
    }
}
