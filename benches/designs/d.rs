//! Design D of the bounded buffer of many producers and many consumers: payload first, then one
//! compare-exchange publishes it, and one takes it. Nothing is ever half done in the ring.
//!
//! ```text
//!   slots, by position              cells, `each` of them for every attachment
//!     +----------------+              +---------------------------+---------+
//!     | lap | cell 5   |----------+   | free                      |         | 0  attachment 0
//!     +----------------+          |   | published @ position      | payload | 1
//!     | lap | cell 1   |------+   |   +---------------------------+---------+
//!     +----------------+      |   |   | taken by owner, position  | payload | .. attachment 1
//!                             +---+-> | returned, position        | payload |
//!                                     +---------------------------+---------+
//! ```
//!
//! A slot names the cell that was published in it last, and the lap; it is never emptied. It is
//! *filled* while that cell is published at its position, and free once the cell has moved on. So:
//!
//! - push: find a free cell of one's own, write the payload, set the cell to published, and exchange
//!   the slot of the first position that is not published;
//! - pop: exchange the cell of the first position that is not taken from published to taken, read the
//!   payload, set the cell free: it belongs to its producer again.
//!
//! Where tail and head are is each attachment's private guess: positions below were seen published,
//! or taken, and stay so for ever. Whoever finds its guess passed by looks further, in growing steps.
//!
//! # Words
//! - slot: lap (`bits - log2(slots)` bits) above the index of a cell (the rest). It changes by
//!   compare-exchange alone.
//! - cell: position (`bits` of the 52), owner (10), state (2). Its plain stores are its owner's while
//!   it is free, and the taker's while it is taken: the exchanges between are ordered with both.
//!
//! Positions wrap at 2^`bits`, 52 if nobody asks for less. An attachment that stands still while
//! half of that is sent (260 days at 10^8 messages a second) may be told "full" or "empty" wrongly.
//! No wrap hands a cell to two: it is claimed in its own word, and only while it is published.
//!
//! # Edges
//! | edge | released by | acquired by | what travels |
//! |---|---|---|---|
//! | FILLED | the producer's exchange of the slot | the consumer's load of the slot | the payload, and the word of the cell |
//! | PASSED | the same exchange | the load of the slot by a producer | that the cell before it has moved on |
//! | TAKEN | the consumer's exchange of the cell's word, and every store of that later | whoever finds that the cell has moved on | what the consumer knew: who finds a message gone finds what was pushed before it went |
//! | FREED | the consumer's store of the cell's word | its owner's load of it | the payload, read to the end |
//! | RETURNED | the sweep's store of the cell's word | the exchange of the next taker | the payload, which the dead one had taken |
//! | ANNOUNCED | the sweep's addition to `returns` | a consumer's load of it | that there are returned cells |

use aqueduct::platform::Ordering::{self, AcqRel, Acquire, Relaxed, Release};
use aqueduct::platform::{Atomic, Cell as _, Platform, SlotCell};
use std::mem::MaybeUninit;
use std::ops::Deref;

/// A cell's word: its state, in the lowest two bits.
const FREE: u64 = 0;
const PUBLISHED: u64 = 1;
const TAKEN: u64 = 2;
const RETURNED: u64 = 3;
const STATE: u64 = 3;
/// Above it who has taken it, in ten bits, and then the position.
const OWNER: u32 = 2;
const POSITION: u32 = 12;

/// How a ring is laid out: known to each attachment privately.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many messages it holds: a power of two.
    pub slots: usize,
    /// How many attachments there can be.
    pub owners: usize,
    /// How many cells each of them has.
    pub each: usize,
    /// After how many bits positions wrap: at most 52.
    pub bits: u32,
    /// How many positions are tried one by one before the steps grow.
    pub patience: u32,
}

impl Shape {
    /// With as many cells as no correct use runs out of: those in the ring, and one in the hands of
    /// each attachment.
    pub const fn new(slots: usize, owners: usize) -> Shape {
        Shape {
            slots,
            owners,
            each: slots + owners,
            bits: 52,
            patience: 8,
        }
    }

    /// A position as the words hold it.
    const fn stamp(self, position: u64) -> u64 {
        position & ((1 << self.bits) - 1)
    }

    const fn index(self, position: u64) -> usize {
        position as usize & (self.slots - 1)
    }

    /// The bits of a slot that hold the index of a cell.
    const fn cell_bits(self) -> u32 {
        u64::BITS - self.bits + self.slots.trailing_zeros()
    }

    /// The word of the slot of `position` that says: `cell` is published here.
    const fn slot_word(self, position: u64, cell: usize) -> u64 {
        (self.stamp(position) >> self.slots.trailing_zeros()) << self.cell_bits() | cell as u64
    }

    const fn cell_in(self, slot_word: u64) -> usize {
        (slot_word & ((1 << self.cell_bits()) - 1)) as usize
    }

    /// How far the slot with this word and index has gone beyond `position`: negative if that is
    /// not published, 0 if it is the last one that was.
    const fn beyond(self, slot_word: u64, position: u64) -> i64 {
        let lap = slot_word >> self.cell_bits() << self.slots.trailing_zeros();
        let last = lap | self.index(position) as u64;
        (last.wrapping_sub(position) << (u64::BITS - self.bits)) as i64
    }

    const fn published(self, position: u64) -> u64 {
        self.stamp(position) << POSITION | PUBLISHED
    }
}

/// The shared memory.
pub struct Ring<P: Platform, T> {
    shape: Shape,
    slots: Box<[P::AtomicU64]>,
    cells: Box<[Cell<P, T>]>,
    /// How many sweeps there were; wraps, and is compared for equality only.
    returns: P::AtomicU32,
}

#[repr(C)]
struct Cell<P: Platform, T> {
    word: P::AtomicU64,
    payload: SlotCell<P, T>,
}

// SAFETY: a payload is its owner's while the cell is free and its taker's while it is taken, by
// FILLED, FREED and RETURNED; messages move between threads, which `T: Send` permits.
unsafe impl<P: Platform, T: Send> Sync for Ring<P, T> {}
// SAFETY: as above.
unsafe impl<P: Platform, T: Send> Send for Ring<P, T> {}

impl<P: Platform, T: Copy> Ring<P, T> {
    /// An empty ring whose stream begins at `start`.
    pub fn new(shape: Shape, start: u64) -> Self {
        let cells = shape.owners * shape.each;
        assert!(shape.slots.is_power_of_two() && shape.bits <= u64::BITS - POSITION);
        assert!(shape.owners <= 1 << (POSITION - OWNER));
        assert!(cells as u64 <= 1 << shape.cell_bits());
        let first = |index: u64| {
            let offset = index.wrapping_sub(start) & (shape.slots as u64 - 1);
            let before = start.wrapping_add(offset).wrapping_sub(shape.slots as u64);
            // Cell 0 is not published at that position, so the slot is free.
            Atomic::new(shape.slot_word(before, 0))
        };
        let cell = |_| Cell {
            word: Atomic::new(FREE),
            payload: aqueduct::platform::Cell::new(MaybeUninit::uninit()),
        };
        Ring {
            shape,
            slots: (0..shape.slots as u64).map(first).collect(),
            cells: (0..cells).map(cell).collect(),
            returns: Atomic::new(0),
        }
    }

    /// The word of the slot of `position`, if that is not published.
    #[inline]
    fn unpublished(&self, position: u64) -> Option<u64> {
        let word = self.slots[self.shape.index(position)].load(Acquire); // PASSED
        (self.shape.beyond(word, position) < 0).then_some(word)
    }

    /// The cell that is published at `position`, or `None` if that is not published, if it is not
    /// taken.
    #[inline]
    fn untaken(&self, position: u64) -> Option<Option<usize>> {
        let word = self.slots[self.shape.index(position)].load(Acquire); // FILLED
        match self.shape.beyond(word, position) {
            ..0 => Some(None),
            0 => {
                let cell = self.shape.cell_in(word);
                self.is_published(cell, position).then_some(Some(cell))
            }
            // The slot was filled again, so it had been free.
            1.. => None,
        }
    }

    /// Whether `cell`, which was published at `position`, still is.
    #[inline]
    fn is_published(&self, cell: usize, position: u64) -> bool {
        self.cells[cell].word.load(Acquire) == self.shape.published(position) // TAKEN
    }

    /// Settles what the attachment `dead` held: what it had not published was never sent; what it
    /// had taken and not freed is delivered again, to whoever pops next. Done again from the
    /// beginning if the one that does it dies.
    ///
    /// # Safety
    /// The last access of `dead` happened before this call, and nobody else settles it.
    pub unsafe fn sweep(&self, dead: usize) {
        let shape = self.shape;
        for cell in shape.each * dead..shape.each * (dead + 1) {
            let word = self.cells[cell].word.load(Relaxed); // the dead one's stores happened before
            let position = word >> POSITION;
            if word & STATE != PUBLISHED {
                continue;
            }
            // Relaxed: not older than what the dead one did.
            let slot = self.slots[shape.index(position)].load(Relaxed);
            if slot != shape.slot_word(position, cell) {
                // Not published; or published, taken, and passed by: then the word is another one, as
                // the exchange finds.
                // Relaxed: nobody has learnt of it, and a successor in the seat comes after this call.
                let _ = self.cells[cell]
                    .word
                    .compare_exchange(word, FREE, Relaxed, Relaxed);
            }
        }
        for Cell { word, .. } in &self.cells {
            // Relaxed: if the dead one has taken it, that happened before.
            let held = word.load(Relaxed);
            if held & STATE == TAKEN && owner_in(held) == dead {
                word.store(held >> POSITION << POSITION | RETURNED, Release); // RETURNED
            }
        }
        self.returns.fetch_add(1, Release); // ANNOUNCED
    }
}

/// Who has taken the cell with this word.
const fn owner_in(word: u64) -> usize {
    (word >> OWNER) as usize & ((1 << (POSITION - OWNER)) - 1)
}

/// The first position from `from` on that `stands`, and what stands there. Positions stand no longer
/// in their order, and for ever.
#[inline]
fn first<W>(from: u64, patience: u32, stands: impl Fn(u64) -> Option<W>) -> (u64, W) {
    match stands(from) {
        Some(found) => (from, found),
        None => search(from.wrapping_add(1), patience, stands),
    }
}

/// The same, for whoever was passed by.
#[cold]
fn search<W>(mut from: u64, patience: u32, stands: impl Fn(u64) -> Option<W>) -> (u64, W) {
    loop {
        let (mut step, mut steps) = (1, 1);
        loop {
            match stands(from.wrapping_add(step - 1)) {
                Some(found) if step == 1 => return (from, found),
                Some(_) => break,
                None => from = from.wrapping_add(step),
            }
            steps += 1;
            step <<= u32::from(steps > patience);
        }
        // It stands at `step - 1` from here: halve the distance, and look again what is there now.
        while step > 1 {
            step /= 2;
            if stands(from.wrapping_add(step - 1)).is_none() {
                from = from.wrapping_add(step);
            }
        }
    }
}

/// Why nothing was pushed; the message comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused<T> {
    /// As many messages as fit are in the ring.
    Full(T),
    /// Every cell of this attachment is in the ring or in the hands of another.
    Busy(T),
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<T> {
    pub message: T,
    /// A consumer that died had taken it, and may have used it.
    pub maybe_redelivered: bool,
}

/// One process, which pushes and pops.
pub struct Attachment<R> {
    ring: R,
    shape: Shape,
    owner: usize,
    /// The positions below are published.
    tail: u64,
    /// The positions below are taken.
    head: u64,
    /// The own cell to try first.
    next: usize,
    /// The sweeps whose returned cells are all gone.
    seen: u32,
}

impl<P: Platform, T: Copy, R: Deref<Target = Ring<P, T>>> Attachment<R> {
    /// # Safety
    /// `owner` is a number of the ring that nobody has, and a dead one that had it is settled.
    pub unsafe fn new(ring: R, owner: usize) -> Self {
        let shape = ring.shape;
        // Relaxed: a guess, that may be too low. What is published in slot 0 is not taken too early,
        // and what was there a lap before is taken.
        let word = ring.slots[0].load(Relaxed);
        let last = word >> shape.cell_bits() << shape.slots.trailing_zeros();
        let tail = last.wrapping_add(1);
        // Relaxed: it is looked at again.
        let returns = ring.returns.load(Relaxed);
        Attachment {
            ring,
            shape,
            owner,
            tail,
            head: tail.wrapping_sub(shape.slots as u64),
            next: 0,
            // What a sweep has returned may still be there.
            seen: returns.saturating_sub(1),
        }
    }

    /// # Errors
    /// [`Refused`], with the message.
    #[inline]
    pub fn push(&mut self, message: T) -> Result<(), Refused<T>> {
        let Some(mut free) = self.room() else {
            return Err(Refused::Full(message));
        };
        let Some(index) = self.free_cell() else {
            return Err(Refused::Busy(message));
        };
        self.ring.cells[index].payload.with_mut(|payload| {
            // SAFETY: the cell is this attachment's, and free (FREED).
            unsafe { payload.write(MaybeUninit::new(message)) }
        });
        loop {
            let published = self.shape.published(self.tail);
            self.ring.cells[index].word.store(published, Release); // TAKEN, of the message before
            let slot = &self.ring.slots[self.shape.index(self.tail)];
            let filled = self.shape.slot_word(self.tail, index);
            // Relaxed: another one was faster, and is looked at again.
            let published = slot.compare_exchange(free, filled, Release, Relaxed); // FILLED, PASSED
            if published.is_ok() {
                self.tail = self.tail.wrapping_add(1);
                return Ok(());
            }
            match self.room() {
                Some(again) => free = again,
                None => {
                    self.ring.cells[index].word.store(FREE, Release); // TAKEN, of the message before
                    return Err(Refused::Full(message));
                }
            }
        }
    }

    /// The next message, if there is one.
    #[inline]
    pub fn pop(&mut self) -> Option<Received<T>> {
        if let Some(message) = self.pop_returned() {
            return Some(message);
        }
        loop {
            let untaken = |position| self.ring.untaken(position);
            let (head, found) = first(self.head, self.shape.patience, untaken);
            self.head = head;
            let cell = found?;
            let published = self.shape.published(head);
            // FILLED has brought the payload. TAKEN
            if self.take(cell, published, Release) {
                self.head = head.wrapping_add(1);
                return Some(self.receive(cell, false));
            }
        }
    }

    /// The word of the slot at the tail, if it is free.
    #[inline]
    fn room(&mut self) -> Option<u64> {
        let unpublished = |position| self.ring.unpublished(position);
        let (tail, word) = first(self.tail, self.shape.patience, unpublished);
        self.tail = tail;
        let before = tail.wrapping_sub(self.shape.slots as u64);
        (!self.ring.is_published(self.shape.cell_in(word), before)).then_some(word)
    }

    /// A free cell of this attachment.
    #[inline]
    fn free_cell(&mut self) -> Option<usize> {
        let each = self.shape.each;
        for _ in 0..each {
            let cell = self.owner * each + self.next;
            self.next = if self.next + 1 == each {
                0
            } else {
                self.next + 1
            };
            if self.ring.cells[cell].word.load(Acquire) == FREE {
                // FREED
                return Some(cell);
            }
        }
        None
    }

    /// Takes `cell`, if its word is `word`.
    #[inline]
    fn take(&self, cell: usize, word: u64, order: Ordering) -> bool {
        let taken = word >> POSITION << POSITION | (self.owner as u64) << OWNER | TAKEN;
        let cell = &self.ring.cells[cell].word;
        // Relaxed: who fails looks at the same cell again, and acquires TAKEN then.
        cell.compare_exchange(word, taken, order, Relaxed).is_ok()
    }

    #[inline]
    fn receive(&self, cell: usize, maybe_redelivered: bool) -> Received<T> {
        let Cell { word, payload } = &self.ring.cells[cell];
        // SAFETY: it is taken by this attachment (FILLED, RETURNED).
        let message = payload.with(|payload| unsafe { payload.read() });
        word.store(FREE, Release); // FREED
        Received {
            // SAFETY: what was published is a message.
            message: unsafe { message.assume_init() },
            maybe_redelivered,
        }
    }

    /// What a dead consumer had taken, the oldest first.
    #[inline]
    fn pop_returned(&mut self) -> Option<Received<T>> {
        let returns = self.ring.returns.load(Acquire); // ANNOUNCED
        if returns == self.seen {
            return None;
        }
        self.look_for_returned(returns)
    }

    #[cold]
    fn look_for_returned(&mut self, returns: u32) -> Option<Received<T>> {
        while let Some((cell, word)) = self.oldest_returned() {
            // RETURNED, TAKEN
            if self.take(cell, word, AcqRel) {
                return Some(self.receive(cell, true));
            }
        }
        self.seen = returns;
        None
    }

    fn oldest_returned(&self) -> Option<(usize, u64)> {
        let cells = self.ring.cells.iter().enumerate();
        // Relaxed: ANNOUNCED has brought what is returned; who takes one looks again.
        let words = cells.map(|(cell, Cell { word, .. })| (cell, word.load(Relaxed)));
        let returned = words.filter(|(_, word)| word & STATE == RETURNED);
        // The most negative distance from here.
        returned.min_by_key(|(_, word)| {
            let behind = (word >> POSITION).wrapping_sub(self.head);
            (behind << (u64::BITS - self.shape.bits)) as i64
        })
    }
}
