//! The memory of a link over which somebody writes, and the ends that lie in it.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use aqueduct::link::{End, Link, Role};
use aqueduct::place::Place;
use aqueduct::platform::{Futex, Platform, Several};
use aqueduct::position::Capacity;

/// What the bytes around the link hold.
pub const CANARY: u8 = 0xCA;

/// A cache line or two, the alignment of a link.
#[derive(Clone, Copy)]
#[repr(C, align(128))]
struct Line([u8; 128]);

/// A block of memory for a link of `T` on `P`, with a line of canaries before it and one behind it.
pub struct Memory<P, T> {
    lines: Box<[Line]>,
    capacity: Capacity,
    len: usize,
    _link: PhantomData<(P, T)>,
}

// SAFETY: its bytes are used as atomic words alone.
unsafe impl<P, T> Sync for Memory<P, T> {}
// SAFETY: as above.
unsafe impl<P, T> Send for Memory<P, T> {}

/// Where the first position of a link lies, in bytes from its first; and how far apart its words lie.
pub const POSITIONS: usize = 512;
pub const APART: usize = 64;

/// One of the positions of a link.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    Tail,
    Head,
}

impl<P: Futex, T> Memory<P, T> {
    /// Zeros: a link that nobody has used.
    pub fn new(capacity: usize) -> Arc<Self> {
        let capacity = Capacity::new(capacity).expect("a capacity");
        let layout = Link::<P, T>::layout(capacity).expect("it is small");
        assert!(layout.align() <= align_of::<Line>());
        let len = layout.size();
        let mut lines = vec![Line([CANARY; 128]); len.div_ceil(128) + 2];
        let last = lines.len() - 1;
        lines[1..last].fill(Line([0; 128]));
        Arc::new(Self {
            lines: lines.into_boxed_slice(),
            capacity,
            len,
            _link: PhantomData,
        })
    }

    /// Its words, to be written over.
    pub fn words(&self) -> Words<'_> {
        let first = ptr::from_ref(&self.lines[1]).cast::<u8>().cast_mut();
        // SAFETY: the link lies there as long as the memory, whose bytes are used as atomic words alone.
        unsafe { Words::at::<P>(first, self.len) }
    }

    /// Whether nobody has written beside the link.
    pub fn is_intact(&self) -> bool {
        let last = self.lines.len() - 1;
        [0, last]
            .into_iter()
            .all(|line| self.lines[line].0 == [CANARY; 128])
    }
}

/// The bytes of a link that somebody writes over.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    first: *mut u8,
    len: usize,
    /// Words of each position.
    of_each: usize,
    _memory: PhantomData<&'a ()>,
}

impl Words<'_> {
    /// The `len` bytes of a link on `P` from `first` on.
    ///
    /// # Safety
    /// They can be written as long as this lives; and everybody uses them as atomic words.
    pub unsafe fn at<P: Platform>(first: *mut u8, len: usize) -> Self {
        Self {
            first,
            len,
            of_each: P::Several::from_fn(|_| ()).as_ref().len(),
            _memory: PhantomData,
        }
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    fn address(&self, offset: usize) -> *mut u8 {
        assert!(offset < self.len);
        // SAFETY: it lies below the length of the link.
        unsafe { self.first.add(offset) }
    }

    /// The words of a position.
    pub fn position(&self, side: Side) -> impl ExactSizeIterator<Item = &AtomicU64> {
        let first = POSITIONS + side as usize * self.of_each * APART;
        (0..self.of_each).map(move |index| self.word(first + index * APART))
    }

    /// Writes over a byte of the link.
    pub fn write_byte(&self, offset: usize, value: u8) {
        // SAFETY: everybody uses the memory as atomic words.
        unsafe { AtomicU8::from_ptr(self.address(offset)) }.store(value, Relaxed);
    }

    /// The eight bytes at `offset`, to read and to write over.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.len);
        // SAFETY: as above; and it is aligned.
        unsafe { AtomicU64::from_ptr(self.address(offset).cast()) }
    }
}

/// An end of the link, which believes nothing that stands in it, but whose peer's life stands there.
pub struct Held<P, T> {
    memory: Arc<Memory<P, T>>,
    role: Role,
}

impl<P, T> Held<P, T> {
    pub fn new(memory: &Arc<Memory<P, T>>, role: Role) -> Self {
        let memory = Arc::clone(memory);
        Self { memory, role }
    }
}

// SAFETY: the link lies in the memory beside it. Who writes over it writes any bytes, which are a `T` in
// these tests.
unsafe impl<P: Futex, T> End for Held<P, T> {
    type Platform = P;
    type Message = T;

    fn link(&self) -> &Link<P, T> {
        let block = NonNull::new(self.memory.words().first).expect("it is not null");
        // SAFETY: the block is as large as a link of this capacity, and any bytes are one.
        unsafe { Link::at(block, self.memory.capacity).as_ref() }
    }

    fn capacity(&self) -> Capacity {
        self.memory.capacity
    }

    fn role(&self) -> Role {
        self.role
    }

    fn leave(&mut self) {}

    fn peer_is_mortal(&self) -> bool {
        true
    }

    fn peer_is_dead(&self) -> bool {
        false
    }
}
