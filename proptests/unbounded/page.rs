//! What docs/unbounded.md says of the layout is what stands in an object.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::many::{Consumer, Producer};
use aqueduct::buffer::unbounded::{NoMemory, Segments, Shape};
use aqueduct::position::Position;
use aqueduct::shm::{Object, SparseBuffer};

use super::many::{CLOSED, GATES};
use super::memory::{begun, in_object, shape};
use crate::layout::assert_drawn;
use crate::shm::Scratch;

const PAGE: &str = include_str!("../../docs/unbounded.md");

/// Marks that stand nowhere by chance.
const START: u64 = 0xA55A_1234_5678_0000;
const FIRST: u64 = 0xF00D_F00D_F00D_F00D;
const SECOND: u64 = 0xBEEF_BEEF_BEEF_BEEF;
const OWNER: u16 = 0xC0DE;

/// The bytes at the beginning of the object, as anybody may read them.
fn bytes(object: &Object) -> Vec<u8> {
    let mut bytes = vec![0; 100_000];
    let read = object.read_at(&mut bytes, 0).expect("it can be read");
    bytes.truncate(read);
    bytes
}

/// The memory of a buffer that is looked at while somebody is behind a gate: a segment comes and
/// goes in the midst of a call.
struct Watched {
    memory: SparseBuffer<u64>,
    /// Where a word named `OWNER` while a segment was reserved, and while one was given back.
    seen: [Mutex<BTreeSet<usize>>; 2],
}

impl Watched {
    fn look(&self, side: usize) {
        let bytes = bytes(self.memory.object());
        let gate = (CLOSED | u32::from(OWNER)).to_ne_bytes();
        let words = bytes.chunks_exact(4).enumerate();
        let gates = words.filter(|&(_, word)| word == gate);
        let mut seen = self.seen[side].lock().expect("no test failed in it");
        seen.extend(gates.map(|(index, _)| 4 * index));
    }

    /// The one place that was seen.
    fn gate(&self, side: usize) -> usize {
        let seen = self.seen[side].lock().expect("no test failed in it");
        assert_eq!(seen.len(), 1, "one gate is closed: {seen:?}");
        *seen.first().expect("there is one")
    }
}

// SAFETY: as the memory that it passes everything on to.
unsafe impl Segments for Watched {
    type Words = <SparseBuffer<u64> as Segments>::Words;
    type Slot = <SparseBuffer<u64> as Segments>::Slot;
    const OWNS_MESSAGES: bool = SparseBuffer::<u64>::OWNS_MESSAGES;

    fn words(&self) -> &Self::Words {
        self.memory.words()
    }

    fn shape(&self) -> Shape {
        self.memory.shape()
    }

    fn reserve(&self, segment: usize) -> Result<(), NoMemory> {
        self.look(0);
        self.memory.reserve(segment)
    }

    unsafe fn give_back(&self, segment: usize) {
        self.look(1);
        // SAFETY: by the caller's word.
        unsafe { self.memory.give_back(segment) };
    }

    unsafe fn slots(&self, segment: usize) -> &[Self::Slot] {
        // SAFETY: by the caller's word.
        unsafe { self.memory.slots(segment) }
    }
}

#[test]
fn the_offsets_are_those_of_the_page() {
    let scratch = Scratch::new();
    let memory = in_object::<u64>(&scratch, shape(10_000, 1_024), Position::new(START));
    let buffer = begun(Watched {
        memory,
        seen: Default::default(),
    });
    let owner = Owner::new(OWNER);
    // SAFETY: nobody else has this number.
    let mut producer = unsafe { Producer::attach(Arc::clone(&buffer), owner) };
    // SAFETY: as above; all messages are words.
    let mut consumer = unsafe { Consumer::attach(Arc::clone(&buffer), owner) };
    let pushed = producer.push_slice(&[FIRST; 1_024]);
    assert_eq!(pushed, Ok(1_024));
    producer.push(SECOND).expect("there is memory");
    consumer.pop().expect("there are messages");
    let bytes = bytes(buffer.memory().memory.object());
    let find = |mark: u64| {
        let mut words = bytes.chunks_exact(8);
        let word = words.position(|word| word == mark.to_ne_bytes());
        8 * word.expect("it stands there")
    };
    let (tail, head) = (find(START + 1_025), find(START + 1));
    let (first, second) = (find(FIRST), find(SECOND));
    // The rest of the first segment, which then goes.
    assert_eq!(consumer.pop_slice(&mut [0; 1_023]), Ok(1_023));
    let [pushing, popping] = [0, 1].map(|side| buffer.memory().gate(side));
    assert_eq!(
        [pushing, popping],
        GATES,
        "where the other tests close them"
    );
    for row in [
        format!("| {tail} | `tail` |"),
        format!("| {pushing} | the producers' gate |"),
        format!("| {head} | `head` |"),
        format!("| {popping} | the consumers' gate |"),
        format!("| {first} | segment 0 |"),
        format!("| {second} | segment 1 |"),
    ] {
        assert!(PAGE.contains(&row), "the page has no row {row:?}");
    }
    let drawn = format!("byte 0 {tail} {pushing} {head} {popping} {first} {second}");
    assert_drawn(PAGE, &drawn);
}
